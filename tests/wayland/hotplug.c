// SPDX-License-Identifier: MIT
// Displays, and the device itself, that come, go and come back, with clients that draw all the while.
//
// VITRINE_REPLUGS: steps of the random run; VITRINE_SEED: where its numbers begin.
#include <drm_fourcc.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xf86drm.h>

#include "fixture.h"

enum {
	DISPLAYS = 2,
	REPLUGS = 20,
	DEVICE_EVERY =
		11,       // steps of the random run, on average, in which the device itself goes or comes
	PICTURES = 3, // besides the first, that an output composes into
	SETTLE_FRAMES = 300, // until what is held for what is gone is given back
	GROWTH_KIB = 4096,   // of the server's memory, whatever the number of steps
};

static char path[64];

struct app {
	struct test_client client;
	struct test_window window;
	struct test_buffer buffer;
	uint32_t seed;
};

struct plugs {
	struct test_server server;
	struct test_client control;
	struct app apps[DISPLAYS];
	int n;       // displays of the layout
	size_t mark; // what follows in the log is new
	bool plugged[DISPLAYS];
	bool device;
};

// The picture on the second display is turned.
static const char configuration[] = "[output *]\nmode = " TEST_MODE "\n"
									"[output Virtual-2]\nmode = " TEST_MODE "\ntransform = 90\n";

static void expect(struct plugs *plugs, const char *text) {
	if (!test_server_wait_log_after(&plugs->server, &plugs->mark, text)) {
		fail_msg("the server ended, and did not say \"%s\"", text);
	}
}

// ---- Plugging ----

static void expect_lit(struct plugs *plugs, int display) {
	char line[64];
	snprintf(line, sizeof(line), "Virtual-%d: %dx%d at ", display + 1, TEST_WIDTH, TEST_HEIGHT);
	expect(plugs, line);
}

static void plug(struct plugs *plugs, int display) {
	plugs->plugged[display] = true;
	test_plug_display(display, true);
	if (plugs->device) {
		expect_lit(plugs, display);
	}
}

static void unplug(struct plugs *plugs, int display) {
	char line[64];
	snprintf(line, sizeof(line), "Virtual-%d: its display is gone\n", display + 1);
	plugs->plugged[display] = false;
	test_plug_display(display, false);
	if (plugs->device) {
		expect(plugs, line);
	}
}

static void unplug_device(struct plugs *plugs) {
	plugs->device = false;
	test_plug_device(false);
	expect(plugs, "the display device is gone: waiting for one\n");
}

// The kernel takes the device's names back a moment after it is closed, and gives others until then.
static bool has_its_names(const struct plugs *plugs) {
	char name[64];
	const char *card = strrchr(test_device(), '/');
	bool ok = true;
	for (int i = 0; i < plugs->n; i++) {
		snprintf(name, sizeof(name), "/sys/class/drm%s-Virtual-%d", card, i + 1);
		ok = ok && access(name, F_OK) == 0;
	}
	return ok;
}

static void plug_device(struct plugs *plugs) {
	test_plug_device(true);
	expect(plugs, "the display device is there\n");
	while (!has_its_names(plugs)) {
		unplug_device(plugs);
		test_plug_device(true);
		expect(plugs, "the display device is there\n");
	}
	plugs->device = true;
	size_t mark = plugs->mark, last = mark;
	for (int i = 0; i < plugs->n; i++) { // their first frames come in any order
		plugs->mark = mark;
		if (plugs->plugged[i]) {
			expect_lit(plugs, i);
		}
		last = plugs->mark > last ? plugs->mark : last;
	}
	plugs->mark = last;
}

static void restore(struct plugs *plugs) {
	for (int i = 0; i < plugs->n; i++) {
		if (!plugs->plugged[i]) {
			plug(plugs, i);
		}
	}
	if (!plugs->device) {
		plug_device(plugs);
	}
}

// ---- Clients ----

// In the size that it has now.
static void draw(struct app *app) {
	struct test_buffer old = app->buffer;
	test_buffer_init_dmabuf(&app->buffer, &app->client, TEST_MEMORY_UDMABUF, DRM_FORMAT_XRGB8888,
		app->window.width, app->window.height);
	test_buffer_paint(&app->buffer, ++app->seed);
	test_surface_show(&app->window.base, &app->buffer);
	test_surface_wait_frame(&app->window.base);
	if (old.client) {
		test_buffer_finish(&old);
	}
}

