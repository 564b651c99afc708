// SPDX-License-Identifier: MIT
// The Wayland socket: one client does anything, as the input says; another one is well behaved, and is answered
// all the while. In the end both leave, and nothing is left of them.
//
// The input is a byte of settings, then records of a fixed size, each one step: a byte that says what it is, and
// bytes that make the choices in it. So what is cut out or put in leaves the other steps what they were.
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fuzz.h"
#include "wire-host.h"
#include "wire-peer.h"
#include "wire-timelines.h"

enum {
	RECORD = 16,       // bytes
	MAX_RECORDS = 400, // of an input
	CHECKED = 16,      // the good client asks after so many
	MAX_ROUNDS = 1000, // in which it must be answered
	MAX_VISITS = 8,    // how often the bad one comes back after an error
};

// ---- Choices ----

static struct {
	const uint8_t *bytes; // of the record
	size_t left;
	uint64_t state; // what goes on when they are used up
	bool tame;      // those of the good client
} choices;

static void choose_by(const uint8_t *bytes, size_t size) {
	choices.bytes = bytes;
	choices.left = size;
	choices.state = UINT64_C(0xcbf29ce484222325); // FNV-1a
	for (size_t i = 0; i < size; i++) {
		choices.state = (choices.state ^ bytes[i]) * UINT64_C(0x100000001b3);
	}
}

unsigned pick(unsigned n) {
	if (choices.tame) {
		return n - 1; // what is rare or mad is 0
	}
	unsigned value = 0;
	size_t wanted = n <= 256 ? 1 : n <= 65536 ? 2 : 4;
	if (choices.left < wanted) {
		choices.left = 0;
		choices.state = choices.state * 6364136223846793005u + 1442695040888963407u;
		return (unsigned)(choices.state >> 33) % n;
	}
	for (; wanted > 0; wanted--, choices.left--) {
		value = value << 8 | *choices.bytes++;
	}
	return value % n;
}

// ---- The server and its clients ----

static struct peer good, bad;
static unsigned long n_shown, n_visits;

bool fuzz_is_mixture(void) {
	printf("%lu requests, %lu events, %lu errors, %lu layers shown, ", wire_counts.n_requests,
		wire_counts.n_events, wire_counts.n_errors, n_shown);
	printf("%lu changes while points were waited for\n", wire_timeline_waits);
	return wire_counts.n_errors > 0 && n_shown > 0 && n_visits > 0 && wire_timeline_waits > 0;
}

static void expect_answer(void) {
	choices.tame = true;
	fuzz_assert(good.fd >= 0);
	uint32_t callback = peer_sync(&good);
	if (callback != 0) { // else it has used up its ids
		const struct object *object = peer_object(&good, callback);
		for (int i = 0; i < MAX_ROUNDS && object->interface != NULL; i++) {
			serve();
			peer_receive(&good);
		}
		fuzz_assert(good.fd >= 0);
		fuzz_assert(object->interface == NULL);
	}
	choices.tame = false;
}

static int count_fds(void) {
	int n = 0;
	DIR *folder = opendir("/proc/self/fd");
	fuzz_assert(folder != NULL);
	while (readdir(folder) != NULL) {
		n++;
	}
	closedir(folder);
	return n;
}

// ---- Steps ----

static void change_outputs(void) {
	int i = (int)pick(N_OUTPUTS);
	if (host.outputs[i].wayland != NULL) {
		remove_output(i);
	} else {
		add_output(i);
	}
}

static void show_frames(void) {
	for (int i = 0; i < N_OUTPUTS; i++) {
		if (host.outputs[i].wayland != NULL) {
			n_shown += show_frame(&host.outputs[i].scene);
		}
	}
}

static void send_raw(void) {
	uint8_t bytes[RECORD];
	size_t size = 1 + pick(RECORD - 2);
	for (size_t i = 0; i < size; i++) {
		bytes[i] = (uint8_t)pick(256);
	}
	peer_send_bytes(&bad, bytes, size, NULL, 0);
}

// What has nothing to do with the client itself. False if the step is one of its own.
static bool disturb(uint8_t step) {
	switch (step % 32) {
	case 0:
		change_outputs();
		return true;
	case 1:
		wire_resize_pool(pick(2));
		return true;
	case 2:
	case 3:
	case 4:
	case 5:
		use_devices();
		return true;
	case 6:
	case 7:
	case 8:
		show_frames();
		return true;
	case 20:
		wire_timelines_change(host.server);
		return true;
	default:
		return false;
	}
}

