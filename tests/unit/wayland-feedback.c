// SPDX-License-Identifier: MIT
// The feedback of a surface follows what planes would take, slowly: what it says, and how often.
// Time is what the test says it is.
#include "wayland-harness.h"

#include <drm_fourcc.h>
#include <sys/mman.h>
#include <unistd.h>

#define MS INT64_C(1000000)
#define SECOND (1000 * MS)
// Far from now, so that the server's own timer does not come in between.
#define START (INT64_C(1000000) * SECOND)

enum { SIZE = 64, MAX_PAIRS = 16 };

struct feedback {
	struct zwp_linux_dmabuf_feedback_v1 *object;
	struct format_pair *table; // mapped
	uint32_t table_size;
	int done, tranches;
	uint32_t flags;
	struct format_pair scanout[MAX_PAIRS];
	int n_scanout, n_all; // of the last one that is done
	int next_scanout, next_all;
};

static struct client *client;
static struct wl_surface *surface;
static struct shm_image *image;
static struct feedback feedback;
static int64_t now_ns;
static struct scene_buffer dmabuf; // format 0: the surface shows its wl_shm buffer
static struct format_set nv12, xr24_argb, all;

static void handle_done(void *data, struct zwp_linux_dmabuf_feedback_v1 *object) {
	(void)object;
	struct feedback *f = data;
	f->done++;
	f->n_scanout = f->next_scanout;
	f->n_all = f->next_all;
	f->next_scanout = f->next_all = f->tranches = 0;
}

static void unmap_table(struct feedback *f) {
	if (f->table) {
		munmap(f->table, f->table_size);
	}
	f->table = NULL;
}

static void handle_table(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *object, int32_t fd, uint32_t size) {
	(void)object;
	struct feedback *f = data;
	unmap_table(f);
	f->table = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	assert_ptr_not_equal(f->table, MAP_FAILED);
	f->table_size = size;
	close(fd);
}

static void handle_device(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *object, struct wl_array *device) {
	(void)data;
	(void)object;
	assert_int_equal(device->size, sizeof(dev_t));
}

static void handle_tranche_done(void *data, struct zwp_linux_dmabuf_feedback_v1 *object) {
	(void)object;
	((struct feedback *)data)->tranches++;
}

static void handle_formats(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *object, struct wl_array *indices) {
	(void)object;
	struct feedback *f = data;
	const uint16_t *index;
	wl_array_for_each(index, indices) {
		assert_true(*index < f->table_size / sizeof(*f->table));
		if (f->flags & ZWP_LINUX_DMABUF_FEEDBACK_V1_TRANCHE_FLAGS_SCANOUT) {
			assert_int_equal(f->tranches, 0); // it comes first
			f->scanout[f->next_scanout++] = f->table[*index];
		} else {
			f->next_all++;
		}
	}
}

static void handle_flags(void *data, struct zwp_linux_dmabuf_feedback_v1 *object, uint32_t flags) {
	(void)object;
	((struct feedback *)data)->flags = flags;
}

static const struct zwp_linux_dmabuf_feedback_v1_listener listener = {
	.done = handle_done,
	.format_table = handle_table,
	.main_device = handle_device,
	.tranche_done = handle_tranche_done,
	.tranche_target_device = handle_device,
	.tranche_formats = handle_formats,
	.tranche_flags = handle_flags,
};

static void feedback_init(struct feedback *f) {
	*f = (struct feedback){
		.object = zwp_linux_dmabuf_v1_get_surface_feedback(client->dmabuf, surface)};
	zwp_linux_dmabuf_feedback_v1_add_listener(f->object, &listener, f);
	assert_true(client_sync(client));
	assert_int_equal(f->done, 1);
}

static void feedback_finish(struct feedback *f) {
	if (f->object) {
		zwp_linux_dmabuf_feedback_v1_destroy(f->object);
	}
	unmap_table(f);
	*f = (struct feedback){0};
}

static void fill(struct format_set *set, const uint32_t *formats, int n) {
	*set = (struct format_set){0};
	for (int i = 0; i < n; i++) {
		assert_true(format_set_add(set, formats[i], DRM_FORMAT_MOD_LINEAR));
	}
}

