// SPDX-License-Identifier: MIT
// From the configuration to outputs: modes, sizes, places.
#include "kiosk/arrange.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

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

static uint64_t display_hash(const struct kms_connector *connector) {
	const uint8_t *edid = connector->edid;
	uint64_t hash = UINT64_C(0xcbf29ce484222325); // FNV-1a
	for (size_t i = 0; i < connector->edid_size; i++) {
		hash = (hash ^ edid[i]) * UINT64_C(0x100000001b3);
	}
	return hash;
}

static void override(struct display_wish *wish, const struct display_change *change) {
	if (change->set & DISPLAY_CHANGE_OFF) {
		wish->off = change->off;
	}
	if (change->set & DISPLAY_CHANGE_MODE) {
		wish->mode = change->mode;
	}
	if (change->set & DISPLAY_CHANGE_SCALE) {
		wish->scale = round(change->scale * 120) / 120;
	}
	if (change->set & DISPLAY_CHANGE_TRANSFORM) {
		wish->transform = change->transform;
	}
	if (change->set & DISPLAY_CHANGE_POSITION) {
		wish->position = (struct config_position){true, change->x, change->y};
	}
	if (change->set & DISPLAY_CHANGE_VRR) {
		wish->vrr = change->vrr;
	}
}

// The configuration's part of kiosk_wish.
static struct display_wish configured(const struct kiosk *kiosk,
	const struct kms_connector *connector, const struct display_identity *names) {
	const struct config_display display = {
		connector->name, names->pnp, names->make, names->model, names->serial};
	const struct config_output *section = config_output(kiosk->config, &display);
	struct display_wish wish = {.scale = 1, .transform = upright(connector)};
	if (section != NULL) {
		wish.off = section->off;
		wish.mode = section->mode;
		wish.mode_max = section->mode_max;
		wish.max_bpc = section->max_bpc;
		wish.vrr = section->vrr;
		wish.scale = round(section->scale * 120) / 120;
		if (section->transform != CONFIG_TRANSFORM_PANEL) {
			wish.transform = (enum wl_output_transform)section->transform;
		}
		wish.position = section->position;
		wish.mirror = config_mirror(kiosk->config, &display);
		wish.background = section->background;
		wish.background_fit = (enum picture_fit)section->background_fit;
		wish.background_picture = section->background_picture;
	}
	return wish;
}

