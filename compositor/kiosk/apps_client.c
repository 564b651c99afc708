// SPDX-License-Identifier: MIT
// Which client is of which app: by its process, when it connects.
#include <stdlib.h>

#include "kiosk/apps_internal.h"
#include "kiosk/peer.h"

static void app_client_destroy(struct app_client *client) {
	wl_list_remove(&client->destroy.link);
	wl_list_remove(&client->link);
	free(client);
}

static void handle_client_destroyed(struct wl_listener *listener, void *data) {
	(void)data;
	struct app_client *client = wl_container_of(listener, client, destroy);
	app_client_destroy(client);
}

static void handle_client_created(struct wl_listener *listener, void *data) {
	struct kiosk_apps *apps = wl_container_of(listener, apps, client_created);
	struct wl_client *wl_client = data;
	pid_t pid;
	wl_client_get_credentials(wl_client, &pid, NULL, NULL);
	struct peer peer = peer_get(wl_client_get_fd(wl_client));
	struct kiosk_app *app, *found = NULL;
	wl_list_for_each(app, &apps->apps, link) {
		if (app_has(app->app, pid)) {
			found = app;
			break;
		}
	}
	struct app_client *client =
		found != NULL && peer_lives(&peer) ? calloc(1, sizeof(*client)) : NULL;
	peer_put(&peer);
	if (client == NULL) {
		return; // of nobody; so it is without memory, too
	}
	client->client = wl_client;
	client->app = found;
	client->pid = pid;
	client->destroy.notify = handle_client_destroyed;
	wl_client_add_destroy_listener(wl_client, &client->destroy);
	wl_list_insert(&apps->clients, &client->link);
}

void apps_clients_init(struct kiosk_apps *apps) {
	wl_list_init(&apps->clients);
	apps->client_created.notify = handle_client_created;
	wl_display_add_client_created_listener(
		wayland_server_display(apps->kiosk->server), &apps->client_created);
}

void apps_clients_finish(struct kiosk_apps *apps) {
	wl_list_remove(&apps->client_created.link);
	struct app_client *client, *tmp;
	wl_list_for_each_safe(client, tmp, &apps->clients, link) {
		app_client_destroy(client);
	}
}

void apps_clients_forget(struct kiosk_app *app) {
	struct app_client *client, *tmp;
	wl_list_for_each_safe(client, tmp, &app->apps->clients, link) {
		if (client->app == app) {
			app_client_destroy(client);
		}
	}
}

struct kiosk_app *apps_of_client(const struct kiosk_apps *apps, const struct wl_client *client) {
	const struct app_client *each;
	wl_list_for_each(each, &apps->clients, link) {
		if (each->client == client) {
			return each->app;
		}
	}
	return NULL;
}

const char *kiosk_apps_name_of(const struct kiosk_apps *apps, pid_t client_pid) {
	const struct app_client *each;
	wl_list_for_each(each, &apps->clients, link) {
		if (each->pid == client_pid) {
			return each->app->config.name;
		}
	}
	return NULL;
}
