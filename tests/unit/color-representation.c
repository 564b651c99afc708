// SPDX-License-Identifier: MIT
// wp_color_representation_v1: how YUV is coded reaches the layer with the commit and with its buffer, and what
// does not go with the contents is an error of the very commit that says so.
#include <drm_fourcc.h>
#include <string.h>

#include "wayland-harness.h"

#include "color-representation-v1-client-protocol.h"
#include "fake-fence.h"
#include "globals.h"

#define MATRIX(name) WP_COLOR_REPRESENTATION_SURFACE_V1_COEFFICIENTS_##name
#define RANGE(name) WP_COLOR_REPRESENTATION_SURFACE_V1_RANGE_##name
#define ERROR(name) WP_COLOR_REPRESENTATION_SURFACE_V1_ERROR_##name

enum { ERROR_CHROMA_LOCATION = 5 }; // not in the XML of wayland-protocols 1.44

typedef struct wp_color_representation_surface_v1 told; // objects of a surface

static struct client *client;
static struct wp_color_representation_manager_v1 *manager;

static struct {
	uint32_t modes[4], matrices[16], ranges[16];
	int n_modes, n_pairs, dones;
} offer;

static void handle_mode(
	void *data, struct wp_color_representation_manager_v1 *object, uint32_t mode) {
	(void)data;
	(void)object;
	assert_true(offer.n_modes < 4 && offer.dones == 0);
	offer.modes[offer.n_modes++] = mode;
}

static void handle_pair(void *data, struct wp_color_representation_manager_v1 *object,
	uint32_t matrix, uint32_t range) {
	(void)data;
	(void)object;
	assert_true(offer.n_pairs < 16 && offer.dones == 0);
	offer.matrices[offer.n_pairs] = matrix;
	offer.ranges[offer.n_pairs++] = range;
}

static void handle_done(void *data, struct wp_color_representation_manager_v1 *object) {
	(void)data;
	(void)object;
	offer.dones++;
}

static const struct wp_color_representation_manager_v1_listener manager_listener = {
	.supported_alpha_mode = handle_mode,
	.supported_coefficients_and_ranges = handle_pair,
	.done = handle_done,
};

static void sync_client(void) {
	assert_true(client_sync(client));
}

static void connect_client(void) {
	memset(&offer, 0, sizeof(offer));
	client = client_connect();
	struct test_globals globals;
	test_globals_ask(&globals, client->display);
	sync_client();
	const struct wl_interface *interface = &wp_color_representation_manager_v1_interface;
	assert_int_equal(test_globals_version(&globals, interface), 1);
	manager = test_globals_bind(&globals, interface, 1);
	wp_color_representation_manager_v1_add_listener(manager, &manager_listener, NULL);
	test_globals_finish(&globals);
	sync_client();
	assert_non_null(client_keep(client, manager));
}

// Images that a client ends with.
static struct shm_image *kept[4];
static int n_kept;

static struct shm_image *keep_image(struct shm_image *image) {
	assert_true(n_kept < 4);
	return kept[n_kept++] = image;
}

static void disconnect_client(void) {
	while (n_kept > 0) {
		image_destroy(kept[--n_kept]);
	}
	client_disconnect(client);
}

static int setup(void **state) {
	harness_setup(state);
	connect_client();
	return 0;
}

static int teardown(void **state) {
	disconnect_client();
	int rc = harness_teardown(state);
	fake_fence_reset();
	return rc;
}

static const struct scene_layer *layer_of(struct wl_surface *surface) {
	return &server_surface(client, surface)->layer;
}

static struct wl_surface *new_surface(void) {
	return wl_compositor_create_surface(client->compositor);
}

// Nothing of the server but this protocol looks at what the pixels are.
static struct shm_image *new_image(uint32_t format) {
	struct shm_image *image = image_create(client, 16, 16, WL_SHM_FORMAT_XRGB8888, 0x102030);
	sync_client();
	struct wl_resource *resource =
		wl_client_get_object(client->peer, wl_proxy_get_id((struct wl_proxy *)image->buffer));
	buffer_from_resource(resource)->format = format;
	return image;
}

