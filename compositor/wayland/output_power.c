// SPDX-License-Identifier: MIT
// zwlr_output_power_manager_v1: screens on and off.
#include <stdlib.h>

#include "wayland/output_manager_internal.h"
#include "wlr-output-power-management-unstable-v1-server-protocol.h"

struct output_power {
	struct output_manager *manager;
	struct wl_resource *resource;
	struct wayland_output *output; // NULL: inert
	bool on;                       // as the client knows it
	struct wl_listener withdrawn;
	struct wl_list link;
};

static void detach(struct output_power *power) {
	wl_list_remove(&power->withdrawn.link);
	wl_list_init(&power->withdrawn.link);
	wl_list_remove(&power->link);
	wl_list_init(&power->link);
	power->output = NULL;
}

static void handle_withdrawn(struct wl_listener *listener, void *data) {
	(void)data;
	struct output_power *power = wl_container_of(listener, power, withdrawn);
	zwlr_output_power_v1_send_failed(power->resource);
	detach(power);
}

static void handle_set_mode(struct wl_client *client, struct wl_resource *resource, uint32_t mode) {
	(void)client;
	struct output_power *power = wl_resource_get_user_data(resource);
	if (mode > ZWLR_OUTPUT_POWER_V1_MODE_ON) {
		wl_resource_post_error(
			resource, ZWLR_OUTPUT_POWER_V1_ERROR_INVALID_MODE, "%u is no mode", mode);
		return;
	}
	if (power->output) {
		const struct output_manager *manager = power->manager;
		manager->ops->set_power(manager->data, power->output, mode == ZWLR_OUTPUT_POWER_V1_MODE_ON);
	}
}

static const struct zwlr_output_power_v1_interface power_impl = {
	.set_mode = handle_set_mode,
	.destroy = resource_handle_destroy,
};

static void handle_power_destroy(struct wl_resource *resource) {
	struct output_power *power = wl_resource_get_user_data(resource);
	detach(power);
	free(power);
}

static void send_mode(struct output_power *power) {
	zwlr_output_power_v1_send_mode(
		power->resource, power->on ? ZWLR_OUTPUT_POWER_V1_MODE_ON : ZWLR_OUTPUT_POWER_V1_MODE_OFF);
}

static void handle_get_output_power(struct wl_client *client, struct wl_resource *resource,
	uint32_t id, struct wl_resource *output_resource) {
	struct output_power *power = calloc(1, sizeof(*power));
	struct wl_resource *power_resource =
		power ? wl_resource_create(client, &zwlr_output_power_v1_interface, 1, id) : NULL;
	if (!power_resource) {
		free(power);
		wl_client_post_no_memory(client);
		return;
	}
	struct output_manager *manager = wl_resource_get_user_data(resource);
	power->manager = manager;
	power->resource = power_resource;
	power->output = wayland_output_from_resource(output_resource);
	power->withdrawn.notify = handle_withdrawn;
	wl_list_init(&power->withdrawn.link);
	wl_list_init(&power->link);
	wl_resource_set_implementation(power_resource, &power_impl, power, handle_power_destroy);
	if (!power->output) {
		zwlr_output_power_v1_send_failed(power_resource);
		return;
	}
	wl_signal_add(&power->output->withdrawn, &power->withdrawn);
	wl_list_insert(&manager->powers, &power->link);
	power->on = manager->ops->power(manager->data, power->output);
	send_mode(power);
}

static const struct zwlr_output_power_manager_v1_interface manager_impl = {
	.get_output_power = handle_get_output_power,
	.destroy = resource_handle_destroy,
};

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	resource_bind(
		client, &zwlr_output_power_manager_v1_interface, version, id, &manager_impl, data);
}

struct wl_global *output_power_global_create(struct output_manager *manager) {
	return wl_global_create(wayland_server_display(manager->server),
		&zwlr_output_power_manager_v1_interface, 1, manager, handle_bind);
}

void output_manager_power_changed(struct output_manager *manager) {
	struct output_power *power;
	wl_list_for_each(power, &manager->powers, link) {
		bool on = manager->ops->power(manager->data, power->output);
		if (on != power->on) {
			power->on = on;
			send_mode(power);
		}
	}
}
