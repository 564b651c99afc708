// SPDX-License-Identifier: MIT
// From the configuration to outputs: modes, sizes, places.
#include "kiosk/arrange.h"

#include <math.h>
#include <stdio.h>

#include "base/log.h"
#include "kiosk/edid.h"
#include "kiosk/kiosk.h"

// ---- What is wanted ----

// A picture that is turned so is upright on a panel that is mounted so.
static enum wl_output_transform upright(const struct kms_connector *connector) {
	static const enum wl_output_transform transforms[] = {
		[KMS_ORIENTATION_NORMAL] = WL_OUTPUT_TRANSFORM_NORMAL,
		[KMS_ORIENTATION_BOTTOM_UP] = WL_OUTPUT_TRANSFORM_180,
		[KMS_ORIENTATION_LEFT_UP] = WL_OUTPUT_TRANSFORM_90,
		[KMS_ORIENTATION_RIGHT_UP] = WL_OUTPUT_TRANSFORM_270,
	};
	return transforms[connector->orientation];
}

struct display_wish kiosk_wish(const struct kiosk *kiosk, const struct kms_connector *connector) {
	struct display_identity names = {0};
	edid_identify(connector->edid, connector->edid_size, &names);
	const struct config_display display = {
		connector->name, names.pnp, names.make, names.model, names.serial};
	const struct config_output *section = config_output(kiosk->config, &display);
	struct display_wish wish = {.scale = 1, .transform = upright(connector)};
	if (section != NULL) {
		wish.off = section->off;
		wish.mode = section->mode;
		wish.mode_max = section->mode_max;
		wish.max_bpc = section->max_bpc;
		wish.scale = round(section->scale * 120) / 120;
		if (section->transform != CONFIG_TRANSFORM_PANEL) {
			wish.transform = (enum wl_output_transform)section->transform;
		}
		wish.position = section->position;
		wish.mirror = config_mirror(kiosk->config, &display);
	}
	display_identity_finish(&names);
	return wish;
}

// ---- Modes ----

static void choose_bpc(
	const struct display_wish *wish, struct kms_pipe *pipe, const struct kiosk_listener *listener) {
	const struct kms_connector *connector = pipe->connector;
	pipe->max_bpc = wish->max_bpc;
	if (wish->max_bpc == 0) {
		return;
	}
	if (connector->max_bpc == 0) {
		kiosk_tell_notef(listener, "%s: max-bpc has no effect: its driver has no such property",
			connector->name);
		pipe->max_bpc = 0;
	} else if (wish->max_bpc < connector->min_bpc || wish->max_bpc > connector->max_bpc) {
		pipe->max_bpc =
			wish->max_bpc < connector->min_bpc ? connector->min_bpc : connector->max_bpc;
		kiosk_tell_notef(listener, "%s: max-bpc = %d: its driver takes %d to %d, using %d",
			connector->name, wish->max_bpc, connector->min_bpc, connector->max_bpc, pipe->max_bpc);
	}
}

// The one that the display would have, or its largest, within what is allowed.
static void choose_own_mode(
	const struct display_wish *wish, struct kms_pipe *pipe, const struct kiosk_listener *listener) {
	const struct config_size *max = &wish->mode_max;
	bool fits = max->width == 0 ||
		(pipe->mode.hdisplay <= max->width && pipe->mode.vdisplay <= max->height);
	if (fits && !wish->mode.highest) {
		return;
	}
	int near_mhz = wish->mode.highest ? 0 : kms_mode_refresh_mhz(&pipe->mode);
	if (!kms_connector_mode_within(
			pipe->connector, max->width, max->height, near_mhz, &pipe->mode)) {
		kiosk_tell_notef(listener, "%s: none of its modes is within mode-max = %dx%d: using %dx%d",
			pipe->connector->name, max->width, max->height, pipe->mode.hdisplay,
			pipe->mode.vdisplay);
	}
}

