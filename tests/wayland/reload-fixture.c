// SPDX-License-Identifier: MIT
#include "reload-fixture.h"

#include <drm_fourcc.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "globals.h"

char reload_folder[64], reload_ini[96];

// ---- What the client hears of its output ----

static void handle_geometry(void *data, struct wl_output *output, int32_t x, int32_t y, int32_t w,
	int32_t h, int32_t subpixel, const char *make, const char *model, int32_t transform) {
	(void)output, (void)x, (void)y, (void)w, (void)h, (void)subpixel, (void)make, (void)model;
	((struct reload *)data)->transform = transform;
}

static void handle_mode(void *data, struct wl_output *output, uint32_t flags, int32_t width,
	int32_t height, int32_t refresh_mhz) {
	(void)output;
	struct reload *reload = data;
	if (flags & WL_OUTPUT_MODE_CURRENT) {
		reload->mode_width = width;
		reload->mode_height = height;
		reload->refresh_mhz = refresh_mhz;
	}
}

static void handle_output_done(void *data, struct wl_output *output) {
	(void)output;
	((struct reload *)data)->dones++;
}

static void handle_scale(void *data, struct wl_output *output, int32_t scale) {
	(void)output;
	((struct reload *)data)->scale = scale;
}

static void handle_name(void *data, struct wl_output *output, const char *name) {
	(void)data, (void)output, (void)name;
}

static const struct wl_output_listener output_listener = {
	handle_geometry, handle_mode, handle_output_done, handle_scale, handle_name, handle_name};

static void handle_preferred(
	void *data, struct wp_fractional_scale_v1 *fractional, uint32_t scale) {
	(void)fractional;
	((struct reload *)data)->preferred_scale = scale;
}

static const struct wp_fractional_scale_v1_listener fractional_listener = {handle_preferred};

static void handle_position(void *data, struct zxdg_output_v1 *output, int32_t x, int32_t y) {
	(void)output;
	((struct reload *)data)->logical_x = x;
	((struct reload *)data)->logical_y = y;
}

static void handle_size(void *data, struct zxdg_output_v1 *output, int32_t width, int32_t height) {
	(void)output;
	((struct reload *)data)->logical_width = width;
	((struct reload *)data)->logical_height = height;
}

static void handle_xdg_done(void *data, struct zxdg_output_v1 *output) {
	(void)data, (void)output;
}

static void handle_text(void *data, struct zxdg_output_v1 *output, const char *text) {
	(void)data, (void)output, (void)text;
}

static const struct zxdg_output_v1_listener xdg_listener = {
	handle_position, handle_size, handle_xdg_done, handle_text, handle_text};

void reload_listen(struct reload *reload) {
	wl_output_add_listener(reload->client.outputs[0], &output_listener, reload);
	struct test_globals globals;
	test_globals_ask(&globals, reload->client.display);
	test_client_roundtrip(&reload->client);
	reload->fractional_manager =
		test_globals_bind(&globals, &wp_fractional_scale_manager_v1_interface, 1);
	reload->xdg_manager = test_globals_bind(&globals, &zxdg_output_manager_v1_interface, 3);
	test_globals_finish(&globals);
	assert_non_null(reload->fractional_manager);
	assert_non_null(reload->xdg_manager);
	reload->fractional = wp_fractional_scale_manager_v1_get_fractional_scale(
		reload->fractional_manager, reload->window.base.surface);
	wp_fractional_scale_v1_add_listener(reload->fractional, &fractional_listener, reload);
	reload->xdg_output =
		zxdg_output_manager_v1_get_xdg_output(reload->xdg_manager, reload->client.outputs[0]);
	zxdg_output_v1_add_listener(reload->xdg_output, &xdg_listener, reload);
	test_client_roundtrip(&reload->client);
}

// ---- Configuration ----

