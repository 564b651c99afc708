// SPDX-License-Identifier: MIT
// What clients want of heads, all of it at once.
#include <stdlib.h>

#include "wayland/output_manager_internal.h"
#include "wlr-output-management-unstable-v1-server-protocol.h"

struct output_configuration {
	struct output_manager *manager;
	struct wl_resource *resource;
	uint32_t serial;
	bool used;
	bool stale;           // one of its heads is gone
	struct wl_list heads; // configured_head.link
	struct wl_list link;
};

struct configured_head {
	const struct output_head *head; // NULL: inert
	struct wl_resource *resource;   // NULL: it is to be disabled
	struct output_head_wish wish;
	struct wl_list link;
};

// ---- One head ----

static struct configured_head *configured_from_resource(struct wl_resource *resource) {
	return wl_resource_get_user_data(resource);
}

// Notes that the property is set. False if it was already: an error.
static bool set_once(struct wl_resource *resource, bool *has, const char *property) {
	if (*has) {
		wl_resource_post_error(resource, ZWLR_OUTPUT_CONFIGURATION_HEAD_V1_ERROR_ALREADY_SET,
			"the %s is set already", property);
		return false;
	}
	*has = true;
	return true;
}

static void handle_set_mode(
	struct wl_client *client, struct wl_resource *resource, struct wl_resource *mode_resource) {
	(void)client;
	struct configured_head *configured = configured_from_resource(resource);
	const struct output_mode_view *mode = wl_resource_get_user_data(mode_resource);
	if (!set_once(resource, &configured->wish.has_mode, "mode")) {
		return;
	}
	if (mode->head && configured->head && mode->head != configured->head) {
		wl_resource_post_error(resource, ZWLR_OUTPUT_CONFIGURATION_HEAD_V1_ERROR_INVALID_MODE,
			"the mode is another head's");
		return;
	}
	configured->wish.mode = mode->mode; // if either is inert, it comes to nothing
}

static void handle_set_custom_mode(struct wl_client *client, struct wl_resource *resource,
	int32_t width, int32_t height, int32_t refresh_mhz) {
	(void)client;
	struct configured_head *configured = configured_from_resource(resource);
	if (!set_once(resource, &configured->wish.has_mode, "mode")) {
		return;
	}
	if (width < 1 || height < 1 || refresh_mhz < 0) {
		wl_resource_post_error(resource,
			ZWLR_OUTPUT_CONFIGURATION_HEAD_V1_ERROR_INVALID_CUSTOM_MODE,
			"%dx%d at %d mHz is no mode", width, height, refresh_mhz);
		return;
	}
	configured->wish.mode =
		(struct output_head_mode){.width = width, .height = height, .refresh_mhz = refresh_mhz};
}

static void handle_set_position(
	struct wl_client *client, struct wl_resource *resource, int32_t x, int32_t y) {
	(void)client;
	struct output_head_wish *wish = &configured_from_resource(resource)->wish;
	if (set_once(resource, &wish->has_position, "position")) {
		wish->x = x;
		wish->y = y;
	}
}

static void handle_set_transform(
	struct wl_client *client, struct wl_resource *resource, int32_t transform) {
	(void)client;
	struct output_head_wish *wish = &configured_from_resource(resource)->wish;
	if (!set_once(resource, &wish->has_transform, "transform")) {
		return;
	}
	if (transform < WL_OUTPUT_TRANSFORM_NORMAL || transform > WL_OUTPUT_TRANSFORM_FLIPPED_270) {
		wl_resource_post_error(resource, ZWLR_OUTPUT_CONFIGURATION_HEAD_V1_ERROR_INVALID_TRANSFORM,
			"%d is no transform", transform);
		return;
	}
	wish->transform = (enum wl_output_transform)transform;
}

