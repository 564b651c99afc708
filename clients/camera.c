// SPDX-License-Identifier: MIT
// vitrine-camera: a V4L2 camera on the screen without a copy. See vitrine-camera(1).
//
// The way of a picture: the camera writes a buffer, which is also a wl_buffer. The newest picture
// waits in `pending` until the compositor asks for the next frame; one that is superseded before
// goes straight back to the camera. A shown buffer goes back when the compositor releases it.
#include <drm_fourcc.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "camera-device.h"
#include "camera-mode.h"
#include "camera-options.h"
#include "camera-stream.h"
#include "shared/display.h"
#include "shared/report.h"
#include "shared/window.h"

struct camera {
	struct camera_options options;
	struct client_display display;
	struct client_window window;
	struct camera_device device;
	struct camera_stream stream;
	struct camera_slot *pending; // newest picture, not shown yet; may be NULL
	uint64_t shown;
	uint64_t superseded; // pictures that a newer one replaced before they were shown
	int64_t age_ns;      // sum over `shown` of capture to commit
};

static void report_no_way(struct camera *camera) {
	char taken[512];
	const struct client_feedback *feedback = &camera->display.feedback;
	client_feedback_list(&feedback->all, taken, sizeof(taken));
	if (camera->options.format != 0) {
		char name[5];
		format_name(camera->options.format, name);
		client_report("%s: cannot show %s: the camera offers %s, the compositor takes %s: choose "
					  "another --format or none",
			camera->device.path, name, camera->device.offered, taken);
		return;
	}
	client_report("%s offers only %s, which no plane and no composer takes (%s are taken): choose "
				  "another camera, or one with uncompressed formats",
		camera->device.path,
		camera->device.offered[0] ? camera->device.offered : "no format at all", taken);
}

static bool choose_mode(struct camera *camera, struct camera_picture *picture) {
	const struct camera_options *options = &camera->options;
	struct camera_wish wish = {
		.drm = options->format,
		.width = options->width ? options->width : camera->window.width,
		.height = options->height ? options->height : camera->window.height,
		.rate_mhz = options->rate_mhz,
	};
	// More pictures than the display shows would only be thrown away.
	struct camera_wish listed = wish;
	if (listed.rate_mhz == 0) {
		listed.rate_mhz = camera->display.output_refresh_mhz;
	}
	camera_device_list_modes(&camera->device, &listed);
	const struct camera_mode *mode = camera_mode_choose(
		camera->device.modes, camera->device.n_modes, &wish, &camera->display.feedback);
	if (!mode) {
		report_no_way(camera);
		return false;
	}
	if (!camera_device_set_mode(&camera->device, mode, picture)) {
		return false;
	}
	char name[5];
	format_name(picture->drm, name);
	if (camera_way(&camera->display.feedback, picture->drm) == CAMERA_WAY_COMPOSE) {
		client_report("%s: no plane takes %s: the compositor copies it into its own picture%s",
			camera->device.path, name,
			options->format != 0 ? "; another --format may do better" : "");
	}
	if ((wish.width != 0 && picture->width > wish.width) ||
		(wish.height != 0 && picture->height > wish.height)) {
		client_report("%s: the smallest picture of this camera, %ux%u, is larger than %ux%u",
			camera->device.path, picture->width, picture->height, wish.width, wish.height);
	}
	return true;
}

static void take_newest(struct camera *camera) {
	struct camera_stream *stream = &camera->stream;
	uint64_t before = stream->captured;
	do {
		struct camera_slot *slot = camera_stream_dequeue(stream);
		if (slot && camera->pending) {
			camera->superseded++;
			camera_stream_requeue(camera->pending);
		}
		camera->pending = slot ? slot : camera->pending;
		// A faulty picture gives no slot, and yet another may wait behind it.
		if (stream->captured == before) {
			break;
		}
		before = stream->captured;
	} while (!stream->failed && stream->queued > 0);
}

static void show_pending(struct camera *camera) {
	struct camera_slot *slot = camera->pending;
	const struct camera_picture *picture = &camera->stream.picture;
	struct client_rect all = {0, 0, (int32_t)picture->width, (int32_t)picture->height};
	camera->pending = NULL;
	// Some drivers give the time at which the picture was due, which may be yet to come.
	int64_t age_ns = client_now_ns(CLOCK_MONOTONIC) - slot->captured_ns;
	if (slot->captured_ns > 0 && age_ns > 0) {
		camera->age_ns += age_ns;
	}
	client_window_commit(&camera->window, &slot->buffer, &all, camera->shown);
	camera->shown++;
}

static bool ended(const struct camera *camera) {
	return camera->display.stop || camera->window.closed ||
		(camera->options.frames > 0 && camera->shown >= camera->options.frames);
}

