// SPDX-License-Identifier: MIT
// YUV is shown as its client says that it is coded, by planes and by the composer alike: compared with
// FFmpeg's libswscale, within 2 of 255 a channel.
//
// Once in some hundred times vkms never ends a writeback job, nor any after it: what a plane shows is read back
// for each value of either property and not for each coding, and what is composed is compared by its CRC.
#include <drm_fourcc.h>
#include <fcntl.h>
#include <libavutil/pixfmt.h>
#include <libswscale/swscale.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"

#include "color-representation-v1-client-protocol.h"
#include "globals.h"

enum { TOLERANCE = 2, PART_X = 40, PART_Y = 30, PART_SIZE = 16, FRAMES = 100, WARM_UP = 30 };

static const struct coding {
	const char *name;
	uint32_t coefficients; // 0: nothing is told
	uint32_t range;
	int theirs;
	bool for_planes;
} codings[] = {
#define CODING(matrix, range, theirs, for_planes) \
	{ \
#matrix " " #range, WP_COLOR_REPRESENTATION_SURFACE_V1_COEFFICIENTS_##matrix, \
			WP_COLOR_REPRESENTATION_SURFACE_V1_RANGE_##range, theirs, for_planes \
	}
	CODING(BT709, LIMITED, SWS_CS_ITU709, true),
	CODING(BT709, FULL, SWS_CS_ITU709, false),
	CODING(BT2020, FULL, SWS_CS_BT2020, true),
	CODING(BT2020, LIMITED, SWS_CS_BT2020, false),
	CODING(BT601, LIMITED, SWS_CS_ITU601, false),
	CODING(BT601, FULL, SWS_CS_ITU601, false),
	{"untold", 0, WP_COLOR_REPRESENTATION_SURFACE_V1_RANGE_LIMITED, SWS_CS_ITU601, true},
#undef CODING
};

enum { N_CODINGS = sizeof(codings) / sizeof(codings[0]), BT709 = 0, BT601_FULL = 5 };

// A window of YUV that fills the screen, with a bit of shared memory over it: on a device without overlays
// both are composed.
struct player {
	struct test_client client;
	struct wp_color_representation_manager_v1 *manager;
	struct wp_color_representation_surface_v1 *told; // may be NULL
	struct test_window window;
	struct test_buffer buffers[2];
	unsigned shown; // index of the buffer attached last
	struct test_surface part;
	struct wl_subsurface *subsurface;
	struct test_buffer part_buffer;
};

// Samples that limited range has, too.
static void paint(struct test_buffer *buffer, uint32_t seed) {
	assert_true(test_dmabuf_begin_write(&buffer->dmabuf));
	uint8_t *bytes = buffer->dmabuf.map;
	uint32_t random = seed;
	for (size_t i = 0; i < buffer->size; i++) {
		random = random * 1664525 + 1013904223;
		bytes[i] = (uint8_t)(16 + (random >> 24) * (235 - 16) / 255);
	}
	assert_true(test_dmabuf_end_write(&buffer->dmabuf));
}

static void part_init(struct player *player) {
	struct test_client *client = &player->client;
	test_surface_init(&player->part, client);
	player->subsurface = wl_subcompositor_get_subsurface(
		client->subcompositor, player->part.surface, player->window.base.surface);
	wl_subsurface_set_position(player->subsurface, PART_X, PART_Y);
	test_buffer_init_shm(&player->part_buffer, client, DRM_FORMAT_XRGB8888, PART_SIZE, PART_SIZE);
	wl_surface_attach(player->part.surface, player->part_buffer.buffer, 0, 0);
	wl_surface_commit(player->part.surface);
}