struct display_wish kiosk_wish(const struct kiosk *kiosk, const struct kms_connector *connector) {
	// Backgrounds ask with each change of windows: what is lit was identified when it came.
	const struct kiosk_output *output = kiosk_find_output(kiosk, connector->name);
	struct display_wish wish;
	if (output != NULL && output->displays == connector->displays) {
		wish = configured(kiosk, connector, &output->display);
	} else {
		struct display_identity names = {0};
		edid_identify(connector->edid, connector->edid_size, &names);
		wish = configured(kiosk, connector, &names);
		display_identity_finish(&names);
	}
	for (int i = 0; i < kiosk->overrides.n; i++) {
		const struct display_override *entry = &kiosk->overrides.list[i];
		if (strcmp(entry->connector, connector->name) == 0 &&
			entry->display == display_hash(connector)) {
			override(&wish, &entry->change);
		}
	}
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

static void choose_vrr(
	const struct display_wish *wish, struct kms_pipe *pipe, const struct kiosk_listener *listener) {
	pipe->vrr = wish->vrr && pipe->connector->vrr_capable;
	if (wish->vrr && !pipe->vrr) {
		kiosk_tell_notef(listener,
			"%s: vrr has no effect: its driver does not say that the display can do it",
			pipe->connector->name);
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
	choose_vrr(wish, pipe, listener);
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

// ---- While it runs ----

bool display_change_is_valid(
	const struct display_change *change, const struct kms_connector *connector, char error[256]) {
	enum { MOST = 32767 };
	const struct config_mode *mode = &change->mode;
	if ((change->set & DISPLAY_CHANGE_SCALE) && !(change->scale >= 0.5 && change->scale <= 8)) {
		snprintf(error, 256, "%s: a scale is 0.5 to 8", connector->name);
		return false;
	}
	if ((change->set & DISPLAY_CHANGE_MODE) &&
		(mode->width < 0 || mode->width > MOST || mode->height < 0 || mode->height > MOST ||
			(mode->width == 0) != (mode->height == 0))) {
		snprintf(error, 256, "%s: %dx%d is no mode", connector->name, mode->width, mode->height);
		return false;
	}
	if ((change->set & DISPLAY_CHANGE_POSITION) &&
		(change->x < -MOST || change->x > MOST || change->y < -MOST || change->y > MOST)) {
		snprintf(error, 256, "%s: a position is -%d to %d", connector->name, MOST, MOST);
		return false;
	}
	if ((change->set & DISPLAY_CHANGE_VRR) && change->vrr && !connector->vrr_capable) {
		snprintf(error, 256, "%s: its driver does not say that the display has variable refresh",
			connector->name);
		return false;
	}
	return true;
}

bool display_override(struct display_overrides *overrides, const struct kms_connector *connector,
	const struct display_change *change) {
	struct display_override *entry = overrides->list;
	while (
		entry < overrides->list + overrides->n && strcmp(entry->connector, connector->name) != 0) {
		entry++;
	}
	uint64_t display = display_hash(connector);
	if (entry == overrides->list + overrides->n) {
		if (overrides->n == DISPLAY_MAX_CHANGES) {
			return false;
		}
		overrides->n++;
		*entry = (struct display_override){0};
		snprintf(entry->connector, sizeof(entry->connector), "%s", connector->name);
	} else if (entry->display != display) {
		entry->change = (struct display_change){0}; // that was for another one
	}
	entry->display = display;
	const uint32_t all = entry->change.set | change->set;
	struct display_change *kept = &entry->change;
	kept->off = change->set & DISPLAY_CHANGE_OFF ? change->off : kept->off;
	kept->mode = change->set & DISPLAY_CHANGE_MODE ? change->mode : kept->mode;
	kept->scale = change->set & DISPLAY_CHANGE_SCALE ? change->scale : kept->scale;
	kept->transform = change->set & DISPLAY_CHANGE_TRANSFORM ? change->transform : kept->transform;
	kept->x = change->set & DISPLAY_CHANGE_POSITION ? change->x : kept->x;
	kept->y = change->set & DISPLAY_CHANGE_POSITION ? change->y : kept->y;
	kept->vrr = change->set & DISPLAY_CHANGE_VRR ? change->vrr : kept->vrr;
	kept->set = all;
	return true;
}

// Every display that is to be lit has a CRTC, and those that are take their modes.
static bool test_pipes(struct kiosk *kiosk, char error[256]) {
	struct kms_pipe pipes[KIOSK_MAX_OUTPUTS];
	int n_pipes = kms_device_route(kiosk->device, pipes, KIOSK_MAX_OUTPUTS), wanted = 0;
	for (int i = 0; i < kiosk->device->n_connectors; i++) {
		const struct kms_connector *connector = &kiosk->device->connectors[i];
		wanted += kms_connector_has_display(connector) && !connector->off;
	}
	if (n_pipes < wanted) {
		snprintf(error, 256, "the device has no CRTC for all of %d displays: turn one off", wanted);
		return false;
	}
	for (int i = 0; i < n_pipes; i++) {
		const struct display_wish wish = kiosk_wish(kiosk, pipes[i].connector);
		struct kiosk_output *output = kiosk_find_output(kiosk, pipes[i].connector->name);
		bool custom;
		if (output != NULL) {
			pipes[i].mode = output->default_mode;
		}
		if (!kiosk_choose_mode(&wish, &pipes[i], &custom, NULL, error)) {
			return false;
		}
		if (output != NULL && output_pipe(output->output)->crtc == pipes[i].crtc &&
			!output_test_mode(output->output, &pipes[i].mode, pipes[i].max_bpc, error)) {
			return false;
		}
	}
	return true;
}

static bool test_all(struct kiosk *kiosk, char error[256]) {
	if (kiosk->device == NULL || kiosk->device->gone) {
		snprintf(error, 256, "there is no display device");
		return false;
	}
	uint64_t off[2] = {0}; // by connector; more than anyone has
	const int n = kiosk->device->n_connectors < 128 ? kiosk->device->n_connectors : 128;
	for (int i = 0; i < n; i++) {
		struct kms_connector *connector = &kiosk->device->connectors[i];
		off[i / 64] |= (uint64_t)connector->off << i % 64;
		connector->off = kiosk_wish(kiosk, connector).off;
	}
	bool ok = test_pipes(kiosk, error);
	for (int i = 0; i < n; i++) {
		kiosk->device->connectors[i].off = off[i / 64] >> i % 64 & 1;
	}
	return ok;
}

bool kiosk_rearrange(
	struct kiosk *kiosk, const struct display_overrides *overrides, bool test, char error[256]) {
	const struct display_overrides before = kiosk->overrides;
	const struct kiosk_listener listener = kiosk_keep_first(error);
	kiosk->overrides = *overrides;
	if (test) {
		bool fine = test_all(kiosk, error);
		kiosk->overrides = before;
		return fine;
	}
	bool changed, changed_back = false;
	// What is connected is known: asking displays takes long.
	bool ok = kiosk_outputs_apply(kiosk, false, &changed, &listener);
	if (!ok) {
		kiosk->overrides = before;
		kiosk_outputs_apply(kiosk, false, &changed_back, NULL);
	}
	if (changed || changed_back) {
		kiosk_input_outputs_changed(kiosk->input);
		kiosk_cursor_outputs_changed(kiosk->cursor);
	}
	return ok;
}