static bool run(struct camera *camera) {
	struct camera_stream *stream = &camera->stream;
	while (!ended(camera)) {
		if (camera->pending && !camera->window.frame) {
			show_pending(camera);
		}
		// Drivers answer a poll with an error when they hold no buffer. The compositor gives one
		// back in time.
		struct pollfd video = {.fd = stream->device->fd, .events = POLLIN};
		if (!client_display_wait(&camera->display, &video, stream->queued > 0 ? 1 : 0, -1)) {
			return false;
		}
		if (video.revents) {
			uint64_t before = stream->captured;
			take_newest(camera);
			if (stream->captured == before && (video.revents & (POLLERR | POLLHUP))) {
				camera_stream_fail(stream, video.revents & POLLHUP ? ENODEV : EIO);
			}
		}
		if (stream->failed) {
			return false;
		}
	}
	return client_window_drain(&camera->window);
}

static void print_stats(const struct camera *camera) {
	const struct camera_picture *picture = &camera->stream.picture;
	char name[5];
	format_name(picture->drm, name);
	printf("device=%s format=%s coding=%s size=%ux%u rate_mhz=%u memory=%s captured=%" PRIu64
		   " lost=%" PRIu64 " damaged=%" PRIu64 " superseded=%" PRIu64 " age_us=%" PRId64 " ",
		camera->device.path, name,
		camera->window.coding ? format_coding_name(picture->coding) : "untold", picture->width,
		picture->height, picture->rate_mhz,
		camera->stream.allocator.fd >= 0 ? client_memory_name(camera->stream.allocator.kind)
										 : "export",
		camera->stream.captured, camera->stream.lost, camera->stream.damaged, camera->superseded,
		camera->shown > 0 ? camera->age_ns / (int64_t)camera->shown / 1000 : 0);
	client_stats_print(&camera->window.stats);
}

// What a compositor makes of YUV that it is told nothing of is mostly this.
static const struct format_coding usual = {FORMAT_BT601, false};

static void tell_coding(struct camera *camera, const struct camera_picture *picture) {
	if (!format_info(picture->drm)->yuv) {
		return;
	}
	if (!picture->coded) {
		client_report("%s: its YUV is coded in a way that is not known: colours may be off",
			camera->device.path);
	} else if (!client_window_set_coding(&camera->window, picture->coding) &&
		!format_coding_equal(picture->coding, usual)) {
		client_report("%s: the compositor cannot be told that its YUV is %s: colours may be off; "
					  "another --format may do better",
			camera->device.path, format_coding_name(picture->coding));
	}
}

static bool run_with_window(struct camera *camera) {
	struct client_window_options options = {
		.app_id = camera->options.app_id,
		.title = camera->device.card,
		.verbose = camera->options.verbose,
	};
	if (!client_window_init(&camera->window, &camera->display, &options)) {
		return false;
	}
	struct camera_picture picture;
	bool ok = choose_mode(camera, &picture) &&
		camera_stream_init(
			&camera->stream, &camera->device, &picture, &camera->display, &camera->options);
	if (ok) {
		client_window_set_opaque(&camera->window, picture.width, picture.height);
		client_window_fix_size(&camera->window, picture.width, picture.height);
		tell_coding(camera, &picture);
		ok = camera_stream_start(&camera->stream) && run(camera);
		if (camera->options.stats) {
			print_stats(camera);
		}
		camera_stream_finish(&camera->stream);
	}
	client_window_finish(&camera->window);
	return ok;
}

int main(int argc, char *argv[]) {
	static struct camera camera;
	if (!camera_options_parse(&camera.options, argc, argv)) {
		return CLIENT_EXIT_USAGE;
	}
	if (camera.options.help) {
		camera_options_help();
		return CLIENT_EXIT_OK;
	}
	if (camera.options.version) {
		printf("vitrine-camera %s\n", VITRINE_VERSION);
		return CLIENT_EXIT_OK;
	}
	if (!camera_device_open(&camera.device, camera.options.device, camera.options.input,
			camera.options.has_input)) {
		return CLIENT_EXIT_FAILURE;
	}
	bool ok = client_display_connect(&camera.display, NULL, CLIENT_WANT_WINDOW);
	if (ok && !camera.display.dmabuf) {
		client_report("the compositor does not offer linux-dmabuf: a camera cannot be shown there "
					  "without a copy");
		client_display_finish(&camera.display);
		ok = false;
	}
	if (ok) {
		ok = run_with_window(&camera) || camera.display.stop;
		client_display_finish(&camera.display);
	}
	camera_device_close(&camera.device);
	return ok ? CLIENT_EXIT_OK : CLIENT_EXIT_FAILURE;
}