static void handle_set_scale(
	struct wl_client *client, struct wl_resource *resource, wl_fixed_t scale) {
	(void)client;
	struct output_head_wish *wish = &configured_from_resource(resource)->wish;
	if (!set_once(resource, &wish->has_scale, "scale")) {
		return;
	}
	if (scale <= 0) {
		wl_resource_post_error(resource, ZWLR_OUTPUT_CONFIGURATION_HEAD_V1_ERROR_INVALID_SCALE,
			"a scale is more than 0");
		return;
	}
	wish->scale = wl_fixed_to_double(scale);
}

static void handle_set_adaptive_sync(
	struct wl_client *client, struct wl_resource *resource, uint32_t state) {
	(void)client;
	struct output_head_wish *wish = &configured_from_resource(resource)->wish;
	if (!set_once(resource, &wish->has_vrr, "adaptive sync state")) {
		return;
	}
	if (state > ZWLR_OUTPUT_HEAD_V1_ADAPTIVE_SYNC_STATE_ENABLED) {
		wl_resource_post_error(resource,
			ZWLR_OUTPUT_CONFIGURATION_HEAD_V1_ERROR_INVALID_ADAPTIVE_SYNC_STATE, "%u is no state",
			state);
		return;
	}
	wish->vrr = state == ZWLR_OUTPUT_HEAD_V1_ADAPTIVE_SYNC_STATE_ENABLED;
}

static const struct zwlr_output_configuration_head_v1_interface configured_impl = {
	.set_mode = handle_set_mode,
	.set_custom_mode = handle_set_custom_mode,
	.set_position = handle_set_position,
	.set_transform = handle_set_transform,
	.set_scale = handle_set_scale,
	.set_adaptive_sync = handle_set_adaptive_sync,
};

static void handle_configured_destroy(struct wl_resource *resource) {
	struct configured_head *configured = configured_from_resource(resource);
	wl_list_remove(&configured->link);
	free(configured);
}

// ---- All of them ----

static struct output_configuration *configuration_from_resource(struct wl_resource *resource) {
	return wl_resource_get_user_data(resource);
}

static bool is_configured(
	const struct output_configuration *configuration, const struct output_head *head) {
	const struct configured_head *configured;
	wl_list_for_each(configured, &configuration->heads, link) {
		if (configured->head == head) {
			return true;
		}
	}
	return false;
}

static bool check_unused(const struct output_configuration *configuration) {
	if (configuration->used) {
		wl_resource_post_error(configuration->resource,
			ZWLR_OUTPUT_CONFIGURATION_V1_ERROR_ALREADY_USED,
			"the configuration was applied or tested already");
	}
	return !configuration->used;
}

// NULL with an error posted.
static struct configured_head *configure_head(
	struct output_configuration *configuration, struct wl_resource *head_resource) {
	const struct output_head *head = output_head_from_resource(head_resource);
	if (!check_unused(configuration)) {
		return NULL;
	}
	if (head && is_configured(configuration, head)) {
		wl_resource_post_error(configuration->resource,
			ZWLR_OUTPUT_CONFIGURATION_V1_ERROR_ALREADY_CONFIGURED_HEAD, "%s is configured already",
			head->state.name);
		return NULL;
	}
	struct configured_head *configured = calloc(1, sizeof(*configured));
	if (!configured) {
		wl_resource_post_no_memory(configuration->resource);
		return NULL;
	}
	configured->head = head;
	configuration->stale |= !head;
	wl_list_insert(configuration->heads.prev, &configured->link);
	return configured;
}

