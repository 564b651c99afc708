// SPDX-License-Identifier: MIT
// Clients that speak the wire itself: every request of every interface at every version, with arguments
// that are mostly sane, sometimes mad, and now and then not a message at all; while outputs come and
// go, frames are shown and connections end. The server answers with an error or goes on, and in the end
// nothing is left: under ASan and UBSan this is where anything else would show. VITRINE_TEST_SEED
// repeats a run, VITRINE_TEST_STEPS makes it longer.
#include <dirent.h>
#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <wayland-client.h>

#include "commit-timing-v1-client-protocol.h"
#include "content-type-v1-client-protocol.h"
#include "cursor-shape-v1-client-protocol.h"
#include "fifo-v1-client-protocol.h"
#include "linux-dmabuf-v1-client-protocol.h"
#include "pointer-constraints-unstable-v1-client-protocol.h"
#include "pointer-gestures-unstable-v1-client-protocol.h"
#include "presentation-time-client-protocol.h"
#include "primary-selection-unstable-v1-client-protocol.h"
#include "relative-pointer-unstable-v1-client-protocol.h"
#include "single-pixel-buffer-v1-client-protocol.h"
#include "tearing-control-v1-client-protocol.h"
#include "viewporter-client-protocol.h"
#include "wayland-hostile-host.h"
#include "xdg-activation-v1-client-protocol.h"
#include "xdg-decoration-unstable-v1-client-protocol.h"
#include "xdg-output-unstable-v1-client-protocol.h"
#include "xdg-shell-client-protocol.h"

enum { N_PEERS = 3, MAX_IDS = 600, MAX_MESSAGE = 512, POOL_SIZE = 65536 };

// ---- The other end of the wire ----

struct object {
	const struct wl_interface *interface; // NULL: free, or destroyed
	int version;
	uint32_t serial; // of the last configure
};

struct peer {
	int fd; // -1: not connected
	struct object objects[MAX_IDS];
	uint32_t n_ids; // the next one
	uint32_t registry;
	uint32_t entered;     // the surface that a device came to last
	uint32_t pressed;     // serial of the last press on it
	uint8_t unread[8192]; // the beginning of an event whose end has not come
	size_t n_unread;
};

static uint64_t random_state;
static struct peer peers[N_PEERS];
static unsigned long n_errors, n_events, n_requests;
static int pool_fd, other_fds[3];
static uint32_t last_serial; // of input, that any of them was told of

static const struct wl_interface *const globals[] = {&wl_compositor_interface,
	&wl_subcompositor_interface, &wl_shm_interface, &wl_output_interface, &wl_seat_interface,
	&wl_data_device_manager_interface, &zwp_linux_dmabuf_v1_interface, &wp_viewporter_interface,
	&wp_presentation_interface, &wp_single_pixel_buffer_manager_v1_interface,
	&zxdg_output_manager_v1_interface, &xdg_wm_base_interface,
	&zxdg_decoration_manager_v1_interface, &xdg_activation_v1_interface,
	&zwp_primary_selection_device_manager_v1_interface, &zwp_relative_pointer_manager_v1_interface,
	&zwp_pointer_constraints_v1_interface, &zwp_pointer_gestures_v1_interface,
	&wp_cursor_shape_manager_v1_interface, &wp_fifo_manager_v1_interface,
	&wp_commit_timing_manager_v1_interface, &wp_tearing_control_manager_v1_interface,
	&wp_content_type_manager_v1_interface};
enum { N_GLOBALS = sizeof(globals) / sizeof(globals[0]) };

static void leave(struct peer *peer) {
	if (peer->fd >= 0) {
		close(peer->fd);
	}
	peer->fd = -1;
}

static void send_bytes(
	struct peer *peer, const void *data, size_t size, const int *fds, int n_fds) {
	char control[CMSG_SPACE(32 * sizeof(int))] = {0};
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
		leave(peer);
	}
}

static struct object *object_of(struct peer *peer, uint32_t id) {
	return id < peer->n_ids ? &peer->objects[id] : NULL;
}

static uint32_t new_object(struct peer *peer, const struct wl_interface *interface, int version) {
	uint32_t id = peer->n_ids++;
	peer->objects[id] = (struct object){interface, version, 0};
	return id;
}

// An object of the interface, the newer the likelier; 0 if there is none.
static uint32_t find_object(struct peer *peer, const struct wl_interface *interface) {
	uint32_t found = 0;
	for (uint32_t id = 1; id < peer->n_ids; id++) {
		const struct object *object = &peer->objects[id];
		if (object->interface && (!interface || object->interface == interface) &&
			(!found || pick(2))) {
			found = id;
		}
	}
	return found;
}

