// SPDX-License-Identifier: MIT
#include "wire-peer.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "wire-message.h"
#include "xdg-shell-client-protocol.h"

#define FIRST_SERVER_ID 0xff000000u

// Events, which no header numbers.
enum { REGISTRY_GLOBAL = 0, POINTER_ENTER = 0, POINTER_BUTTON = 3, TOUCH_DOWN = 0 };

struct wire_counts wire_counts;
uint32_t wire_last_serial;

int wire_since(const struct wl_message *message) {
	int version = atoi(message->signature);
	return version > 0 ? version : 1;
}

bool wire_is_destructor(const struct wl_message *message) {
	return strcmp(message->name, "destroy") == 0 || strcmp(message->name, "release") == 0;
}

// ---- Objects ----

struct object *peer_object(struct peer *peer, uint32_t id) {
	if (id >= FIRST_SERVER_ID) {
		id -= FIRST_SERVER_ID;
		return id < peer->n_server_ids ? &peer->server_objects[id] : NULL;
	}
	return id < peer->n_ids ? &peer->objects[id] : NULL;
}

uint32_t peer_new_object(struct peer *peer, const struct wl_interface *interface, int version) {
	uint32_t id = peer->n_ids;
	if (peer->n_returned > 0 && pick(2)) {
		for (id = 1; !peer->objects[id].may_return; id++) {
		}
		peer->n_returned--;
	} else {
		peer->n_ids++;
	}
	peer->objects[id] = (struct object){.interface = interface, .version = version};
	return id;
}

void peer_forget(struct peer *peer, uint32_t id) {
	peer->objects[id] = (struct object){0};
	if (id == peer->n_ids - 1) {
		peer->n_ids--;
	} else {
		peer->objects[id].may_return = true;
		peer->n_returned++;
	}
}

bool peer_has_room(const struct peer *peer) {
	return peer->fd >= 0 && peer->n_ids + 16 < MAX_IDS;
}

uint32_t peer_find(struct peer *peer, const struct wl_interface *interface) {
	uint32_t found = 0;
	for (uint32_t i = 1; i < peer->n_ids + peer->n_server_ids; i++) {
		uint32_t id = i < peer->n_ids ? i : i - peer->n_ids + FIRST_SERVER_ID;
		const struct object *object = peer_object(peer, id);
		if (object->interface && (!interface || object->interface == interface) &&
			(!found || pick(2))) {
			found = id;
		}
	}
	return found;
}

uint32_t peer_find_named(struct peer *peer, const char *interface) {
	for (uint32_t id = 1; id < peer->n_ids; id++) {
		const struct wl_interface *of = peer->objects[id].interface;
		if (of && strcmp(of->name, interface) == 0) {
			return peer_find(peer, of);
		}
	}
	return 0;
}

uint32_t peer_last(const struct peer *peer) {
	return peer->n_ids - 1;
}

uint32_t peer_any(struct peer *peer) {
	uint32_t i = 1 + pick(peer->n_ids + peer->n_server_ids - 1);
	return i < peer->n_ids ? i : i - peer->n_ids + FIRST_SERVER_ID;
}

// ---- Requests ----

void peer_leave(struct peer *peer) {
	if (peer->fd >= 0) {
		close(peer->fd);
	}
	peer->fd = -1;
}

