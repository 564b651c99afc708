// SPDX-License-Identifier: MIT
// Displays as wlr's output management has them: wlr-randr, kanshi and the like. What they change lasts until
// the configuration is read anew.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "kiosk/kiosk.h"
#include "wayland/output_manager.h"

struct kiosk_heads {
	struct kiosk *kiosk;
	struct output_manager *manager;
};

// ---- What there is ----

struct head {
	struct output_head_state state;
	struct display_identity display;
	struct output_head_mode *modes;
	char description[128];
};

static struct output_head_mode head_mode(const drmModeModeInfo *mode) {
	return (struct output_head_mode){
		.width = mode->hdisplay,
		.height = mode->vdisplay,
		.refresh_mhz = kms_mode_refresh_mhz(mode),
		.preferred = (mode->type & DRM_MODE_TYPE_PREFERRED) != 0,
	};
}

static bool is_listed(const struct head *head, const struct output_head_mode *mode) {
	for (int i = 0; i < head->state.n_modes; i++) {
		const struct output_head_mode *other = &head->modes[i];
		if (other->width == mode->width && other->height == mode->height &&
			other->refresh_mhz == mode->refresh_mhz) {
			return true;
		}
	}
	return false;
}

// Those that can be chosen. False when out of memory.
static bool list_modes(struct head *head, const struct kms_connector *connector) {
	head->modes = calloc((size_t)connector->n_modes + 1, sizeof(*head->modes));
	for (int i = 0; head->modes != NULL && i < connector->n_modes; i++) {
		const drmModeModeInfo *mode = &connector->modes[i];
		struct output_head_mode listed = head_mode(mode);
		if ((mode->flags & (DRM_MODE_FLAG_INTERLACE | DRM_MODE_FLAG_DBLSCAN)) == 0 &&
			!is_listed(head, &listed)) {
			head->modes[head->state.n_modes++] = listed;
		}
	}
	head->state.modes = head->modes;
	return head->modes != NULL;
}

static void describe_output(struct head *head, const struct kiosk_output *output) {
	const struct kiosk_output *shown = output->source != NULL ? output->source : output;
	struct output_head_state *state = &head->state;
	state->enabled = true;
	state->mode = head_mode(&output_pipe(output->output)->mode);
	state->transform = output->transform;
	state->vrr = output_pipe(output->output)->vrr;
	state->scale = 1;
	if (shown->wayland != NULL) {
		const struct wayland_output_info *info = wayland_output_info(shown->wayland);
		state->x = info->x;
		state->y = info->y;
		state->scale = info->scale;
	}
}

static bool describe(
	const struct kiosk *kiosk, const struct kms_connector *connector, struct head *head) {
	struct output_head_state *state = &head->state;
	struct display_identity *display = &head->display;
	edid_identify(connector->edid, connector->edid_size, display);
	kiosk_describe_display(display, connector->name, head->description, sizeof(head->description));
	state->name = connector->name;
	state->description = head->description;
	state->make = display->make != NULL ? display->make : "Unknown";
	state->model = display->model != NULL ? display->model : "Unknown";
	state->serial = display->serial;
	state->width_mm = (int32_t)connector->width_mm;
	state->height_mm = (int32_t)connector->height_mm;
	const struct kiosk_output *output = kiosk_find_output(kiosk, connector->name);
	if (output != NULL) {
		describe_output(head, output);
	}
	return list_modes(head, connector);
}

void kiosk_heads_update(struct kiosk_heads *heads) {
	if (heads == NULL) {
		return;
	}
	const struct kms_device *device = heads->kiosk->device;
	const int n_connectors = device != NULL && !device->gone ? device->n_connectors : 0;
	struct head *all = calloc((size_t)n_connectors + 1, sizeof(*all));
	struct output_head_state *states = calloc((size_t)n_connectors + 1, sizeof(*states));
	bool ok = all != NULL && states != NULL;
	int n = 0;
	for (int i = 0; ok && i < n_connectors; i++) {
		if (kms_connector_has_display(&device->connectors[i])) {
			ok = describe(heads->kiosk, &device->connectors[i], &all[n]);
			states[n] = all[n].state;
			n++;
		}
	}
	if (ok) {
		output_manager_update(heads->manager, states, n);
	} else {
		log_warning("out of memory: tools that arrange outputs do not hear of a change");
	}
	for (int i = 0; all != NULL && i < n; i++) {
		display_identity_finish(&all[i].display);
		free(all[i].modes);
	}
	free(all);
	free(states);
}