bool kiosk_choose_mode(const struct display_wish *wish, struct kms_pipe *pipe, bool *custom,
	const struct kiosk_listener *listener, char error[256]) {
	const struct config_mode *wanted = &wish->mode;
	*custom = false;
	choose_bpc(wish, pipe, listener);
	if (wanted->width == 0) {
		choose_own_mode(wish, pipe, listener);
		return true;
	}
	if (kms_connector_find_mode(
			pipe->connector, wanted->width, wanted->height, wanted->refresh_mhz, &pipe->mode)) {
		return true;
	}
	if (!kms_mode_custom(wanted->width, wanted->height,
			wanted->refresh_mhz > 0 ? wanted->refresh_mhz : 60000, &pipe->mode)) {
		snprintf(error, 256, "%s: no timing can be made for mode %dx%d: choose another",
			pipe->connector->name, wanted->width, wanted->height);
		return false;
	}
	*custom = true;
	return true;
}

void kiosk_say_custom(const struct kms_pipe *pipe) {
	log_info("%s: %dx%d is none of the display's own modes, trying it all the same",
		pipe->connector->name, pipe->mode.hdisplay, pipe->mode.vdisplay);
}

// ---- Places ----

static int32_t right_of(const struct arrange_box *boxes, int n) {
	int32_t right = 0;
	bool any = false;
	for (int i = 0; i < n; i++) {
		if (boxes[i].placed && boxes[i].width > 0 &&
			(!any || boxes[i].x + boxes[i].width > right)) {
			right = boxes[i].x + boxes[i].width;
			any = true;
		}
	}
	return right;
}

void arrange_boxes(struct arrange_box *boxes, int n) {
	int32_t x = right_of(boxes, n);
	for (int i = 0; i < n; i++) {
		if (!boxes[i].placed && boxes[i].width > 0) {
			boxes[i].placed = true;
			boxes[i].x = x;
			boxes[i].y = 0;
			x += boxes[i].width;
		}
	}
}

static bool overlap(const struct arrange_box *a, const struct arrange_box *b) {
	return a->width > 0 && b->width > 0 && a->x < b->x + b->width && b->x < a->x + a->width &&
		a->y < b->y + b->height && b->y < a->y + a->height;
}

bool arrange_next_overlap(const struct arrange_box *boxes, int n, int *a, int *b) {
	for (; *a < n; ++*a, *b = *a) {
		while (++*b < n) {
			if (overlap(&boxes[*a], &boxes[*b])) {
				return true;
			}
		}
	}
	return false;
}

// ---- Outputs ----

static void tell_overlaps(const struct kiosk *kiosk, const struct arrange_box *boxes,
	const struct kiosk_listener *listener) {
	int a = 0, b = 0;
	while (arrange_next_overlap(boxes, kiosk->n_outputs, &a, &b)) {
		kiosk_tell_notef(listener,
			"%s at %d,%d and %s at %d,%d overlap: give one of them another position",
			kiosk->outputs[a]->display.name, boxes[a].x, boxes[a].y,
			kiosk->outputs[b]->display.name, boxes[b].x, boxes[b].y);
	}
}

void kiosk_arrange(const struct kiosk *kiosk, struct wayland_output_info *states,
	const struct kiosk_listener *listener) {
	struct arrange_box boxes[KIOSK_MAX_OUTPUTS] = {0};
	for (int i = 0; i < kiosk->n_outputs; i++) {
		const struct kms_pipe *pipe = output_pipe(kiosk->outputs[i]->output);
		struct display_wish wish = kiosk_wish(kiosk, pipe->connector);
		states[i] = (struct wayland_output_info){
			.width = pipe->mode.hdisplay,
			.height = pipe->mode.vdisplay,
			.refresh_mhz = kms_mode_refresh_mhz(&pipe->mode),
			.scale = wish.scale,
			.transform = wish.transform,
		};
		if (kiosk->outputs[i]->source == NULL) { // mirrors are nowhere
			struct arrange_box *box = &boxes[i];
			wayland_output_info_size(&states[i], &box->width, &box->height);
			box->placed = wish.position.set;
			box->x = wish.position.x;
			box->y = wish.position.y;
		}
	}
	arrange_boxes(boxes, kiosk->n_outputs);
	tell_overlaps(kiosk, boxes, listener);
	for (int i = 0; i < kiosk->n_outputs; i++) {
		states[i].x = boxes[i].x;
		states[i].y = boxes[i].y;
	}
}