static told *tell(struct wl_surface *surface) {
	return wp_color_representation_manager_v1_get_surface(manager, surface);
}

static void set(told *object, uint32_t matrix, uint32_t range) {
	wp_color_representation_surface_v1_set_coefficients_and_range(object, matrix, range);
}

static void assert_coding(struct wl_surface *surface, enum format_matrix matrix, bool full) {
	sync_client();
	assert_int_equal(layer_of(surface)->coding.matrix, matrix);
	assert_int_equal(layer_of(surface)->coding.full_range, full);
}

static bool all_is_damaged(struct wl_surface *surface) {
	pixman_box32_t all = {.x2 = 16, .y2 = 16};
	return pixman_region32_contains_rectangle(
			   (pixman_region32_t *)&layer_of(surface)->damage, &all) == PIXMAN_REGION_IN;
}

// What is wrong ends the client: the next one goes on.
static void assert_ends(const struct wl_interface *interface, uint32_t code) {
	assert_error(client, interface, code);
	disconnect_client();
	connect_client();
}

static void assert_surface_error(uint32_t code) {
	assert_ends(&wp_color_representation_surface_v1_interface, code);
}

static const struct {
	uint32_t matrix, range;
	struct format_coding coding;
} pairs[] = {
	{MATRIX(BT601), RANGE(LIMITED), {FORMAT_BT601, false}},
	{MATRIX(BT601), RANGE(FULL), {FORMAT_BT601, true}},
	{MATRIX(BT709), RANGE(LIMITED), {FORMAT_BT709, false}},
	{MATRIX(BT709), RANGE(FULL), {FORMAT_BT709, true}},
	{MATRIX(BT2020), RANGE(LIMITED), {FORMAT_BT2020, false}},
	{MATRIX(BT2020), RANGE(FULL), {FORMAT_BT2020, true}},
};

enum { N_PAIRS = sizeof(pairs) / sizeof(pairs[0]) };

static bool is_offered(uint32_t matrix, uint32_t range) {
	for (int i = 0; i < offer.n_pairs; i++) {
		if (offer.matrices[i] == matrix && offer.ranges[i] == range) {
			return true;
		}
	}
	return false;
}

static void test_offer(void **state) {
	(void)state;
	assert_int_equal(offer.n_modes, 1);
	assert_int_equal(
		offer.modes[0], WP_COLOR_REPRESENTATION_SURFACE_V1_ALPHA_MODE_PREMULTIPLIED_ELECTRICAL);
	for (int i = 0; i < N_PAIRS; i++) {
		assert_true(is_offered(pairs[i].matrix, pairs[i].range));
	}
	assert_true(is_offered(MATRIX(IDENTITY), RANGE(FULL)));
	assert_int_equal(offer.n_pairs, N_PAIRS + 1);
	assert_int_equal(offer.dones, 1);
}

static void test_each_coding(void **state) {
	(void)state;
	struct shm_image *image = new_image(DRM_FORMAT_YUYV);
	struct wl_surface *surface = new_surface();
	make_root(client, surface);
	show(surface, image);
	assert_coding(surface, FORMAT_BT601, false);
	told *object = tell(surface);
	struct format_coding before = {0};
	for (int i = N_PAIRS - 1; i >= 0; i--) {
		harness_frame();
		set(object, pairs[i].matrix, pairs[i].range);
		assert_coding(surface, before.matrix, before.full_range); // only with the commit
		assert_false(all_is_damaged(surface));
		wl_surface_commit(surface);
		before = pairs[i].coding;
		assert_coding(surface, before.matrix, before.full_range);
		assert_true(all_is_damaged(surface)); // it is another picture now
	}
	// Told once more, nothing has changed.
	harness_frame();
	set(object, pairs[0].matrix, pairs[0].range);
	wl_surface_commit(surface);
	sync_client();
	assert_false(all_is_damaged(surface));
	wp_color_representation_surface_v1_set_alpha_mode(
		object, WP_COLOR_REPRESENTATION_SURFACE_V1_ALPHA_MODE_PREMULTIPLIED_ELECTRICAL);
	set(object, MATRIX(BT709), RANGE(FULL));
	wl_surface_commit(surface);
	wp_color_representation_surface_v1_destroy(object); // with the next commit
	assert_coding(surface, FORMAT_BT709, true);
	harness_frame();
	wl_surface_commit(surface);
	assert_coding(surface, FORMAT_BT601, false);
	assert_true(all_is_damaged(surface));
	object = tell(surface); // another one may follow
	set(object, MATRIX(BT2020), RANGE(LIMITED));
	wl_surface_commit(surface);
	assert_coding(surface, FORMAT_BT2020, false);
	wp_color_representation_surface_v1_destroy(object);
	drop_shown(client, surface, &image, 1);
}