static int setup(void **state) {
	harness_setup(state);
	// Nobody could compose the second one.
	fill(&nv12, (uint32_t[]){DRM_FORMAT_NV12, DRM_FORMAT_XRGB2101010}, 2);
	fill(&xr24_argb, (uint32_t[]){DRM_FORMAT_XRGB8888, DRM_FORMAT_ARGB8888}, 2);
	fill(&all,
		(uint32_t[]){DRM_FORMAT_XRGB8888, DRM_FORMAT_ARGB8888, DRM_FORMAT_RGB565, DRM_FORMAT_NV12},
		4);
	now_ns = START;
	dmabuf = (struct scene_buffer){0};
	client = client_connect();
	surface = wl_compositor_create_surface(client->compositor);
	make_root(client, surface);
	image = image_create(client, SIZE, SIZE, WL_SHM_FORMAT_XRGB8888, 0);
	show(surface, image);
	feedback_init(&feedback);
	assert_int_equal(feedback.n_scanout, 2);
	assert_int_equal(feedback.n_all, 7);
	return 0;
}

static int teardown(void **state) {
	feedback_finish(&feedback);
	if (surface) {
		drop_root(client, surface);
		wl_surface_destroy(surface);
	}
	image_destroy(image);
	client_disconnect(client);
	format_set_finish(&nv12);
	format_set_finish(&xr24_argb);
	format_set_finish(&all);
	return harness_teardown(state);
}

static struct scene_layer *layer(void) {
	return &server_surface(client, surface)->layer;
}

struct told {
	const struct format_set *planes[2];
	bool placed, import_refused;
};

static void tell(struct told told) {
	struct scene_wish wish = {.time_ns = now_ns,
		.planes = told.planes,
		.n_planes = told.planes[1] ? 2
			: told.planes[0]       ? 1
								   : 0,
		.placed = told.placed,
		.import_refused = told.import_refused};
	struct scene_layer *told_layer = layer();
	struct scene_buffer *buffer = told_layer->buffer;
	told_layer->buffer = dmabuf.format != 0 ? &dmabuf : buffer;
	told_layer->ops->scanout_wish(told_layer, &wish);
	told_layer->buffer = buffer;
}

static void pass(int64_t ns) {
	now_ns += ns;
	dmabuf_wishes_send(harness.server, now_ns);
	assert_true(client_sync(client));
}

static bool offers(uint32_t format) {
	for (int i = 0; i < feedback.n_scanout; i++) {
		if (feedback.scanout[i].format == format) {
			return true;
		}
	}
	return false;
}

// The surface shows a dma-buf from now on, as far as wishes can see: machines without a source of
// dma-bufs run this as well.
static void show_dmabuf(uint32_t format) {
	dmabuf.kind = SCENE_BUFFER_DMABUF;
	dmabuf.format = format;
}

static void test_told_after_a_second(void **state) {
	(void)state;
	assert_true(layer()->wish_wanted);
	tell((struct told){.planes = {&nv12}});
	pass(999 * MS);
	assert_int_equal(feedback.done, 1);
	assert_int_equal(dmabuf_wishes_send(harness.server, now_ns), 1 * MS);
	pass(1 * MS);
	assert_int_equal(feedback.done, 2);
	assert_int_equal(feedback.n_scanout, 1);
	assert_int_equal(feedback.scanout[0].format, DRM_FORMAT_NV12);
	assert_int_equal(feedback.scanout[0].modifier, DRM_FORMAT_MOD_LINEAR);
	assert_int_equal(feedback.n_all, 7);
	assert_int_equal(dmabuf_wishes_send(harness.server, now_ns), -1);
	// Not again, however often it is true.
	for (int i = 0; i < 100; i++) {
		tell((struct told){.planes = {&nv12}});
		pass(SECOND);
	}
	assert_int_equal(feedback.done, 2);
	// All of the planes that would take it; then none would.
	tell((struct told){.planes = {&nv12, &xr24_argb}});
	pass(SECOND);
	assert_int_equal(feedback.done, 3);
	assert_int_equal(feedback.n_scanout, 4); // XR24 without a modifier is linear as well
	tell((struct told){0});
	pass(3999 * MS);
	assert_int_equal(feedback.done, 3);
	pass(1 * MS);
	assert_int_equal(feedback.done, 4);
	assert_int_equal(feedback.n_scanout, 2);
}

static void test_what_all_are_told_is_not_news(void **state) {
	(void)state;
	struct format_set same;
	fill(&same, (uint32_t[]){DRM_FORMAT_XRGB8888}, 1);
	tell((struct told){.planes = {&same}});
	pass(10 * SECOND);
	assert_int_equal(feedback.done, 1);
	format_set_finish(&same);
}

