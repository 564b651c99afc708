// SPDX-License-Identifier: MIT
// vitrinectl calibrate: shows crosses on the display of a touch screen, has them touched, and writes the
// matrix that brings the touches to the crosses.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wayland-client.h>

#include <drm_fourcc.h>

#include "calibration.h"
#include "ctl.h"
#include "shared/display.h"
#include "shared/memory.h"
#include "shared/report.h"
#include "shared/window.h"
#include "vitrine-control-v1-client-protocol.h"

enum {
	CROSSES = 4,
	BUFFERS = 2,
	ROUNDS = 3, // until it gives up
	MAX_OUTPUTS = 32,
	TIMEOUT_MS = 300000, // without a touch
	ARM = 40,            // of a cross, px
	THICKNESS = 3,
	RADIUS = 16,
};

#define BACKGROUND 0xff20242a
#define FOREGROUND 0xffffffff
#define DONE 0xff2e9e6b

// A fiftieth of the panel: more is no inexactness of fingers but a touch elsewhere.
static const double largest_residual = 0.02;

// An eighth from the corners: where fingers reach, and far apart.
static const struct calibration_point crosses[CROSSES] = {
	{0.125, 0.125}, {0.875, 0.125}, {0.875, 0.875}, {0.125, 0.875}};

struct named_output {
	struct wl_output *output;
	uint32_t transform;
	char name[64];
};

struct picture {
	struct client_memory memory;
	struct client_buffer buffer;
};

struct calibrate {
	struct client_display *display;
	struct named_output outputs[MAX_OUTPUTS];
	int n_outputs;
	struct wl_registry *registry;

	struct vitrine_calibration_v1 *calibration;
	bool known, failed;
	char device[256], output[64];
	float before[6];
	struct calibration_point seen[CROSSES];
	int n_seen;

	struct client_window window;
	struct client_allocator allocator;
	struct picture pictures[BUFFERS];
	uint32_t width, height; // px of the pictures
	int shown; // crosses that the picture on the screen calls done; -1: nothing is shown
};

// ---- Outputs by name ----

static void handle_geometry(void *data, struct wl_output *output, int32_t x, int32_t y,
	int32_t width, int32_t height, int32_t subpixel, const char *make, const char *model,
	int32_t transform) {
	(void)output;
	(void)x;
	(void)y;
	(void)width;
	(void)height;
	(void)subpixel;
	(void)make;
	(void)model;
	((struct named_output *)data)->transform = (uint32_t)transform;
}

static void handle_mode(void *data, struct wl_output *output, uint32_t flags, int32_t width,
	int32_t height, int32_t refresh) {
	(void)data;
	(void)output;
	(void)flags;
	(void)width;
	(void)height;
	(void)refresh;
}

static void handle_output_done(void *data, struct wl_output *output) {
	(void)data;
	(void)output;
}

static void handle_scale(void *data, struct wl_output *output, int32_t scale) {
	(void)data;
	(void)output;
	(void)scale;
}

static void handle_name(void *data, struct wl_output *output, const char *name) {
	(void)output;
	struct named_output *named = data;
	snprintf(named->name, sizeof(named->name), "%s", name);
}

static void handle_description(void *data, struct wl_output *output, const char *description) {
	(void)data;
	(void)output;
	(void)description;
}

static const struct wl_output_listener output_listener = {
	.geometry = handle_geometry,
	.mode = handle_mode,
	.done = handle_output_done,
	.scale = handle_scale,
	.name = handle_name,
	.description = handle_description,
};

static void handle_global(void *data, struct wl_registry *registry, uint32_t name,
	const char *interface, uint32_t version) {
	struct calibrate *calibrate = data;
	if (strcmp(interface, wl_output_interface.name) != 0 ||
		version < WL_OUTPUT_NAME_SINCE_VERSION || calibrate->n_outputs == MAX_OUTPUTS) {
		return;
	}
	struct named_output *output = &calibrate->outputs[calibrate->n_outputs];
	output->output =
		wl_registry_bind(registry, name, &wl_output_interface, WL_OUTPUT_NAME_SINCE_VERSION);
	if (output->output) {
		wl_output_add_listener(output->output, &output_listener, output);
		calibrate->n_outputs++;
	}
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name) {
	(void)data;
	(void)registry;
	(void)name;
}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

