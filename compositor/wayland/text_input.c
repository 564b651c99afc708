// SPDX-License-Identifier: MIT
// zwp_text_input_v3: text fields, of which the one that is enabled in the client with the keyboard talks
// to the input method.
#include "wayland/text_input.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "text-input-unstable-v3-server-protocol.h"
#include "wayland/server.h"
#include "wayland/xdg.h"

enum { MAX_INPUTS = 64 }; // of a client

enum {
	FIELD_ENABLE = 1 << 0, // or disable
	FIELD_SURROUNDING = 1 << 1,
	FIELD_CAUSE = 1 << 2,
	FIELD_CONTENT = 1 << 3,
	FIELD_CURSOR = 1 << 4,
};

struct text_input {
	struct wl_resource *resource;
	struct text_focus *focus;
	uint32_t n_commits;
	bool entered; // its client has the keyboard
	bool enabled;
	struct text_state current;
	uint32_t pending_fields; // FIELD_*
	bool pending_enabled;
	struct text_state pending;
	struct wl_list link; // text_focus.inputs
};

static struct text_input *input_of(struct wl_resource *resource) {
	return wl_resource_get_user_data(resource);
}

static void state_reset(struct text_state *state) {
	free(state->surrounding);
	*state = (struct text_state){0};
}

static void reset_pending(struct text_input *input) {
	state_reset(&input->pending);
	input->pending_fields = 0;
}

// ---- The field in use ----

const struct text_state *text_focus_state(const struct text_focus *focus) {
	return focus->active ? &focus->active->current : NULL;
}

static void activate(struct text_input *input) {
	struct text_focus *focus = input->focus;
	focus->active = input;
	if (focus->method) {
		focus->method->activated(focus->method);
	}
}

static void deactivate(struct text_input *input) {
	struct text_focus *focus = input->focus;
	input->enabled = false;
	state_reset(&input->current);
	if (focus->active == input) {
		focus->active = NULL;
		if (focus->method) {
			focus->method->deactivated(focus->method);
		}
	}
}

void text_focus_set_method(struct text_focus *focus, struct text_method *method) {
	focus->method = method;
	if (!focus->active) {
		return;
	}
	if (method) {
		method->activated(method);
	} else { // what it had begun to compose goes with it
		text_focus_edit(focus, &(struct text_edit){0});
	}
}

void text_focus_edit(struct text_focus *focus, const struct text_edit *edit) {
	struct text_input *input = focus->active;
	if (!input) {
		return;
	}
	if (edit->preedit) {
		zwp_text_input_v3_send_preedit_string(
			input->resource, edit->preedit, edit->preedit_begin, edit->preedit_end);
	}
	if (edit->commit) {
		zwp_text_input_v3_send_commit_string(input->resource, edit->commit);
	}
	if (edit->delete_before > 0 || edit->delete_after > 0) {
		zwp_text_input_v3_send_delete_surrounding_text(
			input->resource, edit->delete_before, edit->delete_after);
	}
	zwp_text_input_v3_send_done(input->resource, input->n_commits);
}

// ---- Requests ----

// Both begin a new state.
static void set_enabled(struct text_input *input, bool enabled) {
	reset_pending(input);
	input->pending_fields = FIELD_ENABLE;
	input->pending_enabled = enabled;
}

static void handle_enable(struct wl_client *client, struct wl_resource *resource) {
	(void)client;
	set_enabled(input_of(resource), true);
}

static void handle_disable(struct wl_client *client, struct wl_resource *resource) {
	(void)client;
	set_enabled(input_of(resource), false);
}

static bool is_boundary(const char *text, size_t length, int32_t index) {
	return index >= 0 && (size_t)index <= length && ((unsigned char)text[index] & 0xc0) != 0x80;
}

