// SPDX-License-Identifier: MIT
#include "wire-message.h"

#include <drm_fourcc.h>
#include <string.h>

#include "linux-dmabuf-v1-client-protocol.h"
#include "wire-files.h"
#include "wire-timelines.h"
#include "xdg-shell-client-protocol.h"

void message_put(struct message *message, uint32_t word) {
	if (message->size + sizeof(word) <= MAX_MESSAGE) {
		memcpy(message->bytes + message->size, &word, sizeof(word));
		message->size += sizeof(word);
	}
}

void message_put_data(struct message *message, const void *data, uint32_t size) {
	message_put(message, size);
	size_t padded = (size + 3) & ~(size_t)3;
	if (message->size + padded <= MAX_MESSAGE) {
		memset(message->bytes + message->size, 0, padded);
		memcpy(message->bytes + message->size, data, size);
		message->size += padded;
	}
}

void message_finish(struct message *message, uint32_t id, uint32_t opcode) {
	uint32_t header[2] = {id, (uint32_t)message->size << 16 | opcode};
	memcpy(message->bytes, header, sizeof(header));
}

// ---- Numbers ----

static uint32_t some_number(bool mad) {
	static const uint32_t extremes[] = {0x80000000, 0x80000001, 0x7fffffff, 0x7ffffffe, 0xffffffff,
		0, 16384, 65535, 65536, 0xffff0000, 0x40000000, 0xfffffff0};
	if (mad) {
		return pick(2) ? extremes[pick(sizeof(extremes) / sizeof(extremes[0]))] : pick(1 << 30);
	}
	return pick(2) ? pick(8) : pick(64);
}

struct sane {
	const char *request;
	int n;
	uint32_t numbers[5];
};

static bool take(const struct sane *sane, uint32_t numbers[8]) {
	memcpy(numbers, sane->numbers, sizeof(sane->numbers));
	return true;
}

// Requests that want numbers which were told before, or which there are few of.
static bool told_numbers(
	const struct object *object, const char *name, uint32_t serial, uint32_t numbers[8]) {
	const struct sane told[] = {
		{"ack_configure", 1, {object->serial}},
		{"create_configuration", 1, {object->serial}},
		{"start_drag", 1, {serial}},
		{"set_selection", 1, {serial}},
		{"set_serial", 1, {serial}},
		{"set_cursor", 3, {serial, 1, 1}},
		{"set_shape", 2, {serial, 1 + pick(36)}},
		{"set_anchor", 1, {pick(object->interface == &xdg_positioner_interface ? 9 : 16)}},
		{"set_gravity", 1, {pick(9)}},
		{"get_layer_surface", 1, {pick(4)}},
		{"keymap", 2, {1, wire_keymap_size - pick(2)}},
		{"capture_output", 1, {pick(4)}},
		{"app", 1, {pick(4)}},
		{"set_multiplier", 1, {pick(2) ? 0x80000000 : 0xffffffff}},
	};
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		if (strcmp(told[i].request, name) == 0) {
			return take(&told[i], numbers);
		}
	}
	// In their order or not, if they are of one timeline at all.
	bool acquires = strcmp(name, "set_acquire_point") == 0;
	if (acquires || strcmp(name, "set_release_point") == 0) {
		numbers[0] = 0;
		numbers[1] = pick(256) + (acquires ? 0 : 16);
		return true;
	}
	// An input method says how often it heard "done".
	if (strcmp(name, "commit") == 0 &&
		strcmp(object->interface->name, "zwp_input_method_v2") == 0) {
		numbers[0] = object->serial;
		return true;
	}
	return false;
}

// What a request needs to have a chance, by position.
static bool known_numbers(const struct object *object, const struct wl_message *request,
	uint32_t serial, uint32_t numbers[8]) {
	const char *name = request->name;
	if (told_numbers(object, name, serial, numbers)) {
		return true;
	}
	const struct sane sane[] = {
		{"create_pool", 1, {POOL_SIZE}},
		{"resize", 1, {POOL_SIZE}},
		{"create_buffer", 5, {64 * pick(4), 16, 16, 64, pick(2)}},
		{"set_buffer_scale", 1, {1}},
		{"set_size", 2, {16, 16}},
		{"set_anchor_rect", 4, {1, 1, 16, 16}},
		{"set_window_geometry", 4, {1, 1, 16, 16}},
		{"set_destination", 2, {1 + pick(40), 1 + pick(40)}},
		{"set_parent_size", 2, {1, 1}},
		{"lock_pointer", 1, {1 + pick(2)}},
		{"confine_pointer", 1, {1 + pick(2)}},
		{"attach", 2, {0}},
		{"set_actions", 2, {pick(8), 1u << pick(3)}},
		{"set_min_size", 2, {0}},
		{"set_timestamp", 3, {0, pick(4), pick(1000)}},
		{"set_source", 4, {256, 256, 4 * 256, 4 * 256}},
	};
	for (size_t i = 0; i < sizeof(sane) / sizeof(sane[0]); i++) {
		if (strcmp(sane[i].request, name) == 0) {
			return take(&sane[i], numbers);
		}
	}
	if (object->interface == &zwp_linux_buffer_params_v1_interface) {
		const struct sane plane = {"add", 5, {0, 0, 64, 0, 0}};
		const struct sane dmabuf = {"create", 4, {16, 16, DRM_FORMAT_XRGB8888, 0}};
		return take(strcmp(name, "add") == 0 ? &plane : &dmabuf, numbers);
	}
	return false;
}

