// SPDX-License-Identifier: MIT
#include "plug-fixture.h"

#include <drm_fourcc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[64];

const char plugs_configuration[] =
	"[output *]\nmode = " TEST_MODE "\n"
	"[output Virtual-2]\nmode = " TEST_MODE "\ntransform = 90\nscale = 2\n";

void plugs_expect(struct plugs *plugs, const char *text) {
	if (!test_server_wait_log_after(&plugs->server, &plugs->mark, text)) {
		fail_msg("the server ended, and did not say \"%s\"", text);
	}
}

// ---- Plugging ----

void plugs_expect_lit(struct plugs *plugs, int display) {
	char line[64];
	snprintf(line, sizeof(line), "Virtual-%d: %dx%d at ", display + 1, TEST_WIDTH, TEST_HEIGHT);
	plugs_expect(plugs, line);
	plugs->lit[display] = true;
}

static void expect_gone(struct plugs *plugs, int display) {
	char line[64];
	snprintf(line, sizeof(line), "Virtual-%d: its display is gone\n", display + 1);
	plugs_expect(plugs, line);
	plugs->lit[display] = false;
}

// What the server does about the displays in one go, it tells in any order.
static void expect_changes(struct plugs *plugs) {
	size_t mark = plugs->mark, last = mark;
	for (int i = 0; i < plugs->n; i++) {
		plugs->mark = mark;
		if (plugs->lit[i] && !plugs->plugged[i]) {
			expect_gone(plugs, i);
		} else if (!plugs->lit[i] && plugs->plugged[i]) {
			plugs_expect_lit(plugs, i);
		}
		last = plugs->mark > last ? plugs->mark : last;
	}
	plugs->mark = last;
}

void plugs_plug(struct plugs *plugs, int display) {
	plugs->plugged[display] = true;
	test_plug_display(display, true);
	if (plugs->device && !plugs->away) {
		plugs_expect_lit(plugs, display);
	}
}

void plugs_unplug(struct plugs *plugs, int display) {
	plugs->plugged[display] = false;
	test_plug_display(display, false);
	if (plugs->device && !plugs->away) {
		expect_gone(plugs, display);
	}
}

