// SPDX-License-Identifier: MIT
// `vitrinectl status --json`: names and units are an interface that operators' scripts rely on.
#include <stdio.h>
#include <string.h>

#include <json.h>

#include "input/input.h"
#include "kiosk/apps.h"
#include "kiosk/kiosk.h"
#include "kiosk/realtime.h"

static void add(struct json_object *object, const char *key, struct json_object *value) {
	json_object_object_add(object, key, value);
}

static void add_string(struct json_object *object, const char *key, const char *value) {
	add(object, key, json_object_new_string(value != NULL ? value : ""));
}

static void add_int(struct json_object *object, const char *key, int64_t value) {
	add(object, key, json_object_new_int64(value));
}

static struct json_object *reasons_json(uint32_t reasons) {
	struct json_object *array = json_object_new_array();
	for (unsigned bit = 0; planner_reason_name(bit) != NULL; bit++) {
		if ((reasons & (1u << bit)) != 0) {
			json_object_array_add(array, json_object_new_string(planner_reason_name(bit)));
		}
	}
	return array;
}

static const struct scene_layer *find_layer(const struct scene_output *scene, uint64_t id) {
	for (int i = 0; i < scene->n_layers; i++) {
		if (scene->layers[i]->id == id) {
			return scene->layers[i];
		}
	}
	return NULL;
}

static struct json_object *layer_json(
	const struct kiosk *kiosk, struct output *output, const struct frame_layer *layer) {
	static const char *const kinds[] = {
		[SCENE_BUFFER_DMABUF] = "dmabuf",
		[SCENE_BUFFER_SHM] = "shm",
		[SCENE_BUFFER_SOLID] = "solid",
	};
	static const char *const placements[] = {
		[FRAME_CULLED] = "culled",
		[FRAME_COMPOSED] = "composed",
		[FRAME_PLANE] = "plane",
	};
	static const char *const contents[] = {
		[SCENE_CONTENT_NONE] = "none",
		[SCENE_CONTENT_PHOTO] = "photo",
		[SCENE_CONTENT_VIDEO] = "video",
		[SCENE_CONTENT_GAME] = "game",
	};
	const struct scene_layer *live = find_layer(output_scene(output), layer->id);
	int n_planes;
	struct kms_plane *const *planes = output_planes(output, &n_planes);
	char format[5] = "";
	if (layer->kind != SCENE_BUFFER_SOLID) {
		format_name(layer->format, format);
	}
	struct json_object *object = json_object_new_object();
	const struct scene_owner *owner = live != NULL ? scene_layer_owner(live) : NULL;
	add_string(object, "app_id", owner != NULL ? owner->app_id : NULL);
	add_int(object, "pid", owner != NULL ? owner->pid : 0);
	add_string(object, "app",
		owner != NULL && kiosk->apps != NULL ? kiosk_apps_name_of(kiosk->apps, owner->pid) : NULL);
	add_string(object, "buffer", kinds[layer->kind]);
	add_string(object, "format", format);
	add(object, "modifier", json_object_new_uint64(layer->modifier));
	add_int(object, "x", layer->dst.x);
	add_int(object, "y", layer->dst.y);
	add_int(object, "width", layer->dst.width);
	add_int(object, "height", layer->dst.height);
	add_string(object, "content", contents[live != NULL ? live->content : SCENE_CONTENT_NONE]);
	add(object, "tearing", json_object_new_boolean(live != NULL && live->tearing));
	add_string(object, "placement", placements[layer->placement]);
	add_int(object, "plane", layer->plane >= 0 ? planes[layer->plane]->id : 0);
	add(object, "reasons", reasons_json(layer->reasons));
	add_int(object, "frames", live != NULL ? (int64_t)live->frames : 0);
	add_int(object, "composed_bytes", live != NULL ? (int64_t)live->composed_bytes : 0);
	return object;
}

