// SPDX-License-Identifier: MIT
// Whatever the planner does with a scene, the screen shows the picture that the scene is: to the bit
// where all is opaque (the CRTC's CRC), to within 1 of 255 where it is blended (writeback).
//
// VITRINE_SCENES is the number of scenes, VITRINE_SEED the first one's seed. A failure prints with what
// values of them the scene and the one before it can be seen again.
#include <drm_fourcc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "random-scene.h"

enum {
	SCENES = 150,      // unless told otherwise
	BLENDED_SHARE = 8, // of so many scenes one more is blended
	SECONDS = 60,      // in all, and some for each scene, on a busy machine
	SCENES_A_SECOND = 2,
	STAGES = 2,
	SCREEN_TIMEOUT_MS = 10000, // a screen that is wrong stays wrong
};

struct part {
	struct test_surface surface;
	struct wl_subsurface *subsurface; // NULL for the window
	struct wp_viewport *viewport;
	struct test_buffer buffer, old; // client NULL: there is none
	struct scene_source source;     // of `buffer`
	struct scene_part state;        // what was committed last
};

// An app on a screen.
struct stage {
	struct test_client client;
	struct test_window window;
	struct part background; // of the window; its surface is the window's
	struct part parts[SCENE_PARTS];
	struct random_scene scene;
	struct test_feedback feedback;
	struct test_picture picture;
	uint32_t crc_before; // of the last scene
	struct test_screen screen;
};

struct tally {
	int scenes, planes, composed, underlays, late, torn;
};

static uint32_t setting(const char *name, uint32_t otherwise) {
	const char *text = getenv(name);
	if (!text || !*text) {
		return otherwise;
	}
	char *end;
	unsigned long value = strtoul(text, &end, 10);
	if (*end || value > 1000000000) {
		fail_msg("%s: '%s' is no number up to 1000000000", name, text);
	}
	return (uint32_t)value;
}

static int count_stages(void) {
	const char *layout = getenv("VITRINE_LAYOUT");
	return layout && strcmp(layout, "dual") == 0 ? 2 : 1;
}

// ---- Showing a scene ----

static void stage_init(struct stage *stage, struct fixture *fixture, const char *app_id) {
	*stage = (struct stage){0};
	test_client_connect(&stage->client, &fixture->server);
	test_window_init(&stage->window, &stage->client, app_id, NULL);
	// Without it parts that stick out would belong to the window and move it.
	xdg_surface_set_window_geometry(stage->window.xdg_surface, 0, 0, TEST_WIDTH, TEST_HEIGHT);
	for (int i = 0; i < SCENE_PARTS; i++) {
		struct part *part = &stage->parts[i];
		test_surface_init(&part->surface, &stage->client);
		part->subsurface = wl_subcompositor_get_subsurface(
			stage->client.subcompositor, part->surface.surface, stage->window.base.surface);
		part->viewport =
			wp_viewporter_get_viewport(stage->client.viewporter, part->surface.surface);
		stage->scene.order[i] = i;
	}
	test_picture_init(&stage->picture, TEST_WIDTH, TEST_HEIGHT);
}

static void drop_buffer(struct test_buffer *buffer) {
	if (buffer->client) {
		test_buffer_finish(buffer);
	}
	*buffer = (struct test_buffer){0};
}

static void stage_finish(struct stage *stage) {
	for (int i = 0; i < SCENE_PARTS; i++) {
		struct part *part = &stage->parts[i];
		wp_viewport_destroy(part->viewport);
		wl_subsurface_destroy(part->subsurface);
		test_surface_finish(&part->surface);
		drop_buffer(&part->buffer);
	}
	drop_buffer(&stage->background.buffer);
	test_window_finish(&stage->window);
	test_client_disconnect(&stage->client);
	test_picture_finish(&stage->picture);
}

// The part's contents; what it showed until now stays until the screen has changed.
static void take_source(struct stage *stage, struct part *part, const struct scene_source *source) {
	if (part->buffer.client && scene_source_equal(&part->source, source)) {
		return;
	}
	part->source = *source;
	part->old = part->buffer;
	if (part->old.client) {
		wl_buffer_set_user_data(part->old.buffer, &part->old);
	}
	if (source->dmabuf) {
		test_buffer_init_dmabuf(&part->buffer, &stage->client, source->memory, source->format,
			source->width, source->height);
	} else {
		test_buffer_init_shm(
			&part->buffer, &stage->client, source->format, source->width, source->height);
	}
	test_buffer_paint_exact(&part->buffer, source->seed);
}