void reload_write(const char *text) {
	FILE *file = fopen(reload_ini, "we");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void append(char *text, size_t size, const char *line) {
	size_t length = strlen(text);
	snprintf(text + length, size - length, "%s\n", line);
}

static void handle_done(void *data, struct vitrine_reply_v1 *reply) {
	(void)reply;
	struct reload_answer *answer = data;
	answer->came = answer->ok = true;
}

static void handle_failed(void *data, struct vitrine_reply_v1 *reply, const char *reason) {
	(void)reply, (void)reason;
	((struct reload_answer *)data)->came = true;
}

static void handle_problem(void *data, struct vitrine_reply_v1 *reply, const char *text) {
	(void)reply;
	struct reload_answer *answer = data;
	append(answer->problems, sizeof(answer->problems), text);
}

static void handle_note(void *data, struct vitrine_reply_v1 *reply, const char *text) {
	(void)reply;
	struct reload_answer *answer = data;
	append(answer->notes, sizeof(answer->notes), text);
}

static const struct vitrine_reply_v1_listener reply_listener = {
	handle_done, handle_failed, handle_problem, handle_note};

struct reload_answer reload_ask(struct reload *reload) {
	struct reload_answer answer = {0};
	struct vitrine_reply_v1 *reply = vitrine_control_v1_reload(reload->control.control);
	vitrine_reply_v1_add_listener(reply, &reply_listener, &answer);
	test_client_wait(&reload->control, answer.came);
	vitrine_reply_v1_destroy(reply);
	return answer;
}

// The server has this configuration now.
void reload_configure(struct reload *reload, const char *text) {
	reload_write(text);
	struct reload_answer answer = reload_ask(reload);
	if (!answer.ok) {
		fail_msg("%s", answer.problems);
	}
	test_client_roundtrip(&reload->client);
}

// How often the log has that line up to now.
int reload_count_log(const struct test_server *server, const char *text) {
	int n = 0;
	for (const char *at = server->text; at != NULL && (at = strstr(at, text)) != NULL; n++) {
		at += strlen(text);
	}
	return n;
}

// ---- The screen ----

// From debugfs: of the CRTC that is on, the mode's name and whether it is active.
bool reload_read_crtc(char mode[64]) {
	char path[64], line[256];
	snprintf(path, sizeof(path), "/sys/kernel/debug/dri/%u/state", minor(test_device_rdev()));
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	bool in_crtc = false, active = false;
	while (fgets(line, sizeof(line), file)) {
		in_crtc = line[0] != '\t' ? strncmp(line, "crtc[", 5) == 0 : in_crtc;
		active |= in_crtc && strstr(line, "\tactive=1") != NULL;
		if (in_crtc && mode != NULL) {
			sscanf(line, " mode: \"%63[^\"]\"", mode);
		}
	}
	fclose(file);
	return active;
}

// Draws anew, for `scale`, in the size that the window has.
void reload_redraw(struct reload *reload, int scale, uint32_t seed) {
	struct test_buffer old = reload->buffer;
	test_buffer_init_shm(&reload->buffer, &reload->client, DRM_FORMAT_XRGB8888,
		reload->window.width * scale, reload->window.height * scale);
	test_buffer_paint(&reload->buffer, seed);
	wl_surface_set_buffer_scale(reload->window.base.surface, scale);
	test_surface_show(&reload->window.base, &reload->buffer);
	test_surface_wait_frame(&reload->window.base);
	test_buffer_finish(&old);
}

// The screen of that size shows the window's buffer all over it, turned.
void reload_assert_screen(
	const struct reload *reload, int width, int height, enum wl_output_transform undone) {
	struct test_picture picture;
	struct test_screen screen;
	test_picture_init(&picture, width, height);
	test_picture_draw(
		&picture, &(struct test_layer){.image = &reload->buffer.image, .transform = undone});
	test_screen_open(&screen, 0);
	test_screen_wait(&screen, &picture);
	test_screen_close(&screen);
	test_picture_finish(&picture);
}

int64_t reload_counter(struct reload *reload, const char *name) {
	return test_status_counter(&reload->control, 0, name);
}

void reload_set_power(struct reload *reload, bool on) {
	struct reload_answer answer = {0};
	struct vitrine_reply_v1 *reply = vitrine_control_v1_set_power(reload->control.control, "", on);
	vitrine_reply_v1_add_listener(reply, &reply_listener, &answer);
	test_client_wait(&reload->control, answer.came);
	vitrine_reply_v1_destroy(reply);
	assert_true(answer.ok);
}

// ---- Devices ----

void reload_plug_keyboard(struct reload *reload) {
	test_device_init_keyboard(&reload->keyboard, &reload->server, "test keyboard", NULL);
	test_seat_wait_capabilities(&reload->seat, WL_SEAT_CAPABILITY_KEYBOARD);
	test_seat_drain(&reload->seat);
}

// ---- Life ----

int reload_start(void **state) {
	static struct reload reload;
	static unsigned serial;
	char name[32];
	memset(&reload, 0, sizeof(reload));
	snprintf(reload_folder, sizeof(reload_folder), "/tmp/vitrine-reload-%d", (int)getpid());
	snprintf(reload_ini, sizeof(reload_ini), "%s/vitrine.ini", reload_folder);
	mkdir(reload_folder, 0700);
	reload_write(MODE);
	snprintf(name, sizeof(name), "reload-%d-%u", (int)getpid(), serial++);
	const char *args[] = {
		"--device", test_device(), "--socket", name, "--config", reload_ini, NULL};
	test_server_launch(&reload.server, args, NULL);
	strcpy(reload.server.socket, name);
	assert_true(test_server_wait_log(&reload.server, "ready\n"));
	test_client_connect(&reload.control, &reload.server);
	test_client_connect(&reload.client, &reload.server);
	input_show_window(&reload.window, &reload.client, &reload.buffer, "input");
	test_seat_init(&reload.seat, &reload.client, 9);
	*state = &reload;
	return 0;
}

int reload_stop(void **state) {
	struct reload *reload = *state;
	test_device_finish(&reload->keyboard, NULL);
	test_device_finish(&reload->pointer, NULL);
	test_device_finish(&reload->touch, NULL);
	test_seat_finish(&reload->seat);
	test_window_finish(&reload->window);
	test_buffer_finish(&reload->buffer);
	if (reload->fractional != NULL) {
		wp_fractional_scale_v1_destroy(reload->fractional);
		wp_fractional_scale_manager_v1_destroy(reload->fractional_manager);
		zxdg_output_v1_destroy(reload->xdg_output);
		zxdg_output_manager_v1_destroy(reload->xdg_manager);
	}
	test_client_disconnect(&reload->client);
	test_client_disconnect(&reload->control);
	test_server_stop(&reload->server);
	unlink(reload_ini);
	rmdir(reload_folder);
	return 0;
}
