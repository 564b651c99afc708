// SPDX-License-Identifier: MIT
// Settings of outputs: right in the first commit and after each reload. One of the two displays is a panel
// that is mounted with its right side up.
#include <drm_fourcc.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <xf86drm.h>
#include <xf86drmMode.h>

#include "reload-fixture.h"

static int output_int(struct reload *reload, size_t output, const char *key) {
	struct json_object *status = test_status(&reload->control);
	int value = (int)test_json_int(test_status_output(status, output), key);
	json_object_put(status);
	return value;
}

static void assert_transform(struct reload *reload, size_t output, const char *expected) {
	struct json_object *status = test_status(&reload->control);
	assert_string_equal(
		test_json_string(test_status_output(status, output), "transform"), expected);
	json_object_put(status);
}

// ---- Panels ----

static void test_panel_is_upright(void **state) {
	struct reload *reload = *state;
	reload_listen(reload);
	int64_t modesets = reload_counter(reload, "modesets");
	assert_int_equal(modesets, 1);
	assert_int_equal(reload->logical_width, 240);
	assert_int_equal(reload->window.width, 240);
	assert_transform(reload, 0, "270");
	assert_transform(reload, 1, "normal"); // that one is no panel
	reload_redraw(reload, 1, 3);
	reload_assert_screen(reload, 320, 240, WL_OUTPUT_TRANSFORM_90);
	reload_configure(reload, MODE "transform = normal\n");
	test_client_wait(&reload->client, reload->window.width == 320);
	reload_redraw(reload, 1, 4);
	reload_assert_screen(reload, 320, 240, WL_OUTPUT_TRANSFORM_NORMAL);
	reload_configure(reload, MODE "transform = panel\n");
	test_client_wait(&reload->client, reload->window.width == 240);
	reload_redraw(reload, 1, 5);
	reload_assert_screen(reload, 320, 240, WL_OUTPUT_TRANSFORM_90);
	assert_int_equal(reload_counter(reload, "modesets"), modesets);
}

// ---- Modes ----

static void test_largest_mode(void **state) {
	struct reload *reload = *state;
	char mode[64] = "";
	reload_listen(reload);
	reload_configure(reload, "[output *]\nmode-max = 800x600\n");
	assert_int_equal(reload->mode_width, 800);
	assert_int_equal(reload->mode_height, 600);
	assert_true(reload->refresh_mhz > 59000 && reload->refresh_mhz < 61000);
	assert_true(reload_read_crtc(mode));
	assert_string_equal(mode, "800x600");
	int64_t modesets = reload_counter(reload, "modesets");
	// Larger than the one that is preferred.
	reload_configure(reload, "[output *]\nmode = highest\nmode-max = 1280x768\n");
	assert_int_equal(reload->mode_width, 1280);
	assert_int_equal(reload->mode_height, 768);
	assert_int_equal(reload_counter(reload, "modesets"), modesets + 1);
	reload_configure(reload, "[output *]\nmode = 800x600@60\nmode-max = 640x480\n");
	assert_int_equal(reload->mode_width, 800);
	reload_write("[output *]\nmode = 800x600@60\nmode-max = 100x100\nmax-bpc = 8\n");
	struct reload_answer answer = reload_ask(reload);
	assert_true(answer.ok);
	assert_non_null(strstr(answer.notes, "Virtual-1: max-bpc has no effect"));
	assert_null(strstr(answer.notes, "mode-max"));
	assert_int_equal(reload_counter(reload, "modesets"), modesets + 2);
	reload_write("[output *]\nmode-max = 100x100\n");
	answer = reload_ask(reload);
	assert_true(answer.ok);
	assert_non_null(strstr(answer.notes, "Virtual-2: none of its modes is within"));
	test_client_roundtrip(&reload->client);
	assert_int_equal(reload->mode_width, 1024); // the preferred one
}

// ---- Places ----

static void assert_places(struct reload *reload, int x1, int y1, int x2, int y2) {
	assert_int_equal(output_int(reload, 0, "x"), x1);
	assert_int_equal(output_int(reload, 0, "y"), y1);
	assert_int_equal(output_int(reload, 1, "x"), x2);
	assert_int_equal(output_int(reload, 1, "y"), y2);
}