static void test_synchronized(void **state) {
	(void)state;
	struct shm_image *yuv = new_image(DRM_FORMAT_YUYV), *rgb = new_image(DRM_FORMAT_XRGB8888);
	struct wl_surface *parent = new_surface(), *child = new_surface();
	struct wl_subsurface *subsurface =
		wl_subcompositor_get_subsurface(client->subcompositor, child, parent);
	make_root(client, parent);
	told *object = tell(child);
	set(object, MATRIX(BT709), RANGE(LIMITED));
	show(child, yuv);
	assert_coding(child, FORMAT_BT601, false); // cached
	set(object, MATRIX(BT2020), RANGE(FULL));  // not committed
	show(parent, rgb);
	assert_coding(child, FORMAT_BT709, false);
	assert_coding(parent, FORMAT_BT601, false);
	wl_surface_commit(child);
	wl_surface_commit(parent);
	assert_coding(child, FORMAT_BT2020, true);
	wp_color_representation_surface_v1_destroy(object);
	wl_subsurface_destroy(subsurface);
	wl_surface_destroy(child);
	drop_shown(client, parent, (struct shm_image *[]){rgb, yuv}, 2);
}

static void test_held(void **state) {
	(void)state;
	struct shm_image *rgb = new_image(DRM_FORMAT_XRGB8888), *first = new_image(DRM_FORMAT_NV12);
	struct shm_image *second = new_image(DRM_FORMAT_NV12);
	int drawn_first = fake_fence_attach(client->peer, first->buffer);
	int drawn_second = fake_fence_attach(client->peer, second->buffer);
	struct wl_surface *surface = new_surface();
	make_root(client, surface);
	show(surface, rgb);
	told *object = tell(surface);
	set(object, MATRIX(BT709), RANGE(FULL));
	show(surface, first);
	set(object, MATRIX(BT2020), RANGE(LIMITED));
	show(surface, second);
	wp_color_representation_surface_v1_set_chroma_location(
		object, WP_COLOR_REPRESENTATION_SURFACE_V1_CHROMA_LOCATION_TYPE_0);
	wl_surface_commit(surface); // goes with what it will show, not with what it shows
	assert_coding(surface, FORMAT_BT601, false);
	fake_fence_signal(drawn_first);
	assert_coding(surface, FORMAT_BT709, true);
	assert_int_equal(layer_of(surface)->buffer->format, DRM_FORMAT_NV12);
	fake_fence_signal(drawn_second);
	assert_coding(surface, FORMAT_BT2020, false);
	wp_color_representation_surface_v1_destroy(object);
	drop_shown(client, surface, (struct shm_image *[]){rgb, first, second}, 3);
}

