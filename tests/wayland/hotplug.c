// SPDX-License-Identifier: MIT
// Displays, and the device itself, that come, go and come back, with clients that draw all the while.
#include <drm_fourcc.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xf86drm.h>

#include "plug-fixture.h"

// ---- Displays ----

// The other one goes on as if nothing were, and the window that came to it goes home again.
static void test_one_goes_and_comes(void **state) {
	struct plugs *plugs = *state;
	struct plug_app *one = &plugs->apps[0], *two = &plugs->apps[1];
	plugs_assert_all_shown(plugs);
	int64_t modesets = plugs_counter(plugs, 0, "modesets");
	for (int i = 0; i < 3; i++) {
		plug_app_show(two); // with a frame on its way
		plugs_unplug(plugs, 1);
		assert_int_equal(plugs_count_outputs(plugs), 1);
		plug_app_wait_home(two, 0);
		plug_app_draw(two);
		plug_app_assert_shown(two, 0); // it came to the front last
		plug_app_draw(one);            // behind it
		plugs_plug(plugs, 1);
		plug_app_wait_home(two, 1);
		plug_app_draw(two);
		plug_app_assert_shown(two, 1);
		plug_app_draw(one);
		plug_app_assert_shown(one, 0);
	}
	assert_int_equal(plugs_counter(plugs, 0, "modesets"), modesets);
}

// What moves to another output, and is covered there, is not taken for what that one has shown.
static void test_covered_goes_on(void **state) {
	struct plugs *plugs = *state;
	struct plug_app *one = &plugs->apps[0], *two = &plugs->apps[1];
	for (int i = 0; i < 20; i++) { // frames of its own have higher numbers now
		plug_app_draw(one);
	}
	for (int i = 0; i < 3; i++) {
		plug_app_show(one);
		test_client_roundtrip(&one->client);
		plugs_unplug(plugs, 0);
		test_client_wait(&one->client, one->window.base.callback == NULL);
		plug_app_wait_home(one, 1);
		plug_app_draw(one); // slowly
		plug_app_assert_shown(two, 1);
		plug_app_draw(two);
		plugs_plug(plugs, 0);
		plug_app_wait_home(one, 0);
		plug_app_draw(one);
		plug_app_assert_shown(one, 0);
	}
}

// Without any output clients go on, slowly, and are told that nobody sees it.
static void test_last_goes_and_comes(void **state) {
	struct plugs *plugs = *state;
	for (int i = 0; i < 2; i++) {
		for (int d = 0; d < plugs->n; d++) {
			plugs_unplug(plugs, d);
		}
		plugs_expect(plugs, "no display is connected: waiting for one\n");
		assert_int_equal(plugs_count_outputs(plugs), 0);
		for (int d = 0; d < plugs->n; d++) {
			struct test_feedback feedback;
			test_feedback_init(&feedback, &plugs->apps[d].window.base);
			plug_app_draw(&plugs->apps[d]);
			test_feedback_wait(&feedback);
			assert_true(feedback.discarded);
			test_feedback_finish(&feedback);
		}
		for (int d = plugs->n - 1; d >= 0; d--) {
			plugs_plug(plugs, d);
		}
		plugs_assert_all_shown(plugs);
	}
}

// ---- What the operator asks for ----

struct answer {
	bool came, ok;
};

static void handle_done(void *data, struct vitrine_reply_v1 *reply) {
	(void)reply;
	struct answer *answer = data;
	answer->came = answer->ok = true;
}

static void handle_failed(void *data, struct vitrine_reply_v1 *reply, const char *reason) {
	(void)reply, (void)reason;
	((struct answer *)data)->came = true;
}

static void handle_line(void *data, struct vitrine_reply_v1 *reply, const char *text) {
	(void)data, (void)reply, (void)text;
}

static const struct vitrine_reply_v1_listener reply_listener = {
	handle_done, handle_failed, handle_line, handle_line};

