// SPDX-License-Identifier: MIT
// The configuration anew while clients draw: each thing changes at once and nothing else does. What the
// screen shows is asked of its CRC, the mode of the kernel, and all else of a client.
#include <drm_fourcc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reload-fixture.h"

enum {
	RELOADS = 200,
	QUICK_RELOADS = 100,
	WARM_UP = 40,      // until the allocator has what it keeps
	MORE_RSS_KB = 256, // a leak of 2 KiB a reload would be more
};

static void assert_mode(const char *expected, bool active) {
	char mode[64] = "";
	assert_int_equal(reload_read_crtc(mode), active);
	assert_string_equal(mode, expected);
}

static void test_transform_and_scale(void **state) {
	struct reload *reload = *state;
	reload_listen(reload);
	assert_int_equal(reload->preferred_scale, 120);
	reload_redraw(reload, 1, 3);
	reload_assert_screen(reload, 320, 240, WL_OUTPUT_TRANSFORM_NORMAL);
	int64_t modesets = reload_counter(reload, "modesets");
	// What the window shows is turned at once, the client need not do anything.
	unsigned dones = reload->dones;
	reload_configure(reload, MODE "transform = 180\n");
	assert_int_equal(reload->transform, WL_OUTPUT_TRANSFORM_180);
	assert_int_equal(reload->dones, dones + 1);
	reload_assert_screen(reload, 320, 240, WL_OUTPUT_TRANSFORM_180);
	// The touch screen is turned with it.
	const struct test_device_settings settings = {.width = 320, .height = 240};
	test_device_init_touch(&reload->touch, &reload->server, "test touch", &settings);
	test_seat_wait_capabilities(&reload->seat, WL_SEAT_CAPABILITY_TOUCH);
	test_seat_drain(&reload->seat);
	test_device_touch_down(&reload->touch, 0, 10, 20);
	struct test_event down = test_seat_expect(&reload->seat, TEST_TOUCH_DOWN);
	assert_true(down.x > 308 && down.x < 311 && down.y > 218 && down.y < 221);
	test_device_touch_up(&reload->touch, 0);
	// A quarter: the window has another size.
	reload_configure(reload, MODE "transform = 90\n");
	test_client_wait(&reload->client, reload->window.width == 240 && reload->window.height == 320);
	assert_int_equal(reload->logical_width, 240);
	reload_redraw(reload, 1, 4);
	reload_assert_screen(reload, 320, 240, WL_OUTPUT_TRANSFORM_270);
	reload_configure(reload, MODE "transform = 90\nscale = 2\n");
	test_client_wait(&reload->client, reload->window.width == 120 && reload->window.height == 160);
	assert_int_equal(reload->scale, 2);
	assert_int_equal(reload->preferred_scale, 240);
	assert_int_equal(reload->logical_width, 120);
	assert_int_equal(reload->logical_height, 160);
	reload_redraw(reload, 2, 5);
	reload_assert_screen(reload, 320, 240, WL_OUTPUT_TRANSFORM_270);
	reload_configure(reload, MODE "scale = 1.25\n");
	assert_int_equal(reload->scale, 2);
	assert_int_equal(reload->preferred_scale, 150);
	test_client_wait(&reload->client, reload->window.width == 256 && reload->window.height == 192);
	// Without its keys, and without its section.
	reload_configure(reload, MODE);
	test_client_wait(&reload->client, reload->window.width == 320);
	reload_redraw(reload, 1, 6);
	reload_assert_screen(reload, 320, 240, WL_OUTPUT_TRANSFORM_NORMAL);
	assert_int_equal(reload_counter(reload, "modesets"), modesets);
}

