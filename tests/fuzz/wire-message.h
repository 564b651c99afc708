// SPDX-License-Identifier: MIT
// One request as bytes and file descriptors.
#ifndef VITRINE_TESTS_FUZZ_WIRE_MESSAGE_H
#define VITRINE_TESTS_FUZZ_WIRE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire-peer.h"

enum { MAX_MESSAGE = 4096 };

struct message {
	uint8_t bytes[MAX_MESSAGE];
	size_t size; // 8 at first: the header comes last
	int fds[4];
	int n_fds;
	uint32_t new_ids[4]; // objects that it makes
	int n_new_ids;
};

void message_put(struct message *message, uint32_t word);
void message_put_data(struct message *message, const void *data, uint32_t size);
void message_finish(struct message *message, uint32_t id, uint32_t opcode);
// All of the arguments after the header, mad ones or such that have a chance. False if an object is missing.
bool message_put_arguments(struct message *message, struct peer *peer, const struct object *object,
	const struct wl_message *request, bool mad);
// Makes it what the protocol does not quite allow.
void message_spoil(struct message *message);

#endif