static bool find_outputs(struct calibrate *calibrate) {
	calibrate->registry = wl_display_get_registry(calibrate->display->display);
	if (!calibrate->registry) {
		client_report("out of memory");
		return false;
	}
	wl_registry_add_listener(calibrate->registry, &registry_listener, calibrate);
	// The second brings what the outputs tell of themselves.
	return client_display_roundtrip(calibrate->display) &&
		client_display_roundtrip(calibrate->display);
}

static const struct named_output *find_output(const struct calibrate *calibrate) {
	for (int i = 0; i < calibrate->n_outputs; i++) {
		if (strcmp(calibrate->outputs[i].name, calibrate->output) == 0) {
			return &calibrate->outputs[i];
		}
	}
	client_report("%s lies on %s, which shows no windows of its own: calibrate it while that is an "
				  "ordinary output",
		calibrate->device, calibrate->output);
	return NULL;
}

// ---- The touch screen ----

static void handle_device(void *data, struct vitrine_calibration_v1 *calibration, const char *name,
	const char *output, struct wl_array *matrix) {
	(void)calibration;
	struct calibrate *calibrate = data;
	snprintf(calibrate->device, sizeof(calibrate->device), "%s", name);
	snprintf(calibrate->output, sizeof(calibrate->output), "%s", output);
	calibrate->known = matrix->size == sizeof(calibrate->before);
	if (calibrate->known) {
		memcpy(calibrate->before, matrix->data, sizeof(calibrate->before));
	}
}

static void handle_touch(
	void *data, struct vitrine_calibration_v1 *calibration, int32_t x, int32_t y) {
	(void)calibration;
	struct calibrate *calibrate = data;
	// Before a cross is to be seen nobody meant to touch it.
	if (calibrate->shown == calibrate->n_seen && calibrate->n_seen < CROSSES) {
		calibrate->seen[calibrate->n_seen++] = (struct calibration_point){x / 1e6, y / 1e6};
	}
}

static void handle_failed(
	void *data, struct vitrine_calibration_v1 *calibration, const char *reason) {
	(void)calibration;
	struct calibrate *calibrate = data;
	calibrate->failed = true;
	client_report("%s", reason);
}

static const struct vitrine_calibration_v1_listener calibration_listener = {
	.device = handle_device,
	.touch = handle_touch,
	.failed = handle_failed,
};

static bool take_device(struct calibrate *calibrate, const char *name) {
	if (!ctl_knows(calibrate->display, VITRINE_CONTROL_V1_CALIBRATE_SINCE_VERSION)) {
		return false;
	}
	calibrate->calibration = vitrine_control_v1_calibrate(calibrate->display->control, name);
	if (!calibrate->calibration) {
		client_report("out of memory");
		return false;
	}
	vitrine_calibration_v1_add_listener(calibrate->calibration, &calibration_listener, calibrate);
	return client_display_roundtrip(calibrate->display) && calibrate->known && !calibrate->failed;
}

// ---- Pictures ----

static void fill(const struct calibrate *calibrate, uint32_t *pixels, int x, int y, int width,
	int height, uint32_t color) {
	for (int row = y; row < y + height; row++) {
		for (int column = x; column < x + width; column++) {
			if (row >= 0 && row < (int)calibrate->height && column >= 0 &&
				column < (int)calibrate->width) {
				pixels[(size_t)row * calibrate->width + (size_t)column] = color;
			}
		}
	}
}

static void draw_cross(
	const struct calibrate *calibrate, uint32_t *pixels, int x, int y, uint32_t color) {
	fill(calibrate, pixels, x - ARM, y - THICKNESS / 2, 2 * ARM + 1, THICKNESS, color);
	fill(calibrate, pixels, x - THICKNESS / 2, y - ARM, THICKNESS, 2 * ARM + 1, color);
	for (int dy = -RADIUS; dy <= RADIUS; dy++) {
		for (int dx = -RADIUS; dx <= RADIUS; dx++) {
			if (fabs(hypot(dx, dy) - RADIUS + 1) <= THICKNESS / 2.0) {
				fill(calibrate, pixels, x + dx, y + dy, 1, 1, color);
			}
		}
	}
}