static void wait_done(struct plugs *plugs, struct vitrine_reply_v1 *reply) {
	struct answer answer = {0};
	vitrine_reply_v1_add_listener(reply, &reply_listener, &answer);
	test_client_wait(&plugs->control, answer.came);
	vitrine_reply_v1_destroy(reply);
	assert_true(answer.ok);
}

static void configure(struct plugs *plugs, const char *text) {
	plugs_write_configuration(text);
	wait_done(plugs, vitrine_control_v1_reload(plugs->control.control));
}

// A display that comes while screens are off is off, too, and is lit with the others.
static void test_comes_in_the_dark(void **state) {
	struct plugs *plugs = *state;
	wait_done(plugs, vitrine_control_v1_set_power(plugs->control.control, "", false));
	plugs_unplug(plugs, 1);
	plugs->plugged[1] = true;
	test_plug_display(1, true);
	while (plugs_count_outputs(plugs) < PLUGS_DISPLAYS) {
	}
	plugs_assert_says(plugs, 1, "power", "off");
	assert_int_equal(plugs_counter(plugs, 1, "frames"), 0);
	wait_done(plugs, vitrine_control_v1_set_power(plugs->control.control, "", true));
	plugs_expect_lit(plugs, 1);
	plugs_assert_all_shown(plugs);
}

static void assert_both_show(const struct plug_app *app) {
	for (int i = 0; i < PLUGS_DISPLAYS; i++) {
		plug_app_assert_turned(app, i, WL_OUTPUT_TRANSFORM_NORMAL);
	}
}

// The mirror of a display that is gone shows apps until that is back.
static void test_mirrors(void **state) {
	struct plugs *plugs = *state;
	struct plug_app *two = &plugs->apps[1];
	configure(plugs,
		"[output *]\nmode = " TEST_MODE "\n"
		"[output Virtual-2]\nmode = " TEST_MODE "\nmirror = Virtual-1\n");
	plugs_assert_says(plugs, 1, "mirror", "Virtual-1");
	plug_app_wait_home(two, 0);
	plug_app_draw(two);
	assert_both_show(two);
	for (int i = 0; i < 2; i++) {
		plugs_unplug(plugs, 0);
		plugs_assert_says(plugs, 1, "mirror", "");
		plug_app_draw(two);
		plug_app_assert_turned(two, 1, WL_OUTPUT_TRANSFORM_NORMAL);
		plugs_plug(plugs, 0);
		plugs_assert_says(plugs, 1, "mirror", "Virtual-1");
		plug_app_draw(two);
		assert_both_show(two);
	}
	configure(plugs, plugs_configuration);
	plugs_assert_says(plugs, 1, "mirror", "");
	plugs_assert_all_shown(plugs);
}

// As another process that becomes DRM master, once the server has noticed.
static int take_device(struct plugs *plugs) {
	int theirs = test_server_borrow_device(&plugs->server);
	assert_int_equal(drmDropMaster(theirs), 0);
	close(theirs);
	int other = open(test_device(), O_RDWR | O_CLOEXEC);
	assert_true(other >= 0 && (drmIsMaster(other) || drmSetMaster(other) == 0));
	struct plug_app *front = &plugs->apps[1]; // wherever it is
	plug_app_show(front);
	test_client_roundtrip(&front->client);
	plugs_expect(plugs, "another process has taken the display");
	return other;
}

// What comes or goes while another process has the device is seen afterwards.
static void test_while_away(void **state) {
	struct plugs *plugs = *state;
	struct plug_app *two = &plugs->apps[1];
	int other = take_device(plugs);
	plugs->plugged[1] = false;
	test_plug_display(1, false);
	close(other);
	plugs_expect(plugs, "Virtual-2: its display is gone\n");
	plugs_expect(plugs, "is ours again\n");
	plug_app_wait_home(two, 0);
	plug_app_draw(two);
	plug_app_assert_shown(two, 0);
	other = take_device(plugs);
	plugs->plugged[1] = true;
	test_plug_display(1, true);
	close(other);
	plugs_expect(plugs, "is ours again\n");
	plugs_expect_lit(plugs, 1);
	plugs_assert_all_shown(plugs);
}