static void test_mode(void **state) {
	struct reload *reload = *state;
	reload_listen(reload);
	assert_mode("320x240", true);
	int64_t modesets = reload_counter(reload, "modesets");
	reload_configure(reload, "[output *]\nmode = 640x480\n");
	assert_mode("640x480", true);
	assert_int_equal(reload->mode_width, 640);
	assert_int_equal(reload->mode_height, 480);
	test_client_wait(&reload->client, reload->window.width == 640);
	reload_redraw(reload, 1, 7);
	reload_assert_screen(reload, 640, 480, WL_OUTPUT_TRANSFORM_NORMAL);
	assert_int_equal(reload_counter(reload, "modesets"), modesets + 1);
	// Another rate: clients hear of it, and see it.
	reload_configure(reload, "[output *]\nmode = 640x480@100\n");
	assert_true(reload->refresh_mhz > 99000 && reload->refresh_mhz < 101000);
	struct test_feedback feedback;
	test_feedback_init(&feedback, &reload->window.base);
	reload_redraw(reload, 1, 8);
	test_feedback_wait(&feedback);
	assert_true(feedback.presented);
	assert_true(feedback.refresh_ns > 9900000 && feedback.refresh_ns < 10100000);
	test_feedback_finish(&feedback);
	reload_assert_screen(reload, 640, 480, WL_OUTPUT_TRANSFORM_NORMAL);
	// One that the device refuses (vkms: wider than 8192 px) leaves it as it is, and is tried again with
	// the next reload.
	for (int i = 0; i < 2; i++) {
		reload_write("[output *]\nmode = 9000x120\n[keyboard]\nrepeat-rate = 7\n");
		struct reload_answer answer = reload_ask(reload);
		assert_false(answer.ok);
		assert_non_null(strstr(answer.problems, "refused 9000x120"));
		reload_assert_screen(reload, 640, 480, WL_OUTPUT_TRANSFORM_NORMAL);
	}
	test_client_roundtrip(&reload->client);
	assert_int_equal(reload->mode_width, 640);
	assert_int_equal(reload_counter(reload, "modesets"), modesets + 2);
	// The preferred one, while it is off: with the frame that lights it.
	reload_set_power(reload, false);
	char mode[64] = "";
	while (reload_read_crtc(mode)) { // with the flip that is on its way
		test_client_roundtrip(&reload->control);
	}
	reload_configure(reload, "");
	assert_true(reload->mode_width > 640);
	assert_mode(mode, false);
	reload_set_power(reload, true);
	test_client_wait(&reload->client, reload->window.width == reload->mode_width);
	reload_redraw(reload, 1, 9);
	assert_true(reload_read_crtc(mode));
	int width = 0;
	sscanf(mode, "%d", &width);
	assert_int_equal(width, reload->mode_width);
	reload_assert_screen(
		reload, reload->mode_width, reload->mode_height, WL_OUTPUT_TRANSFORM_NORMAL);
}

// A dma-buf that is on a plane stays on one, in another mode and turned.
static void test_planes(void **state) {
	struct reload *reload = *state;
	struct test_buffer buffer;
	test_buffer_init_dmabuf(
		&buffer, &reload->client, TEST_MEMORY_UDMABUF, DRM_FORMAT_XRGB8888, 320, 240);
	test_buffer_paint(&buffer, 10);
	test_surface_show(&reload->window.base, &buffer);
	test_surface_wait_frame(&reload->window.base);
	assert_string_equal(test_status_layer(&reload->control, 0, "input").placement, "plane");
	test_buffer_finish(&reload->buffer);
	reload->buffer = buffer;
	reload_configure(reload, MODE "transform = 180\n");
	test_surface_show(&reload->window.base, &reload->buffer);
	test_surface_wait_frame(&reload->window.base);
	reload_assert_screen(reload, 320, 240, WL_OUTPUT_TRANSFORM_180);
	assert_string_equal(test_status_layer(&reload->control, 0, "input").placement, "plane");
	reload_configure(reload, "[output *]\nmode = 320x240@75\n");
	test_surface_show(&reload->window.base, &reload->buffer);
	test_surface_wait_frame(&reload->window.base);
	reload_assert_screen(reload, 320, 240, WL_OUTPUT_TRANSFORM_NORMAL);
	assert_string_equal(test_status_layer(&reload->control, 0, "input").placement, "plane");
}

// ---- Wrong files, signals, restarts ----

static char *status_text(struct reload *reload) {
	struct json_object *status = test_status(&reload->control);
	char *text = strdup(json_object_to_json_string(status));
	json_object_put(status);
	return text;
}

