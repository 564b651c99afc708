// SPDX-License-Identifier: MIT
#include "kiosk/apps.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "kiosk/apps_internal.h"

// ---- One app ----

static void kiosk_app_destroy(struct kiosk_app *app) {
	apps_clients_forget(app);
	apps_watch_finish(app);
	app_destroy(app->app);
	if (app->has_command) {
		wordfree(&app->command);
	}
	if (app->has_environment) {
		wordfree(&app->environment);
	}
	config_app_finish(&app->config);
	wl_list_remove(&app->link);
	free(app);
}

static int to_ms(double seconds) {
	return (int)(seconds * 1000 + 0.5);
}

static struct app_settings settings_of(const struct kiosk_app *app, char *const *argv) {
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGKILL};
	static const enum app_restart restarts[] = {
		APP_RESTART_ALWAYS, APP_RESTART_ON_FAILURE, APP_RESTART_NEVER};
	const struct config_app *config = &app->config;
	return (struct app_settings){
		.process =
			{
				.name = config->name,
				.argv = argv != NULL ? argv : app->command.we_wordv,
				.variables = app->has_environment ? app->environment.we_wordv : NULL,
				.directory = config->directory,
				.user = config->user,
				.limits =
					{
						.memory_max = config->memory_max,
						.cpu_quota = config->cpu_quota,
						.pids_max = config->pids_max,
					},
			},
		.rules =
			{
				.restart = restarts[config->restart],
				.pause_ms = to_ms(config->pause),
				.pause_max_ms = to_ms(config->pause_max),
				.max_restarts = config->max_restarts,
				.window_ms = (int64_t)config->restart_window * 1000,
			},
		.stop_signal = signals[config->stop_signal],
		.stop_ms = to_ms(config->stop_timeout),
		.ready_ms = to_ms(config->ready_within),
	};
}

static bool expand(const char *text, wordexp_t *words, bool *has, const char *name) {
	if (text == NULL) {
		return true;
	}
	// It was right when the file was read, but what it names may differ now.
	*has = wordexp(text, words, WRDE_NOCMD) == 0;
	if (!*has || words->we_wordc == 0) {
		log_error("app %s: %s: nothing is left of it", name, text);
		return false;
	}
	return true;
}

static void handle_changed(void *data);

// argv NULL: the configuration's command. NULL if it cannot be had: said in the log.
static struct kiosk_app *kiosk_app_create(
	struct kiosk_apps *apps, const struct config_app *config, char *const *argv) {
	struct kiosk_app *app = calloc(1, sizeof(*app));
	if (app == NULL) {
		return NULL;
	}
	app->apps = apps;
	app->waits = true;
	wl_list_insert(apps->apps.prev, &app->link);
	const struct app_handler handler = {handle_changed, app, apps_watch_may_draw};
	bool ok = config_app_copy(&app->config, config) &&
		expand(argv == NULL ? config->command : NULL, &app->command, &app->has_command,
			config->name) &&
		expand(config->environment, &app->environment, &app->has_environment, config->name);
	if (ok) {
		struct app_settings settings = settings_of(app, argv);
		app->app = app_create(&apps->kiosk->host, &settings, &handler);
	}
	if (app->app == NULL || !apps_watch_init(app)) {
		kiosk_app_destroy(app);
		return NULL;
	}
	const struct config_region *region = &app->config.region;
	app->placement = (struct layout_placement){
		.level = (enum layout_level)config->layer,
		.region = {region->x, region->y, region->width, region->height},
		.outputs = app->config.output,
	};
	return app;
}

// ---- Turns ----

static struct kiosk_app *find(const struct kiosk_apps *apps, const char *name) {
	struct kiosk_app *app;
	wl_list_for_each(app, &apps->apps, link) {
		if (!app->removed && strcmp(app->config.name, name) == 0) {
			return app;
		}
	}
	return NULL;
}

static bool is_its_turn(const struct kiosk_app *app) {
	const struct kiosk_app *other;
	wl_list_for_each(other, &app->apps->apps, link) {
		if (other->removed && strcmp(other->config.name, app->config.name) == 0) {
			return false; // the one before it, with other settings
		}
	}
	const char *at = app->config.after;
	char name[CONFIG_NAME_SIZE];
	while (config_next_name(&at, name)) {
		other = find(app->apps, name);
		if (other != NULL && (other->waits || !app_is_settled(other->app))) {
			return false;
		}
	}
	return true;
}

// Starting one may settle others: from the beginning then.
static void start_those_in_turn(struct kiosk_apps *apps) {
	struct kiosk_app *app;
	bool again = true;
	while (again && !apps->stopping) {
		again = false;
		wl_list_for_each(app, &apps->apps, link) {
			if (app->waits && !app->removed && is_its_turn(app)) {
				app->waits = false;
				app_start(app->app);
				again = true;
				break;
			}
		}
	}
}

static void handle_changed(void *data) {
	struct kiosk_app *app = data;
	struct kiosk_apps *apps = app->apps;
	apps_watch_update(app);
	if (app->removed && !app_has_process(app->app)) {
		kiosk_app_destroy(app);
	}
	start_those_in_turn(apps);
	kiosk_status_screen_update(apps->kiosk->status_screen);
	kiosk_unit_status_update(apps->kiosk);
	kiosk_check_stopped(apps->kiosk);
}

// ---- All of them ----

static const struct layout_placement *handle_placement(void *data, struct wl_client *client) {
	const struct kiosk_app *app = apps_of_client(data, client);
	return app != NULL ? &app->placement : NULL;
}

