// SPDX-License-Identifier: MIT
// Command lines of the client programs: what they take and what they refuse.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <drm_fourcc.h>

#include "camera-options.h"
#include "ctl-options.h"
#include "shared/memory.h"
#include "shared/parse.h"
#include "testcard-options.h"

// The arguments as main() gets them, of words with one space between.
static char words[512];
static char *args[32];

static int split(const char *line) {
	snprintf(words, sizeof(words), "program %s", line);
	int n = 0;
	char *rest = NULL;
	for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		args[n++] = word;
	}
	args[n] = NULL;
	return n;
}

static void numbers_are_whole_texts(void **state) {
	(void)state;
	uint32_t value = 7;
	assert_true(client_parse_uint("42", 0, 100, &value));
	assert_int_equal(value, 42);
	assert_true(client_parse_uint("4294967295", 0, UINT32_MAX, &value));
	assert_int_equal(value, UINT32_MAX);
	static const char *const bad[] = {
		"", " 1", "+1", "-1", "1x", "101", "4294967296", "99999999999999999999999", "0x10"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		value = 7;
		assert_false(client_parse_uint(bad[i], 0, 100, &value));
		assert_int_equal(value, 7);
	}
}

static void sizes_rates_and_colours(void **state) {
	(void)state;
	uint32_t width = 0, height = 0, rate = 0, rgb = 0;
	assert_true(client_parse_size("1920x1080", &width, &height));
	assert_int_equal(width, 1920);
	assert_int_equal(height, 1080);
	assert_true(client_parse_size("16384x1", &width, &height));
	static const char *const bad_sizes[] = {
		"", "x", "1920", "0x1", "1x0", "1x16385", "1X1", "1x1x"};
	for (size_t i = 0; i < sizeof(bad_sizes) / sizeof(bad_sizes[0]); i++) {
		assert_false(client_parse_size(bad_sizes[i], &width, &height));
	}
	assert_true(client_parse_rate("60", &rate));
	assert_int_equal(rate, 60000);
	assert_true(client_parse_rate("59.94", &rate));
	assert_int_equal(rate, 59940);
	assert_true(client_parse_rate("0.5", &rate));
	assert_int_equal(rate, 500);
	static const char *const bad_rates[] = {"", "0", "0.0", "60.", ".5", "1001", "60Hz", "-1"};
	for (size_t i = 0; i < sizeof(bad_rates) / sizeof(bad_rates[0]); i++) {
		assert_false(client_parse_rate(bad_rates[i], &rate));
	}
	assert_true(client_parse_color("fF8040", &rgb));
	assert_int_equal(rgb, 0xff8040);
	assert_false(client_parse_color("ff804", &rgb));
	assert_false(client_parse_color("ff80400", &rgb));
	assert_false(client_parse_color("gg8040", &rgb));
}

static void memory_names(void **state) {
	(void)state;
	enum client_memory_kind kind;
	const char *heap = NULL;
	assert_true(client_memory_parse("udmabuf", &kind, &heap));
	assert_int_equal(kind, CLIENT_MEMORY_UDMABUF);
	assert_true(client_memory_parse("dma-heap:linux,cma", &kind, &heap));
	assert_int_equal(kind, CLIENT_MEMORY_DMA_HEAP);
	assert_string_equal(heap, "linux,cma");
	assert_true(client_memory_parse("dma-heap", &kind, &heap));
	assert_null(heap);
	assert_false(client_memory_parse("dma-heap:", &kind, &heap));
	assert_false(client_memory_parse("dma-heap:../mem", &kind, &heap));
	assert_false(client_memory_parse("gpu", &kind, &heap));
}

static void layout_holds_its_planes(void **state) {
	(void)state;
	struct client_layout layout;
	const struct format_info *nv12 = format_info(DRM_FORMAT_NV12);
	assert_true(client_layout_init(&layout, nv12, 321, 243, 256, 0));
	assert_int_equal(layout.strides[0], 512);
	assert_int_equal(layout.strides[1], 512);
	assert_int_equal(layout.offsets[1], 512 * 243);
	assert_int_equal(layout.size, 512 * (243 + 122));
	assert_true(client_layout_init(&layout, nv12, 320, 240, 256, 384));
	assert_int_equal(layout.strides[1], 384);
	const struct format_info *xrgb = format_info(DRM_FORMAT_XRGB8888);
	assert_true(client_layout_init(&layout, xrgb, 16384, 16384, 256, 0));
	assert_int_equal(layout.size, 1 << 30);
	assert_false(client_layout_init(&layout, xrgb, 65536, 65536, 256, 0));
}

