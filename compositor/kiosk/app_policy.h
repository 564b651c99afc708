// SPDX-License-Identifier: MIT
// Whether, and when, what has ended is started again. Knows no clock and no process: times are given.
#ifndef VITRINE_KIOSK_APP_POLICY_H
#define VITRINE_KIOSK_APP_POLICY_H

#include <stdbool.h>
#include <stdint.h>

enum app_restart { // in the order of the configuration's choices
	APP_RESTART_ALWAYS,
	APP_RESTART_ON_FAILURE,
	APP_RESTART_NEVER,
};

enum {
	APP_POLICY_STEADY_MS = 60000, // after running that long an app is healthy again
	APP_POLICY_MAX_RESTARTS = 1000,
};

struct app_policy_rules {
	enum app_restart restart;
	int64_t pause_ms;     // before the second restart in a row; the first is at once
	int64_t pause_max_ms; // each pause is twice the one before, up to this
	int max_restarts;     // within the window, at most APP_POLICY_MAX_RESTARTS; 0 = no limit
	int64_t window_ms;
};

struct app_policy {
	struct app_policy_rules rules;
	int64_t pause_ms; // 0: the next restart is at once
	int64_t
		*restarts; // when the last ones were, a ring of rules.max_restarts; NULL without a limit
	int n_restarts, next;
};

enum app_verdict {
	APP_VERDICT_RESTART,
	APP_VERDICT_STOPPED, // it ended as it should, and nothing follows
	APP_VERDICT_FAILED,  // for good
};

// False when out of memory.
bool app_policy_init(struct app_policy *policy, const struct app_policy_rules *rules);
void app_policy_finish(struct app_policy *policy);
// It ended at now_ms, after ran_ms (0: it could not be started), as it should or not. For a restart
// *pause_ms is how long to wait; it counts as one at the end of the pause.
enum app_verdict app_policy_ended(
	struct app_policy *policy, bool failed, int64_t ran_ms, int64_t now_ms, int64_t *pause_ms);
// Someone started it by hand: what was before does not count.
void app_policy_forget(struct app_policy *policy);

#endif
