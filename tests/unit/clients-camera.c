// SPDX-License-Identifier: MIT
// What the camera program takes from what a camera offers.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <drm_fourcc.h>
#include <linux/videodev2.h>

#include "camera-mode.h"

static void v4l2_formats_map_by_byte_order(void **state) {
	(void)state;
	static const struct {
		uint32_t v4l2, drm;
		bool split;
	} cases[] = {
		// In memory: B, G, R, X on both sides.
		{V4L2_PIX_FMT_XBGR32, DRM_FORMAT_XRGB8888, false},
		{V4L2_PIX_FMT_ABGR32, DRM_FORMAT_XRGB8888, false},
		// In memory: X, R, G, B.
		{V4L2_PIX_FMT_XRGB32, DRM_FORMAT_BGRX8888, false},
		// In memory: R, G, B.
		{V4L2_PIX_FMT_RGB24, DRM_FORMAT_BGR888, false},
		{V4L2_PIX_FMT_NV12, DRM_FORMAT_NV12, false},
		{V4L2_PIX_FMT_NV12M, DRM_FORMAT_NV12, true},
		{V4L2_PIX_FMT_YVU420, DRM_FORMAT_YVU420, false},
		{V4L2_PIX_FMT_YUYV, DRM_FORMAT_YUYV, false},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct camera_format *format = camera_format_find(cases[i].v4l2);
		assert_non_null(format);
		assert_int_equal(format->drm, cases[i].drm);
		assert_int_equal(format->split, cases[i].split);
		assert_non_null(format_info(format->drm));
	}
	assert_null(camera_format_find(V4L2_PIX_FMT_MJPEG));
	assert_null(camera_format_find(V4L2_PIX_FMT_H264));
}

static void names_are_readable(void **state) {
	(void)state;
	char name[5];
	camera_format_name(V4L2_PIX_FMT_MJPEG, name);
	assert_string_equal(name, "MJPG");
	camera_format_name(V4L2_PIX_FMT_Y10, name);
	assert_string_equal(name, "Y10");
	camera_format_name(V4L2_PIX_FMT_XBGR32, name);
	assert_string_equal(name, "XR24");
}

// A display whose planes take NV12 and XRGB8888 and that composes YUYV.
static void display_init(struct client_feedback *feedback) {
	*feedback = (struct client_feedback){.has_tranches = true};
	static const uint32_t planes[] = {DRM_FORMAT_XRGB8888, DRM_FORMAT_NV12};
	for (size_t i = 0; i < 2; i++) {
		assert_true(format_set_add(&feedback->scanout, planes[i], DRM_FORMAT_MOD_LINEAR));
		assert_true(format_set_add(&feedback->all, planes[i], DRM_FORMAT_MOD_LINEAR));
	}
	assert_true(format_set_add(&feedback->all, DRM_FORMAT_YUYV, DRM_FORMAT_MOD_LINEAR));
	assert_true(format_set_add(&feedback->scanout, DRM_FORMAT_RGB565, 0x0800000000000001));
	assert_true(format_set_add(&feedback->all, DRM_FORMAT_RGB565, 0x0800000000000001));
}

static struct camera_mode mode(uint32_t v4l2, uint32_t width, uint32_t height, uint32_t rate_mhz) {
	return (struct camera_mode){camera_format_find(v4l2), width, height, rate_mhz};
}

static void ways_follow_the_feedback(void **state) {
	(void)state;
	struct client_feedback feedback;
	display_init(&feedback);
	assert_int_equal(camera_way(&feedback, DRM_FORMAT_NV12), CAMERA_WAY_SCANOUT);
	assert_int_equal(camera_way(&feedback, DRM_FORMAT_YUYV), CAMERA_WAY_COMPOSE);
	assert_int_equal(camera_way(&feedback, DRM_FORMAT_UYVY), CAMERA_WAY_NONE);
	// Tiled only: a camera writes rows.
	assert_int_equal(camera_way(&feedback, DRM_FORMAT_RGB565), CAMERA_WAY_NONE);
	client_feedback_finish(&feedback);
}