// With the request.
static void test_wrong_values(void **state) {
	(void)state;
	static const uint32_t wrong[][2] = {{0, 0}, {MATRIX(BT601), 0}, {0, RANGE(FULL)},
		{MATRIX(IDENTITY), RANGE(LIMITED)}, {MATRIX(FCC), RANGE(LIMITED)},
		{MATRIX(SMPTE240), RANGE(LIMITED)}, {MATRIX(BT2020_CL), RANGE(LIMITED)},
		{MATRIX(ICTCP), RANGE(LIMITED)}, {MATRIX(BT709), 3}, {UINT32_MAX, UINT32_MAX}};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		told *object = client_keep(client, tell(client_keep(client, new_surface())));
		set(object, wrong[i][0], wrong[i][1]);
		assert_surface_error(ERROR(COEFFICIENTS));
	}
	static const uint32_t modes[] = {
		WP_COLOR_REPRESENTATION_SURFACE_V1_ALPHA_MODE_PREMULTIPLIED_OPTICAL,
		WP_COLOR_REPRESENTATION_SURFACE_V1_ALPHA_MODE_STRAIGHT, 3, UINT32_MAX};
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		told *object = client_keep(client, tell(client_keep(client, new_surface())));
		wp_color_representation_surface_v1_set_alpha_mode(object, modes[i]);
		assert_surface_error(ERROR(ALPHA_MODE));
	}
	static const uint32_t locations[] = {0, 7, UINT32_MAX};
	for (size_t i = 0; i < sizeof(locations) / sizeof(locations[0]); i++) {
		told *object = client_keep(client, tell(client_keep(client, new_surface())));
		wp_color_representation_surface_v1_set_chroma_location(object, locations[i]);
		assert_surface_error(ERROR_CHROMA_LOCATION);
	}
	struct wl_surface *surface = client_keep(client, new_surface());
	client_keep(client, tell(surface));
	client_keep(client, tell(surface));
	assert_ends(&wp_color_representation_manager_v1_interface,
		WP_COLOR_REPRESENTATION_MANAGER_V1_ERROR_SURFACE_EXISTS);
}

struct claim {
	uint32_t matrix; // 0: not set
	bool located;
};

static void say(told *object, struct claim claim) {
	if (claim.matrix != 0) {
		set(object, claim.matrix, RANGE(FULL));
	}
	for (uint32_t i = 1; i <= 6 && claim.located; i++) {
		wp_color_representation_surface_v1_set_chroma_location(object, i);
	}
}

static const struct {
	uint32_t format;
	struct claim claim;
	bool right;
} formats[] = {
	{DRM_FORMAT_XRGB8888, {MATRIX(IDENTITY), false}, true},
	{DRM_FORMAT_XRGB8888, {MATRIX(BT601), false}, false},
	{DRM_FORMAT_XRGB8888, {0, true}, false},
	{DRM_FORMAT_RGB565, {MATRIX(BT709), false}, false},
	{DRM_FORMAT_NV12, {MATRIX(IDENTITY), false}, false},
	{DRM_FORMAT_NV12, {MATRIX(BT709), true}, true},
	{DRM_FORMAT_P010, {MATRIX(BT2020), true}, true},
	{DRM_FORMAT_YUV420, {0, true}, true},
	{DRM_FORMAT_YUYV, {MATRIX(BT601), false}, true},
	{DRM_FORMAT_YUYV, {MATRIX(BT601), true}, false},
	{DRM_FORMAT_YUV444, {MATRIX(IDENTITY), false}, false},
	{DRM_FORMAT_YUV444, {0, true}, false},
};

enum { N_FORMATS = sizeof(formats) / sizeof(formats[0]) };

// With the commit, whether the buffer or what it does not go with comes first.
static void test_contents(void **state) {
	(void)state;
	for (int i = 0; i < 2 * N_FORMATS; i++) {
		bool buffer_first = i % 2;
		struct shm_image *image = keep_image(new_image(formats[i / 2].format));
		struct wl_surface *surface = client_keep(client, new_surface());
		make_root(client, surface);
		told *object = client_keep(client, tell(surface));
		if (buffer_first) {
			show(surface, image);
			sync_client();
		}
		say(object, formats[i / 2].claim);
		if (!buffer_first) {
			wl_surface_commit(surface); // goes with no contents
			wl_surface_attach(surface, image->buffer, 0, 0);
		}
		sync_client(); // nothing is wrong yet
		wl_surface_commit(surface);
		if (formats[i / 2].right) {
			sync_client();
			disconnect_client();
			connect_client();
		} else {
			assert_surface_error(ERROR(PIXEL_FORMAT));
		}
	}
}

