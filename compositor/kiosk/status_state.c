// SPDX-License-Identifier: MIT
// What vitrine-status is told: one JSON object a message. Only the two of us know it, so that it may change
// with any version.
#include <stdio.h>
#include <string.h>

#include <json.h>

#include "kiosk/apps_internal.h"
#include "kiosk/status_screen.h"

static void add(struct json_object *object, const char *key, struct json_object *value) {
	json_object_object_add(object, key, value);
}

static void add_string(struct json_object *object, const char *key, const char *value) {
	add(object, key, json_object_new_string(value != NULL ? value : ""));
}

static struct json_object *app_json(const struct kiosk_app *known) {
	struct json_object *object = json_object_new_object();
	const struct app *app = known->app;
	char reason[128] = "";
	if (known->waits) {
		snprintf(reason, sizeof(reason), "starts after %.100s",
			known->config.after != NULL ? known->config.after : known->config.name);
	}
	add_string(object, "name", app_name(app));
	add_string(object, "state", known->waits ? "waiting" : app_state_name(app_state(app)));
	add_string(object, "reason", known->waits ? reason : app_reason(app));
	add(object, "since", json_object_new_int64(app_since(app)));
	add(object, "next", json_object_new_int64(known->waits ? 0 : app_next(app)));
	return object;
}

static bool may_be_on(const struct kiosk_app *app, const char *output) {
	const char *at = app->config.output;
	char name[CONFIG_NAME_SIZE];
	while (config_next_name(&at, name)) {
		if (strcmp(name, output) == 0) {
			return true;
		}
	}
	return app->config.output == NULL;
}

// Indices of the apps whose windows may come to the output.
static struct json_object *apps_of(const struct kiosk *kiosk, const char *output) {
	struct json_object *array = json_object_new_array();
	const struct kiosk_app *app;
	int i = 0;
	wl_list_for_each(app, &kiosk->apps->apps, link) {
		if (!app->removed && may_be_on(app, output)) {
			json_object_array_add(array, json_object_new_int(i));
		}
		i += !app->removed;
	}
	return array;
}

char *status_state(const struct kiosk *kiosk, const char *const *outputs, int n_outputs) {
	struct json_object *root = json_object_new_object();
	if (root == NULL) {
		return NULL;
	}
	const struct config_status *config = &kiosk->config->status;
	add_string(root, "folder", kiosk->config->folder);
	add_string(root, "text", config->text);
	add_string(root, "picture", config->picture);
	struct json_object *apps = json_object_new_array();
	const struct kiosk_app *app;
	wl_list_for_each(app, &kiosk->apps->apps, link) {
		if (!app->removed) {
			json_object_array_add(apps, app_json(app));
		}
	}
	add(root, "apps", apps);
	struct json_object *list = json_object_new_array();
	for (int i = 0; i < n_outputs; i++) {
		struct json_object *object = json_object_new_object();
		add_string(object, "name", outputs[i]);
		add(object, "apps", apps_of(kiosk, outputs[i]));
		json_object_array_add(list, object);
	}
	add(root, "outputs", list);
	const char *text = json_object_to_json_string_ext(root, JSON_C_TO_STRING_PLAIN);
	char *copy = text != NULL ? strdup(text) : NULL;
	json_object_put(root);
	return copy;
}