static void choice_prefers_planes_then_size_then_bytes(void **state) {
	(void)state;
	struct client_feedback feedback;
	display_init(&feedback);
	const struct camera_mode modes[] = {
		mode(V4L2_PIX_FMT_YUYV, 1280, 720, 30000),
		mode(V4L2_PIX_FMT_XBGR32, 640, 360, 30000),
		mode(V4L2_PIX_FMT_NV12, 640, 360, 30000),
		mode(V4L2_PIX_FMT_NV12, 320, 180, 30000),
		mode(V4L2_PIX_FMT_NV12, 1920, 1080, 30000),
		mode(V4L2_PIX_FMT_UYVY, 1280, 720, 30000),
	};
	struct camera_wish wish = {.width = 1280, .height = 800};
	assert_ptr_equal(camera_mode_choose(modes, 6, &wish, &feedback), &modes[2]);
	wish.drm = DRM_FORMAT_XRGB8888;
	assert_ptr_equal(camera_mode_choose(modes, 6, &wish, &feedback), &modes[1]);
	wish.drm = DRM_FORMAT_YUYV;
	assert_ptr_equal(camera_mode_choose(modes, 6, &wish, &feedback), &modes[0]);
	wish.drm = DRM_FORMAT_UYVY;
	assert_null(camera_mode_choose(modes, 6, &wish, &feedback));
	wish = (struct camera_wish){0};
	assert_ptr_equal(camera_mode_choose(modes, 6, &wish, &feedback), &modes[4]);
	// Nothing fits: the smallest.
	wish = (struct camera_wish){.width = 100, .height = 100};
	assert_ptr_equal(camera_mode_choose(modes, 6, &wish, &feedback), &modes[3]);
	assert_null(camera_mode_choose(modes, 0, &wish, &feedback));
	client_feedback_finish(&feedback);
}

static void choice_gives_up_size_for_rate(void **state) {
	(void)state;
	struct client_feedback feedback;
	display_init(&feedback);
	const struct camera_mode modes[] = {
		mode(V4L2_PIX_FMT_NV12, 1920, 1080, 5000),
		mode(V4L2_PIX_FMT_NV12, 1280, 720, 29970),
		mode(V4L2_PIX_FMT_NV12, 640, 360, 60000),
	};
	struct camera_wish wish = {.width = 1920, .height = 1080};
	assert_ptr_equal(camera_mode_choose(modes, 3, &wish, &feedback), &modes[1]);
	wish.rate_mhz = 30000;
	assert_ptr_equal(camera_mode_choose(modes, 3, &wish, &feedback), &modes[1]);
	wish.rate_mhz = 60000;
	assert_ptr_equal(camera_mode_choose(modes, 3, &wish, &feedback), &modes[2]);
	wish.rate_mhz = 5000;
	assert_ptr_equal(camera_mode_choose(modes, 3, &wish, &feedback), &modes[0]);
	client_feedback_finish(&feedback);
}

static void rates_beyond_the_wish_are_wasted(void **state) {
	(void)state;
	assert_true(camera_rate_better(60000, 30000, 60000));
	assert_true(camera_rate_better(60000, 120000, 60000));
	assert_true(camera_rate_better(60020, 50000, 60000)); // rounding
	assert_false(camera_rate_better(120000, 25000, 60000));
	assert_true(camera_rate_better(90000, 120000, 60000)); // both too high
	assert_true(camera_rate_better(120000, 60000, 0));
	assert_true(camera_rate_better(120000, 0, 60000));
	assert_false(camera_rate_better(0, 120000, 60000));
}

static void stepwise_sizes_stay_in_range(void **state) {
	(void)state;
	assert_int_equal(camera_step_size(48, 1920, 16, 1000), 992);
	assert_int_equal(camera_step_size(48, 1920, 16, 48), 48);
	assert_int_equal(camera_step_size(48, 1920, 16, 10), 48);
	assert_int_equal(camera_step_size(48, 1920, 16, 4000), 1920);
	assert_int_equal(camera_step_size(48, 1920, 16, 0), 1920);
	assert_int_equal(camera_step_size(1, 1920, 1, 777), 777);
	assert_int_equal(camera_step_size(1, 1920, 0, 777), 777);
}