// What is too long, no text, or points outside of itself is as good as not told.
static void handle_set_surrounding_text(struct wl_client *client, struct wl_resource *resource,
	const char *text, int32_t cursor, int32_t anchor) {
	struct text_input *input = input_of(resource);
	size_t length = utf8_length(text, TEXT_MAX);
	bool valid = text[length] == '\0' && is_boundary(text, length, cursor) &&
		is_boundary(text, length, anchor);
	char *copy = valid ? strdup(text) : NULL;
	if (valid && !copy) {
		wl_client_post_no_memory(client);
		return;
	}
	free(input->pending.surrounding);
	input->pending.surrounding = copy;
	input->pending.cursor = cursor;
	input->pending.anchor = anchor;
	input->pending_fields |= FIELD_SURROUNDING;
}

static void handle_set_text_change_cause(
	struct wl_client *client, struct wl_resource *resource, uint32_t cause) {
	(void)client;
	struct text_input *input = input_of(resource);
	input->pending.cause = cause == ZWP_TEXT_INPUT_V3_CHANGE_CAUSE_INPUT_METHOD
		? ZWP_TEXT_INPUT_V3_CHANGE_CAUSE_INPUT_METHOD
		: ZWP_TEXT_INPUT_V3_CHANGE_CAUSE_OTHER;
	input->pending_fields |= FIELD_CAUSE;
}

static void handle_set_content_type(
	struct wl_client *client, struct wl_resource *resource, uint32_t hint, uint32_t purpose) {
	(void)client;
	struct text_input *input = input_of(resource);
	const uint32_t all_hints = 2 * ZWP_TEXT_INPUT_V3_CONTENT_HINT_MULTILINE - 1;
	input->pending.hint = hint & all_hints;
	input->pending.purpose = purpose <= ZWP_TEXT_INPUT_V3_CONTENT_PURPOSE_TERMINAL
		? purpose
		: ZWP_TEXT_INPUT_V3_CONTENT_PURPOSE_NORMAL;
	input->pending_fields |= FIELD_CONTENT;
}

static void handle_set_cursor_rectangle(struct wl_client *client, struct wl_resource *resource,
	int32_t x, int32_t y, int32_t width, int32_t height) {
	(void)client;
	struct text_input *input = input_of(resource);
	input->pending.has_cursor_box = width >= 0 && height >= 0;
	input->pending.cursor_box = (struct scene_rect){
		.x = xdg_clamp_coordinate(x),
		.y = xdg_clamp_coordinate(y),
		.width = xdg_clamp_coordinate(width),
		.height = xdg_clamp_coordinate(height),
	};
	input->pending_fields |= FIELD_CURSOR;
}

// What was set becomes what is; the cause is of this commit alone.
static void apply_pending(struct text_input *input) {
	struct text_state *current = &input->current, *pending = &input->pending;
	if (input->pending_fields & FIELD_ENABLE) {
		state_reset(current);
	}
	if (input->pending_fields & FIELD_SURROUNDING) {
		free(current->surrounding);
		current->surrounding = pending->surrounding;
		current->cursor = pending->cursor;
		current->anchor = pending->anchor;
		pending->surrounding = NULL;
	}
	current->cause = input->pending_fields & FIELD_CAUSE
		? pending->cause
		: ZWP_TEXT_INPUT_V3_CHANGE_CAUSE_INPUT_METHOD;
	if (input->pending_fields & FIELD_CONTENT) {
		current->hint = pending->hint;
		current->purpose = pending->purpose;
	}
	if (input->pending_fields & FIELD_CURSOR) {
		current->has_cursor_box = pending->has_cursor_box;
		current->cursor_box = pending->cursor_box;
	}
}

static void handle_commit(struct wl_client *client, struct wl_resource *resource) {
	(void)client;
	struct text_input *input = input_of(resource);
	struct text_focus *focus = input->focus;
	input->n_commits++;
	bool enables = (input->pending_fields & FIELD_ENABLE) != 0;
	bool enabled = enables ? input->pending_enabled : input->enabled;
	if (!input->entered || (enabled && focus->active && focus->active != input)) {
		reset_pending(input); // one field at a time
		return;
	}
	apply_pending(input);
	reset_pending(input);
	input->enabled = enabled;
	if (!enabled) {
		deactivate(input);
	} else if (enables) {
		activate(input);
	} else if (focus->method) {
		focus->method->changed(focus->method);
	}
}