// ---- Objects, texts, files ----

// Roles go to the newest surface, and hang on an older one. False if there is none.
static bool put_object(struct peer *peer, struct message *message, const struct wl_interface *type,
	bool nullable, bool creates, int i) {
	uint32_t newest = creates && pick(20) ? peer_last(peer) : 0;
	while (newest > 0 && peer->objects[newest].interface != type) {
		newest--;
	}
	uint32_t id = nullable && pick(20) == 0 ? 0 : peer_find(peer, type);
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
	message_put(message, id);
	return id > 0 || nullable;
}

static void put_string(struct message *message, bool nullable) {
	static const char *const texts[] = {"a string", "text/plain", "Test",
		"text/plain;charset=utf-8", "none", "\xc3\xa4\xe2\x82\xac", "\xed\xa0\x80", "\x1b[2J\n"};
	char text[2048];
	unsigned which = pick(16);
	if (nullable && pick(8) == 0) {
		message_put(message, 0);
	} else if (which < sizeof(texts) / sizeof(texts[0])) {
		message_put_data(message, texts[which], (uint32_t)strlen(texts[which]) + 1);
	} else if (which == 15) {
		unsigned length = pick(sizeof(text));
		memset(text, (int)(1 + pick(255)), length);
		text[length] = '\0';
		message_put_data(message, text, length + 1);
	} else {
		message_put_data(message, texts[0], (uint32_t)strlen(texts[0]) + 1);
	}
}

static void put_fd(struct message *message, const struct wl_message *request) {
	if (message->n_fds < 4) {
		bool pool = strcmp(request->name, "create_pool") == 0;
		bool keymap = strcmp(request->name, "keymap") == 0;
		bool timeline = strcmp(request->name, "import_timeline") == 0;
		bool other = !(pool || keymap || timeline) || pick(20) == 0;
		message->fds[message->n_fds++] = other ? wire_other_file()
			: pool                             ? wire_pool_file()
			: keymap                           ? wire_keymap_file()
											   : wire_timeline_file();
	}
}

struct arguments {
	struct peer *peer;
	const struct object *object;
	const struct wl_message *request;
	bool mad, known, creates, complete;
	uint32_t numbers[8];
	int i_number, i_type;
};

// What the next argument is made for; new objects are the peer's from now on.
static void put_argument(
	struct message *message, struct arguments *arguments, char type, bool nullable) {
	struct peer *peer = arguments->peer;
	const struct wl_interface *interface = arguments->request->types[arguments->i_type];
	switch (type) {
	case 'i':
	case 'u':
	case 'f':
		message_put(message,
			arguments->known ? arguments->numbers[arguments->i_number & 7]
							 : some_number(arguments->mad));
		arguments->i_number++;
		break;
	case 's':
		put_string(message, nullable);
		break;
	case 'a':
		message_put_data(message, "array", 5);
		break;
	case 'o':
		arguments->complete &=
			put_object(peer, message, interface, nullable, arguments->creates, arguments->i_type);
		break;
	case 'n':
		if (message->n_new_ids < 4) {
			uint32_t id = peer_new_object(peer, interface, arguments->object->version);
			message->new_ids[message->n_new_ids++] = id;
			message_put(message, id);
		}
		break;
	default:
		put_fd(message, arguments->request);
	}
	arguments->i_type++;
}

bool message_put_arguments(struct message *message, struct peer *peer, const struct object *object,
	const struct wl_message *request, bool mad) {
	struct arguments arguments = {.peer = peer,
		.object = object,
		.request = request,
		.mad = mad,
		.creates = strchr(request->signature, 'n') != NULL,
		.complete = true};
	arguments.known = !mad && known_numbers(object, request, wire_last_serial, arguments.numbers);
	bool nullable = false;
	for (const char *type = request->signature; *type; type++) {
		if (*type == '?') {
			nullable = true;
		} else if (strchr("iufsaonh", *type)) { // else the version that it came with
			put_argument(message, &arguments, *type, nullable);
			nullable = false;
		}
	}
	return arguments.complete;
}

void message_spoil(struct message *message) {
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
			message->fds[i] = wire_other_file();
		}
		break;
	default:
		message->size = 8 + pick(504);
		for (size_t i = 0; i < message->size; i++) {
			message->bytes[i] = (uint8_t)pick(256);
		}
	}
}
