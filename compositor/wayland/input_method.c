// SPDX-License-Identifier: MIT
// zwp_input_method_v2: a client that makes text, one for the seat. It hears of the text field in use and
// edits it.
//
// A commit names the last done event that its client knew of. If the field told something since then
// (each key moves its cursor) the commit is for it all the same, or a fast typist would lose keys. If it
// is of before the field came into use it was for another one, and is dropped.
#include "wayland/input_method.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "input-method-unstable-v2-server-protocol.h"

static struct input_method *method_of(struct wl_resource *resource) {
	return wl_resource_get_user_data(resource);
}

static struct text_focus *focus_of(struct input_method *method) {
	return &method->server->text;
}

static void reset_pending(struct input_method *method) {
	free(method->commit);
	free(method->preedit);
	method->commit = NULL;
	method->preedit = NULL;
	method->delete_before = 0;
	method->delete_after = 0;
}

// ---- What the text field tells ----

static void send_state(struct input_method *method) {
	const struct text_state *state = text_focus_state(focus_of(method));
	if (state->surrounding) {
		zwp_input_method_v2_send_surrounding_text(
			method->resource, state->surrounding, (uint32_t)state->cursor, (uint32_t)state->anchor);
	}
	zwp_input_method_v2_send_text_change_cause(method->resource, state->cause);
	zwp_input_method_v2_send_content_type(method->resource, state->hint, state->purpose);
}

static void send_done(struct input_method *method) {
	method->n_done++;
	zwp_input_method_v2_send_done(method->resource);
	input_popups_update(method);
}

static void handle_activated(struct text_method *base) {
	struct input_method *method = wl_container_of(base, method, base);
	reset_pending(method);
	method->active = true;
	zwp_input_method_v2_send_activate(method->resource);
	send_state(method);
	send_done(method);
	method->activated_at = method->n_done;
}

static void handle_changed(struct text_method *base) {
	struct input_method *method = wl_container_of(base, method, base);
	send_state(method);
	send_done(method);
}

static void handle_deactivated(struct text_method *base) {
	struct input_method *method = wl_container_of(base, method, base);
	method->active = false;
	zwp_input_method_v2_send_deactivate(method->resource);
	send_done(method);
}

// ---- Requests ----

// What is longer than a message may be, or no text, is dropped.
static void set_text(struct input_method *method, char **text, const char *value) {
	if (method->unavailable) {
		return;
	}
	char *copy = strdup(value[utf8_length(value, TEXT_MAX)] == '\0' ? value : "");
	if (!copy) {
		wl_resource_post_no_memory(method->resource);
		return;
	}
	free(*text);
	*text = copy;
}

static void handle_commit_string(
	struct wl_client *client, struct wl_resource *resource, const char *text) {
	(void)client;
	set_text(method_of(resource), &method_of(resource)->commit, text);
}

static void handle_set_preedit_string(struct wl_client *client, struct wl_resource *resource,
	const char *text, int32_t begin, int32_t end) {
	(void)client;
	struct input_method *method = method_of(resource);
	set_text(method, &method->preedit, text);
	int32_t length = method->preedit ? (int32_t)strlen(method->preedit) : 0;
	bool valid = begin >= 0 && end >= 0 && begin <= length && end <= length;
	method->preedit_begin = valid ? begin : -1; // no cursor
	method->preedit_end = valid ? end : -1;
}

static void handle_delete_surrounding_text(
	struct wl_client *client, struct wl_resource *resource, uint32_t before, uint32_t after) {
	(void)client;
	method_of(resource)->delete_before = before;
	method_of(resource)->delete_after = after;
}

static void handle_commit(struct wl_client *client, struct wl_resource *resource, uint32_t serial) {
	(void)client;
	struct input_method *method = method_of(resource);
	uint32_t since = method->n_done - method->activated_at;
	if (method->active && serial - method->activated_at <= since) {
		text_focus_edit(focus_of(method),
			&(struct text_edit){
				.preedit = method->preedit,
				.preedit_begin = method->preedit_begin,
				.preedit_end = method->preedit_end,
				.commit = method->commit,
				.delete_before = method->delete_before,
				.delete_after = method->delete_after,
			});
	}
	reset_pending(method);
}

static void handle_get_input_popup_surface(struct wl_client *client, struct wl_resource *resource,
	uint32_t id, struct wl_resource *surface) {
	(void)client;
	input_popup_create(method_of(resource), id, surface_from_resource(surface));
}

static void handle_grab_keyboard(
	struct wl_client *client, struct wl_resource *resource, uint32_t id) {
	(void)client;
	input_grab_create(method_of(resource), id);
}

static const struct zwp_input_method_v2_interface method_impl = {
	.commit_string = handle_commit_string,
	.set_preedit_string = handle_set_preedit_string,
	.delete_surrounding_text = handle_delete_surrounding_text,
	.commit = handle_commit,
	.get_input_popup_surface = handle_get_input_popup_surface,
	.grab_keyboard = handle_grab_keyboard,
	.destroy = resource_handle_destroy,
};

// ---- Life ----

static void handle_resource_destroy(struct wl_resource *resource) {
	struct input_method *method = method_of(resource);
	method->active = false;
	input_popups_orphan(method);
	input_grab_orphan(method->grab);
	if (!method->unavailable) {
		method->server->input_method = NULL;
		text_focus_set_method(focus_of(method), NULL);
		seat_remove_typist(method->server->seat);
	}
	reset_pending(method);
	free(method);
}

static void handle_get_input_method(
	struct wl_client *client, struct wl_resource *manager, struct wl_resource *seat, uint32_t id) {
	(void)seat; // there is one
	struct wayland_server *server = wl_resource_get_user_data(manager);
	struct input_method *method = calloc(1, sizeof(*method));
	struct wl_resource *resource = method
		? wl_resource_create(
			  client, &zwp_input_method_v2_interface, wl_resource_get_version(manager), id)
		: NULL;
	if (!resource) {
		free(method);
		wl_client_post_no_memory(client);
		return;
	}
	method->base.activated = handle_activated;
	method->base.changed = handle_changed;
	method->base.deactivated = handle_deactivated;
	method->resource = resource;
	method->server = server;
	method->unavailable = server->input_method != NULL;
	wl_list_init(&method->popups);
	wl_resource_set_implementation(resource, &method_impl, method, handle_resource_destroy);
	if (method->unavailable) {
		zwp_input_method_v2_send_unavailable(resource);
		return;
	}
	server->input_method = method;
	seat_add_typist(server->seat);
	text_focus_set_method(&server->text, &method->base);
}

static const struct zwp_input_method_manager_v2_interface manager_impl = {
	.get_input_method = handle_get_input_method,
	.destroy = resource_handle_destroy,
};

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	resource_bind(client, &zwp_input_method_manager_v2_interface, version, id, &manager_impl, data);
}

bool input_method_create(struct wayland_server *server) {
	return server_add_trusted_global(server,
		wl_global_create(
			server->display, &zwp_input_method_manager_v2_interface, 1, server, handle_bind));
}