static void commit_part(struct stage *stage, struct part *part, const struct scene_part *wanted) {
	if (scene_part_equal(&part->state, wanted)) {
		return;
	}
	if (wanted->mapped) {
		take_source(stage, part, &wanted->source);
	}
	part->state = *wanted;
	struct wl_surface *surface = part->surface.surface;
	wl_subsurface_set_position(part->subsurface, wanted->x, wanted->y);
	wl_surface_set_buffer_transform(surface, (int32_t)wanted->transform);
	bool cropped = wanted->crop_width > 0;
	wp_viewport_set_source(part->viewport, wl_fixed_from_int(cropped ? wanted->crop_x : -1),
		wl_fixed_from_int(cropped ? wanted->crop_y : -1),
		wl_fixed_from_int(cropped ? wanted->crop_width : -1),
		wl_fixed_from_int(cropped ? wanted->crop_height : -1));
	wl_surface_attach(surface, wanted->mapped ? part->buffer.buffer : NULL, 0, 0);
	wl_surface_damage_buffer(surface, 0, 0, INT32_MAX, INT32_MAX);
	wl_surface_commit(surface);
}

static void stack(struct stage *stage, const int order[SCENE_PARTS]) {
	struct wl_surface *below = stage->window.base.surface;
	if (memcmp(order, stage->scene.order, sizeof(stage->scene.order)) == 0) {
		return;
	}
	for (int i = 0; i < SCENE_PARTS; i++) {
		struct part *part = &stage->parts[order[i]];
		wl_subsurface_place_above(part->subsurface, below);
		below = part->surface.surface;
	}
}

// One commit of the window that brings all of the scene.
static void stage_show(struct stage *stage, const struct random_scene *scene) {
	for (int i = 0; i < SCENE_PARTS; i++) {
		commit_part(stage, &stage->parts[i], &scene->parts[i]);
	}
	stack(stage, scene->order);
	stage->scene = *scene;
	struct part *background = &stage->background;
	struct wl_surface *surface = stage->window.base.surface;
	if (!scene_part_equal(&background->state, &scene->window)) {
		take_source(stage, background, &scene->window.source);
		background->state = scene->window;
		wl_surface_attach(surface, background->buffer.buffer, 0, 0);
		wl_surface_damage_buffer(surface, 0, 0, INT32_MAX, INT32_MAX);
	}
	test_feedback_init(&stage->feedback, &stage->window.base);
	wl_surface_commit(surface);
	wl_display_flush(stage->client.display);
}

static void draw_part(struct stage *stage, const struct part *part) {
	const struct scene_part *state = &part->state;
	if (state->mapped) {
		test_picture_draw(&stage->picture,
			&(struct test_layer){
				.image = &part->buffer.image,
				.x = state->x,
				.y = state->y,
				.transform = state->transform,
				.crop_x = state->crop_x,
				.crop_y = state->crop_y,
				.crop_width = state->crop_width,
				.crop_height = state->crop_height,
			});
	}
}

static void stage_draw(struct stage *stage) {
	draw_part(stage, &stage->background);
	for (int i = 0; i < SCENE_PARTS; i++) {
		draw_part(stage, &stage->parts[stage->scene.order[i]]);
	}
}

static void stage_wait(struct stage *stage) {
	test_feedback_wait(&stage->feedback);
	assert_true(stage->feedback.presented);
	drop_buffer(&stage->background.old);
	for (int i = 0; i < SCENE_PARTS; i++) {
		drop_buffer(&stage->parts[i].old);
	}
}

// ---- Looking at it ----

static void count_output(struct json_object *output, struct tally *tally) {
	struct json_object *planes = test_json(output, "planes");
	bool client = false, composed = false, underlay = false;
	for (size_t i = 0; i < json_object_array_length(planes); i++) {
		// vkms stacks planes in this order.
		const char *role = test_json_string(json_object_array_get_idx(planes, i), "role");
		if (strcmp(role, "client") == 0) {
			client = true;
		} else if (strcmp(role, "off") != 0) {
			composed = true;
			underlay |= client;
		}
	}
	tally->scenes++;
	tally->planes += client;
	tally->composed += composed;
	tally->underlays += underlay;
}

static void count_placements(struct fixture *fixture, int n_stages, struct tally *tally) {
	struct json_object *status = test_status(&fixture->control);
	for (int i = 0; i < n_stages; i++) {
		count_output(test_status_output(status, (size_t)i), tally);
	}
	json_object_put(status);
}

static void print_tally(const struct tally *tally, const char *what) {
	print_message("%d %s scenes: %d with a client's layer on a plane, %d with a composed picture, "
				  "%d of them with a plane below it; the first look showed %d late, %d torn\n",
		tally->scenes, what, tally->planes, tally->composed, tally->underlays, tally->late,
		tally->torn);
}