// The window of the display with that index is as large as it should be there.
static void wait_home(struct app *app, int display) {
	int width = display == 1 ? TEST_HEIGHT : TEST_WIDTH;
	test_client_wait(&app->client, app->window.width == width);
}

static void app_init(struct plugs *plugs, int i, const char *app_id) {
	struct app *app = &plugs->apps[i];
	app->seed = 100 * (uint32_t)(i + 1);
	test_client_connect(&app->client, &plugs->server);
	test_window_init(&app->window, &app->client, app_id, NULL);
	wait_home(app, i);
	draw(app);
}

static void app_finish(struct app *app) {
	if (app->client.display) {
		test_window_finish(&app->window);
		test_buffer_finish(&app->buffer);
		test_client_disconnect(&app->client);
	}
}

// The display shows the app all over it, turned so.
static void assert_turned(const struct app *app, int display, enum wl_output_transform transform) {
	struct test_picture picture;
	struct test_screen screen;
	test_picture_init(&picture, TEST_WIDTH, TEST_HEIGHT);
	test_picture_draw(
		&picture, &(struct test_layer){.image = &app->buffer.image, .transform = transform});
	test_screen_open(&screen, display);
	test_screen_wait(&screen, &picture);
	test_screen_close(&screen);
	test_picture_finish(&picture);
}

static void assert_shown(const struct app *app, int display) {
	assert_turned(
		app, display, display == 1 ? WL_OUTPUT_TRANSFORM_270 : WL_OUTPUT_TRANSFORM_NORMAL);
}

static void assert_all_shown(struct plugs *plugs) {
	for (int i = 0; i < plugs->n; i++) {
		wait_home(&plugs->apps[i], i);
		draw(&plugs->apps[i]);
		assert_shown(&plugs->apps[i], i);
	}
}

// Of the output of the display in the status; borrowed.
static struct json_object *find_output(struct json_object *status, int display) {
	char wanted[32];
	snprintf(wanted, sizeof(wanted), "Virtual-%d", display + 1);
	struct json_object *outputs = test_json(status, "outputs");
	for (size_t i = 0; i < json_object_array_length(outputs); i++) {
		struct json_object *output = json_object_array_get_idx(outputs, i);
		if (strcmp(test_json_string(output, "name"), wanted) == 0) {
			return output;
		}
	}
	fail_msg("there is no output %s", wanted);
	return NULL;
}

static int64_t counter(struct plugs *plugs, int display, const char *name) {
	struct json_object *status = test_status(&plugs->control);
	int64_t value = test_json_int(find_output(status, display), name);
	json_object_put(status);
	return value;
}

static void assert_says(struct plugs *plugs, int display, const char *key, const char *value) {
	struct json_object *status = test_status(&plugs->control);
	assert_string_equal(test_json_string(find_output(status, display), key), value);
	json_object_put(status);
}

static size_t count_outputs(struct plugs *plugs) {
	struct json_object *status = test_status(&plugs->control);
	size_t n = json_object_array_length(test_json(status, "outputs"));
	json_object_put(status);
	return n;
}

// ---- Life ----