static bool is_destructor(const struct wl_message *message) {
	return strcmp(message->name, "destroy") == 0 || strcmp(message->name, "release") == 0;
}

// ---- Messages ----

struct message {
	uint8_t bytes[MAX_MESSAGE];
	size_t size;
	int fds[4];
	int n_fds;
};

static void put(struct message *message, uint32_t word) {
	if (message->size + sizeof(word) <= MAX_MESSAGE) {
		memcpy(message->bytes + message->size, &word, sizeof(word));
		message->size += sizeof(word);
	}
}

static void put_data(struct message *message, const void *data, uint32_t size) {
	uint8_t padded[64] = {0};
	memcpy(padded, data, size);
	put(message, size);
	for (uint32_t i = 0; i < size; i += 4) {
		uint32_t word;
		memcpy(&word, padded + i, sizeof(word));
		put(message, word);
	}
}

static uint32_t some_number(bool mad) {
	static const uint32_t extremes[] = {0x80000000, 0x80000001, 0x7fffffff, 0x7ffffffe, 0xffffffff,
		0, 16384, 65535, 65536, 0xffff0000, 0x40000000, 0xfffffff0};
	if (mad) {
		return pick(2) ? extremes[pick(sizeof(extremes) / sizeof(extremes[0]))] : pick(1 << 30);
	}
	return pick(2) ? pick(8) : pick(64);
}

// What a request needs to have a chance: sane arguments, by position.
static bool known_numbers(
	const struct object *object, const struct wl_message *request, uint32_t numbers[8]) {
	const struct wl_interface *interface = object->interface;
	const char *name = request->name;
	const uint32_t pool[] = {POOL_SIZE};
	const uint32_t buffer[] = {64 * pick(4), 16, 16, 64, pick(2)};
	const uint32_t ack[] = {object->serial};
	const uint32_t input[] = {last_serial};
	const uint32_t direction[] = {pick(9)};
	const uint32_t one[] = {1, 1, 16, 16};
	const uint32_t none[] = {0, 0, 0, 0};
	const uint32_t plane[] = {0, 0, 64, 0, 0};
	const uint32_t dmabuf[] = {16, 16, DRM_FORMAT_XRGB8888, 0};
	const uint32_t *chosen = NULL;
	if (interface == &wl_shm_interface || strcmp(name, "resize") == 0) {
		chosen = pool;
	} else if (strcmp(name, "create_buffer") == 0) {
		chosen = buffer;
	} else if (strcmp(name, "ack_configure") == 0) {
		chosen = ack;
	} else if (strcmp(name, "start_drag") == 0 || strcmp(name, "set_selection") == 0) {
		chosen = input;
	} else if (strcmp(name, "set_shape") == 0) {
		numbers[0] = last_serial;
		numbers[1] = 1 + pick(36);
		return true;
	} else if (strcmp(name, "set_anchor") == 0 || strcmp(name, "set_gravity") == 0) {
		chosen = direction;
	} else if (strcmp(name, "set_buffer_scale") == 0 || strcmp(name, "set_size") == 0 ||
		strcmp(name, "set_anchor_rect") == 0 || strcmp(name, "set_window_geometry") == 0 ||
		strcmp(name, "set_destination") == 0 || strcmp(name, "set_parent_size") == 0 ||
		strcmp(name, "lock_pointer") == 0 || strcmp(name, "confine_pointer") == 0) {
		chosen = one;
	} else if (strcmp(name, "attach") == 0 || strcmp(name, "set_actions") == 0 ||
		strcmp(name, "set_min_size") == 0 || (strcmp(name, "set_timestamp") == 0 && pick(4))) {
		chosen = none;
	} else if (interface == &zwp_linux_buffer_params_v1_interface) {
		chosen = strcmp(name, "add") == 0 ? plane : dmabuf;
	} else if (strcmp(name, "set_source") == 0) {
		const uint32_t source[] = {256, 256, 4 * 256, 4 * 256};
		memcpy(numbers, source, sizeof(source));
		return true;
	}
	if (!chosen) {
		return false;
	}
	size_t n = chosen == buffer || chosen == plane            ? 5
		: chosen == one || chosen == none || chosen == dmabuf ? 4
															  : 1;
	memcpy(numbers, chosen, n * sizeof(numbers[0]));
	return true;
}