static void test_one_colour(void **state) {
	(void)state;
	for (int right = 1; right >= 0; right--) {
		struct wl_surface *surface = client_keep(client, new_surface());
		struct wl_buffer *pixel = client_keep(client,
			wp_single_pixel_buffer_manager_v1_create_u32_rgba_buffer(
				client->single_pixel, 0, 0, 0, UINT32_MAX));
		told *object = client_keep(client, tell(surface));
		set(object, right ? MATRIX(IDENTITY) : MATRIX(BT709), RANGE(FULL));
		wl_surface_attach(surface, pixel, 0, 0);
		wl_surface_commit(surface);
		if (right) {
			sync_client();
		} else {
			assert_surface_error(ERROR(PIXEL_FORMAT));
		}
	}
}

// What a commit does not apply yet is what the next one goes with, or not.
static void test_cached_contents(void **state) {
	(void)state;
	struct shm_image *rgb = keep_image(new_image(DRM_FORMAT_XRGB8888));
	struct shm_image *yuv = keep_image(new_image(DRM_FORMAT_NV12));
	struct wl_surface *parent = client_keep(client, new_surface());
	struct wl_surface *child = client_keep(client, new_surface());
	client_keep(client, wl_subcompositor_get_subsurface(client->subcompositor, child, parent));
	make_root(client, parent);
	show(child, rgb);
	show(parent, rgb);
	told *object = client_keep(client, tell(child));
	show(child, yuv);
	set(object, MATRIX(BT709), RANGE(FULL));
	wl_surface_commit(child);
	sync_client();
	wl_surface_attach(child, NULL, 0, 0);
	wl_surface_commit(child);
	sync_client();
	wl_surface_attach(child, rgb->buffer, 0, 0);
	wl_surface_commit(child);
	assert_surface_error(ERROR(PIXEL_FORMAT)); // before the parent's commit
}

static void test_without_its_surface(void **state) {
	(void)state;
	for (int request = 0; request < 4; request++) {
		struct wl_surface *surface = new_surface();
		told *object = tell(surface);
		set(object, MATRIX(BT709), RANGE(FULL));
		wl_surface_destroy(surface);
		sync_client();
		if (request == 0) {
			wp_color_representation_surface_v1_destroy(object); // which is fine
			sync_client();
			continue;
		}
		client_keep(client, object);
		if (request == 1) {
			wp_color_representation_surface_v1_set_alpha_mode(object, 99);
		} else if (request == 2) {
			set(object, 0, 0);
		} else {
			wp_color_representation_surface_v1_set_chroma_location(object, 0);
		}
		assert_surface_error(ERROR(INERT));
	}
}

// Surface, its object and its buffer go in each order, one of them with its client.
static void test_ends_in_any_order(void **state) {
	(void)state;
	static const int orders[][3] = {
		{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	for (int i = 0; i < 6 * 4; i++) {
		int last = i / 6; // how many of them go
		struct shm_image *image = new_image(DRM_FORMAT_NV12);
		struct wl_surface *surface = new_surface();
		told *object = tell(surface);
		wl_surface_attach(surface, image->buffer, 0, 0);
		set(object, MATRIX(BT709), RANGE(FULL));
		wl_surface_commit(surface);
		set(object, MATRIX(BT2020), RANGE(FULL));
		for (int step = 0; step < 3; step++) {
			bool goes = step < last;
			switch (orders[i % 6][step]) {
			case 0:
				goes ? wl_surface_destroy(surface) : (void)client_keep(client, surface);
				break;
			case 1:
				goes ? wp_color_representation_surface_v1_destroy(object)
					 : (void)client_keep(client, object);
				break;
			default:
				goes ? image_destroy(image) : (void)keep_image(image);
				break;
			}
			sync_client();
		}
		disconnect_client();
		connect_client();
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_offer),
		TEST(test_each_coding),
		TEST(test_synchronized),
		TEST(test_held),
		TEST(test_wrong_values),
		TEST(test_contents),
		TEST(test_one_colour),
		TEST(test_cached_contents),
		TEST(test_without_its_surface),
		TEST(test_ends_in_any_order),
	};
	return cmocka_run_group_tests_name("color-representation", tests, NULL, NULL);
}
