// SPDX-License-Identifier: MIT
// While another session is in front, or another process has taken the display, nothing is shown; once it is
// ours again everything comes back.
#include "session/session.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "kiosk/kiosk.h"

enum { ACQUIRE_MS = 500 }; // between two tries: nothing tells when another process lets go

struct kiosk_session {
	struct kiosk *kiosk;
	struct session_listener listener;
	struct wl_event_source *timer;
	bool lost; // to a process that no seat daemon tells of
};

static void pause_all(struct kiosk *kiosk) {
	for (int i = 0; i < kiosk->n_outputs; i++) {
		output_pause(kiosk->outputs[i]->output);
	}
}

// False: not yet. Displays may have come or gone meanwhile.
static bool unpause_all(struct kiosk_session *session) {
	struct kiosk *kiosk = session->kiosk;
	if (kiosk->device == NULL) {
		kiosk_device_take(kiosk);
		return true;
	}
	int rc = kms_device_acquire(kiosk->device);
	rc = rc == 0 ? kms_device_resync(kiosk->device) : rc;
	if (rc != 0) {
		log_debug("%s: not ours again yet: %s", kiosk->device->path, strerror(-rc));
		return false;
	}
	session->lost = false;
	kiosk_outputs_update(kiosk);
	for (int i = 0; i < kiosk->n_outputs; i++) {
		output_unpause(kiosk->outputs[i]->output);
	}
	return true;
}

static int handle_timer(void *data) {
	struct kiosk_session *session = data;
	if (!session->lost || !session_is_active(session->kiosk->session)) {
		return 0;
	}
	if (unpause_all(session)) {
		log_info("%s: is ours again", session->kiosk->device->path);
	} else {
		wl_event_source_timer_update(session->timer, ACQUIRE_MS);
	}
	return 0;
}

static void wait_for_device(struct kiosk_session *session) {
	session->lost = true;
	wl_event_source_timer_update(session->timer, ACQUIRE_MS);
}

void kiosk_session_lost(struct kiosk_session *session) {
	if (!session->lost && session_is_active(session->kiosk->session)) {
		log_warning("%s: another process has taken the display; waiting until it lets go",
			session->kiosk->device->path);
		pause_all(session->kiosk);
		wait_for_device(session);
	}
}

void kiosk_session_device_gone(struct kiosk_session *session) {
	session->lost = false;
	wl_event_source_timer_update(session->timer, 0);
}

bool kiosk_session_is_away(const struct kiosk_session *session) {
	return session->lost || !session_is_active(session->kiosk->session);
}

static void handle_changed(struct session_listener *listener, bool active) {
	struct kiosk_session *session = wl_container_of(listener, session, listener);
	if (!active) {
		log_info("the session leaves the front: screens are released");
		pause_all(session->kiosk);
		return;
	}
	log_info("the session is in front again");
	if (!unpause_all(session)) {
		wait_for_device(session);
	}
}

struct kiosk_session *kiosk_session_create(struct kiosk *kiosk) {
	struct kiosk_session *session = calloc(1, sizeof(*session));
	if (session == NULL) {
		return NULL;
	}
	session->kiosk = kiosk;
	session->listener.changed = handle_changed;
	session->timer = wl_event_loop_add_timer(kiosk_loop(kiosk), handle_timer, session);
	if (session->timer == NULL || !session_attach(kiosk->session, kiosk_loop(kiosk))) {
		if (session->timer != NULL) {
			wl_event_source_remove(session->timer);
		}
		free(session);
		return NULL;
	}
	session_add_listener(kiosk->session, &session->listener);
	if (!session_is_active(kiosk->session)) { // it left while we started
		pause_all(kiosk);
	}
	return session;
}

void kiosk_session_destroy(struct kiosk_session *session) {
	if (session == NULL) {
		return;
	}
	session_remove_listener(&session->listener);
	session_detach(session->kiosk->session);
	wl_event_source_remove(session->timer);
	free(session);
}