// Roles go to the newest surface, and hang on an older one. False if there is none.
static bool put_object(struct peer *peer, struct message *message, const struct wl_interface *type,
	bool nullable, bool creates, int i) {
	uint32_t newest = creates && pick(20) ? peer->n_ids - 1 : 0;
	while (newest > 0 && peer->objects[newest].interface != type) {
		newest--;
	}
	uint32_t id = nullable && pick(20) == 0 ? 0 : find_object(peer, type);
	if (type == &wl_surface_interface && newest && i == 1) {
		id = newest;
	} else if (newest && id == newest) {
		id = 1 + pick(newest);
		while (id > 0 && peer->objects[id].interface != type) {
			id--;
		}
	}
	if (pick(1000) == 0) {
		id = pick(MAX_IDS); // of another interface, dead or unborn
	}
	put(message, id);
	return id > 0 || nullable;
}

static void put_fd(struct message *message, const struct object *object) {
	if (message->n_fds < 4) {
		bool sane = object->interface == &wl_shm_interface && pick(20);
		message->fds[message->n_fds++] = sane ? pool_fd : other_fds[pick(3)];
	}
}

// All of the arguments after the header. False if an object is missing.
static bool put_arguments(struct peer *peer, struct message *message, const struct object *object,
	const struct wl_message *request, bool mad) {
	uint32_t numbers[8] = {0};
	bool known = !mad && known_numbers(object, request, numbers);
	bool nullable = false, complete = true, creates = strchr(request->signature, 'n') != NULL;
	int i_number = 0, i_type = 0;
	for (const char *type = request->signature; *type; type++) {
		switch (*type) {
		case '?':
			nullable = true;
			continue;
		case 'i':
		case 'u':
		case 'f':
			put(message, known ? numbers[i_number & 7] : some_number(mad));
			i_number++;
			break;
		case 's':
			put_data(message, "a string", 9);
			break;
		case 'a':
			put_data(message, "array", 5);
			break;
		case 'o':
			complete &=
				put_object(peer, message, request->types[i_type], nullable, creates, i_type);
			break;
		case 'n':
			put(message, new_object(peer, request->types[i_type], object->version));
			break;
		case 'h':
			put_fd(message, object);
			break;
		default:
			continue; // the version that it came with
		}
		nullable = false;
		i_type++;
	}
	return complete;
}

static void finish_message(struct message *message, uint32_t id, uint32_t opcode) {
	uint32_t header[2] = {id, (uint32_t)message->size << 16 | opcode};
	memcpy(message->bytes, header, sizeof(header));
}

// Not quite what the protocol allows.
static void spoil(struct message *message) {
	switch (pick(6)) {
	case 0: // cut short, or its length is a lie
		message->size -= pick((unsigned)message->size);
		break;
	case 1:
		message->bytes[6 + pick(2)] = (uint8_t)pick(256);
		break;
	case 2:
		for (unsigned n = 1 + pick(8); n > 0; n--) {
			message->bytes[pick((unsigned)message->size)] ^= (uint8_t)(1 << pick(8));
		}
		break;
	case 3:
		message->n_fds = 0;
		break;
	case 4:
		message->n_fds = 4;
		for (int i = 0; i < 4; i++) {
			message->fds[i] = other_fds[pick(3)];
		}
		break;
	default:
		message->size = MAX_MESSAGE;
		for (size_t i = 0; i < message->size; i++) {
			message->bytes[i] = (uint8_t)pick(256);
		}
	}
}

static void send_message(struct peer *peer, struct message *message) {
	n_requests++;
	if (pick(2000) == 0) {
		spoil(message);
	}
	if (message->size > 0) {
		send_bytes(peer, message->bytes, message->size, message->fds, message->n_fds);
	}
}

static bool has_room(const struct peer *peer) {
	return peer->fd >= 0 && peer->n_ids + 16 < MAX_IDS;
}

static void request(struct peer *peer, uint32_t id, uint32_t opcode) {
	struct object object = peer->objects[id];
	const struct wl_message *described = &object.interface->methods[opcode];
	struct message message = {.size = 8};
	if (strcmp(described->signature, "usun") == 0) {
		return; // wl_registry.bind
	}
	uint32_t n_ids = peer->n_ids;
	if (!put_arguments(peer, &message, &object, described, pick(60) == 0) && pick(50)) {
		peer->n_ids = n_ids;
		return;
	}
	finish_message(&message, id, opcode);
	send_message(peer, &message);
	if (is_destructor(described) && id != 1) {
		peer->objects[id].interface = NULL;
	}
}