static void testcard_takes_its_options(void **state) {
	(void)state;
	struct testcard_options options;
	int argc =
		split("--format nv12 --coding bt2020-full --size=320x240 --rate 25 --memory dumb --device "
			  "/dev/dri/card7 --buffers 4 --frames 10 --hold --damage 16x8 "
			  "--no-opaque-region --pattern solid:102030 --alpha 7 --stats");
	assert_true(testcard_options_parse(&options, argc, args));
	assert_int_equal(options.format, DRM_FORMAT_NV12);
	assert_true(options.has_coding);
	assert_int_equal(options.coding.matrix, FORMAT_BT2020);
	assert_true(options.coding.full_range);
	assert_int_equal(options.width, 320);
	assert_int_equal(options.rate_mhz, 25000);
	assert_int_equal(options.memory, CLIENT_MEMORY_DUMB);
	assert_string_equal(options.device, "/dev/dri/card7");
	assert_int_equal(options.buffers, 4);
	assert_int_equal(options.frames, 10);
	assert_true(options.hold);
	assert_int_equal(options.damage, TESTCARD_DAMAGE_BOX);
	assert_int_equal(options.box_width, 16);
	assert_int_equal(options.box_height, 8);
	assert_false(options.opaque_region);
	assert_int_equal(options.pattern, TESTCARD_PATTERN_SOLID);
	assert_int_equal(options.color, 0x102030);
	assert_int_equal(options.alpha, 7);
	assert_true(options.stats);
}

static void testcard_defaults(void **state) {
	(void)state;
	struct testcard_options options;
	int argc = split("");
	assert_true(testcard_options_parse(&options, argc, args));
	assert_int_equal(options.format, DRM_FORMAT_XRGB8888);
	assert_false(options.has_coding);
	assert_int_equal(options.width, 0);
	assert_int_equal(options.rate_mhz, 0);
	assert_int_equal(options.memory, CLIENT_MEMORY_AUTO);
	assert_true(options.opaque_region);
	assert_string_equal(options.app_id, "vitrine-testcard");
}

// Every command line here must be refused; the reasons go to standard error.
static void testcard_refuses(void **state) {
	(void)state;
	static const char *const bad[] = {
		"--format MJPG",
		"--format NV15",
		"--format NV12 --coding bt709-limited",
		"--format NV12 --coding",
		"--coding bt709",
		"--size 0x0",
		"--rate 0",
		"--buffers 0",
		"--buffers 17",
		"--alpha 256",
		"--pattern solid",
		"--pattern plaid",
		"--damage some",
		"--modifier tiled",
		"--hold",
		"--memory=shm --format=NV12",
		"--memory=shm --device=/dev/dri/card0",
		"stray",
		"--frames",
		"--nonsense",
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct testcard_options options;
		assert_false(testcard_options_parse(&options, split(bad[i]), args));
	}
}

static void camera_takes_and_refuses(void **state) {
	(void)state;
	struct camera_options options;
	int argc = split("--device /dev/video3 --input 0 --format XR24 --size 640x360 --rate "
					 "29.97 --memory dma-heap");
	assert_true(camera_options_parse(&options, argc, args));
	assert_string_equal(options.device, "/dev/video3");
	assert_true(options.has_input);
	assert_int_equal(options.format, DRM_FORMAT_XRGB8888);
	assert_int_equal(options.rate_mhz, 29970);
	assert_int_equal(options.origin, CAMERA_BUFFERS_IMPORT);
	assert_int_equal(options.memory, CLIENT_MEMORY_DMA_HEAP);
	assert_int_equal(options.buffers, 6);
	static const char *const bad[] = {
		"--buffers 2",
		"--memory shm",
		"--format MJPG",
		"--input x",
		"stray args",
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(camera_options_parse(&options, split(bad[i]), args));
	}
}