static void handle_enable_head(struct wl_client *client, struct wl_resource *resource, uint32_t id,
	struct wl_resource *head_resource) {
	struct configured_head *configured =
		configure_head(configuration_from_resource(resource), head_resource);
	if (!configured) {
		return;
	}
	configured->wish.enabled = true;
	configured->resource = wl_resource_create(client, &zwlr_output_configuration_head_v1_interface,
		wl_resource_get_version(resource), id);
	if (!configured->resource) {
		wl_list_remove(&configured->link);
		free(configured);
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(
		configured->resource, &configured_impl, configured, handle_configured_destroy);
}

static void handle_disable_head(
	struct wl_client *client, struct wl_resource *resource, struct wl_resource *head_resource) {
	(void)client;
	configure_head(configuration_from_resource(resource), head_resource);
}

// True if every head is in it; an error otherwise.
static bool check_whole(const struct output_configuration *configuration) {
	const struct output_head *head;
	wl_list_for_each(head, &configuration->manager->heads, link) {
		if (!is_configured(configuration, head)) {
			wl_resource_post_error(configuration->resource,
				ZWLR_OUTPUT_CONFIGURATION_V1_ERROR_UNCONFIGURED_HEAD, "%s is not configured",
				head->state.name);
			return false;
		}
	}
	return true;
}

static bool configure(const struct output_configuration *configuration, bool test) {
	const struct output_manager *manager = configuration->manager;
	int n = wl_list_length(&configuration->heads), i = 0;
	struct output_head_wish *wishes = calloc((size_t)n + 1, sizeof(*wishes));
	bool ok = wishes != NULL;
	const struct configured_head *configured;
	wl_list_for_each(configured, &configuration->heads, link) {
		if (ok) {
			wishes[i] = configured->wish;
			wishes[i++].name = configured->head->state.name;
		}
	}
	ok = ok && manager->ops->configure(manager->data, wishes, i, test);
	free(wishes);
	return ok;
}

static void use(struct output_configuration *configuration, bool test) {
	struct wl_resource *resource = configuration->resource;
	if (!check_unused(configuration)) {
		return;
	}
	configuration->used = true;
	if (configuration->stale || configuration->serial != configuration->manager->serial) {
		zwlr_output_configuration_v1_send_cancelled(resource);
	} else if (!check_whole(configuration)) {
		return;
	} else if (configure(configuration, test)) {
		zwlr_output_configuration_v1_send_succeeded(resource);
	} else {
		zwlr_output_configuration_v1_send_failed(resource);
	}
}

static void handle_apply(struct wl_client *client, struct wl_resource *resource) {
	(void)client;
	use(configuration_from_resource(resource), false);
}

static void handle_test(struct wl_client *client, struct wl_resource *resource) {
	(void)client;
	use(configuration_from_resource(resource), true);
}

static const struct zwlr_output_configuration_v1_interface configuration_impl = {
	.enable_head = handle_enable_head,
	.disable_head = handle_disable_head,
	.apply = handle_apply,
	.test = handle_test,
	.destroy = resource_handle_destroy,
};

static void handle_configuration_destroy(struct wl_resource *resource) {
	struct output_configuration *configuration = configuration_from_resource(resource);
	struct configured_head *configured, *next;
	wl_list_for_each_safe(configured, next, &configuration->heads, link) {
		if (configured->resource) {
			wl_resource_destroy(configured->resource);
		} else {
			wl_list_remove(&configured->link);
			free(configured);
		}
	}
	wl_list_remove(&configuration->link);
	free(configuration);
}

void output_configuration_create(
	struct wl_client *client, struct wl_resource *manager, uint32_t id, uint32_t serial) {
	struct output_configuration *configuration = calloc(1, sizeof(*configuration));
	struct wl_resource *resource = configuration
		? wl_resource_create(
			  client, &zwlr_output_configuration_v1_interface, wl_resource_get_version(manager), id)
		: NULL;
	if (!resource) {
		free(configuration);
		wl_client_post_no_memory(client);
		return;
	}
	configuration->manager = wl_resource_get_user_data(manager);
	configuration->resource = resource;
	configuration->serial = serial;
	wl_list_init(&configuration->heads);
	wl_list_insert(&configuration->manager->configurations, &configuration->link);
	wl_resource_set_implementation(
		resource, &configuration_impl, configuration, handle_configuration_destroy);
}

void output_configurations_forget(const struct output_head *head) {
	struct output_configuration *configuration;
	wl_list_for_each(configuration, &head->manager->configurations, link) {
		struct configured_head *configured;
		wl_list_for_each(configured, &configuration->heads, link) {
			if (configured->head == head) {
				configured->head = NULL;
				configuration->stale = true;
			}
		}
	}
}