void peer_send_bytes(struct peer *peer, const void *data, size_t size, const int *fds, int n_fds) {
	char control[CMSG_SPACE(4 * sizeof(int))] = {0};
	struct iovec iov = {(void *)data, size};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
	if (n_fds > 0) {
		message.msg_control = control;
		message.msg_controllen = CMSG_SPACE((size_t)n_fds * sizeof(int));
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN((size_t)n_fds * sizeof(int));
		memcpy(CMSG_DATA(header), fds, (size_t)n_fds * sizeof(int));
	}
	if (sendmsg(peer->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && errno != EAGAIN) {
		peer_leave(peer);
	}
}

static void send_message(struct peer *peer, struct message *message) {
	wire_counts.n_requests++;
	if (pick(2000) == 0) {
		message_spoil(message);
	}
	if (message->size > 0) {
		peer_send_bytes(peer, message->bytes, message->size, message->fds, message->n_fds);
	}
}

void peer_request(struct peer *peer, uint32_t id, uint32_t opcode) {
	struct object object = *peer_object(peer, id);
	const struct wl_message *described = &object.interface->methods[opcode];
	struct message message = {.size = 8};
	if (!peer_has_room(peer) || strcmp(described->signature, "usun") == 0) {
		return; // that is wl_registry.bind
	}
	if (!message_put_arguments(&message, peer, &object, described, pick(60) == 0) && pick(50)) {
		while (message.n_new_ids > 0) {
			peer_forget(peer, message.new_ids[--message.n_new_ids]);
		}
		return;
	}
	message_finish(&message, id, opcode);
	send_message(peer, &message);
	if (wire_is_destructor(described) && id != 1) {
		peer_object(peer, id)->interface = NULL;
	}
}

void peer_request_named(struct peer *peer, uint32_t id, const char *name) {
	const struct object *object = id != 0 ? peer_object(peer, id) : NULL;
	if (!object || !object->interface || peer->fd < 0) {
		return;
	}
	const struct wl_interface *interface = object->interface;
	for (int i = 0; i < interface->method_count; i++) {
		if (strcmp(interface->methods[i].name, name) == 0) {
			peer_request(peer, id, (uint32_t)i);
			return;
		}
	}
}

uint32_t peer_sync(struct peer *peer) {
	if (!peer_has_room(peer)) {
		return 0;
	}
	struct message message = {.size = 8};
	uint32_t id = peer_new_object(peer, &wl_callback_interface, 1);
	message_put(&message, id);
	message_finish(&message, 1, WL_DISPLAY_SYNC);
	peer_send_bytes(peer, message.bytes, message.size, NULL, 0);
	return id;
}

void peer_connect(struct peer *peer, int fd) {
	*peer = (struct peer){.fd = fd, .n_ids = 1};
	peer_new_object(peer, &wl_display_interface, 1);
	peer->registry = peer->n_ids;
	struct message message = {.size = 8};
	message_put(&message, peer_new_object(peer, &wl_registry_interface, 1));
	message_finish(&message, 1, WL_DISPLAY_GET_REGISTRY);
	peer_send_bytes(peer, message.bytes, message.size, NULL, 0);
}

// ---- Events ----

static uint32_t word_at(const uint8_t *event, size_t size, size_t at) {
	uint32_t word;
	assert_true(at + sizeof(word) <= size);
	memcpy(&word, event + at, sizeof(word));
	return word;
}

static void handle_global(struct peer *peer, const uint8_t *event, size_t size) {
	uint32_t name = word_at(event, size, 8), length = word_at(event, size, 12);
	size_t end = 16 + ((length + 3) & ~(size_t)3);
	uint32_t version = word_at(event, size, end);
	const char *string = (const char *)event + 16;
	const struct wl_interface *interface = wire_global(string);
	if (!interface) {
		fail_msg("the server has a global %s that wire-globals.c does not know", string);
	}
	if (!peer_has_room(peer)) {
		return;
	}
	// Now and then one that does not exist.
	int bound = pick(200) == 0 ? (int)version + 1 : 1 + (int)pick(version);
	bound = pick(2) ? bound : (int)version;
	struct message message = {.size = 8};
	message_put(&message, name);
	message_put_data(&message, string, length);
	message_put(&message, (uint32_t)bound);
	message_put(&message, peer_new_object(peer, interface, bound));
	message_finish(&message, peer->registry, WL_REGISTRY_BIND);
	send_message(peer, &message);
}

// An object that the server makes.
static void add_server_object(
	struct peer *peer, uint32_t id, const struct wl_interface *interface, int version) {
	uint32_t i = id - FIRST_SERVER_ID;
	assert_true(id >= FIRST_SERVER_ID);
	if (i < MAX_SERVER_IDS && interface) {
		peer->n_server_ids = i >= peer->n_server_ids ? i + 1 : peer->n_server_ids;
		peer->server_objects[i] = (struct object){.interface = interface, .version = version};
	}
}

static void look_for_objects(struct peer *peer, const struct object *object,
	const struct wl_message *described, const uint8_t *event, size_t size) {
	size_t at = 8;
	int i = 0;
	for (const char *type = described->signature; *type; type++) {
		if (!strchr("iufsaonh", *type)) {
			continue;
		}
		if (*type == 'n') {
			add_server_object(peer, word_at(event, size, at), described->types[i], object->version);
		}
		i++;
		if (*type == 's' || *type == 'a') {
			at += (word_at(event, size, at) + 3) & ~(size_t)3;
		}
		at += *type == 'h' ? 0 : 4;
	}
	assert_true(at == size);
}

static void handle_display_event(struct peer *peer, uint32_t opcode, uint32_t id) {
	if (opcode == 0) {
		wire_counts.n_errors++;
	} else if (id < peer->n_ids && !peer->objects[id].may_return) {
		peer->objects[id] = (struct object){.may_return = true};
		peer->n_returned++;
	}
}

static void handle_input(struct peer *peer, const struct object *object, uint32_t opcode,
	const uint8_t *event, size_t size) {
	bool pointer = object->interface == &wl_pointer_interface;
	bool touch = object->interface == &wl_touch_interface;
	if ((pointer && (opcode == POINTER_ENTER || opcode == POINTER_BUTTON)) ||
		(touch && opcode == TOUCH_DOWN)) {
		wire_last_serial = word_at(event, size, 8);
		if (touch || opcode == POINTER_BUTTON) {
			peer->pressed = wire_last_serial;
		}
		if (touch || opcode == POINTER_ENTER) {
			peer->entered = word_at(event, size, pointer ? 12 : 16);
		}
	}
}

// What later requests have to name; windows answer at once, mostly.
static void keep_serial(struct peer *peer, uint32_t id, struct object *object,
	const struct wl_message *described, const uint8_t *event, size_t size) {
	bool one = described->signature[strspn(described->signature, "0123456789")] == 'u';
	if (strcmp(described->name, "configure") == 0 && one) {
		object->serial = word_at(event, size, 8);
		if (pick(6)) {
			peer_request_named(peer, id, "ack_configure");
		}
	} else if (strcmp(described->name, "done") == 0) {
		object->serial = one ? word_at(event, size, 8) : object->serial + 1;
	}
}

static void handle_event(struct peer *peer, const uint8_t *event, size_t size) {
	uint32_t id = word_at(event, size, 0), opcode = word_at(event, size, 4) & 0xffff;
	wire_counts.n_events++;
	if (id == 1) {
		handle_display_event(peer, opcode, word_at(event, size, 8));
		return;
	}
	struct object *object = peer_object(peer, id);
	if (!object || !object->interface) {
		return; // destroyed in the meantime
	}
	// Nobody hears of what came with a later version than he asked for.
	assert_true((int)opcode < object->interface->event_count);
	const struct wl_message *described = &object->interface->events[opcode];
	assert_true(wire_since(described) <= object->version);
	look_for_objects(peer, object, described, event, size);
	if (id == peer->registry && opcode == REGISTRY_GLOBAL) {
		handle_global(peer, event, size);
		return;
	}
	handle_input(peer, object, opcode, event, size);
	keep_serial(peer, id, object, described, event, size);
	bool once = object->interface == &wl_callback_interface ||
		(strcmp(object->interface->name, "wp_presentation_feedback") == 0 && opcode > 0);
	if (once) {
		object->interface = NULL;
	}
}

// Handles whole events of what is there.
static void handle_events(struct peer *peer) {
	size_t done = 0;
	while (peer->n_unread - done >= 8) {
		size_t size = word_at(peer->unread, peer->n_unread, done + 4) >> 16;
		assert_true(size >= 8 && size <= sizeof(peer->unread));
		if (peer->n_unread - done < size) {
			break;
		}
		handle_event(peer, peer->unread + done, size);
		done += size;
	}
	peer->n_unread -= done;
	memmove(peer->unread, peer->unread + done, peer->n_unread);
}

static void close_received(struct msghdr *message) {
	for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header;
		 header = CMSG_NXTHDR(message, header)) {
		for (size_t i = 0; CMSG_LEN((i + 1) * sizeof(int)) <= header->cmsg_len; i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(header) + i * sizeof(fd), sizeof(fd));
			close(fd);
		}
	}
}

void peer_receive(struct peer *peer) {
	while (peer->fd >= 0) {
		char control[CMSG_SPACE(32 * sizeof(int))];
		struct iovec iov = {peer->unread + peer->n_unread, sizeof(peer->unread) - peer->n_unread};
		struct msghdr message = {.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control)};
		ssize_t n = recvmsg(peer->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		if (n <= 0) {
			if (n == 0 || errno != EAGAIN) {
				peer_leave(peer);
			}
			return;
		}
		close_received(&message);
		peer->n_unread += (size_t)n;
		handle_events(peer);
	}
}