static const struct zwp_text_input_v3_interface input_impl = {
	.destroy = resource_handle_destroy,
	.enable = handle_enable,
	.disable = handle_disable,
	.set_surrounding_text = handle_set_surrounding_text,
	.set_text_change_cause = handle_set_text_change_cause,
	.set_content_type = handle_set_content_type,
	.set_cursor_rectangle = handle_set_cursor_rectangle,
	.commit = handle_commit,
};

// ---- Focus ----

static void leave(struct text_input *input) {
	if (input->entered) {
		input->entered = false;
		reset_pending(input);
		deactivate(input);
	}
}

static void enter(struct text_input *input) {
	struct surface *surface = input->focus->surface;
	if (surface && surface_client(surface) == wl_resource_get_client(input->resource)) {
		input->entered = true;
		zwp_text_input_v3_send_enter(input->resource, surface->resource);
	}
}

static void handle_focus_changed(struct wl_listener *listener, void *data) {
	(void)data;
	struct text_focus *focus = wl_container_of(listener, focus, focus_changed);
	struct surface *surface = seat_keyboard_focus(focus->seat), *before = focus->surface;
	if (surface == before) {
		return;
	}
	struct text_input *input;
	wl_list_for_each(input, &focus->inputs, link) {
		if (input->entered && !before->dying) {
			zwp_text_input_v3_send_leave(input->resource, before->resource);
		}
		leave(input);
	}
	focus->surface = surface;
	wl_list_for_each(input, &focus->inputs, link) {
		enter(input);
	}
}

// ---- Life ----

static void handle_resource_destroy(struct wl_resource *resource) {
	struct text_input *input = input_of(resource);
	leave(input);
	state_reset(&input->pending);
	wl_list_remove(&input->link);
	free(input);
}

static bool has_too_many(const struct text_focus *focus, const struct wl_client *client) {
	const struct text_input *input;
	int n = 0;
	wl_list_for_each(input, &focus->inputs, link) {
		n += wl_resource_get_client(input->resource) == client;
	}
	return n >= MAX_INPUTS;
}

static void handle_get_text_input(
	struct wl_client *client, struct wl_resource *manager, uint32_t id, struct wl_resource *seat) {
	(void)seat; // there is one
	struct text_focus *focus = wl_resource_get_user_data(manager);
	struct text_input *input = has_too_many(focus, client) ? NULL : calloc(1, sizeof(*input));
	struct wl_resource *resource = input ? wl_resource_create(client, &zwp_text_input_v3_interface,
											   wl_resource_get_version(manager), id)
										 : NULL;
	if (!resource) {
		free(input);
		wl_client_post_no_memory(client);
		return;
	}
	input->resource = resource;
	input->focus = focus;
	wl_list_insert(&focus->inputs, &input->link);
	wl_resource_set_implementation(resource, &input_impl, input, handle_resource_destroy);
	enter(input);
}

static const struct zwp_text_input_manager_v3_interface manager_impl = {
	.destroy = resource_handle_destroy,
	.get_text_input = handle_get_text_input,
};

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	resource_bind(client, &zwp_text_input_manager_v3_interface, version, id, &manager_impl, data);
}

bool text_input_create(struct wayland_server *server) {
	struct text_focus *focus = &server->text;
	focus->seat = server->seat;
	wl_list_init(&focus->inputs);
	focus->focus_changed.notify = handle_focus_changed;
	wl_signal_add(seat_keyboard_focus_signal(server->seat), &focus->focus_changed);
	return wl_global_create(
		server->display, &zwp_text_input_manager_v3_interface, 1, focus, handle_bind);
}

void text_focus_finish(struct text_focus *focus) {
	if (focus->seat) {
		wl_list_remove(&focus->focus_changed.link);
	}
}