static void request_named(struct peer *peer, uint32_t id, const char *name) {
	if (id == 0 || id >= peer->n_ids || !has_room(peer) || !peer->objects[id].interface) {
		return;
	}
	const struct wl_interface *interface = peer->objects[id].interface;
	for (int i = 0; i < interface->method_count; i++) {
		if (strcmp(interface->methods[i].name, name) == 0) {
			request(peer, id, (uint32_t)i);
		}
	}
}

// ---- Events ----

static void handle_global(struct peer *peer, const uint8_t *event, size_t size) {
	uint32_t name, length, version;
	memcpy(&name, event + 8, 4);
	memcpy(&length, event + 12, 4);
	size_t end = 16 + ((length + 3) & ~(size_t)3);
	assert_true(end + 4 <= size);
	memcpy(&version, event + end, 4);
	const char *string = (const char *)event + 16;
	for (int i = 0; i < N_GLOBALS; i++) {
		if (strcmp(globals[i]->name, string) != 0 || !has_room(peer)) {
			continue;
		}
		// Now and then one that does not exist.
		int bound = pick(200) == 0 ? (int)version + 1 : 1 + (int)pick(version);
		bound = pick(2) ? bound : (int)version;
		struct message message = {.size = 8};
		put(&message, name);
		put_data(&message, string, length);
		put(&message, (uint32_t)bound);
		put(&message, new_object(peer, globals[i], bound));
		finish_message(&message, peer->registry, 0);
		send_message(peer, &message);
	}
}

static int since(const struct wl_message *message) {
	int version = atoi(message->signature);
	return version > 0 ? version : 1;
}

static void handle_event(struct peer *peer, const uint8_t *event, size_t size) {
	uint32_t id, word;
	memcpy(&id, event, 4);
	memcpy(&word, event + 4, 4);
	uint32_t opcode = word & 0xffff;
	n_events++;
	if (id == 1) {
		n_errors += opcode == 0;
		return;
	}
	struct object *object = object_of(peer, id);
	if (!object || !object->interface) {
		return; // destroyed in the meantime, or made by the server
	}
	// Nobody hears of what came with a later version than he asked for.
	assert_true((int)opcode < object->interface->event_count);
	assert_true(since(&object->interface->events[opcode]) <= object->version);
	if (id == peer->registry && opcode == 0) {
		handle_global(peer, event, size);
	} else if (object->interface == &xdg_surface_interface) {
		memcpy(&object->serial, event + 8, 4);
		if (pick(6)) {
			request_named(peer, id, "ack_configure");
		}
	} else if ((object->interface == &wl_pointer_interface && (opcode == 0 || opcode == 3)) ||
		(object->interface == &wl_touch_interface && opcode == 0)) {
		memcpy(&last_serial, event + 8, 4); // enter, button, down
		if (opcode == 3 || object->interface == &wl_touch_interface) {
			peer->pressed = last_serial;
		}
		if (opcode == 0) {
			memcpy(
				&peer->entered, event + (object->interface == &wl_pointer_interface ? 12 : 16), 4);
		}
	} else if (object->interface == &wl_callback_interface ||
		object->interface == &wp_presentation_feedback_interface) {
		if (object->interface == &wl_callback_interface || opcode > 0) {
			object->interface = NULL;
		}
	}
}

static void receive(struct peer *peer) {
	while (peer->fd >= 0) {
		uint8_t *bytes = peer->unread;
		char control[CMSG_SPACE(32 * sizeof(int))];
		struct iovec iov = {bytes + peer->n_unread, sizeof(peer->unread) - peer->n_unread};
		struct msghdr message = {.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control)};
		ssize_t n = recvmsg(peer->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		if (n <= 0) {
			if (n == 0 || errno != EAGAIN) {
				leave(peer);
			}
			return;
		}
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		for (size_t i = 0; header && CMSG_LEN((i + 1) * sizeof(int)) <= header->cmsg_len; i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(header) + i * sizeof(fd), sizeof(fd));
			close(fd);
		}
		peer->n_unread += (size_t)n;
		size_t done = 0, size = 0;
		for (; peer->n_unread - done >= 8; done += size) {
			uint32_t word;
			memcpy(&word, bytes + done + 4, 4);
			size = word >> 16;
			assert_true(size >= 8 && size <= sizeof(peer->unread));
			if (peer->n_unread - done < size) {
				break;
			}
			handle_event(peer, bytes + done, size);
		}
		peer->n_unread -= done;
		memmove(bytes, bytes + done, peer->n_unread);
	}
}

