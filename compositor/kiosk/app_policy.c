// SPDX-License-Identifier: MIT
#include "kiosk/app_policy.h"

#include <stdlib.h>

bool app_policy_init(struct app_policy *policy, const struct app_policy_rules *rules) {
	*policy = (struct app_policy){.rules = *rules};
	if (rules->max_restarts > 0) {
		policy->restarts = calloc((size_t)rules->max_restarts, sizeof(*policy->restarts));
		return policy->restarts != NULL;
	}
	return true;
}

void app_policy_finish(struct app_policy *policy) {
	free(policy->restarts);
	policy->restarts = NULL;
}

void app_policy_forget(struct app_policy *policy) {
	policy->pause_ms = 0;
	policy->n_restarts = 0;
}

// The ring is full, and its oldest restart is within the window that ends now.
static bool is_exhausted(const struct app_policy *policy, int64_t now_ms) {
	return policy->restarts != NULL && policy->n_restarts == policy->rules.max_restarts &&
		now_ms - policy->restarts[policy->next] < policy->rules.window_ms;
}

static void note_restart(struct app_policy *policy, int64_t time_ms) {
	if (policy->restarts == NULL) {
		return;
	}
	policy->restarts[policy->next] = time_ms;
	policy->next = (policy->next + 1) % policy->rules.max_restarts;
	policy->n_restarts += policy->n_restarts < policy->rules.max_restarts;
}

enum app_verdict app_policy_ended(
	struct app_policy *policy, bool failed, int64_t ran_ms, int64_t now_ms, int64_t *pause_ms) {
	const struct app_policy_rules *rules = &policy->rules;
	if (rules->restart == APP_RESTART_NEVER ||
		(rules->restart == APP_RESTART_ON_FAILURE && !failed)) {
		return failed ? APP_VERDICT_FAILED : APP_VERDICT_STOPPED;
	}
	if (is_exhausted(policy, now_ms)) {
		return APP_VERDICT_FAILED;
	}
	if (ran_ms >= APP_POLICY_STEADY_MS) {
		policy->pause_ms = 0;
	}
	*pause_ms = policy->pause_ms;
	policy->pause_ms = policy->pause_ms == 0 ? rules->pause_ms : policy->pause_ms * 2;
	if (policy->pause_ms > rules->pause_max_ms) {
		policy->pause_ms = rules->pause_max_ms;
	}
	note_restart(policy, now_ms + *pause_ms);
	return APP_VERDICT_RESTART;
}