static void handle_drawn(void *data, struct wl_client *client) {
	struct kiosk_app *app = apps_of_client(data, client);
	if (app != NULL) {
		app_has_drawn(app->app);
	}
}

// A name as sections have them.
static void name_command(const char *command, char name[CONFIG_NAME_SIZE]) {
	const char *slash = strrchr(command, '/');
	snprintf(name, CONFIG_NAME_SIZE, "%s", slash != NULL ? slash + 1 : command);
	for (char *c = name; *c != '\0'; c++) {
		bool fits = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
			(*c >= '0' && *c <= '9') || *c == '-' || *c == '_' || (*c == '.' && c != name);
		*c = fits ? *c : '_';
	}
	if (name[0] == '\0') {
		snprintf(name, CONFIG_NAME_SIZE, "app");
	}
}

static bool start_command(struct kiosk_apps *apps, char **argv, char error[256]) {
	char name[CONFIG_NAME_SIZE];
	struct config_app config;
	if (!process_can_run(argv[0])) {
		snprintf(error, 256, "app %.150s: cannot be started: %s: check the command and PATH",
			argv[0], strerror(errno));
		return false;
	}
	name_command(argv[0], name);
	struct kiosk_app *app = NULL;
	if (config_app_init(&config, name)) {
		app = kiosk_app_create(apps, &config, argv);
		config_app_finish(&config);
	}
	if (app == NULL) {
		snprintf(error, 256, "out of memory");
		return false;
	}
	start_those_in_turn(apps);
	if (!app_has_process(app->app)) {
		snprintf(error, 256, "app %s: %.200s", name, app_reason(app->app));
		return false;
	}
	return true;
}

struct kiosk_apps *kiosk_apps_create(struct kiosk *kiosk, char **argv, char error[256]) {
	struct kiosk_apps *apps = calloc(1, sizeof(*apps));
	if (apps == NULL) {
		snprintf(error, 256, "out of memory");
		return NULL;
	}
	apps->kiosk = kiosk;
	apps->of_command_line = argv != NULL;
	wl_list_init(&apps->apps);
	apps_clients_init(apps);
	const struct layout_owner owner = {handle_placement, handle_drawn, apps};
	kiosk_layout_set_owner(kiosk->layout, &owner);
	if (argv != NULL && !start_command(apps, argv, error)) {
		kiosk_apps_destroy(apps);
		return NULL;
	}
	if (argv == NULL && !kiosk_apps_reload(apps, kiosk->config)) {
		log_error("out of memory: not all apps are started");
	}
	return apps;
}

void kiosk_apps_destroy(struct kiosk_apps *apps) {
	if (apps == NULL) {
		return;
	}
	apps->stopping = true;
	kiosk_layout_set_owner(apps->kiosk->layout, NULL);
	struct kiosk_app *app, *tmp;
	wl_list_for_each_safe(app, tmp, &apps->apps, link) {
		kiosk_app_destroy(app);
	}
	apps_clients_finish(apps);
	free(apps);
}

static void remove_app(struct kiosk_app *app) {
	app->removed = true;
	app->waits = false;
	if (!app_has_process(app->app)) {
		kiosk_app_destroy(app);
	} else {
		app_stop(app->app, 0); // handle_changed ends it
	}
}

bool kiosk_apps_reload(struct kiosk_apps *apps, const struct config *config) {
	if (apps->of_command_line || apps->stopping) {
		return true;
	}
	struct kiosk_app *app, *tmp;
	wl_list_for_each_safe(app, tmp, &apps->apps, link) {
		const struct config_app *now = NULL;
		for (int i = 0; i < config->n_apps; i++) {
			now = strcmp(config->apps[i].name, app->config.name) == 0 ? &config->apps[i] : now;
		}
		if (!app->removed && (now == NULL || !config_app_equal(now, &app->config))) {
			remove_app(app);
		}
	}
	bool ok = true;
	for (int i = 0; i < config->n_apps; i++) {
		app = find(apps, config->apps[i].name);
		if (app == NULL) {
			ok = kiosk_app_create(apps, &config->apps[i], NULL) != NULL && ok;
		} else { // in the order of the file
			wl_list_remove(&app->link);
			wl_list_insert(apps->apps.prev, &app->link);
		}
	}
	start_those_in_turn(apps);
	return ok;
}

void kiosk_apps_stop(struct kiosk_apps *apps) {
	apps->stopping = true;
	struct kiosk_app *app, *tmp;
	wl_list_for_each_safe(app, tmp, &apps->apps, link) {
		app_stop(app->app, APP_STOP_MS);
	}
}

bool kiosk_apps_have_stopped(const struct kiosk_apps *apps) {
	const struct kiosk_app *app;
	wl_list_for_each(app, &apps->apps, link) {
		if (app_has_process(app->app)) {
			return false;
		}
	}
	return true;
}

const char *kiosk_apps_command(
	struct kiosk_apps *apps, const char *name, enum kiosk_apps_command command) {
	struct kiosk_app *app = find(apps, name);
	if (app == NULL) {
		return "no such app: `vitrinectl app` lists the apps";
	}
	if (apps->stopping) {
		return "vitrine is ending";
	}
	app->waits = false;
	switch (command) {
	case KIOSK_APPS_START:
		app_start(app->app);
		break;
	case KIOSK_APPS_STOP:
		app_stop(app->app, 0);
		break;
	case KIOSK_APPS_RESTART:
		app_restart(app->app);
		break;
	}
	return NULL;
}
