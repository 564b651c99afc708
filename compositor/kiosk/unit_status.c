// SPDX-License-Identifier: MIT
// The line of `systemctl status`: what displays show, and which apps do not run, with the reason.
#include <stdio.h>

#include <systemd/sd-daemon.h>

#include "kiosk/apps_internal.h"

// Appends what is wrong with the app. What does not fit is cut off.
static int append_app(char *line, int length, int size, const struct app *app) {
	enum app_state state = app_state(app);
	if ((state != APP_WAITING && state != APP_FAILED) || length >= size) {
		return length;
	}
	const char *reason = app_reason(app);
	return length +
		snprintf(line + length, (size_t)(size - length), "; app %s: %s%s%s", app_name(app),
			app_state_name(state), reason[0] != '\0' ? ", " : "", reason);
}

void kiosk_unit_status_update(struct kiosk *kiosk) {
	if (kiosk->unit_status[0] == '\0') {
		return; // systemd is told once there is a picture
	}
	char line[512];
	int length = snprintf(line, sizeof(line), "%s", kiosk->unit_status);
	if (kiosk->apps != NULL && wl_list_empty(&kiosk->apps->apps)) {
		snprintf(line + length, sizeof(line) - (size_t)length,
			"; no app is configured ([app NAME] in vitrine.ini)");
	} else if (kiosk->apps != NULL) {
		const struct kiosk_app *app;
		wl_list_for_each(app, &kiosk->apps->apps, link) {
			if (!app->removed) {
				length = append_app(line, length, sizeof(line), app->app);
			}
		}
	}
	sd_notifyf(0, "STATUS=%s", line);
}

void kiosk_unit_status_display(struct kiosk *kiosk, const char *text) {
	snprintf(kiosk->unit_status, sizeof(kiosk->unit_status), "%s", text);
	kiosk_unit_status_update(kiosk);
}