static void draw(const struct calibrate *calibrate, uint32_t *pixels) {
	fill(calibrate, pixels, 0, 0, (int)calibrate->width, (int)calibrate->height, BACKGROUND);
	for (int i = 0; i <= calibrate->n_seen && i < CROSSES; i++) {
		int x = (int)(crosses[i].x * calibrate->width), y = (int)(crosses[i].y * calibrate->height);
		if (i < calibrate->n_seen) {
			fill(calibrate, pixels, x - 4, y - 4, 9, 9, DONE);
		} else {
			draw_cross(calibrate, pixels, x, y, FOREGROUND);
		}
	}
}

static bool make_pictures(struct calibrate *calibrate) {
	const struct client_allocator_options options = {
		.kind = CLIENT_MEMORY_SHM,
		.allow_shm = true,
	};
	struct client_layout layout;
	calibrate->width = calibrate->window.width;
	calibrate->height = calibrate->window.height;
	if (calibrate->width == 0 || calibrate->height == 0) {
		client_report("%s has no size now: turn it on", calibrate->output);
		return false;
	}
	if (!client_layout_init(
			&layout, format_info(DRM_FORMAT_XRGB8888), calibrate->width, calibrate->height, 4, 0) ||
		!client_allocator_open(&calibrate->allocator, &options)) {
		return false;
	}
	for (int i = 0; i < BUFFERS; i++) {
		struct picture *picture = &calibrate->pictures[i];
		if (!client_memory_alloc(
				&calibrate->allocator, layout.size, layout.strides[0], &picture->memory) ||
			!client_memory_map(&picture->memory) ||
			!client_buffer_init_shm(&picture->buffer, calibrate->display, picture->memory.fd,
				&layout, DRM_FORMAT_XRGB8888, calibrate->width, calibrate->height)) {
			return false;
		}
	}
	return true;
}

// Shows how many crosses are done, as soon as a buffer is free.
static void show(struct calibrate *calibrate) {
	for (int i = 0; i < BUFFERS && calibrate->shown != calibrate->n_seen; i++) {
		struct picture *picture = &calibrate->pictures[i];
		if (!picture->buffer.busy) {
			draw(calibrate, (uint32_t *)(void *)picture->memory.map);
			const struct client_rect all = {
				0, 0, (int32_t)calibrate->width, (int32_t)calibrate->height};
			client_window_commit(&calibrate->window, &picture->buffer, &all, 0);
			calibrate->shown = calibrate->n_seen;
		}
	}
}

// ---- The walk ----

// All crosses, once, until the last one is seen to be done. False when that came to nothing: reported.
static bool collect(struct calibrate *calibrate) {
	calibrate->n_seen = 0;
	calibrate->shown = -1;
	while (calibrate->n_seen < CROSSES || calibrate->shown < CROSSES || calibrate->window.frame) {
		show(calibrate);
		int before = calibrate->n_seen;
		int64_t start = client_now_ns(CLOCK_MONOTONIC);
		if (!client_display_wait(calibrate->display, NULL, 0, TIMEOUT_MS)) {
			return false;
		}
		if (calibrate->failed) {
			return false;
		}
		if (calibrate->display->stop || calibrate->window.closed) {
			client_report("ended before all crosses were touched: nothing is changed");
			return false;
		}
		if (calibrate->n_seen == before &&
			client_now_ns(CLOCK_MONOTONIC) - start >= (int64_t)TIMEOUT_MS * 1000000) {
			client_report(
				"nobody touched a cross for %d minutes: nothing is changed", TIMEOUT_MS / 60000);
			return false;
		}
	}
	return true;
}