// ---- What they do ----

static void join(struct peer *peer) {
	int fds[2];
	*peer = (struct peer){.n_ids = 1};
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_non_null(wl_client_create(wayland_server_display(host.server), fds[0]));
	peer->fd = fds[1];
	new_object(peer, &wl_display_interface, 1);
	peer->registry = peer->n_ids;
	request_named(peer, 1, "get_registry");
	serve();
	receive(peer);
	serve();
	receive(peer);
	request_named(peer, find_object(peer, &wl_shm_interface), "create_pool");
	request_named(peer, find_object(peer, &wl_shm_pool_interface), "create_buffer");
	request_named(peer, find_object(peer, &wl_seat_interface), "get_pointer");
	request_named(peer, find_object(peer, &wl_seat_interface), "get_touch");
	request_named(peer, find_object(peer, &xdg_wm_base_interface), "create_positioner");
	request_named(peer, find_object(peer, &xdg_positioner_interface), "set_size");
	request_named(peer, find_object(peer, &xdg_positioner_interface), "set_anchor_rect");
}

static void make_window(struct peer *peer) {
	request_named(peer, find_object(peer, &wl_compositor_interface), "create_surface");
	uint32_t surface = peer->n_ids - 1;
	request_named(peer, find_object(peer, &xdg_wm_base_interface), "get_xdg_surface");
	request_named(peer, peer->n_ids - 1, pick(3) ? "get_toplevel" : "get_popup");
	request_named(peer, surface, "commit");
	serve();
	receive(peer);
	if (pick(10)) {
		request_named(peer, surface, "attach");
		request_named(peer, surface, "commit");
	}
}

static void make_subsurface(struct peer *peer) {
	request_named(peer, find_object(peer, &wl_compositor_interface), "create_surface");
	uint32_t surface = peer->n_ids - 1;
	request_named(peer, find_object(peer, &wl_subcompositor_interface), "get_subsurface");
	request_named(peer, surface, "attach");
	request_named(peer, surface, "commit");
}

// With what the seat gave it, so that it comes about.
static void make_drag(struct peer *peer) {
	serve();
	receive(peer);
	uint32_t seat = find_object(peer, &wl_seat_interface);
	uint32_t manager = find_object(peer, &wl_data_device_manager_interface);
	request_named(peer, seat, pick(2) ? "get_pointer" : "get_touch");
	request_named(peer, manager, "get_data_device");
	request_named(peer, manager, "create_data_source");
	uint32_t device = find_object(peer, &wl_data_device_interface);
	uint32_t source = find_object(peer, &wl_data_source_interface);
	request_named(peer, source, "offer");
	if (!device || !source || !peer->entered) {
		return;
	}
	struct message message = {.size = 8};
	put(&message, pick(4) ? source : 0);
	put(&message, peer->entered);
	put(&message, pick(2) ? find_object(peer, &wl_surface_interface) : 0);
	put(&message, pick(8) ? peer->pressed : last_serial);
	finish_message(&message, device, WL_DATA_DEVICE_START_DRAG);
	send_message(peer, &message);
}

static void make_constraint(struct peer *peer) {
	request_named(peer, find_object(peer, &wl_seat_interface), "get_pointer");
	uint32_t manager = find_object(peer, &zwp_pointer_constraints_v1_interface);
	uint32_t pointer = find_object(peer, &wl_pointer_interface);
	if (!manager || !pointer || !peer->entered || !has_room(peer)) {
		return;
	}
	bool locks = pick(2);
	struct message message = {.size = 8};
	put(&message,
		new_object(peer,
			locks ? &zwp_locked_pointer_v1_interface : &zwp_confined_pointer_v1_interface, 1));
	put(&message, peer->entered);
	put(&message, pointer);
	put(&message, pick(2) ? find_object(peer, &wl_region_interface) : 0);
	put(&message, 1 + pick(2));
	finish_message(&message, manager,
		locks ? ZWP_POINTER_CONSTRAINTS_V1_LOCK_POINTER
			  : ZWP_POINTER_CONSTRAINTS_V1_CONFINE_POINTER);
	send_message(peer, &message);
}