void plugs_unplug_device(struct plugs *plugs) {
	plugs->device = false;
	test_plug_device(false);
	if (plugs->taken) { // also while it is away
		plugs_expect(plugs, "the display device is gone: waiting for one\n");
	}
	plugs->taken = false;
	memset(plugs->lit, 0, sizeof(plugs->lit));
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

static void expect_device(struct plugs *plugs) {
	if (!plugs->away) {
		plugs_expect(plugs, "the display device is there\n");
		plugs->taken = true;
	}
}

void plugs_plug_device(struct plugs *plugs) {
	test_plug_device(true);
	expect_device(plugs);
	while (!has_its_names(plugs)) {
		plugs_unplug_device(plugs);
		test_plug_device(true);
		expect_device(plugs);
	}
	plugs->device = true;
	if (!plugs->away) {
		expect_changes(plugs);
	}
}

void plugs_restore(struct plugs *plugs) {
	for (int i = 0; i < plugs->n; i++) {
		if (!plugs->plugged[i]) {
			plugs_plug(plugs, i);
		}
	}
	if (!plugs->device) {
		plugs_plug_device(plugs);
	}
}

void plugs_leave(struct plugs *plugs) {
	plugs_expect(plugs, "the session leaves the front: screens are released\n");
	plugs->away = true;
}

void plugs_return(struct plugs *plugs) {
	plugs_expect(plugs, "the session is in front again\n");
	plugs->away = false;
	if (!plugs->taken && plugs->device) {
		expect_device(plugs);
	}
	if (plugs->taken) {
		expect_changes(plugs);
	}
}

// ---- Clients ----

static const int turned_width = TEST_HEIGHT / 2; // logical px, where the scale is 2

void plug_app_draw(struct plug_app *app) {
	struct test_buffer old = app->buffer;
	int scale = app->window.width == turned_width ? 2 : 1;
	test_buffer_init_dmabuf(&app->buffer, &app->client, TEST_MEMORY_UDMABUF, DRM_FORMAT_XRGB8888,
		app->window.width * scale, app->window.height * scale);
	test_buffer_paint(&app->buffer, ++app->seed);
	app->scale = scale;
	plug_app_show(app);
	test_surface_wait_frame(&app->window.base);
	if (old.client) {
		test_buffer_finish(&old);
	}
}

void plug_app_show(struct plug_app *app) {
	wl_surface_set_buffer_scale(app->window.base.surface, app->scale);
	test_surface_show(&app->window.base, &app->buffer);
}

void plug_app_wait_home(struct plug_app *app, int display) {
	int width = display == 1 ? turned_width : TEST_WIDTH;
	test_client_wait(&app->client, app->window.width == width);
}

void plugs_app_init(struct plugs *plugs, int i, const char *app_id) {
	struct plug_app *app = &plugs->apps[i];
	app->seed = 100 * (uint32_t)(i + 1);
	test_client_connect(&app->client, &plugs->server);
	test_window_init(&app->window, &app->client, app_id, NULL);
	plug_app_wait_home(app, i);
	plug_app_draw(app);
}

static void app_finish(struct plug_app *app) {
	if (app->client.display) {
		test_window_finish(&app->window);
		test_buffer_finish(&app->buffer);
		test_client_disconnect(&app->client);
	}
}

void plug_app_assert_turned(
	const struct plug_app *app, int display, enum wl_output_transform transform) {
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

void plug_app_assert_shown(const struct plug_app *app, int display) {
	plug_app_assert_turned(
		app, display, display == 1 ? WL_OUTPUT_TRANSFORM_270 : WL_OUTPUT_TRANSFORM_NORMAL);
}

void plugs_assert_all_shown(struct plugs *plugs) {
	for (int i = 0; i < plugs->n; i++) {
		plug_app_wait_home(&plugs->apps[i], i);
		plug_app_draw(&plugs->apps[i]);
		plug_app_assert_shown(&plugs->apps[i], i);
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

int64_t plugs_counter(struct plugs *plugs, int display, const char *name) {
	struct json_object *status = test_status(&plugs->control);
	int64_t value = test_json_int(find_output(status, display), name);
	json_object_put(status);
	return value;
}

void plugs_assert_says(struct plugs *plugs, int display, const char *key, const char *value) {
	struct json_object *status = test_status(&plugs->control);
	assert_string_equal(test_json_string(find_output(status, display), key), value);
	json_object_put(status);
}

size_t plugs_count_outputs(struct plugs *plugs) {
	struct json_object *status = test_status(&plugs->control);
	size_t n = json_object_array_length(test_json(status, "outputs"));
	json_object_put(status);
	return n;
}

// ---- Life ----

void plugs_init(void) {
	test_device();
	if (access("/sys/kernel/config/vkms/kiosk", F_OK) != 0) {
		printf("skipped: needs the guest, whose displays can be unplugged\n");
		exit(77);
	}
	snprintf(path, sizeof(path), "/tmp/vitrine-hotplug-%d.ini", (int)getpid());
}

void plugs_write_configuration(const char *text) {
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

int plugs_count_displays(void) {
	const char *layout = getenv("VITRINE_LAYOUT");
	return layout && strcmp(layout, "dual") == 0 ? PLUGS_DISPLAYS : 1;
}

struct plugs *plugs_launch(void) {
	static struct plugs plugs;
	static unsigned serial;
	char name[32];
	memset(&plugs, 0, sizeof(plugs));
	snprintf(name, sizeof(name), "hotplug-%d-%u", (int)getpid(), serial++);
	const char *args[] = {"--socket", name, "--config", path, NULL};
	test_server_launch(&plugs.server, args, NULL);
	strcpy(plugs.server.socket, name);
	plugs.n = plugs_count_displays();
	plugs.device = plugs.taken = true;
	return &plugs;
}

int plugs_start(void **state) {
	plugs_write_configuration(plugs_configuration);
	struct plugs *plugs = plugs_launch();
	for (int i = 0; i < plugs->n; i++) {
		plugs->plugged[i] = plugs->lit[i] = true;
	}
	plugs_expect(plugs, "ready\n");
	test_client_connect(&plugs->control, &plugs->server);
	for (int i = 0; i < plugs->n; i++) {
		plugs_app_init(plugs, i, i == 0 ? "one" : "two");
	}
	*state = plugs;
	return 0;
}

int plugs_stop(void **state) {
	struct plugs *plugs = *state;
	plugs_restore(plugs);
	for (int i = 0; i < plugs->n; i++) {
		app_finish(&plugs->apps[i]);
	}
	test_client_disconnect(&plugs->control);
	test_server_stop(&plugs->server);
	unlink(path);
	return 0;
}