static void test_flapping_says_nothing(void **state) {
	(void)state;
	for (int i = 0; i < 1000; i++) {
		tell((struct told){.planes = {i % 2 ? &nv12 : NULL}});
		pass(i % 3 ? 16 * MS : 990 * MS);
	}
	assert_int_equal(feedback.done, 1);
}

// The longer than the debounce each state lasts, the rarer it is told.
static void test_slow_flapping_is_told_ever_more_rarely(void **state) {
	(void)state;
	int64_t last = 0, least = 0;
	for (int i = 0; i < 3000; i++) {
		int done = feedback.done;
		tell((struct told){.planes = {i % 20 < 10 ? &nv12 : &xr24_argb}});
		pass(150 * MS);
		assert_true(feedback.done <= done + 1);
		if (feedback.done > done) {
			assert_true(last == 0 || now_ns - last >= least);
			least = last == 0 ? 4 * SECOND : 2 * least;
			last = now_ns;
		}
	}
	// 450 s: after 1, 4, 8, 16, 32, 64 and 128 s, each at most one flap later.
	assert_true(feedback.done >= 6 && feedback.done <= 9);
	// In quiet times it is quick again.
	tell((struct told){.planes = {&all}});
	pass(3000 * SECOND);
	int done = feedback.done;
	tell((struct told){.planes = {&nv12}});
	pass(3000 * SECOND);
	assert_int_equal(feedback.done, done + 1);
	tell((struct told){.planes = {&all}});
	pass(4 * SECOND);
	assert_int_equal(feedback.done, done + 2);
}

static void test_on_a_plane(void **state) {
	(void)state;
	// It has what all are told: it is let alone, whatever else that plane takes.
	show_dmabuf(DRM_FORMAT_XRGB8888);
	tell((struct told){.planes = {&xr24_argb}, .placed = true});
	pass(10 * SECOND);
	assert_int_equal(feedback.done, 1);
	// What it has was not told: the plane's formats keep it there.
	show_dmabuf(DRM_FORMAT_ARGB8888);
	tell((struct told){.planes = {&xr24_argb}, .placed = true});
	pass(10 * SECOND);
	assert_int_equal(feedback.done, 2);
	assert_int_equal(feedback.n_scanout, 3);
	assert_true(offers(DRM_FORMAT_ARGB8888));
	// On to another plane that takes more.
	tell((struct told){.planes = {&all}, .placed = true});
	pass(10 * SECOND);
	assert_int_equal(feedback.done, 2);
}

static void test_refused_formats_are_not_offered_again(void **state) {
	(void)state;
	show_dmabuf(DRM_FORMAT_NV12);
	tell((struct told){.planes = {&all}});
	pass(SECOND);
	assert_int_equal(feedback.done, 2);
	assert_false(offers(DRM_FORMAT_NV12));
	assert_true(offers(DRM_FORMAT_ARGB8888));
	// That is not shown either, nor its opaque twin, which was tried instead.
	show_dmabuf(DRM_FORMAT_ARGB8888);
	tell((struct told){.planes = {&all}});
	pass(10 * SECOND);
	assert_int_equal(feedback.done, 3);
	assert_int_equal(feedback.n_scanout, 1);
	assert_true(offers(DRM_FORMAT_RGB565));
	// Back to what was refused first.
	show_dmabuf(DRM_FORMAT_NV12);
	tell((struct told){.planes = {&all}});
	pass(100 * SECOND);
	assert_int_equal(feedback.done, 3);
	// Much later it may have become possible.
	show_dmabuf(DRM_FORMAT_XBGR8888);
	now_ns += 600 * SECOND;
	tell((struct told){.planes = {&all}});
	pass(SECOND);
	assert_int_equal(feedback.done, 4);
	assert_true(offers(DRM_FORMAT_NV12));
	assert_true(offers(DRM_FORMAT_ARGB8888));
}

// A client that takes whatever is offered, on a device that refuses everything, comes to rest.
static void test_no_format_is_ever_taken(void **state) {
	(void)state;
	show_dmabuf(DRM_FORMAT_ABGR8888);
	for (int i = 0; i < 100; i++) {
		tell((struct told){.planes = {&all}});
		int done = feedback.done;
		pass(5 * SECOND);
		if (feedback.done > done && i < 99) {
			show_dmabuf(feedback.scanout[0].format);
		}
	}
	assert_true(feedback.done <= 6);
}