static void player_init(struct player *player, struct fixture *fixture, uint32_t format) {
	*player = (struct player){0};
	struct test_client *client = &player->client;
	test_client_connect(client, &fixture->server);
	struct test_globals globals;
	test_globals_ask(&globals, client->display);
	test_client_roundtrip(client);
	player->manager = test_globals_bind(&globals, &wp_color_representation_manager_v1_interface, 1);
	test_globals_finish(&globals);
	assert_non_null(player->manager);
	test_window_init(&player->window, client, "player", NULL);
	for (uint32_t i = 0; i < 2; i++) {
		test_buffer_init_dmabuf(
			&player->buffers[i], client, TEST_MEMORY_UDMABUF, format, TEST_WIDTH, TEST_HEIGHT);
		paint(&player->buffers[i], i + 1);
	}
	part_init(player);
	test_surface_show(&player->window.base, &player->buffers[0]);
	test_surface_wait_frame(&player->window.base);
}

static void player_finish(struct player *player) {
	if (player->told) {
		wp_color_representation_surface_v1_destroy(player->told);
	}
	wl_subsurface_destroy(player->subsurface);
	test_surface_finish(&player->part);
	test_buffer_finish(&player->part_buffer);
	test_window_finish(&player->window);
	for (int i = 0; i < 2; i++) {
		test_buffer_finish(&player->buffers[i]);
	}
	wp_color_representation_manager_v1_destroy(player->manager);
	test_client_disconnect(&player->client);
}

// With the next commit.
static void tell(struct player *player, const struct coding *coding) {
	if (coding->coefficients == 0) {
		wp_color_representation_surface_v1_destroy(player->told);
		player->told = NULL;
		return;
	}
	if (!player->told) {
		player->told = wp_color_representation_manager_v1_get_surface(
			player->manager, player->window.base.surface);
	}
	wp_color_representation_surface_v1_set_coefficients_and_range(
		player->told, coding->coefficients, coding->range);
}

// A commit of nothing else, seen on the screen.
static void retell(struct player *player, const struct coding *coding) {
	tell(player, coding);
	test_surface_want_frame(&player->window.base);
	wl_surface_commit(player->window.base.surface);
	test_surface_wait_frame(&player->window.base);
}

static void convert(const struct test_image *image, const struct coding *coding, uint8_t *out) {
	enum AVPixelFormat format =
		image->format == DRM_FORMAT_NV12 ? AV_PIX_FMT_NV12 : AV_PIX_FMT_YUYV422;
	struct SwsContext *context = sws_getContext(image->width, image->height, format, image->width,
		image->height, AV_PIX_FMT_BGRA,
		SWS_POINT | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_BITEXACT, NULL, NULL, NULL);
	assert_non_null(context);
	bool full = coding->range == WP_COLOR_REPRESENTATION_SURFACE_V1_RANGE_FULL;
	assert_true(sws_setColorspaceDetails(context, sws_getCoefficients(coding->theirs), full,
					sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, 1 << 16, 1 << 16) >= 0);
	const uint8_t *planes[4] = {image->data[0], image->data[1]};
	int strides[4] = {(int)image->stride[0], (int)image->stride[1]};
	int out_stride = 4 * image->width;
	assert_int_equal(
		sws_scale(context, planes, strides, 0, image->height, &out, &out_stride), image->height);
	sws_freeContext(context);
}

static bool in_part(int x, int y) {
	return x >= PART_X && x < PART_X + PART_SIZE && y >= PART_Y && y < PART_Y + PART_SIZE;
}

// What the display itself shows; the caller frees image.data[0]. Of what is composed it is what the server
// composes anew for it, which has to be on the screen to the bit.
static struct test_image read_screen(struct fixture *fixture, bool on_plane) {
	if (on_plane) {
		return test_capture(&fixture->control, "", VITRINE_CONTROL_V1_SOURCE_WRITEBACK);
	}
	struct test_image image =
		test_capture(&fixture->control, "", VITRINE_CONTROL_V1_SOURCE_COMPOSED);
	struct test_screen screen;
	test_screen_open(&screen, 0);
	uint32_t crc = test_crc_of_xrgb8888(image.data[0], image.width, image.height, image.stride[0]);
	assert_true(test_crc_wait(&screen.crc, crc, 5000, NULL));
	test_screen_close(&screen);
	return image;
}

