// SPDX-License-Identifier: MIT
// Clients that speak the wire itself: every request of every interface at every version, with arguments
// that are mostly sane, sometimes mad, and now and then not a message at all; while outputs come and
// go, frames are shown and connections end. The server answers with an error or goes on, and in the end
// nothing is left: under ASan and UBSan this is where anything else would show. VITRINE_TEST_SEED
// repeats a run, VITRINE_TEST_STEPS makes it longer.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "count.h"
#include "wire-host.h"
#include "wire-peer.h"

enum { N_PEERS = 3 };

static uint64_t random_state;
static struct peer peers[N_PEERS];

static void act(struct peer *peer) {
	if (!peer_has_room(peer)) {
		peer_leave(peer);
		serve();
		host_join(peer);
	}
	for (unsigned n = 1 + pick(12); n > 0 && peer_has_room(peer); n--) {
		switch (pick(15)) {
		case 0:
			act_window(peer);
			break;
		case 1:
			act_subsurface(peer);
			break;
		case 2:
		case 3:
		case 4:
			act_commit(peer);
			break;
		case 5:
			act_drag(peer);
			break;
		case 6:
			if (pick(4) == 0) {
				act_constraint(peer);
			}
			break;
		case 7:
			act_keyboard(peer);
			break;
		default:
			act_anything(peer);
		}
	}
	serve();
	if (pick(10)) { // some do not listen
		peer_receive(peer);
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
		wire_resize_pool(pick(2));
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

static void test_anything(void **state) {
	(void)state;
	random_state = setting("VITRINE_TEST_SEED", 1);
	unsigned long n = setting("VITRINE_TEST_STEPS", 30000), shown = 0;
	assert_true(wire_open());
	host_start(true);
	for (int i = 0; i < N_PEERS; i++) {
		peers[i].fd = -1;
	}
	int n_fds = test_count_entries("/proc/self/fd") + (host.outputs[0].wayland ? 0 : 1);
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
		peer_leave(&peers[i]);
	}
	serve();
	serve();
	print_message("%lu requests, %lu events, %lu errors, %lu frames\n", wire_counts.n_requests,
		wire_counts.n_events, wire_counts.n_errors, shown);
	// Otherwise it proves little.
	assert_true(shown > n / 50 && wire_counts.n_events > n && wire_counts.n_errors > 0);
	// A timer each of outputs that were withdrawn a moment ago is all that may be left.
	assert_in_range(test_count_entries("/proc/self/fd"), n_fds - 1, n_fds + 16);
	host_finish();
	wire_close();
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