static void act(uint8_t step) {
	switch (step % 32) {
	case 9:
		act_window(&bad);
		break;
	case 10:
		act_subsurface(&bad);
		break;
	case 11:
		act_drag(&bad);
		break;
	case 12:
		act_constraint(&bad);
		break;
	case 13:
	case 14:
		act_keyboard(&bad);
		break;
	case 15:
	case 16:
		act_commit(&bad);
		break;
	case 17:
		send_raw();
		break;
	case 18:
		peer_leave(&bad); // without a word
		break;
	case 21:
		act_timelines(&bad);
		break;
	case 19:
		act_bind(&bad);
		break;
	default:
		act_anything(&bad);
		if (pick(2) && peer_has_room(&bad)) {
			act_anything(&bad);
		}
	}
}

static void step(const uint8_t *record, unsigned *visits) {
	choose_by(record + 1, RECORD - 1);
	if (disturb(record[0])) {
		return;
	}
	if (!peer_has_room(&bad)) {
		if (*visits == MAX_VISITS) {
			return;
		}
		++*visits;
		n_visits++;
		peer_leave(&bad);
		serve();
		host_join(&bad);
	}
	if (peer_has_room(&bad)) {
		act(record[0]);
	}
	serve();
	if ((record[0] & 0x80) == 0) { // some do not listen
		peer_receive(&bad);
	}
}

static void start(bool trusting) {
	choices.tame = true;
	wire_owns_pool = true;
	wire_resize_pool(false);
	wire_last_serial = 0;
	host_start(trusting);
	host_join(&good);
	act_window(&good);
	choices.tame = false;
	wire_owns_pool = false;
	bad.fd = -1;
	expect_answer();
}

static void finish(void) {
	peer_leave(&bad);
	serve();
	expect_answer();
	peer_leave(&good);
	serve();
	serve();
	kiosk_layout_flush(host.layout);
	host_finish();
}

static void prepare(void) {
	static bool prepared;
	if (prepared) {
		return;
	}
	prepared = true;
	fuzz_silence();
	setenv("XDG_RUNTIME_DIR", fuzz_folder(), 1);
	setenv("CMOCKA_TEST_ABORT", "1", 1); // where an assertion fails, there it ends
	setenv("LIBSEAT_BACKEND", "none", 1);
	fuzz_assert(wire_open());
	start(false); // what is made once, is made now
	finish();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	if (size < 1) {
		return 0;
	}
	prepare();
	int n_fds = count_fds();
	start((data[0] & 1) == 0);
	unsigned visits = 0;
	for (size_t i = 0; i < MAX_RECORDS && 1 + (i + 1) * RECORD <= size; i++) {
		step(data + 1 + i * RECORD, &visits);
		kiosk_layout_flush(host.layout);
		if (i % CHECKED == CHECKED - 1) {
			expect_answer();
		}
	}
	finish();
	fuzz_assert(count_fds() == n_fds);
	return 0;
}

// ---- Mutations: of whole records, or of bytes in one ----

static size_t splice_records(uint8_t *data, size_t n, size_t max, unsigned seed) {
	size_t at = n > 0 ? seed / 8 % n : 0, from = n > 0 ? seed / 512 % n : 0;
	uint8_t *records = data + 1, copy[RECORD];
	memcpy(copy, records + from * RECORD, n > 0 ? RECORD : 0);
	switch (seed % 4) {
	case 0: // out
		if (n > 1) {
			memmove(records + at * RECORD, records + (at + 1) * RECORD, (n - at - 1) * RECORD);
			n--;
		}
		break;
	case 1: // there as well
		if (n > 0 && n < max) {
			memmove(records + (at + 1) * RECORD, records + at * RECORD, (n - at) * RECORD);
			memcpy(records + at * RECORD, copy, RECORD);
			n++;
		}
		break;
	case 2: // in each other's place
		if (n > 0) {
			memcpy(records + from * RECORD, records + at * RECORD, RECORD);
			memcpy(records + at * RECORD, copy, RECORD);
		}
		break;
	default: // a new one
		if (n < max) {
			memmove(records + (at + 1) * RECORD, records + at * RECORD, (n - at) * RECORD);
			for (size_t i = 0; i < RECORD; i++) {
				seed = seed * 1103515245 + 12345;
				records[at * RECORD + i] = (uint8_t)(seed >> 16);
			}
			n++;
		}
	}
	return n;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed) {
	if (max_size < 1 + RECORD) {
		return LLVMFuzzerMutate(data, size, max_size);
	}
	if (size < 1) {
		data[0] = 0;
	}
	size_t n = size > 1 ? (size - 1) / RECORD : 0, max = (max_size - 1) / RECORD;
	max = max < MAX_RECORDS ? max : MAX_RECORDS;
	n = n < max ? n : max;
	if (n > 0 && seed % 2 == 0) {
		uint8_t *record = data + 1 + seed / 2 % n * RECORD, bytes[RECORD];
		memcpy(bytes, record, RECORD);
		if (LLVMFuzzerMutate(bytes, RECORD, RECORD) > 0) {
			memcpy(record, bytes, RECORD);
		}
	} else {
		n = splice_records(data, n, max, seed / 2);
	}
	return 1 + n * RECORD;
}