// Returns the largest difference.
static int assert_shown(struct fixture *fixture, const struct player *player,
	const struct coding *coding, bool on_plane) {
	static uint8_t expected[TEST_HEIGHT][TEST_WIDTH][4];
	convert(&player->buffers[0].image, coding, expected[0][0]);
	struct test_image shown = read_screen(fixture, on_plane);
	assert_int_equal(shown.width, TEST_WIDTH);
	assert_int_equal(shown.height, TEST_HEIGHT);
	int most = 0;
	for (int i = 0; i < TEST_WIDTH * TEST_HEIGHT; i++) {
		int x = i % TEST_WIDTH, y = i / TEST_WIDTH;
		const uint8_t *pixel = shown.data[0] + (size_t)y * shown.stride[0] + (size_t)x * 4;
		for (int c = 0; c < 3 && !in_part(x, y); c++) {
			int difference = abs(pixel[c] - expected[y][x][c]);
			most = difference > most ? difference : most;
			if (difference > TOLERANCE) {
				fail_msg("%s: at %d,%d channel %d is %d instead of %d", coding->name, x, y, c,
					pixel[c], expected[y][x][c]);
			}
		}
	}
	free(shown.data[0]);
	return most;
}

static void assert_placed(struct fixture *fixture, const char *placement, const char *reason) {
	struct test_layer_status layer = test_status_layer(&fixture->control, 0, "player");
	assert_string_equal(layer.placement, placement);
	if (reason) {
		assert_string_equal(layer.reasons, reason);
	}
}

static void test_each_coding(void **state) {
	static const uint32_t formats[] = {DRM_FORMAT_NV12, DRM_FORMAT_YUYV}; // vkms takes no YUYV
	struct fixture *fixture = *state;
	for (int f = 0; f < 2; f++) {
		bool on_plane = fixture_has_overlays() && formats[f] == DRM_FORMAT_NV12;
		struct player player;
		player_init(&player, fixture, formats[f]);
		for (int i = 0; i < N_CODINGS; i++) {
			retell(&player, &codings[i]);
			assert_placed(fixture, on_plane ? "plane" : "composed", NULL);
			if (on_plane && !codings[i].for_planes) {
				continue;
			}
			print_message("%.4s, %s, %s: %d\n", (const char *)&formats[f], codings[i].name,
				on_plane ? "on a plane" : "composed",
				assert_shown(fixture, &player, &codings[i], on_plane));
		}
		player_finish(&player);
	}
}

// A plane that cannot be set is held to show the default.
static void test_planes_without_a_property(void **state) {
	if (!fixture_has_overlays()) {
		skip();
	}
	struct fixture *fixture = *state;
	struct player player;
	player_init(&player, fixture, DRM_FORMAT_NV12);
	assert_placed(fixture, "plane", "");
	retell(&player, &codings[BT709]);
	assert_placed(fixture, "composed", "yuv-coding");
	assert_shown(fixture, &player, &codings[BT709], false);
	retell(&player, &codings[BT601_FULL]); // the range can be set
	assert_placed(fixture, "plane", "");
	assert_shown(fixture, &player, &codings[BT601_FULL], true);
	player_finish(&player);
}

static int start_without_encoding(void **state) {
	return fixture_start_choosy(state, "VITRINE_TEST_NO_ENCODING", "1");
}

// Waits until the program has said that its first picture is on the screen.
static void wait_presented(int out) {
	char text[4096];
	size_t len = 0;
	do {
		ssize_t n = read(out, text + len, sizeof(text) - 1 - len);
		assert_true(n > 0);
		len += (size_t)n;
		text[len] = '\0';
	} while (!strstr(text, "presented"));
}

// vitrine-testcard with the coding's name; the pid, and where it says what became of its picture.
static pid_t start_testcard(const struct fixture *fixture, const char *coding, int *out) {
	int pipe_fds[2];
	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	posix_spawn_file_actions_t actions;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, pipe_fds[1], STDOUT_FILENO);
	char *const args[] = {(char[]){"vitrine-testcard"}, (char[]){"--format=YUYV"},
		(char[]){"--coding"}, (char *)(uintptr_t)coding, (char[]){"--frames=1"}, (char[]){"--hold"},
		(char[]){"--verbose"}, NULL};
	setenv("WAYLAND_DISPLAY", fixture->server.socket, 1);
	pid_t pid;
	assert_int_equal(posix_spawnp(&pid, args[0], &actions, NULL, args, environ), 0);
	posix_spawn_file_actions_destroy(&actions);
	close(pipe_fds[1]);
	*out = pipe_fds[0];
	return pid;
}

