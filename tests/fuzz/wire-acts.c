// SPDX-License-Identifier: MIT
// Steps of clients that belong together: by chance alone they would hardly come in this order.
#include <string.h>

#include "pointer-constraints-unstable-v1-client-protocol.h"
#include "wire-message.h"
#include "wire-peer.h"
#include "xdg-shell-client-protocol.h"

static void ask(struct peer *peer, const struct wl_interface *interface, const char *request) {
	peer_request_named(peer, peer_find(peer, interface), request);
}

static void ask_named(struct peer *peer, const char *interface, const char *request) {
	peer_request_named(peer, peer_find_named(peer, interface), request);
}

void act_settle(struct peer *peer) {
	serve();
	peer_receive(peer);
	serve();
	peer_receive(peer);
	ask(peer, &wl_shm_interface, "create_pool");
	ask(peer, &wl_shm_pool_interface, "create_buffer");
	ask(peer, &wl_seat_interface, "get_pointer");
	ask(peer, &wl_seat_interface, "get_touch");
	ask(peer, &wl_seat_interface, "get_keyboard");
	ask(peer, &xdg_wm_base_interface, "create_positioner");
	ask(peer, &xdg_positioner_interface, "set_size");
	ask(peer, &xdg_positioner_interface, "set_anchor_rect");
}

// The newest surface; 0: none.
static uint32_t make_surface(struct peer *peer) {
	uint32_t before = peer->n_ids;
	ask(peer, &wl_compositor_interface, "create_surface");
	return peer->n_ids > before ? peer_last(peer) : peer_find(peer, &wl_surface_interface);
}

static void show(struct peer *peer, uint32_t surface) {
	peer_request_named(peer, surface, "attach");
	peer_request_named(peer, surface, "damage_buffer");
	peer_request_named(peer, surface, "commit");
}

void act_window(struct peer *peer) {
	uint32_t surface = make_surface(peer);
	ask(peer, &xdg_wm_base_interface, "get_xdg_surface");
	ask(peer, &xdg_surface_interface, pick(3) ? "get_toplevel" : "get_popup");
	peer_request_named(peer, surface, "commit");
	serve();
	peer_receive(peer);
	if (pick(10)) {
		show(peer, surface);
	}
}

void act_subsurface(struct peer *peer) {
	uint32_t surface = make_surface(peer);
	ask(peer, &wl_subcompositor_interface, "get_subsurface");
	show(peer, surface);
}

// With what the seat gave it, so that it comes about.
void act_drag(struct peer *peer) {
	serve();
	peer_receive(peer);
	ask(peer, &wl_seat_interface, pick(2) ? "get_pointer" : "get_touch");
	ask(peer, &wl_data_device_manager_interface, "get_data_device");
	ask(peer, &wl_data_device_manager_interface, "create_data_source");
	uint32_t device = peer_find(peer, &wl_data_device_interface);
	uint32_t source = peer_find(peer, &wl_data_source_interface);
	peer_request_named(peer, source, "offer");
	if (!device || !source || !peer->entered || peer->fd < 0) {
		return;
	}
	struct message message = {.size = 8};
	message_put(&message, pick(4) ? source : 0);
	message_put(&message, peer->entered);
	message_put(&message, pick(2) ? peer_find(peer, &wl_surface_interface) : 0);
	message_put(&message, pick(8) ? peer->pressed : wire_last_serial);
	message_finish(&message, device, WL_DATA_DEVICE_START_DRAG);
	peer_send_bytes(peer, message.bytes, message.size, NULL, 0);
}