static void planes_follow_each_other(void **state) {
	(void)state;
	struct client_layout layout;
	assert_true(camera_layout_init(&layout, camera_format_find(V4L2_PIX_FMT_NV12), 640, 360, 704));
	assert_int_equal(layout.planes, 2);
	assert_int_equal(layout.strides[0], 704);
	assert_int_equal(layout.strides[1], 704);
	assert_int_equal(layout.offsets[1], 704 * 360);
	assert_int_equal(layout.size, 704 * 540);
	assert_true(
		camera_layout_init(&layout, camera_format_find(V4L2_PIX_FMT_YUV420), 640, 360, 640));
	assert_int_equal(layout.strides[1], 320);
	assert_int_equal(layout.offsets[2], 640 * 360 + 320 * 180);
	assert_int_equal(layout.size, 640 * 540);
	assert_true(camera_layout_init(&layout, camera_format_find(V4L2_PIX_FMT_NV24), 640, 360, 640));
	assert_int_equal(layout.strides[1], 1280);
	assert_true(
		camera_layout_init(&layout, camera_format_find(V4L2_PIX_FMT_XBGR32), 640, 360, 2560));
	assert_int_equal(layout.size, 2560 * 360);
	// Rows shorter than the picture, and a driver that leaves the length open.
	assert_false(camera_layout_init(&layout, camera_format_find(V4L2_PIX_FMT_NV12), 640, 360, 639));
	assert_false(camera_layout_init(&layout, camera_format_find(V4L2_PIX_FMT_NV12), 640, 360, 0));
	assert_false(
		camera_layout_init(&layout, camera_format_find(V4L2_PIX_FMT_XBGR32), 640, 360, UINT32_MAX));
}

static void codings_follow_v4l2_and_its_defaults(void **state) {
	(void)state;
	static const struct {
		uint32_t colorspace, encoding, quantization;
		bool known;
		struct format_coding coding;
	} cases[] = {
		// What drivers leave open follows from the colour space.
		{V4L2_COLORSPACE_SMPTE170M, 0, 0, true, {FORMAT_BT601, false}},
		{V4L2_COLORSPACE_REC709, 0, 0, true, {FORMAT_BT709, false}},
		{V4L2_COLORSPACE_BT2020, 0, 0, true, {FORMAT_BT2020, false}},
		{V4L2_COLORSPACE_SRGB, 0, 0, true, {FORMAT_BT601, false}},
		{V4L2_COLORSPACE_JPEG, 0, 0, true, {FORMAT_BT601, true}},
		{V4L2_COLORSPACE_DCI_P3, 0, 0, true, {FORMAT_BT709, false}},
		{V4L2_COLORSPACE_DEFAULT, 0, 0, true, {FORMAT_BT601, false}},
		{V4L2_COLORSPACE_SMPTE240M, 0, 0, false, {0}},
		// What they tell counts.
		{V4L2_COLORSPACE_SRGB, V4L2_YCBCR_ENC_709, V4L2_QUANTIZATION_FULL_RANGE, true,
			{FORMAT_BT709, true}},
		{V4L2_COLORSPACE_REC709, V4L2_YCBCR_ENC_601, 0, true, {FORMAT_BT601, false}},
		{V4L2_COLORSPACE_REC709, V4L2_YCBCR_ENC_XV709, 0, true, {FORMAT_BT709, false}},
		{V4L2_COLORSPACE_REC709, 0, V4L2_QUANTIZATION_FULL_RANGE, true, {FORMAT_BT709, true}},
		{V4L2_COLORSPACE_JPEG, 0, V4L2_QUANTIZATION_LIM_RANGE, true, {FORMAT_BT601, false}},
		{V4L2_COLORSPACE_BT2020, V4L2_YCBCR_ENC_BT2020_CONST_LUM, 0, false, {0}},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct format_coding coding = {0};
		assert_int_equal(camera_coding_init(&coding, cases[i].colorspace, cases[i].encoding,
							 cases[i].quantization),
			cases[i].known);
		assert_true(!cases[i].known || format_coding_equal(coding, cases[i].coding));
	}
}

static void lists_name_linear_formats_once(void **state) {
	(void)state;
	struct client_feedback feedback;
	display_init(&feedback);
	assert_true(format_set_add(&feedback.all, DRM_FORMAT_NV12, DRM_FORMAT_MOD_INVALID));
	char text[64];
	client_feedback_list(&feedback.all, text, sizeof(text));
	assert_string_equal(text, "XR24, NV12, YUYV");
	client_feedback_list(&feedback.all, text, 12);
	assert_string_equal(text, "XR24...");
	struct format_set none = {0};
	client_feedback_list(&none, text, sizeof(text));
	assert_string_equal(text, "none");
	client_feedback_finish(&feedback);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(v4l2_formats_map_by_byte_order),
		cmocka_unit_test(names_are_readable),
		cmocka_unit_test(ways_follow_the_feedback),
		cmocka_unit_test(choice_prefers_planes_then_size_then_bytes),
		cmocka_unit_test(choice_gives_up_size_for_rate),
		cmocka_unit_test(rates_beyond_the_wish_are_wasted),
		cmocka_unit_test(stepwise_sizes_stay_in_range),
		cmocka_unit_test(planes_follow_each_other),
		cmocka_unit_test(codings_follow_v4l2_and_its_defaults),
		cmocka_unit_test(lists_name_linear_formats_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