// The test card's own colours come back, whichever way they go. vkms takes no YUYV. Below its numbers there are bars
// alone.
static void test_testcard(void **state) {
	static const char *const names[] = {
		"bt601", "bt601-full", "bt709", "bt709-full", "bt2020", "bt2020-full"};
	static const uint8_t bars[8][3] = {{255, 255, 255}, {0, 255, 255}, {255, 255, 0}, {0, 255, 0},
		{255, 0, 255}, {0, 0, 255}, {255, 0, 0}, {0, 0, 0}}; // blue, green, red
	struct fixture *fixture = *state;
	for (int i = 0; i < 6; i++) {
		int out;
		pid_t pid = start_testcard(fixture, names[i], &out);
		wait_presented(out);
		struct test_image shown = read_screen(fixture, false);
		const uint8_t *row = shown.data[0] + (size_t)(TEST_HEIGHT - 1) * shown.stride[0];
		for (int x = 0; x < TEST_WIDTH; x++) {
			for (int c = 0; c < 3; c++) {
				uint8_t expected = bars[x * 8 / TEST_WIDTH][c];
				if (abs(row[4 * x + c] - expected) > TOLERANCE) {
					fail_msg("%s: at %d channel %d is %d instead of %d", names[i], x, c,
						row[4 * x + c], expected);
				}
			}
		}
		free(shown.data[0]);
		kill(pid, SIGTERM);
		int status;
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
		close(out);
	}
}

static void next_frame(struct player *player, const struct coding *coding) {
	tell(player, coding);
	player->shown = 1 - player->shown;
	struct test_buffer *buffer = &player->buffers[player->shown];
	test_client_wait(&player->client, !buffer->busy);
	test_surface_show(&player->window.base, buffer);
	test_surface_wait_frame(&player->window.base);
}

// Told again with each frame, as clients do, a coding costs nothing; another one costs no test of a
// layout that is known, and is written once.
static void test_steady(void **state) {
	if (!fixture_has_overlays()) {
		skip();
	}
	struct fixture *fixture = *state;
	struct player player;
	player_init(&player, fixture, DRM_FORMAT_NV12);
	for (int i = 0; i < WARM_UP; i++) {
		next_frame(&player, &codings[i % 2]);
	}
	next_frame(&player, &codings[BT709]);
	test_trace_restart(&fixture->trace);
	struct trace_counts before = test_trace_counts(&fixture->trace, NULL);
	for (int i = 0; i < FRAMES; i++) {
		next_frame(&player, &codings[BT709]);
	}
	struct trace_counts counts = test_trace_counts(&fixture->trace, &before);
	assert_true(counts.commits >= FRAMES);
	assert_int_equal(counts.tests, 0);
	assert_int_equal(counts.allocations, 0);
	assert_int_equal(test_trace_plane_values(&fixture->trace), 2); // framebuffer and fence
	for (int i = 1; i <= FRAMES; i++) {
		next_frame(&player, &codings[i % 2]); // another range
	}
	counts = test_trace_counts(&fixture->trace, &before);
	assert_int_equal(counts.tests, 0);
	assert_int_equal(test_trace_plane_values(&fixture->trace), 3);
	assert_placed(fixture, "plane", "");
	player_finish(&player);
}

int main(void) {
	test_guard(110);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_each_coding, fixture_start, fixture_stop),
		cmocka_unit_test_setup_teardown(test_testcard, fixture_start, fixture_stop),
		cmocka_unit_test_setup_teardown(
			test_planes_without_a_property, start_without_encoding, fixture_stop),
		cmocka_unit_test_setup_teardown(test_steady, fixture_start_traced_fast, fixture_stop),
	};
	return cmocka_run_group_tests_name("coding", tests, NULL, NULL);
}
