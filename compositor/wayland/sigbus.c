// SPDX-License-Identifier: MIT
// Reading memory that its owner may truncate at any moment.
//
// libwayland guards one wl_shm pool at a time and asserts that it is only one; composing reads many
// clients' buffers at once. Hence a handler of our own: missing pages of a guarded range are replaced
// by pages of zeroes, and the guard remembers it. One thread guards, and while it
// does several may read.
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "wayland/server.h"

static struct sigbus_guard *guards; // in force
static struct sigaction former;
static unsigned installed;
static uintptr_t page_size;

static void pass_on(int number, siginfo_t *info, void *context) {
	if (former.sa_flags & SA_SIGINFO) {
		former.sa_sigaction(number, info, context);
	} else if (former.sa_handler != SIG_DFL && former.sa_handler != SIG_IGN) {
		former.sa_handler(number);
	} else {
		// The instruction faults again, this time for good.
		signal(number, SIG_DFL);
	}
}

// From the missing page to the end of the range: one fault a buffer, not one a page.
static bool replace(const struct sigbus_guard *guard, uintptr_t address) {
	uintptr_t start = address & ~(page_size - 1);
	uintptr_t end = ((uintptr_t)guard->data + guard->size + page_size - 1) & ~(page_size - 1);
	return mmap((void *)start, end - start, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) != MAP_FAILED;
}

static void handle_sigbus(int number, siginfo_t *info, void *context) {
	uintptr_t address = (uintptr_t)info->si_addr;
	for (struct sigbus_guard *guard = guards; guard; guard = guard->next) {
		uintptr_t first = (uintptr_t)guard->data & ~(page_size - 1);
		uintptr_t end = (uintptr_t)guard->data + guard->size;
		if (address >= first && address < end && replace(guard, address)) {
			guard->faulted = true;
			return;
		}
	}
	pass_on(number, info, context);
}

bool sigbus_install(void) {
	if (installed == 0) {
		page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
		struct sigaction action = {
			.sa_sigaction = handle_sigbus, .sa_flags = SA_SIGINFO | SA_NODEFER};
		sigemptyset(&action.sa_mask);
		if (sigaction(SIGBUS, &action, &former) != 0) {
			return false;
		}
	}
	installed++;
	return true;
}

void sigbus_remove(void) {
	if (--installed == 0) {
		sigaction(SIGBUS, &former, NULL);
	}
}

void sigbus_guard_begin(struct sigbus_guard *guard, const void *data, size_t size) {
	if (guard->users++ > 0) {
		return;
	}
	guard->data = data;
	guard->size = size;
	guard->faulted = false;
	guard->next = guards;
	guards = guard;
	// The handler runs on this thread, between two of its instructions, or on one that begins to read
	// later.
	atomic_signal_fence(memory_order_seq_cst);
}

bool sigbus_guard_end(struct sigbus_guard *guard) {
	atomic_signal_fence(memory_order_seq_cst);
	if (--guard->users == 0) {
		struct sigbus_guard **slot = &guards;
		while (*slot != guard) {
			slot = &(*slot)->next;
		}
		*slot = guard->next;
	}
	return !guard->faulted;
}
