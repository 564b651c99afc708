// SPDX-License-Identifier: MIT
// What linux-dmabuf tells of the formats that a compositor takes.
#ifndef VITRINE_CLIENTS_FEEDBACK_H
#define VITRINE_CLIENTS_FEEDBACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/format.h"

struct zwp_linux_dmabuf_v1;
struct zwp_linux_dmabuf_feedback_v1;
struct feedback_entry;

struct client_feedback {
	struct format_set all;     // what a surface may show, by whatever way
	struct format_set scanout; // what a plane of the display takes
	dev_t main_device;         // 0 when the compositor does not tell (before version 4)
	bool has_tranches;         // the compositor tells what planes take
	bool failed;               // out of memory, or a table that cannot be mapped

	// private
	struct zwp_linux_dmabuf_feedback_v1 *object; // may be NULL
	struct feedback_entry *table;                // may be NULL
	size_t table_size;                           // bytes
	struct format_set tranche;                   // the one that is being read
	bool tranche_scanout;
	bool complete; // the next event starts a new set of parameters
};

// Starts to listen to `dmabuf`, of version 3 or later; one more roundtrip brings the formats in.
// False when out of memory.
bool client_feedback_init(struct client_feedback *feedback, struct zwp_linux_dmabuf_v1 *dmabuf);
void client_feedback_finish(struct client_feedback *feedback);

// The modifier to give linear memory of this format: LINEAR, else INVALID where only that is
// offered (it then means "as the device has it", which is linear for what the clients allocate).
// False if the format is offered with neither.
bool client_feedback_modifier(
	const struct client_feedback *feedback, uint32_t format, uint64_t *modifier);

// The names of the formats in a set that linear memory can have, each once, with ", " between.
// Ends in "..." when `size` bytes do not hold them; "none" if there are none.
void client_feedback_list(const struct format_set *set, char *text, size_t size);

#endif
