// SPDX-License-Identifier: MIT
// Apps in `vitrinectl status --json`.
#include <stdio.h>

#include <json.h>

#include "kiosk/apps_internal.h"

static void add(struct json_object *object, const char *key, struct json_object *value) {
	json_object_object_add(object, key, value);
}

static void add_string(struct json_object *object, const char *key, const char *value) {
	add(object, key, json_object_new_string(value != NULL ? value : ""));
}

static void add_int(struct json_object *object, const char *key, int64_t value) {
	add(object, key, json_object_new_int64(value));
}

static struct json_object *window_json(const struct layout_window_info *info) {
	static const char *const layers[] = {
		[LAYOUT_BACKGROUND] = "background",
		[LAYOUT_NORMAL] = "normal",
		[LAYOUT_OVERLAY] = "overlay",
	};
	struct json_object *object = json_object_new_object();
	add_string(object, "app_id", toplevel_app_id(info->toplevel));
	add_string(object, "title", toplevel_title(info->toplevel));
	add_string(
		object, "output", info->output != NULL ? wayland_output_info(info->output)->name : NULL);
	add_string(object, "layer", layers[info->level]);
	add_int(object, "x", info->place.x);
	add_int(object, "y", info->place.y);
	add_int(object, "width", info->place.width);
	add_int(object, "height", info->place.height);
	add(object, "mapped", json_object_new_boolean(info->mapped));
	add(object, "front", json_object_new_boolean(info->in_front));
	return object;
}

static struct json_object *windows_json(const struct kiosk *kiosk, const struct kiosk_app *app) {
	struct json_object *array = json_object_new_array();
	const void *position = NULL;
	struct layout_window_info info;
	while (app != NULL && kiosk_layout_next_window(kiosk->layout, &info, &position)) {
		const struct wl_client *client = surface_client(toplevel_surface(info.toplevel));
		if (apps_of_client(kiosk->apps, client) == app) {
			json_object_array_add(array, window_json(&info));
		}
	}
	return array;
}

// `known` is what is known of the app beside that; NULL: it is the on-screen keyboard.
static struct json_object *app_json(
	const struct kiosk *kiosk, const struct app *app, const struct kiosk_app *known) {
	struct json_object *object = json_object_new_object();
	bool waits = known != NULL && known->waits;
	char reason[128] = "";
	if (waits) {
		snprintf(reason, sizeof(reason), "starts after %.100s",
			known->config.after != NULL ? known->config.after : known->config.name);
	}
	const struct cgroup *cgroup = app_cgroup(app);
	add_string(object, "name", app_name(app));
	add_int(object, "pid", app_pid(app));
	add_string(object, "state", waits ? "waiting" : app_state_name(app_state(app)));
	add_string(object, "reason", waits ? reason : app_reason(app));
	add_int(object, "since", (int64_t)app_since(app));
	add_int(object, "restarts", (int64_t)app_restarts(app));
	add_string(object, "cgroup", cgroup != NULL ? cgroup_path(cgroup) : NULL);
	add_int(object, "memory_bytes", cgroup != NULL ? cgroup_memory(cgroup) : -1);
	add_int(object, "processes", cgroup != NULL ? cgroup_processes(cgroup) : -1);
	add(object, "windows", windows_json(kiosk, known));
	return object;
}

struct json_object *status_apps(const struct kiosk *kiosk) {
	struct json_object *array = json_object_new_array();
	const struct kiosk_app *app;
	if (kiosk->apps != NULL) {
		wl_list_for_each(app, &kiosk->apps->apps, link) {
			json_object_array_add(array, app_json(kiosk, app->app, app));
		}
	}
	const struct app *osk = kiosk_osk_app(kiosk->osk);
	if (osk != NULL) {
		json_object_array_add(array, app_json(kiosk, osk, NULL));
	}
	return array;
}
