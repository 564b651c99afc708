// SPDX-License-Identifier: MIT
// What may block in the kernel and no frame should wait for: done in a thread of its own, one after the other.
#ifndef VITRINE_KIOSK_CHORES_H
#define VITRINE_KIOSK_CHORES_H

struct wl_event_loop;
struct chores;

// Embedded in what belongs to it.
struct chore {
	void (*run)(struct chore *chore); // in the thread: touches nothing but the chore
	void (*done)(
		struct chore *chore); // from the event loop, in the order of their adding; frees it
};

// NULL when out of memory.
struct chores *chores_create(struct wl_event_loop *loop);
// What was added is run and done before; what is added by that, at once. NULL is fine.
void chores_destroy(struct chores *chores);
// At once, before this returns, where no thread can be had.
void chores_add(struct chores *chores, struct chore *chore);

#endif