// As an operator does it. Exit status; `output` has both of its outputs.
static int run_vitrinectl(struct reload *reload, char *output, size_t size) {
	char command[256];
	snprintf(command, sizeof(command), "vitrinectl --socket %s reload 2>&1", reload->server.socket);
	FILE *pipe = popen(command, "re");
	assert_non_null(pipe);
	size_t n = fread(output, 1, size - 1, pipe);
	output[n] = '\0';
	int status = pclose(pipe);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void test_wrong_files(void **state) {
	struct reload *reload = *state;
	static const char *const wrong[] = {
		"[output *]\ntransform = 90\nscale = 3\nmoed = 640x480\n",
		"[output *]\ntransform = 90\nscale = 3\nmode = big\n",
		"[core]\n\n\nsocket = a/b\n[output *]\ntransform = 90\n",
		"[output *]\ntransform = 90\n[keyboard]\nlayout = klingon\n",
		"[output *]\ntransform = 90\nscale = 2\n[garden]\n",
	};
	reload_plug_keyboard(reload);
	reload_redraw(reload, 1, 11);
	test_seat_drain(&reload->seat);
	char *before = status_text(reload), output[2048], place[128];
	snprintf(place, sizeof(place), "%s:4: ", reload_ini);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		reload_write(wrong[i]);
		assert_int_equal(run_vitrinectl(reload, output, sizeof(output)), 1);
		if (strstr(output, place) == NULL) {
			fail_msg("case %zu: \"%s\" does not say %s", i, output, place);
		}
		char *after = status_text(reload);
		assert_string_equal(after, before);
		free(after);
	}
	reload_assert_screen(reload, 320, 240, WL_OUTPUT_TRANSFORM_NORMAL);
	test_client_roundtrip(&reload->client);
	test_seat_expect_nothing(&reload->seat);
	free(before);
	unlink(reload_ini);
	assert_int_equal(run_vitrinectl(reload, output, sizeof(output)), 1);
	assert_non_null(strstr(output, reload_ini));
	reload_write(MODE);
	assert_int_equal(run_vitrinectl(reload, output, sizeof(output)), 0);
	assert_string_equal(output, "");
}

static void hang_up(struct reload *reload, const char *said) {
	int n = reload_count_log(&reload->server, said);
	assert_int_equal(kill(reload->server.pid, SIGHUP), 0);
	while (reload_count_log(&reload->server, said) == n) {
		assert_true(test_server_read_log(&reload->server));
	}
}

static void test_signal(void **state) {
	struct reload *reload = *state;
	char path[128], place[160];
	reload_listen(reload);
	reload_redraw(reload, 1, 12);
	reload_write(MODE "transform = 180\n");
	hang_up(reload, "the configuration was read anew");
	test_client_roundtrip(&reload->client);
	assert_int_equal(reload->transform, WL_OUTPUT_TRANSFORM_180);
	reload_assert_screen(reload, 320, 240, WL_OUTPUT_TRANSFORM_180);
	// A file of conf.d goes over it.
	snprintf(path, sizeof(path), "%s/conf.d", reload_folder);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/conf.d/1.ini", reload_folder);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	fputs("[output *]\ntransform = flipped\n", file);
	fclose(file);
	hang_up(reload, "the configuration was read anew");
	reload_assert_screen(reload, 320, 240, WL_OUTPUT_TRANSFORM_FLIPPED);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs("[output *]\ntransform = fliped\n", file);
	fclose(file);
	hang_up(reload, "nothing is changed");
	snprintf(place, sizeof(place), "%s:2: transform = fliped", path);
	assert_non_null(strstr(reload->server.text, place));
	reload_assert_screen(reload, 320, 240, WL_OUTPUT_TRANSFORM_FLIPPED);
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
}

// The socket was given on the command line, the device was not.
static void test_restart_is_told(void **state) {
	struct reload *reload = *state;
	for (int i = 0; i < 2; i++) {
		reload_write("[core]\nsocket = other\nwait = true\n" MODE "transform = 180\n");
		struct reload_answer answer = reload_ask(reload);
		assert_true(answer.ok);
		assert_string_equal(answer.problems, "");
		assert_string_equal(
			answer.notes, "[core] wait: the change takes effect when vitrine is restarted\n");
	}
	reload_redraw(reload, 1, 13);
	reload_assert_screen(reload, 320, 240, WL_OUTPUT_TRANSFORM_180);
}

// ---- Many ----

// Everything that can change, changes; every tenth time the mode does, too. Keymaps and cursors are made
// anew if `slow`, which takes longer than a frame.
static void configure_nth(struct reload *reload, int i, bool slow) {
	char text[512];
	bool odd = i % 2 != 0;
	snprintf(text, sizeof(text),
		"[output *]\nmode = 320x240@%d\ntransform = %s\n"
		"[keyboard]\nlayout = %s\nrepeat-rate = %d\n[cursor]\nsize = %d\n"
		"[keys]\nswallow = F%d\noperator = F12\noperator-command = x%d\n"
		"[app-keys input]\nallow = F%d\n"
		"[idle]\ndim-after = %d\n[input *]\nleft-handed = %s\n",
		i / 10 % 2 != 0 ? 75 : 60, odd ? "180" : "normal", slow && i / 10 % 2 != 0 ? "de" : "us",
		10 + i % 7, slow ? 24 + i / 10 % 2 : 24, 1 + i % 9, i, 1 + i % 5, 1000 + i,
		odd ? "true" : "false");
	reload_configure(reload, text);
}