static void test_positions(void **state) {
	struct reload *reload = *state;
	reload_listen(reload);
	assert_places(reload, 0, 0, 240, 0); // side by side
	unsigned dones = reload->dones;
	reload_configure(reload, MODE "[output Virtual-1]\nmode = 320x240@60\nposition = 100, -50\n");
	assert_places(reload, 100, -50, 340, 0);
	assert_int_equal(reload->logical_x, 100);
	assert_int_equal(reload->logical_y, -50);
	assert_int_equal(reload->dones, dones + 1); // all of it at once
	reload_write(MODE "[output Virtual-1]\nmode = 320x240@60\nposition = 100,50\n"
					  "[output Virtual-2]\nmode = 320x240@60\nposition = 339,369\n");
	struct reload_answer answer = reload_ask(reload);
	assert_true(answer.ok);
	assert_non_null(strstr(answer.notes, "Virtual-1 at 100,50 and Virtual-2 at 339,369 overlap"));
	assert_places(reload, 100, 50, 339, 369);
	reload_write(MODE "[output Virtual-1]\nmode = 320x240@60\nposition = 100,50\n"
					  "[output Virtual-2]\nmode = 320x240@60\nposition = 339,370\n");
	answer = reload_ask(reload);
	assert_true(answer.ok);
	assert_string_equal(answer.notes, "");
	assert_int_equal(reload_counter(reload, "modesets"), 1);
}

// ---- What runs at the start ----

struct former {
	int fd;
	uint32_t crtcs[2], connectors[2];
};

static drmModeModeInfo find_mode(const drmModeConnector *connector, int width, uint32_t hz) {
	for (int i = 0; i < connector->count_modes; i++) {
		if (connector->modes[i].hdisplay == width && connector->modes[i].vrefresh == hz) {
			return connector->modes[i];
		}
	}
	fail_msg("no mode that is %d px wide", width);
	return (drmModeModeInfo){0};
}

static uint32_t add_framebuffer(int fd, uint32_t width, uint32_t height) {
	uint32_t handle, stride, id;
	uint64_t size;
	assert_int_equal(drmModeCreateDumbBuffer(fd, width, height, 32, 0, &handle, &stride, &size), 0);
	assert_int_equal(drmModeAddFB(fd, width, height, 24, 32, stride, handle, &id), 0);
	return id;
}

// As firmware or another server does: both displays are lit at 640x480, and go on when it is gone.
static void former_start(struct former *former) {
	former->fd = open(test_device(), O_RDWR | O_CLOEXEC);
	assert_true(former->fd >= 0);
	drmModeRes *resources = drmModeGetResources(former->fd);
	assert_non_null(resources);
	assert_int_equal(resources->count_connectors, 2); // writeback connectors are not shown
	uint32_t framebuffer = add_framebuffer(former->fd, 640, 480);
	for (int i = 0; i < 2; i++) {
		drmModeConnector *connector = drmModeGetConnector(former->fd, resources->connectors[i]);
		assert_non_null(connector);
		drmModeModeInfo mode = find_mode(connector, 640, 60);
		former->crtcs[i] = resources->crtcs[i];
		former->connectors[i] = resources->connectors[i];
		assert_int_equal(drmModeSetCrtc(former->fd, former->crtcs[i], framebuffer, 0, 0,
							 &former->connectors[i], 1, &mode),
			0);
		drmModeFreeConnector(connector);
	}
	drmModeFreeResources(resources);
	assert_int_equal(drmDropMaster(former->fd), 0);
}

// The kernel's view: a CRTC feeds the connector.
static bool is_lit(const char *name) {
	char path[64], line[256], crtc[64] = "";
	snprintf(path, sizeof(path), "/sys/kernel/debug/dri/%u/state", minor(test_device_rdev()));
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	bool here = false;
	while (fgets(line, sizeof(line), file)) {
		if (line[0] != '\t') {
			char other[64] = "";
			here = sscanf(line, "connector[%*d]: %63s", other) == 1 && strcmp(other, name) == 0;
		} else if (here) {
			sscanf(line, " crtc=%63s", crtc);
		}
	}
	fclose(file);
	assert_true(crtc[0] != '\0');
	return strcmp(crtc, "(null)") != 0;
}