static void write_configuration(const char *text) {
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

// Of the layout.
static int count_displays(void) {
	const char *layout = getenv("VITRINE_LAYOUT");
	return layout && strcmp(layout, "dual") == 0 ? DISPLAYS : 1;
}

static struct plugs *launch(void) {
	static struct plugs plugs;
	static unsigned serial;
	char name[32];
	memset(&plugs, 0, sizeof(plugs));
	snprintf(name, sizeof(name), "hotplug-%d-%u", (int)getpid(), serial++);
	const char *args[] = {"--socket", name, "--config", path, NULL};
	test_server_launch(&plugs.server, args, NULL);
	strcpy(plugs.server.socket, name);
	plugs.n = count_displays();
	plugs.device = true;
	return &plugs;
}

static int start(void **state) {
	write_configuration(configuration);
	struct plugs *plugs = launch();
	for (int i = 0; i < plugs->n; i++) {
		plugs->plugged[i] = true;
	}
	expect(plugs, "ready\n");
	test_client_connect(&plugs->control, &plugs->server);
	for (int i = 0; i < plugs->n; i++) {
		app_init(plugs, i, i == 0 ? "one" : "two");
	}
	*state = plugs;
	return 0;
}

static int stop(void **state) {
	struct plugs *plugs = *state;
	restore(plugs);
	for (int i = 0; i < plugs->n; i++) {
		app_finish(&plugs->apps[i]);
	}
	test_client_disconnect(&plugs->control);
	test_server_stop(&plugs->server);
	return 0;
}

// ---- Displays ----

// The other one goes on as if nothing were, and the window that came to it goes home again.
static void test_one_goes_and_comes(void **state) {
	struct plugs *plugs = *state;
	struct app *one = &plugs->apps[0], *two = &plugs->apps[1];
	assert_all_shown(plugs);
	int64_t modesets = counter(plugs, 0, "modesets");
	for (int i = 0; i < 3; i++) {
		test_surface_show(&two->window.base, &two->buffer); // with a frame on its way
		unplug(plugs, 1);
		assert_int_equal(count_outputs(plugs), 1);
		wait_home(two, 0);
		draw(two);
		assert_shown(two, 0); // it came to the front last
		draw(one);            // behind it
		plug(plugs, 1);
		wait_home(two, 1);
		draw(two);
		assert_shown(two, 1);
		draw(one);
		assert_shown(one, 0);
	}
	assert_int_equal(counter(plugs, 0, "modesets"), modesets);
}

// What moves to another output, and is covered there, is not taken for what that one has shown.
static void test_covered_goes_on(void **state) {
	struct plugs *plugs = *state;
	struct app *one = &plugs->apps[0], *two = &plugs->apps[1];
	for (int i = 0; i < 20; i++) { // frames of its own have higher numbers now
		draw(one);
	}
	for (int i = 0; i < 3; i++) {
		test_surface_show(&one->window.base, &one->buffer);
		test_client_roundtrip(&one->client);
		unplug(plugs, 0);
		test_client_wait(&one->client, one->window.base.callback == NULL);
		wait_home(one, 1);
		draw(one); // slowly
		assert_shown(two, 1);
		draw(two);
		plug(plugs, 0);
		wait_home(one, 0);
		draw(one);
		assert_shown(one, 0);
	}
}

// Without any output clients go on, slowly, and are told that nobody sees it.
static void test_last_goes_and_comes(void **state) {
	struct plugs *plugs = *state;
	for (int i = 0; i < 2; i++) {
		for (int d = 0; d < plugs->n; d++) {
			unplug(plugs, d);
		}
		expect(plugs, "no display is connected: waiting for one\n");
		assert_int_equal(count_outputs(plugs), 0);
		for (int d = 0; d < plugs->n; d++) {
			struct test_feedback feedback;
			test_feedback_init(&feedback, &plugs->apps[d].window.base);
			draw(&plugs->apps[d]);
			test_feedback_wait(&feedback);
			assert_true(feedback.discarded);
			test_feedback_finish(&feedback);
		}
		for (int d = plugs->n - 1; d >= 0; d--) {
			plug(plugs, d);
		}
		assert_all_shown(plugs);
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
	write_configuration(text);
	wait_done(plugs, vitrine_control_v1_reload(plugs->control.control));
}

// A display that comes while screens are off is off, too, and is lit with the others.
static void test_comes_in_the_dark(void **state) {
	struct plugs *plugs = *state;
	wait_done(plugs, vitrine_control_v1_set_power(plugs->control.control, "", false));
	unplug(plugs, 1);
	plugs->plugged[1] = true;
	test_plug_display(1, true);
	while (count_outputs(plugs) < DISPLAYS) {
	}
	assert_says(plugs, 1, "power", "off");
	assert_int_equal(counter(plugs, 1, "frames"), 0);
	wait_done(plugs, vitrine_control_v1_set_power(plugs->control.control, "", true));
	expect_lit(plugs, 1);
	assert_all_shown(plugs);
}

static void assert_both_show(const struct app *app) {
	for (int i = 0; i < DISPLAYS; i++) {
		assert_turned(app, i, WL_OUTPUT_TRANSFORM_NORMAL);
	}
}

// The mirror of a display that is gone shows apps until that is back.
static void test_mirrors(void **state) {
	struct plugs *plugs = *state;
	struct app *two = &plugs->apps[1];
	configure(plugs,
		"[output *]\nmode = " TEST_MODE "\n"
		"[output Virtual-2]\nmode = " TEST_MODE "\nmirror = Virtual-1\n");
	assert_says(plugs, 1, "mirror", "Virtual-1");
	wait_home(two, 0);
	draw(two);
	assert_both_show(two);
	for (int i = 0; i < 2; i++) {
		unplug(plugs, 0);
		assert_says(plugs, 1, "mirror", "");
		draw(two);
		assert_turned(two, 1, WL_OUTPUT_TRANSFORM_NORMAL);
		plug(plugs, 0);
		assert_says(plugs, 1, "mirror", "Virtual-1");
		draw(two);
		assert_both_show(two);
	}
	configure(plugs, configuration);
	assert_says(plugs, 1, "mirror", "");
	assert_all_shown(plugs);
}

// As another process that becomes DRM master, once the server has noticed.
static int take_device(struct plugs *plugs) {
	int theirs = test_server_borrow_device(&plugs->server);
	assert_int_equal(drmDropMaster(theirs), 0);
	close(theirs);
	int other = open(test_device(), O_RDWR | O_CLOEXEC);
	assert_true(other >= 0 && (drmIsMaster(other) || drmSetMaster(other) == 0));
	struct app *front = &plugs->apps[1]; // wherever it is
	test_surface_show(&front->window.base, &front->buffer);
	test_client_roundtrip(&front->client);
	expect(plugs, "another process has taken the display");
	return other;
}

// What comes or goes while another process has the device is seen afterwards.
static void test_while_away(void **state) {
	struct plugs *plugs = *state;
	struct app *two = &plugs->apps[1];
	int other = take_device(plugs);
	plugs->plugged[1] = false;
	test_plug_display(1, false);
	close(other);
	expect(plugs, "Virtual-2: its display is gone\n");
	expect(plugs, "is ours again\n");
	wait_home(two, 0);
	draw(two);
	assert_shown(two, 0);
	other = take_device(plugs);
	plugs->plugged[1] = true;
	test_plug_display(1, true);
	close(other);
	expect(plugs, "is ours again\n");
	expect_lit(plugs, 1);
	assert_all_shown(plugs);
}

// ---- The device ----

static void test_device_goes_and_comes(void **state) {
	struct plugs *plugs = *state;
	for (int i = 0; i < 3; i++) {
		for (int d = 0; d < plugs->n; d++) {
			test_surface_show(&plugs->apps[d].window.base, &plugs->apps[d].buffer);
		}
		unplug_device(plugs);
		assert_int_equal(count_outputs(plugs), 0);
		for (int d = 0; d < plugs->n; d++) {
			draw(&plugs->apps[d]);
		}
		plug_device(plugs);
		assert_all_shown(plugs);
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
	int n = count_displays();
	for (int i = 0; i < n; i++) {
		test_plug_display(i, false);
	}
	write_configuration(configuration);
	struct plugs *plugs = launch();
	expect(plugs, "no display is connected: waiting for one\n");
	expect(plugs, "ready\n");
	test_client_connect(&plugs->control, &plugs->server);
	struct waiting waiting = {.surface = wl_compositor_create_surface(plugs->control.compositor)};
	waiting.xdg_surface = xdg_wm_base_get_xdg_surface(plugs->control.wm_base, waiting.surface);
	waiting.toplevel = xdg_surface_get_toplevel(waiting.xdg_surface);
	xdg_surface_add_listener(waiting.xdg_surface, &xdg_surface_listener, &waiting);
	wl_surface_commit(waiting.surface);
	assert_int_equal(count_outputs(plugs), 0);
	assert_false(waiting.configured);
	plug(plugs, 0);
	test_client_wait(&plugs->control, waiting.configured);
	xdg_toplevel_destroy(waiting.toplevel);
	xdg_surface_destroy(waiting.xdg_surface);
	wl_surface_destroy(waiting.surface);
	test_client_roundtrip(&plugs->control);
	app_init(plugs, 0, "one");
	for (int i = 1; i < n; i++) {
		plug(plugs, i);
		app_init(plugs, i, "two");
	}
	assert_all_shown(plugs);
	void *self = plugs;
	stop(&self);
}

// ---- At random ----

static uint32_t random_state;

static int pick(int n) {
	random_state = random_state * 1664525 + 1013904223;
	return (int)((random_state >> 8) % (uint32_t)n);
}

static int read_rss_kib(const struct test_server *server) {
	char name[64], line[128];
	snprintf(name, sizeof(name), "/proc/%d/status", (int)server->pid);
	FILE *file = fopen(name, "re");
	assert_non_null(file);
	int kib = 0;
	while (fgets(line, sizeof(line), file)) {
		sscanf(line, "VmRSS: %d", &kib);
	}
	fclose(file);
	assert_true(kib > 0);
	return kib;
}

static bool is_more(struct test_counts before, struct test_counts now) {
	return now.fds > before.fds || now.maps > before.maps ||
		now.framebuffers > before.framebuffers || now.dmabufs > before.dmabufs ||
		now.attachments > before.attachments;
}

// All plugged in, with outputs that are new, and all shown.
static struct test_counts settle(struct plugs *plugs) {
	restore(plugs);
	assert_all_shown(plugs);
	unplug_device(plugs);
	plug_device(plugs);
	assert_all_shown(plugs);
	test_client_roundtrip(&plugs->control);
	return test_server_count(&plugs->server);
}

// What is gone is given back, for which some frames may be needed. How many pictures an output composes
// into depends on what it came to show.
static void assert_nothing_left(struct plugs *plugs, struct test_counts before) {
	struct test_counts now = settle(plugs);
	before.maps += PICTURES * plugs->n;
	before.framebuffers += PICTURES * plugs->n;
	for (int i = 0; i < SETTLE_FRAMES && is_more(before, now); i++) {
		for (int d = 0; d < plugs->n; d++) {
			draw(&plugs->apps[d]);
		}
		test_client_roundtrip(&plugs->control);
		now = test_server_count(&plugs->server);
	}
	if (is_more(before, now)) {
		test_counts_assert_same(before, now); // tells what it is
	}
}

static void step(struct plugs *plugs) {
	int display = pick(plugs->n), drawer = pick(plugs->n);
	if (pick(2) != 0) { // not waited for
		struct app *app = &plugs->apps[drawer];
		test_surface_show(&app->window.base, &app->buffer);
		test_client_roundtrip(&app->client);
	}
	if (pick(DEVICE_EVERY) == 0) {
		if (plugs->device) {
			unplug_device(plugs);
		} else {
			plug_device(plugs);
		}
	} else if (plugs->plugged[display]) {
		unplug(plugs, display);
	} else {
		plug(plugs, display);
	}
	if (pick(4) == 0) {
		draw(&plugs->apps[drawer]); // which may be nowhere
	}
	// Who sleeps through more than a minute of them may find an output's global gone for good.
	test_client_roundtrip(&plugs->control);
	for (int d = 0; d < plugs->n; d++) {
		test_client_roundtrip(&plugs->apps[d].client);
	}
}

static void test_at_random(void **state) {
	struct plugs *plugs = *state;
	const char *replugs = getenv("VITRINE_REPLUGS"), *seed = getenv("VITRINE_SEED");
	int n = replugs ? atoi(replugs) : REPLUGS;
	random_state = seed ? (uint32_t)strtoul(seed, NULL, 10) : 1;
	print_message("%d steps from VITRINE_SEED=%u\n", n, random_state);
	for (int d = 0; d < plugs->n; d++) { // what is kept for ever is there then
		unplug(plugs, d);
		plug(plugs, d);
	}
	struct test_counts before = settle(plugs);
	int kib = read_rss_kib(&plugs->server);
	for (int i = 0; i < n; i++) {
		step(plugs);
	}
	assert_nothing_left(plugs, before);
	int grown = read_rss_kib(&plugs->server) - kib;
	print_message("memory: %d KiB more\n", grown);
	assert_true(grown < GROWTH_KIB);
}

#define PLUGGED(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void) {
	test_guard(getenv("VITRINE_REPLUGS") ? 3500 : 170);
	test_device();
	if (access("/sys/kernel/config/vkms/kiosk", F_OK) != 0) {
		printf("skipped: needs the guest, whose displays can be unplugged\n");
		return 77;
	}
	snprintf(path, sizeof(path), "/tmp/vitrine-hotplug-%d.ini", (int)getpid());
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
		PLUGGED(test_at_random),
	};
	const struct CMUnitTest single[] = {tests[5], tests[6], tests[7], tests[8]};
	int failed = count_displays() == DISPLAYS
		? cmocka_run_group_tests_name("hotplug", tests, NULL, NULL)
		: cmocka_run_group_tests_name("hotplug", single, NULL, NULL);
	unlink(path);
	return failed;
}