// With a frame of the client on its way.
static void change(struct reload *reload, int i, bool slow) {
	test_surface_show(&reload->window.base, &reload->buffer);
	test_client_roundtrip(&reload->client);
	configure_nth(reload, i, slow);
	test_client_wait(&reload->client, reload->window.base.callback == NULL);
	test_seat_drain(&reload->seat);
}

static void prepare_many(struct reload *reload) {
	reload_plug_keyboard(reload);
	test_device_init_pointer(&reload->pointer, &reload->server, "test mouse", NULL);
	test_seat_wait_capabilities(&reload->seat, WL_SEAT_CAPABILITY_POINTER);
	test_device_move(&reload->pointer, 5, 5); // the cursor is there
	reload_redraw(reload, 1, 14);
}

// Once it has closed what it sent with its last answer.
static struct test_counts count(struct reload *reload) {
	test_client_roundtrip(&reload->control);
	return test_server_count(&reload->server);
}

static void test_many(void **state) {
	struct reload *reload = *state;
	prepare_many(reload);
	for (int i = 0; i < WARM_UP; i++) {
		change(reload, i, true);
	}
	struct test_counts before = count(reload);
	int before_kb = test_server_rss_kib(&reload->server);
	int64_t modesets = reload_counter(reload, "modesets");
	for (int i = WARM_UP; i < WARM_UP + RELOADS; i++) {
		change(reload, i, true);
	}
	int more_kb = test_server_rss_kib(&reload->server) - before_kb;
	modesets = reload_counter(reload, "modesets") - modesets;
	print_message(
		"%d reloads: %d KiB more, %lld modesets\n", RELOADS, more_kb, (long long)modesets);
	assert_int_equal(modesets, RELOADS / 10);
	test_counts_assert_same(before, count(reload));
	assert_true(more_kb < MORE_RSS_KB);
}

// The refreshes that were missed with a frame on its way.
static int64_t missed_with(struct reload *reload, int i, bool reloads) {
	int64_t missed = reload_counter(reload, "missed");
	test_surface_show(&reload->window.base, &reload->buffer);
	test_client_roundtrip(&reload->client);
	if (reloads) {
		configure_nth(reload, i, false);
	}
	test_client_wait(&reload->client, reload->window.base.callback == NULL);
	test_seat_drain(&reload->seat);
	return reload_counter(reload, "missed") - missed;
}

// A reload takes much less than the time between two frames: none is missed for it, apart from those of a
// modeset. What a busy host makes the guest miss is seen by the frames in between.
static void test_no_frame_is_missed(void **state) {
	struct reload *reload = *state;
	prepare_many(reload);
	configure_nth(reload, 0, false);
	int64_t quiet = 0, without = 0, with_modeset = 0, n_modesets = 0;
	for (int i = 1; i < QUICK_RELOADS; i++) {
		int64_t modesets = reload_counter(reload, "modesets");
		int64_t missed = missed_with(reload, i, true);
		modesets = reload_counter(reload, "modesets") - modesets;
		*(modesets > 0 ? &with_modeset : &quiet) += missed;
		n_modesets += modesets;
		without += missed_with(reload, i, false);
	}
	print_message("%d reloads: %lld refreshes missed in %lld of them with a modeset, %lld in the "
				  "others, %lld without a reload\n",
		QUICK_RELOADS - 1, (long long)with_modeset, (long long)n_modesets, (long long)quiet,
		(long long)without);
	assert_int_equal(n_modesets, (QUICK_RELOADS - 1) / 10);
	assert_in_range(quiet, 0, 3 * without + QUICK_RELOADS / 4); // were it too slow: each
}

int main(void) {
	test_guard(220);
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_transform_and_scale, reload_start, reload_stop),
		cmocka_unit_test_setup_teardown(test_mode, reload_start, reload_stop),
		cmocka_unit_test_setup_teardown(test_planes, reload_start, reload_stop),
		cmocka_unit_test_setup_teardown(test_wrong_files, reload_start, reload_stop),
		cmocka_unit_test_setup_teardown(test_signal, reload_start, reload_stop),
		cmocka_unit_test_setup_teardown(test_restart_is_told, reload_start, reload_stop),
		cmocka_unit_test_setup_teardown(test_many, reload_start, reload_stop),
		cmocka_unit_test_setup_teardown(test_no_frame_is_missed, reload_start, reload_stop),
	};
	return cmocka_run_group_tests_name("reload", tests, NULL, NULL);
}