static void launch(struct test_server *server, const char *configuration) {
	static unsigned serial;
	char name[32], path[64];
	snprintf(path, sizeof(path), "/tmp/vitrine-settings-%d.ini", (int)getpid());
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	fputs(configuration, file);
	fclose(file);
	snprintf(name, sizeof(name), "settings-%d-%u", (int)getpid(), serial++);
	const char *args[] = {"--device", test_device(), "--socket", name, "--config", path, NULL};
	test_server_launch(server, args, NULL);
	strcpy(server->socket, name);
	assert_true(test_server_wait_log(server, "ready\n"));
	unlink(path);
}

// What fits is kept without a modeset; a display that is off goes dark, and is none to clients.
static void test_start(void **state) {
	(void)state;
	struct former former;
	former_start(&former);
	assert_true(is_lit("Virtual-1") && is_lit("Virtual-2"));
	struct test_server server;
	struct test_client client;
	launch(&server, "[output *]\nmode-max = 640x480\n[output Virtual-2]\noff = true\n");
	assert_true(is_lit("Virtual-1"));
	assert_false(is_lit("Virtual-2"));
	test_client_connect(&client, &server);
	assert_int_equal(client.n_outputs, 1);
	assert_int_equal(test_status_counter(&client, 0, "modesets"), 0);
	struct json_object *status = test_status(&client);
	assert_int_equal(json_object_array_length(test_json(status, "outputs")), 1);
	struct json_object *displays = test_json(status, "displays");
	assert_int_equal(json_object_array_length(displays), 2);
	for (size_t i = 0; i < 2; i++) {
		struct json_object *display = json_object_array_get_idx(displays, i);
		assert_true(json_object_get_boolean(test_json(display, "connected")));
		assert_int_equal(json_object_get_boolean(test_json(display, "enabled")), i == 0);
		assert_true(json_object_array_length(test_json(display, "modes")) > 1);
	}
	json_object_put(status);
	test_client_disconnect(&client);
	test_server_stop(&server);
	assert_true(is_lit("Virtual-1") && is_lit("Virtual-2")); // as it was found
	// The other way round, and the mode is another one.
	launch(&server, "[output *]\nmode = 320x240@60\n[output Virtual-1]\noff = true\n");
	assert_false(is_lit("Virtual-1"));
	assert_true(is_lit("Virtual-2"));
	test_client_connect(&client, &server);
	assert_int_equal(test_status_counter(&client, 0, "modesets"), 1);
	test_client_disconnect(&client);
	test_server_stop(&server);
	close(former.fd);
}

// ---- Off ----

static void assert_outputs(struct reload *reload, size_t n) {
	struct json_object *status = test_status(&reload->control);
	assert_int_equal(json_object_array_length(test_json(status, "outputs")), n);
	json_object_put(status);
}

// The kernel's view follows, with the frame that is on its way.
static void wait_lit(struct reload *reload, const char *name, bool lit) {
	while (is_lit(name) != lit) {
		test_client_roundtrip(&reload->control);
	}
}

static void assert_screen(const struct reload *reload, int crtc, enum wl_output_transform undone) {
	struct test_picture picture;
	struct test_screen screen;
	test_picture_init(&picture, 320, 240);
	test_picture_draw(
		&picture, &(struct test_layer){.image = &reload->buffer.image, .transform = undone});
	test_screen_open(&screen, crtc);
	test_screen_wait(&screen, &picture);
	test_screen_close(&screen);
	test_picture_finish(&picture);
}