// Index in the list of layers of what a plane shows, -1 for none.
static int shown_layer(const struct frame *frame, int plane) {
	if (frame == NULL || frame->plan.layer_of[plane] < 0) {
		return -1;
	}
	return frame->planned_layer[frame->plan.layer_of[plane]];
}

static struct json_object *planes_json(const struct output *output, const struct frame *frame) {
	static const char *const types[] = {
		[KMS_PLANE_OVERLAY] = "overlay",
		[KMS_PLANE_PRIMARY] = "primary",
		[KMS_PLANE_CURSOR] = "cursor",
	};
	struct json_object *array = json_object_new_array();
	int n_planes;
	struct kms_plane *const *planes = output_planes(output, &n_planes);
	for (int p = 0; p < n_planes; p++) {
		struct json_object *object = json_object_new_object();
		int layer = shown_layer(frame, p);
		bool composed =
			frame != NULL && (p == frame->picture_plane[0] || p == frame->picture_plane[1]);
		const char *role = layer >= 0              ? "client"
			: composed                             ? "composed"
			: output_plane_is_elsewhere(output, p) ? "elsewhere"
												   : "off";
		add_int(object, "id", planes[p]->id);
		add_string(object, "type", types[planes[p]->type]);
		add_int(object, "layer", layer);
		add_string(object, "role", role);
		json_object_array_add(array, object);
	}
	return array;
}

// What was learned of when to begin a frame: `deadline_us` before its flip, which is `cost_us` and `margin_us`
// before the device makes up its mind.
static struct json_object *pacing_json(const struct output *output) {
	const struct pace *pace = output_pace(output);
	struct json_object *object = json_object_new_object();
	add_int(object, "deadline_us", (pace_window(pace) + pace->blank_ns) / 1000);
	add_int(object, "cost_us", pace->cost_ns / 1000);
	add_int(object, "margin_us", pace->margin_ns / 1000);
	return object;
}

static struct json_object *output_json(const struct kiosk_output *kiosk_output) {
	static const char *const transforms[] = {
		"normal", "90", "180", "270", "flipped", "flipped-90", "flipped-180", "flipped-270"};
	struct output *output = kiosk_output->output;
	const struct kms_pipe *pipe = output_pipe(output);
	const struct output_counters *counters = output_counters(output);
	const struct frame *frame = output_frame(output);
	struct json_object *object = json_object_new_object();
	add_string(object, "name", pipe->connector->name);
	struct json_object *mode = json_object_new_object();
	add_int(mode, "width", pipe->mode.hdisplay);
	add_int(mode, "height", pipe->mode.vdisplay);
	add_int(mode, "refresh_mhz", kms_mode_refresh_mhz(&pipe->mode));
	add(object, "mode", mode);
	add_string(object, "power", output_power(output) ? "on" : "off");
	add(object, "vrr", json_object_new_boolean(pipe->vrr));
	add_string(object, "transform", transforms[kiosk_output->transform]);
	add(object, "scale", json_object_new_double(kiosk_output_scale(kiosk_output)));
	const struct wayland_output_info *info =
		kiosk_output->wayland != NULL ? wayland_output_info(kiosk_output->wayland) : NULL;
	add_int(object, "x", info != NULL ? info->x : 0);
	add_int(object, "y", info != NULL ? info->y : 0);
	add_string(object, "mirror",
		kiosk_output->source != NULL ? output_pipe(kiosk_output->source->output)->connector->name
									 : NULL);
	add(object, "pacing", pacing_json(output));
	add_int(object, "frames", (int64_t)counters->frames);
	add_int(object, "missed", (int64_t)counters->missed);
	add_int(object, "early", (int64_t)counters->early);
	add_int(object, "lost", (int64_t)counters->lost);
	add_int(object, "torn", (int64_t)counters->torn);
	add_int(object, "modesets", (int64_t)counters->modesets);
	add_int(object, "test_commits", (int64_t)counters->test_commits);
	add_int(object, "composed_px", (int64_t)counters->composed_px);
	add_int(object, "composed_bytes", (int64_t)counters->composed_bytes);
	struct json_object *layers = json_object_new_array();
	for (int i = 0; frame != NULL && i < frame->n_layers; i++) {
		json_object_array_add(layers, layer_json(kiosk_output->kiosk, output, &frame->layers[i]));
	}
	add(object, "layers", layers);
	add(object, "planes", planes_json(output, frame));
	return object;
}

