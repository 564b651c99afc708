// SPDX-License-Identifier: MIT
// Screens that nobody has touched for some time are dimmed, then turned off; any input lights them. What
// is pressed or touched while it is dark only wakes: it reaches no app, to its release.
#include <linux/input-event-codes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "kiosk/config_keys.h"
#include "kiosk/kiosk.h"
#include "wayland/seat.h"

enum idle_state {
	IDLE_AWAKE,
	IDLE_DIMMED,
	IDLE_OFF,
};

enum { MAX_TOUCHES = 32 }; // that began in the dark

struct kiosk_idle {
	struct kiosk *kiosk;
	struct seat_filter filter;
	struct wl_event_source *timer;
	enum idle_state state;
	bool by_operator;  // off since that was asked for, not since nobody was there
	int64_t active_ms; // CLOCK_MONOTONIC, of the last input
	uint8_t swallowed[(KEY_CNT + 7) / 8]; // keys and buttons that were pressed in the dark
	int32_t touches[MAX_TOUCHES];
	int n_touches;
	bool no_gamma; // said once
};

static void set_level(struct kiosk_idle *idle, double level) {
	for (int i = 0; i < idle->kiosk->n_outputs; i++) {
		struct output *output = idle->kiosk->outputs[i]->output;
		if (!output_set_level(output, level) && !idle->no_gamma) {
			log_warning(
				"%s: has no gamma table and is not dimmed", output_pipe(output)->connector->name);
			idle->no_gamma = true;
		}
	}
}

static void set_power(struct kiosk_idle *idle, bool on) {
	for (int i = 0; i < idle->kiosk->n_outputs; i++) {
		output_set_power(idle->kiosk->outputs[i]->output, on);
	}
	kiosk_heads_power_changed(idle->kiosk->heads);
}

static void enter(struct kiosk_idle *idle, enum idle_state state) {
	if (state == idle->state) {
		return;
	}
	bool was_dark = idle->state == IDLE_OFF;
	idle->state = state;
	idle->by_operator = false;
	set_level(idle, state == IDLE_DIMMED ? idle->kiosk->config->idle.dim_level : 1);
	if (was_dark || state == IDLE_OFF) {
		set_power(idle, state != IDLE_OFF);
	}
}

// When the next step is due, ms of inactivity; 0: there is none.
static int64_t next_step(const struct kiosk_idle *idle, enum idle_state *state) {
	const struct config_idle *config = &idle->kiosk->config->idle;
	int64_t dim = (int64_t)config->dim_after * 1000, off = (int64_t)config->off_after * 1000;
	if (idle->state == IDLE_AWAKE && dim > 0 && (off == 0 || dim < off)) {
		*state = IDLE_DIMMED;
		return dim;
	}
	*state = IDLE_OFF;
	return idle->state != IDLE_OFF ? off : 0;
}

// Timers are not set anew with each event: one that finds that there was some runs for the rest.
static int handle_timer(void *data) {
	struct kiosk_idle *idle = data;
	enum idle_state state;
	int64_t due, now = clock_now_ms();
	if (wayland_idle_inhibited(idle->kiosk->server)) {
		idle->active_ms = now;
		enter(idle, IDLE_AWAKE);
	}
	while ((due = next_step(idle, &state)) > 0 && now - idle->active_ms >= due) {
		enter(idle, state);
	}
	if (due > 0) {
		int64_t wait = due - (now - idle->active_ms);
		wl_event_source_timer_update(idle->timer, (int)(wait < INT32_MAX ? wait : INT32_MAX));
	} else {
		wl_event_source_timer_update(idle->timer, 0);
	}
	return 0;
}

static void wake(struct kiosk_idle *idle, int64_t active_ms) {
	bool asleep = idle->state != IDLE_AWAKE;
	idle->active_ms = active_ms;
	enter(idle, IDLE_AWAKE);
	if (asleep) {
		handle_timer(idle);
	}
}

void kiosk_idle_wake(struct kiosk_idle *idle) {
	wake(idle, clock_now_ms());
}

bool kiosk_idle_is_dark(const struct kiosk_idle *idle) {
	return idle->state == IDLE_OFF;
}

void kiosk_idle_output_added(struct kiosk_idle *idle, struct output *output) {
	if (idle->state == IDLE_DIMMED) {
		output_set_level(output, idle->kiosk->config->idle.dim_level);
	}
}

// True if that came in the dark. The event tells its time: with a thousand of them a second no clock is
// read.
static bool note(struct kiosk_idle *idle, uint64_t time_us) {
	bool dark = idle->state == IDLE_OFF;
	wayland_idle_activity(idle->kiosk->server, time_us);
	wake(idle, (int64_t)(time_us / 1000));
	return dark;
}

static struct kiosk_idle *idle_of(struct seat_filter *filter) {
	struct kiosk_idle *idle = wl_container_of(filter, idle, filter);
	return idle;
}

// ---- Input ----

static bool press(struct kiosk_idle *idle, uint64_t time_us, uint32_t code, bool pressed) {
	bool dark = note(idle, time_us);
	if (code >= KEY_CNT) {
		return dark;
	}
	uint8_t *byte = &idle->swallowed[code / 8], bit = (uint8_t)(1u << code % 8);
	if (pressed && dark) {
		*byte |= bit;
		return true;
	}
	bool was_swallowed = (*byte & bit) != 0;
	*byte &= (uint8_t)~bit;
	return was_swallowed && !pressed;
}