void kiosk_heads_power_changed(struct kiosk_heads *heads) {
	if (heads != NULL) {
		output_manager_power_changed(heads->manager);
	}
}

// ---- What is wanted ----

static struct display_change change_of(const struct output_head_wish *wish) {
	struct display_change change = {.set = DISPLAY_CHANGE_OFF, .off = !wish->enabled};
	if (wish->has_mode) {
		change.set |= DISPLAY_CHANGE_MODE;
		change.mode = (struct config_mode){
			.width = wish->mode.width,
			.height = wish->mode.height,
			.refresh_mhz = wish->mode.refresh_mhz,
		};
	}
	if (wish->has_position) {
		change.set |= DISPLAY_CHANGE_POSITION;
		change.x = wish->x;
		change.y = wish->y;
	}
	if (wish->has_scale) {
		change.set |= DISPLAY_CHANGE_SCALE;
		change.scale = wish->scale;
	}
	if (wish->has_transform) {
		change.set |= DISPLAY_CHANGE_TRANSFORM;
		change.transform = wish->transform;
	}
	if (wish->has_vrr) {
		change.set |= DISPLAY_CHANGE_VRR;
		change.vrr = wish->vrr;
	}
	return change;
}

static bool handle_configure(void *data, const struct output_head_wish *wishes, int n, bool test) {
	struct kiosk *kiosk = ((struct kiosk_heads *)data)->kiosk;
	struct display_overrides overrides = kiosk->overrides;
	char error[256] = "there are too many displays";
	bool ok = true;
	for (int i = 0; ok && i < n; i++) {
		const struct kms_connector *connector = kiosk_find_connector(kiosk, wishes[i].name);
		const struct display_change change = change_of(&wishes[i]);
		ok = connector != NULL && display_change_is_valid(&change, connector, error) &&
			display_override(&overrides, connector, &change);
	}
	ok = ok && kiosk_rearrange(kiosk, &overrides, test, error);
	if (!ok) {
		log_warning("an arrangement of outputs is refused: %s", error);
	}
	return ok;
}

static struct output *find_output(const struct kiosk *kiosk, const struct wayland_output *wayland) {
	for (int i = 0; i < kiosk->n_outputs; i++) {
		if (kiosk->outputs[i]->wayland == wayland) {
			return kiosk->outputs[i]->output;
		}
	}
	return NULL;
}

static void handle_set_power(void *data, struct wayland_output *wayland, bool on) {
	struct kiosk *kiosk = ((struct kiosk_heads *)data)->kiosk;
	struct output *output = find_output(kiosk, wayland);
	if (output != NULL) {
		kiosk_idle_set_power(kiosk->idle, output, on);
	}
}

static bool handle_power(void *data, struct wayland_output *wayland) {
	struct output *output = find_output(((struct kiosk_heads *)data)->kiosk, wayland);
	return output != NULL && output_power(output);
}

// ---- Life ----

struct kiosk_heads *kiosk_heads_create(struct kiosk *kiosk) {
	static const struct output_manager_ops ops = {
		.configure = handle_configure,
		.set_power = handle_set_power,
		.power = handle_power,
	};
	struct kiosk_heads *heads = calloc(1, sizeof(*heads));
	if (heads == NULL) {
		return NULL;
	}
	heads->kiosk = kiosk;
	heads->manager = output_manager_create(kiosk->server, &ops, heads);
	if (heads->manager == NULL) {
		free(heads);
		return NULL;
	}
	kiosk_heads_update(heads);
	return heads;
}

void kiosk_heads_destroy(struct kiosk_heads *heads) {
	if (heads != NULL) {
		output_manager_destroy(heads->manager);
		free(heads);
	}
}