// By a reload: windows go where there is a screen, and come back.
static void test_off(void **state) {
	struct reload *reload = *state;
	reload_configure(reload, MODE "[output Virtual-2]\noff = true\n");
	assert_outputs(reload, 1);
	wait_lit(reload, "Virtual-2", false);
	reload_redraw(reload, 1, 6);
	assert_screen(reload, 0, WL_OUTPUT_TRANSFORM_90);
	reload_configure(reload, MODE "[output Virtual-1]\noff = true\n");
	assert_outputs(reload, 1);
	wait_lit(reload, "Virtual-1", false);
	test_client_wait(&reload->client, reload->window.width == 320);
	reload_redraw(reload, 1, 7);
	assert_screen(reload, 1, WL_OUTPUT_TRANSFORM_NORMAL);
	reload_configure(reload, MODE "off = true\n");
	assert_outputs(reload, 0);
	wait_lit(reload, "Virtual-2", false);
	reload_configure(reload, MODE);
	assert_outputs(reload, 2);
	test_client_wait(&reload->client, reload->window.width == 240);
	reload_redraw(reload, 1, 8);
	assert_screen(reload, 0, WL_OUTPUT_TRANSFORM_90);
	assert_true(is_lit("Virtual-1") && is_lit("Virtual-2"));
}

// ---- A display that says what it is ----

static char bpc_path[64], vrr_path[64], refusals_path[64];

static int start_described(void **state) {
	char program[PATH_MAX] = "", preload[PATH_MAX + 32];
	assert_true(readlink("/proc/self/exe", program, sizeof(program) - 1) > 0);
	snprintf(preload, sizeof(preload), "%s/described-display.so", dirname(program));
	assert_int_equal(access(preload, R_OK), 0);
	snprintf(bpc_path, sizeof(bpc_path), "/tmp/vitrine-bpc-%d", (int)getpid());
	setenv("VITRINE_TEST_MAX_BPC", bpc_path, 1);
	snprintf(vrr_path, sizeof(vrr_path), "/tmp/vitrine-vrr-%d", (int)getpid());
	setenv("VITRINE_TEST_VRR", vrr_path, 1);
	snprintf(refusals_path, sizeof(refusals_path), "/tmp/vitrine-refusals-%d", (int)getpid());
	setenv("VITRINE_TEST_REFUSALS", refusals_path, 1);
	setenv("LD_PRELOAD", preload, 1); // for the server alone
	int rc = reload_start(state);
	unsetenv("LD_PRELOAD");
	unsetenv("VITRINE_TEST_MAX_BPC");
	unsetenv("VITRINE_TEST_VRR");
	unsetenv("VITRINE_TEST_REFUSALS");
	return rc;
}

static int stop_described(void **state) {
	int rc = reload_stop(state);
	unlink(bpc_path);
	unlink(vrr_path);
	unlink(refusals_path);
	return rc;
}

// What the property was set to last, `otherwise` if it was not.
static int read_value(const char *path, int otherwise) {
	int value = otherwise;
	FILE *file = fopen(path, "re");
	if (file) {
		assert_int_equal(fscanf(file, "%d", &value), 1);
		fclose(file);
	}
	return value;
}

static int read_bpc(void) {
	return read_value(bpc_path, 0);
}

static int mode_width(struct reload *reload, size_t output) {
	struct json_object *status = test_status(&reload->control);
	int width = (int)test_json_int(test_json(test_status_output(status, output), "mode"), "width");
	json_object_put(status);
	return width;
}

// Sections by what is connected, and bits a colour.
static void test_described_display(void **state) {
	struct reload *reload = *state;
	assert_int_equal(read_bpc(), 0);
	struct json_object *status = test_status(&reload->control);
	struct json_object *display = json_object_array_get_idx(test_json(status, "displays"), 0);
	assert_string_equal(test_json_string(display, "pnp"), "DEL");
	assert_string_equal(test_json_string(display, "model"), "PANEL 7");
	assert_string_equal(test_json_string(display, "serial"), "S1");
	json_object_put(status);
	reload_configure(reload, MODE "[output DEL/PANEL ?/*]\nmode = 640x480\nmax-bpc = 8\n");
	assert_int_equal(mode_width(reload, 0), 640);
	assert_int_equal(mode_width(reload, 1), 320);
	assert_int_equal(read_bpc(), 8);
	int64_t modesets = reload_counter(reload, "modesets");
	// The serial number says more than the connector, and that more than the model.
	reload_write(MODE "[output */*/S1]\nmode = 640x480\nmax-bpc = 16\n"
					  "[output Virtual-1]\nmode = 800x600\n");
	struct reload_answer answer = reload_ask(reload);
	assert_true(answer.ok);
	assert_non_null(strstr(answer.notes, "Virtual-1: max-bpc = 16: its driver takes 6 to 12"));
	assert_int_equal(mode_width(reload, 0), 640);
	assert_int_equal(read_bpc(), 12);
	assert_int_equal(reload_counter(reload, "modesets"), modesets + 1);
	reload_configure(
		reload, MODE "[output Virtual-1]\nmode = 640x480\n[output DEL/*/*]\nmode = 800x600\n");
	assert_int_equal(mode_width(reload, 0), 640);
	assert_int_equal(read_bpc(), 10); // as it was
	assert_int_equal(reload_counter(reload, "modesets"), modesets + 2);
	reload_redraw(reload, 1, 9);
	reload_assert_screen(reload, 640, 480, WL_OUTPUT_TRANSFORM_90);
}

