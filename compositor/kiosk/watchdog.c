// SPDX-License-Identifier: MIT
// systemd's watchdog (sd_watchdog_enabled(3)): fed from the event loop, so only while that turns, and only
// while what was committed gets to the screen. When it is not fed systemd ends us and starts us anew.
#include <inttypes.h>
#include <stdlib.h>

#include <systemd/sd-daemon.h>

#include "base/log.h"
#include "kiosk/kiosk.h"

struct watchdog {
	struct kiosk *kiosk;
	struct wl_event_source *timer;
	int period_ms; // half of what systemd waits
	bool hungry;
};

// The output whose frame has been on its way for longer than a period, NULL: there is none.
static const struct output *find_stuck(const struct watchdog *watchdog) {
	const struct kiosk *kiosk = watchdog->kiosk;
	for (int i = 0; i < kiosk->n_outputs; i++) {
		const struct output *output = kiosk->outputs[i]->output;
		if (output_overdue_ns(output) > watchdog->period_ms * INT64_C(1000000)) {
			return output;
		}
	}
	return NULL;
}

static int handle_timer(void *data) {
	struct watchdog *watchdog = data;
	const struct output *stuck = find_stuck(watchdog);
	if (stuck == NULL) {
		sd_notify(0, "WATCHDOG=1");
	} else if (!watchdog->hungry) {
		log_error("%s: the display has not shown a frame for %" PRId64
				  " ms: the watchdog is not fed",
			output_pipe(stuck)->connector->name, output_overdue_ns(stuck) / 1000000);
	}
	watchdog->hungry = stuck != NULL;
	wl_event_source_timer_update(watchdog->timer, watchdog->period_ms);
	return 0;
}

struct watchdog *kiosk_watchdog_create(struct kiosk *kiosk) {
	struct watchdog *watchdog = calloc(1, sizeof(*watchdog));
	if (watchdog == NULL) {
		return NULL;
	}
	watchdog->kiosk = kiosk;
	uint64_t interval_us = 0;
	if (sd_watchdog_enabled(0, &interval_us) <= 0) {
		return watchdog; // nobody waits for us
	}
	uint64_t period_ms = interval_us / 2 / 1000;
	watchdog->period_ms = period_ms < 1 ? 1 : period_ms > INT32_MAX ? INT32_MAX : (int)period_ms;
	watchdog->timer = wl_event_loop_add_timer(kiosk_loop(kiosk), handle_timer, watchdog);
	if (watchdog->timer == NULL ||
		wl_event_source_timer_update(watchdog->timer, watchdog->period_ms) != 0) {
		kiosk_watchdog_destroy(watchdog);
		return NULL;
	}
	// The first message arms it: from here on also a start whose first flip does not come is ended.
	sd_notify(0, "WATCHDOG=1");
	return watchdog;
}

void kiosk_watchdog_destroy(struct watchdog *watchdog) {
	if (watchdog == NULL) {
		return;
	}
	if (watchdog->timer != NULL) {
		wl_event_source_remove(watchdog->timer);
	}
	free(watchdog);
}