void act_constraint(struct peer *peer) {
	ask(peer, &wl_seat_interface, "get_pointer");
	uint32_t manager = peer_find(peer, &zwp_pointer_constraints_v1_interface);
	uint32_t pointer = peer_find(peer, &wl_pointer_interface);
	if (!manager || !pointer || !peer->entered || !peer_has_room(peer)) {
		return;
	}
	bool locks = pick(2);
	struct message message = {.size = 8};
	message_put(&message,
		peer_new_object(peer,
			locks ? &zwp_locked_pointer_v1_interface : &zwp_confined_pointer_v1_interface, 1));
	message_put(&message, peer->entered);
	message_put(&message, pointer);
	message_put(&message, pick(2) ? peer_find(peer, &wl_region_interface) : 0);
	message_put(&message, 1 + pick(2));
	message_finish(&message, manager,
		locks ? ZWP_POINTER_CONSTRAINTS_V1_LOCK_POINTER
			  : ZWP_POINTER_CONSTRAINTS_V1_CONFINE_POINTER);
	peer_send_bytes(peer, message.bytes, message.size, NULL, 0);
}

// Only clients that are trusted have these interfaces, and not every build of the server has them.
void act_keyboard(struct peer *peer) {
	uint32_t surface = make_surface(peer);
	switch (pick(3)) {
	case 0:
		ask_named(peer, "zwlr_layer_shell_v1", "get_layer_surface");
		ask_named(peer, "zwlr_layer_surface_v1", "set_size");
		peer_request_named(peer, surface, "commit");
		serve();
		peer_receive(peer);
		show(peer, surface);
		break;
	case 1:
		ask_named(peer, "zwp_text_input_manager_v3", "get_text_input");
		ask_named(peer, "zwp_text_input_v3", "enable");
		ask_named(peer, "zwp_text_input_v3", "commit");
		ask_named(peer, "zwp_input_method_manager_v2", "get_input_method");
		ask_named(
			peer, "zwp_input_method_v2", pick(2) ? "grab_keyboard" : "get_input_popup_surface");
		show(peer, surface);
		break;
	default:
		ask_named(peer, "zwp_virtual_keyboard_manager_v1", "create_virtual_keyboard");
		ask_named(peer, "zwp_virtual_keyboard_v1", "keymap");
		ask_named(peer, "zwp_virtual_keyboard_v1", "key");
	}
}

void act_timelines(struct peer *peer) {
	ask_named(peer, "wp_linux_drm_syncobj_manager_v1", "import_timeline");
	uint32_t surface = make_surface(peer);
	if (pick(2)) {
		ask(peer, &wl_subcompositor_interface, "get_subsurface");
	}
	ask_named(peer, "wp_linux_drm_syncobj_manager_v1", "get_surface");
	uint32_t points = peer_last(peer);
	take_for_dmabufs();
	for (unsigned n = 1 + pick(3); n > 0; n--) {
		peer_request_named(peer, points, "set_acquire_point");
		peer_request_named(peer, points, "set_release_point");
		show(peer, surface);
	}
}

void act_commit(struct peer *peer) {
	ask(peer, &wl_surface_interface, "commit");
}

void act_bind(struct peer *peer) {
	const struct wl_interface *interface = wire_any_global();
	struct message message = {.size = 8};
	uint32_t version = 1 + pick(pick(8) ? (unsigned)interface->version : 16);
	message_put(&message, pick(64));
	message_put_data(&message, interface->name, (uint32_t)strlen(interface->name) + 1);
	message_put(&message, version);
	message_put(&message, peer_new_object(peer, interface, (int)version));
	message_finish(&message, peer->registry, WL_REGISTRY_BIND);
	peer_send_bytes(peer, message.bytes, message.size, NULL, 0);
}

void act_anything(struct peer *peer) {
	uint32_t id = pick(3) ? peer_any(peer) : peer_find(peer, NULL);
	const struct object *object = peer_object(peer, id);
	if (!object || !object->interface || object->interface->method_count == 0) {
		return;
	}
	uint32_t opcode = pick((unsigned)object->interface->method_count);
	const struct wl_message *message = &object->interface->methods[opcode];
	bool asks_for_error = object->interface == &wl_subcompositor_interface;
	if ((wire_is_destructor(message) && pick(8)) || (asks_for_error && pick(50)) ||
		(wire_since(message) > object->version && pick(500))) {
		return;
	}
	peer_request(peer, id, opcode);
}