// Both in the status and, with the frame that was shown last, in the kernel.
static void assert_vrr(struct reload *reload, bool on) {
	struct json_object *status = test_status(&reload->control);
	for (size_t i = 0; i < 2; i++) {
		struct json_object *display = json_object_array_get_idx(test_json(status, "displays"), i);
		struct json_object *output = test_status_output(status, i);
		assert_int_equal(json_object_get_boolean(test_json(display, "vrr_capable")), i == 0);
		assert_int_equal(json_object_get_boolean(test_json(output, "vrr")), on && i == 0);
	}
	json_object_put(status);
	assert_int_equal(read_value(vrr_path, 0), on);
}

// Variable refresh comes and goes with the configuration, without another modeset.
static void test_variable_refresh(void **state) {
	struct reload *reload = *state;
	assert_vrr(reload, false);
	int64_t modesets = reload_counter(reload, "modesets");
	for (uint32_t i = 0; i < 3; i++) {
		reload_write(MODE "vrr = true\n");
		struct reload_answer answer = reload_ask(reload);
		assert_true(answer.ok);
		assert_non_null(strstr(answer.notes, "Virtual-2: vrr has no effect"));
		reload_redraw(reload, 1, 2 * i + 1);
		assert_vrr(reload, true);
		reload_configure(reload, MODE);
		reload_redraw(reload, 1, 2 * i + 2);
		assert_vrr(reload, false);
	}
	assert_int_equal(reload_counter(reload, "modesets"), modesets);
}

// Of a mode and variable refresh, both come or neither does.
static void test_refused_mode_takes_back_variable_refresh(void **state) {
	struct reload *reload = *state;
	FILE *file = fopen(refusals_path, "we");
	assert_non_null(file);
	assert_true(fputs("2\n", file) >= 0); // on planes, and composed
	fclose(file);
	reload_write(MODE "[output Virtual-1]\nmode = 640x480\nvrr = true\n");
	struct reload_answer answer = reload_ask(reload);
	assert_false(answer.ok);
	assert_non_null(strstr(answer.problems, "Virtual-1: the display refused 640x480"));
	assert_int_equal(mode_width(reload, 0), 320);
	reload_redraw(reload, 1, 1);
	assert_vrr(reload, false);
	// What was refused once is tried again.
	reload_configure(reload, MODE "[output Virtual-1]\nmode = 640x480\nvrr = true\n");
	assert_int_equal(mode_width(reload, 0), 640);
	test_client_wait(&reload->client, reload->window.width == 480);
	reload_redraw(reload, 1, 2);
	assert_vrr(reload, true);
}

int main(void) {
	test_guard(140);
	test_need_layout("panel");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_panel_is_upright, reload_start, reload_stop),
		cmocka_unit_test_setup_teardown(test_largest_mode, reload_start, reload_stop),
		cmocka_unit_test_setup_teardown(test_positions, reload_start, reload_stop),
		cmocka_unit_test_setup_teardown(test_off, reload_start, reload_stop),
		cmocka_unit_test_setup_teardown(test_described_display, start_described, stop_described),
		cmocka_unit_test_setup_teardown(test_variable_refresh, start_described, stop_described),
		cmocka_unit_test_setup_teardown(
			test_refused_mode_takes_back_variable_refresh, start_described, stop_described),
		cmocka_unit_test(test_start),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