static bool walk(struct calibrate *calibrate, uint32_t transform, float matrix[6]) {
	struct calibration_point meant[CROSSES];
	for (int i = 0; i < CROSSES; i++) {
		meant[i] = calibration_to_panel(transform, crosses[i]);
	}
	for (int round = 0; round < ROUNDS; round++) {
		fprintf(stderr, "Touch the middle of each cross on %s, one after the other.\n",
			calibrate->output);
		if (!collect(calibrate)) {
			return false;
		}
		double residual;
		if (calibration_solve(
				calibrate->seen, meant, CROSSES, calibrate->before, matrix, &residual) &&
			residual <= largest_residual) {
			return true;
		}
		fprintf(stderr, "These touches do not fit together.\n");
	}
	client_report("%d times the touches did not fit the crosses: is %s really the touch screen of "
				  "%s? See [input] output in vitrine.ini(5)",
		ROUNDS, calibrate->device, calibrate->output);
	return false;
}

static bool measure(struct calibrate *calibrate, float matrix[6]) {
	const struct named_output *output = find_output(calibrate);
	const struct client_window_options options = {
		.app_id = "vitrinectl",
		.title = "Touch calibration",
		.fullscreen = true,
		.output = output ? output->output : NULL,
	};
	if (!output || !client_window_init(&calibrate->window, calibrate->display, &options)) {
		return false;
	}
	client_window_set_opaque(&calibrate->window, calibrate->window.width, calibrate->window.height);
	return make_pictures(calibrate) && walk(calibrate, output->transform, matrix);
}

static void finish(struct calibrate *calibrate) {
	if (calibrate->calibration) {
		vitrine_calibration_v1_destroy(calibrate->calibration);
	}
	for (int i = 0; i < BUFFERS; i++) {
		client_buffer_finish(&calibrate->pictures[i].buffer);
		client_memory_free(&calibrate->pictures[i].memory);
	}
	client_allocator_close(&calibrate->allocator);
	client_window_finish(&calibrate->window);
	for (int i = 0; i < calibrate->n_outputs; i++) {
		wl_output_destroy(calibrate->outputs[i].output);
	}
	if (calibrate->registry) {
		wl_registry_destroy(calibrate->registry);
	}
}

static bool keep(const struct ctl_options *options, const struct calibrate *calibrate,
	const char *folder, const float matrix[6]) {
	char text[1024], path[4096];
	if (options->print) {
		if (!calibration_section(calibrate->device, matrix, text, sizeof(text))) {
			client_report("the name of the touch screen is too long");
			return false;
		}
		fputs(text, stdout);
		return true;
	}
	if (!options->file) {
		snprintf(path, sizeof(path), "%s/conf.d/calibration.ini", folder);
	}
	const char *file = options->file ? options->file : path;
	if (!calibration_save(file, calibrate->device, matrix)) {
		return false;
	}
	printf("%s: wrote %s\n", calibrate->device, file);
	return true;
}

int ctl_calibrate(struct client_display *display, const struct ctl_options *options) {
	struct calibrate *calibrate = calloc(1, sizeof(*calibrate));
	if (!calibrate) {
		client_report("out of memory");
		return CLIENT_EXIT_FAILURE;
	}
	calibrate->display = display;
	calibrate->allocator.fd = -1;
	for (int i = 0; i < BUFFERS; i++) {
		calibrate->pictures[i].memory = (struct client_memory){.fd = -1, .drm_fd = -1};
	}
	float matrix[6];
	char *folder = NULL;
	// Where it will be written is asked first: nobody touches crosses for nothing.
	bool ok = (options->print || options->file || (folder = ctl_configuration_folder(display))) &&
		find_outputs(calibrate) && take_device(calibrate, options->device) &&
		measure(calibrate, matrix) && keep(options, calibrate, folder, matrix);
	finish(calibrate);
	free(calibrate);
	free(folder);
	// What is printed, or written somewhere else, is the operator's to put where it belongs.
	if (ok && !options->print && !options->file) {
		return ctl_reload(display);
	}
	return ok ? CLIENT_EXIT_OK : CLIENT_EXIT_FAILURE;
}