// ---- The device ----

static void test_device_goes_and_comes(void **state) {
	struct plugs *plugs = *state;
	for (int i = 0; i < 3; i++) {
		for (int d = 0; d < plugs->n; d++) {
			plug_app_show(&plugs->apps[d]);
		}
		plugs_unplug_device(plugs);
		assert_int_equal(plugs_count_outputs(plugs), 0);
		for (int d = 0; d < plugs->n; d++) {
			plug_app_draw(&plugs->apps[d]);
		}
		plugs_plug_device(plugs);
		plugs_assert_all_shown(plugs);
	}
}

// ---- Start ----

struct waiting {
	struct wl_surface *surface;
	struct xdg_surface *xdg_surface;
	struct xdg_toplevel *toplevel;
	bool configured;
};

static void handle_configure(void *data, struct xdg_surface *xdg_surface, uint32_t serial) {
	xdg_surface_ack_configure(xdg_surface, serial);
	((struct waiting *)data)->configured = true;
}

static const struct xdg_surface_listener xdg_surface_listener = {.configure = handle_configure};

// A window waits for its first output.
static void test_starts_without(void **state) {
	(void)state;
	int n = plugs_count_displays();
	for (int i = 0; i < n; i++) {
		test_plug_display(i, false);
	}
	plugs_write_configuration(plugs_configuration);
	struct plugs *plugs = plugs_launch();
	plugs_expect(plugs, "no display is connected: waiting for one\n");
	plugs_expect(plugs, "ready\n");
	test_client_connect(&plugs->control, &plugs->server);
	struct waiting waiting = {.surface = wl_compositor_create_surface(plugs->control.compositor)};
	waiting.xdg_surface = xdg_wm_base_get_xdg_surface(plugs->control.wm_base, waiting.surface);
	waiting.toplevel = xdg_surface_get_toplevel(waiting.xdg_surface);
	xdg_surface_add_listener(waiting.xdg_surface, &xdg_surface_listener, &waiting);
	wl_surface_commit(waiting.surface);
	assert_int_equal(plugs_count_outputs(plugs), 0);
	assert_false(waiting.configured);
	plugs_plug(plugs, 0);
	test_client_wait(&plugs->control, waiting.configured);
	xdg_toplevel_destroy(waiting.toplevel);
	xdg_surface_destroy(waiting.xdg_surface);
	wl_surface_destroy(waiting.surface);
	test_client_roundtrip(&plugs->control);
	plugs_app_init(plugs, 0, "one");
	for (int i = 1; i < n; i++) {
		plugs_plug(plugs, i);
		plugs_app_init(plugs, i, "two");
	}
	plugs_assert_all_shown(plugs);
	void *self = plugs;
	plugs_stop(&self);
}

#define PLUGGED(test) cmocka_unit_test_setup_teardown(test, plugs_start, plugs_stop)

int main(void) {
	test_guard(170);
	plugs_init();
	// Those that need two displays come first.
	const struct CMUnitTest tests[] = {
		PLUGGED(test_one_goes_and_comes),
		PLUGGED(test_covered_goes_on),
		PLUGGED(test_comes_in_the_dark),
		PLUGGED(test_mirrors),
		PLUGGED(test_while_away),
		PLUGGED(test_last_goes_and_comes),
		PLUGGED(test_device_goes_and_comes),
		cmocka_unit_test(test_starts_without),
	};
	const struct CMUnitTest single[] = {tests[5], tests[6], tests[7]};
	return plugs_count_displays() == PLUGS_DISPLAYS
		? cmocka_run_group_tests_name("hotplug", tests, NULL, NULL)
		: cmocka_run_group_tests_name("hotplug", single, NULL, NULL);
}