static struct json_object *kinds_json(uint32_t kinds) {
	static const struct {
		uint32_t kind;
		const char *name;
	} names[] = {
		{INPUT_KIND_KEYBOARD, "keyboard"},
		{INPUT_KIND_POINTER, "pointer"},
		{INPUT_KIND_TOUCH, "touch"},
		{INPUT_KIND_TABLET, "tablet"},
	};
	struct json_object *array = json_object_new_array();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if ((kinds & names[i].kind) != 0) {
			json_object_array_add(array, json_object_new_string(names[i].name));
		}
	}
	return array;
}

static struct json_object *inputs_json(const struct kiosk *kiosk) {
	struct json_object *array = json_object_new_array();
	int output;
	struct input_device *device = kiosk_input_next(kiosk->input, NULL, &output);
	for (; device != NULL; device = kiosk_input_next(kiosk->input, device, &output)) {
		const struct input_identity *identity = input_device_identity(device);
		struct json_object *object = json_object_new_object();
		add_string(object, "name", identity->name);
		add_string(object, "device", identity->node);
		add(object, "kinds", kinds_json(identity->kinds));
		char id[16];
		snprintf(id, sizeof(id), "%04x:%04x", identity->vendor, identity->product);
		add_string(object, "id", id);
		add_string(object, "output",
			output >= 0 ? output_pipe(kiosk->outputs[output]->output)->connector->name : NULL);
		json_object_array_add(array, object);
	}
	return array;
}

static struct json_object *clients_json(const struct kiosk *kiosk) {
	struct json_object *array = json_object_new_array();
	struct wl_list *clients = wl_display_get_client_list(wayland_server_display(kiosk->server));
	struct wl_client *client;
	wl_client_for_each(client, clients) {
		pid_t pid = 0;
		uid_t uid = 0;
		wl_client_get_credentials(client, &pid, &uid, NULL);
		struct json_object *object = json_object_new_object();
		add_int(object, "pid", pid);
		add_int(object, "uid", uid);
		json_object_array_add(array, object);
	}
	return array;
}

char *status_json(const struct kiosk *kiosk) {
	struct json_object *root = json_object_new_object();
	if (root == NULL) {
		return NULL;
	}
	add_string(root, "version", VITRINE_VERSION);
	add(root, "realtime", json_object_new_boolean(realtime_is_on(kiosk->realtime)));
	struct json_object *device = json_object_new_object();
	add_string(device, "path", kiosk->device != NULL ? kiosk->device->path : NULL);
	add_string(device, "driver", kiosk->device != NULL ? kiosk->device->driver : NULL);
	add(root, "device", device);
	struct json_object *configuration = json_object_new_object();
	add_string(configuration, "folder", kiosk->config->folder);
	add(root, "configuration", configuration);
	struct json_object *outputs = json_object_new_array();
	for (int i = 0; i < kiosk->n_outputs; i++) {
		json_object_array_add(outputs, output_json(kiosk->outputs[i]));
	}
	add(root, "outputs", outputs);
	add(root, "displays", status_displays(kiosk));
	add(root, "inputs", inputs_json(kiosk));
	add(root, "apps", status_apps(kiosk));
	add(root, "clients", clients_json(kiosk));
	const char *text = json_object_to_json_string_ext(root, JSON_C_TO_STRING_PLAIN);
	char *copy = text != NULL ? strdup(text) : NULL;
	json_object_put(root);
	return copy;
}
