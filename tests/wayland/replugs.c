// SPDX-License-Identifier: MIT
// Displays, the device itself, and the session that come and go in random order, with clients that draw all
// the while: at the end every window is where it belongs, and nothing of what is gone is left.
//
// VITRINE_REPLUGS: of displays, and a tenth as many of the device, and of sessions where a seat daemon is;
// VITRINE_SEED: where the random numbers begin.
#include <stdio.h>
#include <stdlib.h>

#include "other-session.h"
#include "plug-fixture.h"

enum {
	REPLUGS = 10,
	CHOICES = 12, // two of which are the device and the session
	DEVICE = 0,
	SESSION = 1,
	PICTURES = 3,        // besides the first, that an output composes into
	SETTLE_FRAMES = 300, // until what is held for what is gone is given back
	GROWTH_KIB = 4096,   // of the server's memory, whatever the number of steps
};

struct run {
	struct plugs *plugs;
#ifdef HAVE_LIBSEAT
	struct other_session other; // in front while plugs->away
#endif
	uint32_t sessions; // that were there, besides the server's
	int replugs, device_replugs, switches;
};

static uint32_t random_state;

static int pick(int n) {
	random_state = random_state * 1664525 + 1013904223;
	return (int)((random_state >> 8) % (uint32_t)n);
}

// ---- Sessions ----

#ifdef HAVE_LIBSEAT
static bool have_sessions(void) {
	return other_session_is_possible();
}

static void leave(struct run *run) {
	struct plugs *plugs = run->plugs;
	other_session_begin(&run->other, &plugs->control, ++run->sessions);
	plugs_leave(plugs);
	if (plugs->device && pick(2) != 0) {
		other_session_show(&run->other);
	}
}

static void come_back(struct run *run) {
	other_session_end(&run->other);
	plugs_return(run->plugs);
	run->switches++;
}

// A device that goes is closed by everybody.
static void let_go(struct run *run) {
	if (run->plugs->away) {
		other_session_hide(&run->other);
	}
}
#else
static bool have_sessions(void) {
	return false;
}

static void leave(struct run *run) {
	(void)run;
}

static void come_back(struct run *run) {
	(void)run;
}

static void let_go(struct run *run) {
	(void)run;
}
#endif

// ---- What is left ----

static int read_rss_kib(const struct test_server *server) {
	char name[64], line[128];
	snprintf(name, sizeof(name), "/proc/%d/status", (int)server->pid);
	FILE *file = fopen(name, "re");
	assert_non_null(file);
	int kib = 0;
	while (fgets(line, sizeof(line), file)) {
		sscanf(line, "VmRSS: %d", &kib);
	}
	fclose(file);
	assert_true(kib > 0);
	return kib;
}

static bool is_more(struct test_counts before, struct test_counts now) {
	return now.fds > before.fds || now.maps > before.maps ||
		now.framebuffers > before.framebuffers || now.dmabufs > before.dmabufs ||
		now.attachments > before.attachments;
}

// All plugged in, with outputs that are new, and all shown.
static struct test_counts settle(struct plugs *plugs) {
	plugs_restore(plugs);
	plugs_assert_all_shown(plugs);
	plugs_unplug_device(plugs);
	plugs_plug_device(plugs);
	plugs_assert_all_shown(plugs);
	test_client_roundtrip(&plugs->control);
	return test_server_count(&plugs->server);
}

// What is gone is given back, for which some frames may be needed. How many pictures an output composes
// into depends on what it came to show.
static void assert_nothing_left(struct plugs *plugs, struct test_counts before) {
	struct test_counts now = settle(plugs);
	before.maps += PICTURES * plugs->n;
	before.framebuffers += PICTURES * plugs->n;
	for (int i = 0; i < SETTLE_FRAMES && is_more(before, now); i++) {
		for (int d = 0; d < plugs->n; d++) {
			plug_app_draw(&plugs->apps[d]);
		}
		test_client_roundtrip(&plugs->control);
		now = test_server_count(&plugs->server);
	}
	if (is_more(before, now)) {
		test_counts_assert_same(before, now); // tells what it is
	}
}

// ---- At random ----

static void replug_device(struct run *run) {
	if (run->plugs->device) {
		let_go(run);
		plugs_unplug_device(run->plugs);
	} else {
		plugs_plug_device(run->plugs);
		run->device_replugs++;
	}
}

static void replug(struct run *run, int display) {
	if (run->plugs->plugged[display]) {
		plugs_unplug(run->plugs, display);
	} else {
		plugs_plug(run->plugs, display);
		run->replugs++;
	}
}

static void step(struct run *run) {
	struct plugs *plugs = run->plugs;
	struct plug_app *app = &plugs->apps[pick(plugs->n)];
	int choice = pick(CHOICES), display = pick(plugs->n);
	if (pick(2) != 0) { // not waited for
		plug_app_show(app);
		test_client_roundtrip(&app->client);
	}
	if (choice == DEVICE) {
		replug_device(run);
	} else if (choice != SESSION || !have_sessions()) {
		replug(run, display);
	} else if (plugs->away) {
		come_back(run);
	} else {
		leave(run);
	}
	if (pick(4) == 0) {
		plug_app_draw(app); // which may be nowhere
	}
	test_client_roundtrip(&plugs->control);
}

static void test_at_random(void **state) {
	const char *replugs = getenv("VITRINE_REPLUGS"), *seed = getenv("VITRINE_SEED");
	int n = replugs ? atoi(replugs) : REPLUGS, seldom = n / 10 > 0 ? n / 10 : 1;
	struct run run = {.plugs = *state};
	random_state = seed ? (uint32_t)strtoul(seed, NULL, 10) : 1;
	print_message("VITRINE_SEED=%u\n", random_state);
	for (int d = 0; d < run.plugs->n; d++) { // what is kept for ever is there then
		plugs_unplug(run.plugs, d);
		plugs_plug(run.plugs, d);
	}
	if (have_sessions()) {
		leave(&run);
		come_back(&run);
	}
	struct test_counts before = settle(run.plugs);
	int kib = read_rss_kib(&run.plugs->server);
	while (run.replugs < n || run.device_replugs < seldom ||
		(have_sessions() && run.switches < seldom)) {
		step(&run);
	}
	if (run.plugs->away) {
		come_back(&run);
	}
	assert_nothing_left(run.plugs, before);
	int grown = read_rss_kib(&run.plugs->server) - kib;
	print_message("replugs: %d of displays, %d of the device; switches of the session: %d; memory: "
				  "%d KiB more\n",
		run.replugs, run.device_replugs, run.switches, grown);
	assert_true(grown < GROWTH_KIB);
}

int main(void) {
	test_guard(getenv("VITRINE_REPLUGS") ? 3500 : 170);
	plugs_init();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_at_random, plugs_start, plugs_stop),
	};
	return cmocka_run_group_tests_name("replugs", tests, NULL, NULL);
}