static void anything(struct peer *peer) {
	uint32_t id = pick(3) ? 1 + pick(peer->n_ids - 1) : find_object(peer, NULL);
	const struct object *object = object_of(peer, id);
	if (!object || !object->interface || object->interface->method_count == 0) {
		return;
	}
	uint32_t opcode = pick((unsigned)object->interface->method_count);
	const struct wl_message *message = &object->interface->methods[opcode];
	bool asks_for_error = object->interface == &wl_subcompositor_interface;
	if ((is_destructor(message) && pick(8)) || (asks_for_error && pick(50)) ||
		(since(message) > object->version && pick(500))) {
		return;
	}
	request(peer, id, opcode);
}

static void act(struct peer *peer) {
	if (!has_room(peer)) {
		leave(peer);
		serve();
		join(peer);
	}
	for (unsigned n = 1 + pick(12); n > 0 && has_room(peer); n--) {
		switch (pick(14)) {
		case 0:
			make_window(peer);
			break;
		case 1:
			make_subsurface(peer);
			break;
		case 2:
		case 3:
		case 4:
			request_named(peer, find_object(peer, &wl_surface_interface), "commit");
			break;
		case 5:
			make_drag(peer);
			break;
		case 6:
			if (pick(4) == 0) {
				make_constraint(peer);
			}
			break;
		default:
			anything(peer);
		}
	}
	serve();
	if (pick(10)) { // some do not listen
		receive(peer);
	}
}

static void disturb(void) {
	int i = (int)pick(N_OUTPUTS);
	if (pick(2)) {
		use_devices();
	}
	if (pick(40) == 0 && host.outputs[i].wayland) {
		remove_output(i);
	} else if (pick(20) == 0 && !host.outputs[i].wayland) {
		add_output(i);
	}
	if (pick(100) == 0) { // a pool that is cut off while it is read
		assert_int_equal(ftruncate(pool_fd, pick(2) ? 100 : POOL_SIZE), 0);
	}
}

unsigned pick(unsigned n) {
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(random_state >> 33) % n;
}

static unsigned long setting(const char *name, unsigned long otherwise) {
	const char *value = getenv(name);
	return value ? strtoul(value, NULL, 0) : otherwise;
}

static int count_fds(void) {
	int n = 0;
	DIR *dir = opendir("/proc/self/fd");
	assert_non_null(dir);
	while (readdir(dir)) {
		n++;
	}
	closedir(dir);
	return n;
}

static void test_anything(void **state) {
	(void)state;
	random_state = setting("VITRINE_TEST_SEED", 1);
	unsigned long n = setting("VITRINE_TEST_STEPS", 30000), shown = 0;
	host_start();
	int pipe_fds[2];
	pool_fd = memfd_create("pool", MFD_CLOEXEC);
	assert_int_equal(ftruncate(pool_fd, POOL_SIZE), 0);
	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	other_fds[0] = pipe_fds[0];
	other_fds[1] = open("/dev/null", O_RDWR | O_CLOEXEC);
	other_fds[2] = memfd_create("small", MFD_CLOEXEC);
	for (int i = 0; i < N_PEERS; i++) {
		peers[i].fd = -1;
	}
	int n_fds = count_fds() + (host.outputs[0].wayland ? 0 : 1);
	for (unsigned long step = 0; step < n; step++) {
		disturb();
		act(&peers[pick(N_PEERS)]);
		kiosk_layout_flush(host.layout);
		for (int i = 0; i < N_OUTPUTS; i++) {
			if (host.outputs[i].wayland && pick(2)) {
				shown += show_frame(&host.outputs[i].scene) > 0;
			}
		}
	}
	for (int i = 0; i < N_PEERS; i++) {
		leave(&peers[i]);
	}
	serve();
	serve();
	print_message("%lu requests, %lu events, %lu errors, %lu frames\n", n_requests, n_events,
		n_errors, shown);
	assert_true(shown > n / 50 && n_events > n && n_errors > 0); // otherwise it proves little
	// A timer each of outputs that were withdrawn a moment ago is all that may be left.
	assert_in_range(count_fds(), n_fds - 1, n_fds + 16);
	host_finish();
	close(pool_fd);
	close(pipe_fds[1]);
	for (int i = 0; i < 3; i++) {
		close(other_fds[i]);
	}
}

int main(void) {
	char dir[] = "/tmp/vitrine-test-XXXXXX";
	if (!mkdtemp(dir) || setenv("XDG_RUNTIME_DIR", dir, 1) != 0) {
		return 1;
	}
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_anything),
	};
	int failed = cmocka_run_group_tests_name("wayland-hostile", tests, NULL, NULL);
	char lock[64];
	snprintf(lock, sizeof(lock), "%s/wayland-0.lock", dir);
	unlink(lock);
	rmdir(dir);
	return failed;
}
