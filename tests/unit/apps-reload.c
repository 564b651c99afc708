// SPDX-License-Identifier: MIT
// Another configuration: apps that it does not have go, new ones come, those that differ are started
// anew, and all others are left alone.
#include "xdg-harness.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "kiosk/apps_internal.h"

struct bench {
	struct harness harness;
	struct kiosk kiosk;
	struct config config;
};

static void add(struct config *config, const char *name, const char *command, const char *after) {
	struct config_app *app = &config->apps[config->n_apps++];
	assert_true(config_app_init(app, name));
	app->command = strdup(command);
	app->after = after != NULL ? strdup(after) : NULL;
	app->pause = app->pause_max = 0;
}

static void begin(struct bench *b) {
	*b = (struct bench){0};
	log_set_level(LOG_LEVEL_ERROR);
	harness_start(&b->harness, 1);
	b->kiosk.server = b->harness.server;
	b->kiosk.layout = b->harness.layout;
	b->kiosk.config = &b->config;
	struct wl_display *display = wayland_server_display(b->harness.server);
	assert_true(process_host_init(&b->kiosk.host, wl_display_get_event_loop(display), display,
		wayland_server_socket(b->harness.server), getenv("LAUNCHER")));
	config_init(&b->config);
}

static void start(struct bench *b) {
	char error[256];
	b->kiosk.apps = kiosk_apps_create(&b->kiosk, NULL, error);
	assert_non_null(b->kiosk.apps);
}

static void finish(struct bench *b) {
	kiosk_apps_destroy(b->kiosk.apps);
	process_host_finish(&b->kiosk.host);
	config_finish(&b->config);
	harness_finish(&b->harness);
}

static struct kiosk_app *find(struct bench *b, const char *name) {
	struct kiosk_app *app;
	wl_list_for_each(app, &b->kiosk.apps->apps, link) {
		if (!app->removed && strcmp(app->config.name, name) == 0) {
			return app;
		}
	}
	return NULL;
}

static void dispatch(struct bench *b) {
	wl_event_loop_dispatch(b->kiosk.host.loop, -1);
}

static int count(const struct bench *b) {
	return wl_list_length(&b->kiosk.apps->apps);
}

static pid_t pid_of(struct bench *b, const char *name) {
	struct kiosk_app *app = find(b, name);
	return app != NULL ? app_pid(app->app) : 0;
}

static bool is_started(struct bench *b, const char *name) {
	struct kiosk_app *app = find(b, name);
	return app != NULL && app_has_process(app->app);
}

static pid_t wait_for_pid(struct bench *b, const char *name) {
	assert_true(is_started(b, name));
	while (pid_of(b, name) == 0) {
		dispatch(b);
	}
	return pid_of(b, name);
}

static void reload(struct bench *b, struct config *config) {
	config_finish(&b->config); // nothing of it is needed any more
	b->config = *config;
	assert_true(kiosk_apps_reload(b->kiosk.apps, &b->config));
}

static void test_only_what_differs_is_touched(void **state) {
	(void)state;
	struct bench b;
	begin(&b);
	add(&b.config, "stays", "sleep 1000", NULL);
	add(&b.config, "goes", "sleep 1001", NULL);
	add(&b.config, "differs", "sleep 1002", NULL);
	start(&b);
	pid_t stays = wait_for_pid(&b, "stays"), differs = wait_for_pid(&b, "differs");
	struct config next;
	config_init(&next);
	add(&next, "comes", "sleep 1003", NULL);
	add(&next, "differs", "sleep 1004", NULL);
	add(&next, "stays", "sleep 1000", NULL);
	reload(&b, &next);
	assert_null(find(&b, "goes"));
	assert_int_equal(pid_of(&b, "stays"), stays);
	assert_true(is_started(&b, "comes"));
	// Its successor waits until it has ended.
	assert_false(is_started(&b, "differs"));
	while (count(&b) != 3 || pid_of(&b, "differs") == 0) {
		dispatch(&b);
	}
	assert_int_not_equal(pid_of(&b, "differs"), differs);
	assert_int_equal(pid_of(&b, "stays"), stays);
	assert_string_equal(find(&b, "differs")->config.command, "sleep 1004");
	const struct kiosk_app *first = wl_container_of(b.kiosk.apps->apps.next, first, link);
	assert_string_equal(first->config.name, "comes"); // in the order of the file
	finish(&b);
}

// Twice before the first has ended: the last one counts.
static void test_changes_in_a_row(void **state) {
	(void)state;
	struct bench b;
	begin(&b);
	add(&b.config, "app", "sh -c 'trap \"\" TERM; while :; do sleep 0.01; done'", NULL);
	b.config.apps[0].stop_timeout = 0.1;
	start(&b);
	for (int i = 0; i < 5; i++) {
		struct config next;
		char command[32];
		snprintf(command, sizeof(command), "sleep 100%d", i);
		config_init(&next);
		add(&next, "app", command, NULL);
		reload(&b, &next);
	}
	while (count(&b) != 1 || pid_of(&b, "app") == 0) {
		dispatch(&b);
	}
	assert_string_equal(find(&b, "app")->config.command, "sleep 1004");
	struct config none;
	config_init(&none);
	reload(&b, &none);
	while (count(&b) != 0) {
		dispatch(&b);
	}
	finish(&b);
}

static void test_turns(void **state) {
	(void)state;
	struct bench b;
	begin(&b);
	add(&b.config, "last", "sleep 1000", "middle");
	add(&b.config, "middle", "sleep 1001", "first");
	add(&b.config, "first", "sleep 1002", NULL);
	b.config.apps[2].ready_within = 1000;
	start(&b);
	assert_true(is_started(&b, "first"));
	assert_false(is_started(&b, "middle") || is_started(&b, "last"));
	app_has_drawn(find(&b, "first")->app);
	while (pid_of(&b, "last") == 0) {
		dispatch(&b);
	}
	// Who starts one by hand does not wait; the end of all waits for nothing.
	kiosk_apps_stop(b.kiosk.apps);
	while (!kiosk_apps_have_stopped(b.kiosk.apps)) {
		dispatch(&b);
	}
	assert_non_null(kiosk_apps_command(b.kiosk.apps, "first", KIOSK_APPS_START));
	finish(&b);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_what_differs_is_touched),
		cmocka_unit_test(test_changes_in_a_row),
		cmocka_unit_test(test_turns),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