static bool handle_key(struct seat_filter *filter, const struct seat_key *key) {
	return press(idle_of(filter), key->time_us, key->key, key->pressed);
}

static bool handle_button(struct seat_filter *filter, const struct seat_button *button) {
	return press(idle_of(filter), button->time_us, button->button, button->pressed);
}

static bool handle_motion(struct seat_filter *filter, struct seat_motion *motion) {
	return note(idle_of(filter), motion->time_us);
}

static bool handle_axis(struct seat_filter *filter, const struct seat_axis *axis) {
	return note(idle_of(filter), axis->time_us);
}

// The end is told: what began before it became dark ends.
static bool handle_gesture(struct seat_filter *filter, const struct seat_gesture *gesture) {
	return note(idle_of(filter), gesture->time_us) && gesture->phase != SEAT_GESTURE_END;
}

// No sign of a person: that was the touch of the on-screen keyboard.
static bool handle_typed(
	struct seat_filter *filter, const struct seat_key *key, struct xkb_state *state) {
	(void)key;
	(void)state;
	return idle_of(filter)->state == IDLE_OFF;
}

static int find_touch(const struct kiosk_idle *idle, int32_t id) {
	for (int i = 0; i < idle->n_touches; i++) {
		if (idle->touches[i] == id) {
			return i;
		}
	}
	return -1;
}

static bool handle_touch_down(struct seat_filter *filter, const struct seat_touch *touch) {
	struct kiosk_idle *idle = idle_of(filter);
	if (!note(idle, touch->time_us)) {
		return false;
	}
	if (idle->n_touches < MAX_TOUCHES) {
		idle->touches[idle->n_touches++] = touch->id;
	}
	return true;
}

static bool handle_touch_motion(struct seat_filter *filter, const struct seat_touch *touch) {
	struct kiosk_idle *idle = idle_of(filter);
	note(idle, touch->time_us);
	return find_touch(idle, touch->id) >= 0;
}

static bool end_touch(struct kiosk_idle *idle, int32_t id) {
	int i = find_touch(idle, id);
	if (i < 0) {
		return false;
	}
	idle->touches[i] = idle->touches[--idle->n_touches];
	return true;
}

static bool handle_touch_up(struct seat_filter *filter, const struct seat_touch *touch) {
	note(idle_of(filter), touch->time_us);
	return end_touch(idle_of(filter), touch->id);
}

static void handle_touch_cancel(struct seat_filter *filter, int32_t id) {
	end_touch(idle_of(filter), id);
}

static const struct seat_filter_ops filter_ops = {
	.key = handle_key,
	.motion = handle_motion,
	.button = handle_button,
	.axis = handle_axis,
	.gesture = handle_gesture,
	.typed = handle_typed,
	.touch_down = handle_touch_down,
	.touch_motion = handle_touch_motion,
	.touch_up = handle_touch_up,
	.touch_cancel = handle_touch_cancel,
};

// ---- Life ----

struct kiosk_idle *kiosk_idle_create(struct kiosk *kiosk) {
	struct kiosk_idle *idle = calloc(1, sizeof(*idle));
	if (idle == NULL) {
		return NULL;
	}
	idle->kiosk = kiosk;
	idle->active_ms = clock_now_ms();
	seat_add_filter(
		wayland_server_seat(kiosk->server), &idle->filter, &filter_ops, SEAT_FILTER_GUARD);
	idle->timer = wl_event_loop_add_timer(kiosk_loop(kiosk), handle_timer, idle);
	if (idle->timer == NULL) {
		kiosk_idle_destroy(idle);
		return NULL;
	}
	handle_timer(idle);
	return idle;
}

// What the time without input comes to now. Only a person, or the operator, lights what the operator has
// turned off.
void kiosk_idle_reload(struct kiosk_idle *idle, const struct config *before) {
	const struct config_idle *config = &idle->kiosk->config->idle;
	if (idle->by_operator || !config_section_changed(before, idle->kiosk->config, CONFIG_IDLE)) {
		return;
	}
	int64_t unused_s = (clock_now_ms() - idle->active_ms) / 1000;
	enum idle_state state = config->off_after > 0 && unused_s >= config->off_after ? IDLE_OFF
		: config->dim_after > 0 && unused_s >= config->dim_after                   ? IDLE_DIMMED
																				   : IDLE_AWAKE;
	if (state < idle->state) {
		enter(idle, state);
	}
	if (idle->state == IDLE_DIMMED) {
		set_level(idle, config->dim_level);
	}
	handle_timer(idle);
}

void kiosk_idle_destroy(struct kiosk_idle *idle) {
	if (idle == NULL) {
		return;
	}
	if (idle->timer != NULL) {
		wl_event_source_remove(idle->timer);
	}
	seat_remove_filter(&idle->filter);
	free(idle);
}

void kiosk_idle_set_power(struct kiosk_idle *idle, struct output *output, bool on) {
	output_set_power(output, on);
	kiosk_heads_power_changed(idle->kiosk->heads);
	bool any = false;
	for (int i = 0; i < idle->kiosk->n_outputs; i++) {
		any |= output_power(idle->kiosk->outputs[i]->output);
	}
	idle->active_ms = clock_now_ms();
	idle->by_operator = !any;
	if (!any) {
		idle->state = IDLE_OFF; // any input lights them
	} else if (idle->state != IDLE_AWAKE) {
		idle->state = IDLE_AWAKE;
		set_level(idle, 1);
	}
	handle_timer(idle);
}