static void ctl_takes_commands(void **state) {
	(void)state;
	struct ctl_options options;
	{
		int argc = split("--socket kiosk-0 status --json");
		assert_true(ctl_options_parse(&options, argc, args));
		assert_int_equal(options.command, CTL_COMMAND_STATUS);
		assert_string_equal(options.socket, "kiosk-0");
		assert_true(options.json);
	}
	{
		int argc = split("status --rate");
		assert_true(ctl_options_parse(&options, argc, args));
		assert_int_equal(options.interval_s, 1);
	}
	{
		int argc = split("screenshot --output HDMI-A-1 a.png --source composed");
		assert_true(ctl_options_parse(&options, argc, args));
		assert_int_equal(options.command, CTL_COMMAND_SCREENSHOT);
		assert_string_equal(options.output, "HDMI-A-1");
		assert_string_equal(options.file, "a.png");
		assert_int_equal(options.source, 2);
	}
	{
		int argc = split("app");
		assert_true(ctl_options_parse(&options, argc, args));
		assert_int_equal(options.command, CTL_COMMAND_APP);
		assert_null(options.app);
	}
	{
		int argc = split("app restart signage");
		assert_true(ctl_options_parse(&options, argc, args));
		assert_string_equal(options.app, "signage");
		assert_int_equal(options.action, 2);
	}
	{
		int argc = split("status --help");
		assert_true(ctl_options_parse(&options, argc, args));
		assert_int_equal(options.command, CTL_COMMAND_HELP);
	}
}

static void ctl_takes_changes_of_outputs(void **state) {
	(void)state;
	struct ctl_options options;
	const struct ctl_change *change = &options.change;
	{
		int argc = split("output");
		assert_true(ctl_options_parse(&options, argc, args));
		assert_int_equal(options.command, CTL_COMMAND_OUTPUT);
		assert_string_equal(options.output, "");
		assert_true(ctl_change_is_empty(change));
	}
	{
		int argc = split("output DP-1 --json");
		assert_true(ctl_options_parse(&options, argc, args));
		assert_string_equal(options.output, "DP-1");
		assert_true(options.json && ctl_change_is_empty(change));
	}
	{
		int argc = split("output DP-1 --mode 1920x1080@59.94 --rotate 270 --flip --scale 1.5 "
						 "--position -10,20 --on --test");
		assert_true(ctl_options_parse(&options, argc, args));
		assert_true(change->has_mode && change->rotate && change->flip && change->has_position);
		assert_int_equal(change->width, 1920);
		assert_int_equal(change->height, 1080);
		assert_int_equal(change->refresh_mhz, 59940);
		assert_int_equal(change->quarters, 3);
		assert_true(change->scale == 1.5);
		assert_int_equal(change->x, -10);
		assert_int_equal(change->y, 20);
		assert_int_equal(change->enabled, CTL_POWER_ON);
		assert_true(change->test);
	}
	{
		int argc = split("output DP-1 --mode preferred --off --power off");
		assert_true(ctl_options_parse(&options, argc, args));
		assert_true(change->has_mode);
		assert_int_equal(change->width, 0);
		assert_int_equal(change->enabled, CTL_POWER_OFF);
		assert_int_equal(options.power, CTL_POWER_OFF);
	}
}

static void ctl_refuses(void **state) {
	(void)state;
	static const char *const bad[] = {
		"",
		"reboot",
		"--json status",
		"status now",
		"app start",
		"app kill signage",
		"app stop one two",
		"app --json",
		"status --interval=0",
		"status --json --rate",
		"screenshot",
		"screenshot a.png b.png",
		"screenshot --source=camera a.png",
		"status --source=auto",
		"output --power on",
		"output --mode 1x1",
		"output A B",
		"output A --mode big",
		"output A --mode 10x10@0",
		"output A --rotate 45",
		"output A --scale 0.1",
		"output A --scale 2x",
		"output A --position 1",
		"output A --position 1,2,3",
		"output A --position 1,40000",
		"output A --test",
		"output A --scale 2 --test --power on",
		"--socket= status",
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ctl_options options;
		assert_false(ctl_options_parse(&options, split(bad[i]), args));
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_whole_texts),
		cmocka_unit_test(sizes_rates_and_colours),
		cmocka_unit_test(memory_names),
		cmocka_unit_test(layout_holds_its_planes),
		cmocka_unit_test(testcard_takes_its_options),
		cmocka_unit_test(testcard_defaults),
		cmocka_unit_test(testcard_refuses),
		cmocka_unit_test(camera_takes_and_refuses),
		cmocka_unit_test(ctl_takes_commands),
		cmocka_unit_test(ctl_takes_changes_of_outputs),
		cmocka_unit_test(ctl_refuses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