static void test_memory_that_cannot_be_imported(void **state) {
	(void)state;
	show_dmabuf(DRM_FORMAT_NV12);
	tell((struct told){.planes = {&all}, .import_refused = true});
	pass(SECOND);
	assert_int_equal(feedback.done, 2);
	assert_false(offers(DRM_FORMAT_NV12));
	// With another format it is still refused: it is not the format.
	show_dmabuf(DRM_FORMAT_RGB565);
	tell((struct told){.planes = {&all}, .import_refused = true});
	pass(10 * SECOND);
	assert_int_equal(feedback.done, 3);
	assert_int_equal(feedback.n_scanout, 2); // as at first
	// And so it stays, whatever else is tried.
	show_dmabuf(DRM_FORMAT_ABGR8888);
	tell((struct told){.planes = {&all}, .import_refused = true});
	pass(100 * SECOND);
	assert_int_equal(feedback.done, 3);
}

static void test_another_output(void **state) {
	(void)state;
	show_dmabuf(DRM_FORMAT_NV12);
	tell((struct told){.planes = {&all}});
	pass(SECOND);
	assert_false(offers(DRM_FORMAT_NV12));
	struct scene_output scene;
	scene_output_init(&scene, HARNESS_WIDTH, HARNESS_HEIGHT);
	struct wayland_output_info info = harness.output->info;
	info.name = "TEST-2";
	struct wayland_output *output = wayland_output_create(harness.server, &info, &scene);
	struct surface *server = server_surface(client, surface);
	surface_set_output(server, output);
	show_dmabuf(DRM_FORMAT_ABGR8888);
	surface_set_output(server, output);
	tell((struct told){.planes = {&nv12}});
	pass(10 * SECOND);
	assert_int_equal(feedback.done, 3);
	assert_int_equal(feedback.n_scanout, 1);
	assert_true(offers(DRM_FORMAT_NV12));
	surface_set_output(server, harness.output);
	wayland_output_destroy(output);
	scene_output_finish(&scene);
}

static void test_shown_nowhere(void **state) {
	(void)state;
	tell((struct told){.planes = {&nv12}});
	wl_surface_attach(surface, NULL, 0, 0);
	wl_surface_commit(surface);
	drop_root(client, surface);
	pass(10 * SECOND);
	assert_int_equal(feedback.done, 1);
	assert_int_equal(dmabuf_wishes_send(harness.server, now_ns), -1);
	wl_surface_destroy(surface);
	surface = NULL;
	assert_true(client_sync(client));
}

static void test_several_objects(void **state) {
	(void)state;
	struct feedback second, third;
	feedback_init(&second);
	tell((struct told){.planes = {&nv12}});
	pass(SECOND);
	assert_int_equal(feedback.done, 2);
	assert_int_equal(second.done, 2);
	assert_int_equal(second.n_scanout, 1);
	// One that comes later begins with what the others know.
	feedback_init(&third);
	assert_int_equal(third.n_scanout, 1);
	feedback_finish(&feedback);
	feedback_finish(&second);
	assert_true(client_sync(client));
	assert_true(layer()->wish_wanted);
	feedback_finish(&third);
	assert_true(client_sync(client));
	assert_false(layer()->wish_wanted);
}

static void test_objects_die_in_any_order(void **state) {
	(void)state;
	tell((struct told){.planes = {&nv12}});
	drop_root(client, surface);
	wl_surface_destroy(surface); // while it is to be told
	surface = NULL;
	pass(10 * SECOND);
	assert_int_equal(feedback.done, 1);
	feedback_finish(&feedback);
	assert_true(client_sync(client));
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_told_after_a_second),
		TEST(test_what_all_are_told_is_not_news),
		TEST(test_flapping_says_nothing),
		TEST(test_slow_flapping_is_told_ever_more_rarely),
		TEST(test_on_a_plane),
		TEST(test_refused_formats_are_not_offered_again),
		TEST(test_no_format_is_ever_taken),
		TEST(test_memory_that_cannot_be_imported),
		TEST(test_another_output),
		TEST(test_shown_nowhere),
		TEST(test_several_objects),
		TEST(test_objects_die_in_any_order),
	};
	return cmocka_run_group_tests_name("wayland-feedback", tests, NULL, NULL);
}