static void fail_scene(struct fixture *fixture, const struct stage *stage, int number,
	uint32_t seed, const char *why) {
	struct json_object *status = test_status(&fixture->control);
	struct json_object *output = test_status_output(status, (size_t)number);
	fprintf(stderr, "planes: %s\nlayers: %s\n",
		json_object_to_json_string(test_json(output, "planes")),
		json_object_to_json_string(test_json(output, "layers")));
	json_object_put(status);
	random_scene_print(&stage->scene);
	fail_msg("output %d: %s; again with VITRINE_SEED=%u VITRINE_SCENES=2", number, why,
		seed > 0 ? seed - 1 : seed);
}

// On a busy machine vkms composes late: the picture before, or buffers that have changed meanwhile. What
// is wrong stays wrong.
static void assert_screen(
	struct fixture *fixture, struct stage *stage, int number, uint32_t seed, struct tally *tally) {
	uint32_t expected = test_picture_crc(&stage->picture), frame, value = expected + 1;
	test_crc_drain(&stage->screen.crc);
	if (test_crc_read(&stage->screen.crc, &frame, &value, SCREEN_TIMEOUT_MS) && value != expected) {
		tally->late += value == stage->crc_before;
		tally->torn += value != stage->crc_before;
		test_crc_wait(&stage->screen.crc, expected, SCREEN_TIMEOUT_MS, &value);
	}
	if (value != expected) {
		char why[80];
		snprintf(why, sizeof(why), "its CRC is %08x, should be %08x", value, expected);
		fail_scene(fixture, stage, number, seed, why);
	}
	stage->crc_before = expected;
}

static void assert_capture(
	struct fixture *fixture, const struct stage *stage, int number, uint32_t seed) {
	struct json_object *status = test_status(&fixture->control);
	const char *name = test_json_string(test_status_output(status, (size_t)number), "name");
	struct test_image image =
		test_capture(&fixture->control, name, VITRINE_CONTROL_V1_SOURCE_WRITEBACK);
	json_object_put(status);
	int difference = test_picture_compare(&stage->picture, &image, 1);
	free(image.data[0]);
	if (difference > 1) {
		char why[80];
		snprintf(why, sizeof(why), "it differs by %d of 255", difference);
		fail_scene(fixture, stage, number, seed, why);
	}
}

static void run(struct fixture *fixture, uint32_t first, int n_scenes, bool blended) {
	static const char *const names[STAGES] = {"first", "second"};
	int n_stages = count_stages();
	struct stage *stages = calloc(STAGES, sizeof(*stages));
	struct tally tally = {0};
	assert_non_null(stages);
	for (int i = 0; i < n_stages; i++) {
		stage_init(&stages[i], fixture, names[i]);
		if (!blended) {
			test_screen_open(&stages[i].screen, i);
		}
	}
	for (uint32_t seed = first; seed < first + (uint32_t)n_scenes; seed++) {
		for (int i = 0; i < n_stages; i++) {
			struct random_scene scene;
			random_scene_init(&scene, seed + (uint32_t)i * 500000000, blended);
			stage_show(&stages[i], &scene);
		}
		for (int i = 0; i < n_stages; i++) {
			stage_draw(&stages[i]);
		}
		for (int i = 0; i < n_stages; i++) {
			stage_wait(&stages[i]);
		}
		for (int i = 0; i < n_stages; i++) {
			if (blended) {
				assert_capture(fixture, &stages[i], i, seed);
			} else {
				assert_screen(fixture, &stages[i], i, seed, &tally);
			}
		}
		count_placements(fixture, n_stages, &tally);
	}
	print_tally(&tally, blended ? "blended" : "opaque");
	for (int i = 0; i < n_stages; i++) {
		if (!blended) {
			test_screen_close(&stages[i].screen);
		}
		stage_finish(&stages[i]);
	}
	free(stages);
}

static void test_opaque_scenes(void **state) {
	run(*state, setting("VITRINE_SEED", 1), (int)setting("VITRINE_SCENES", SCENES), false);
}

static void test_blended_scenes(void **state) {
	int n_scenes = (int)setting("VITRINE_SCENES", SCENES);
	run(*state, setting("VITRINE_SEED", 1), (n_scenes + BLENDED_SHARE - 1) / BLENDED_SHARE, true);
}

int main(void) {
	test_guard(SECONDS + setting("VITRINE_SCENES", SCENES) / SCENES_A_SECOND);
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_start, fixture_stop)
		TEST(test_opaque_scenes),
		TEST(test_blended_scenes),
	};
	return cmocka_run_group_tests_name("scenes", tests, NULL, NULL);
}
