// SPDX-License-Identifier: MIT
// wl_data_offer, and the action that both sides of a drag agree on.
#include <stdlib.h>

#include "wayland/data_device.h"
#include "wayland/server.h"

struct data_offer {
	struct selection_offer base;
	bool dragged; // made for a drag, not for a selection
};

static struct data_offer *offer_of(struct wl_resource *resource) {
	return wl_resource_get_user_data(resource);
}

// NULL if it is inert.
static struct data_source *source_of(const struct data_offer *offer) {
	struct data_source *source;
	return offer->base.source ? wl_container_of(offer->base.source, source, base) : NULL;
}

static int version_of(const struct data_source *source) {
	return wl_resource_get_version(source->base.resource);
}

// ---- What is agreed on ----

static void send_source_action(struct data_source *source) {
	if (version_of(source) >= WL_DATA_SOURCE_ACTION_SINCE_VERSION) {
		wl_data_source_send_action(source->base.resource, source->action);
	}
}

static void set_action(struct data_source *source, uint32_t action) {
	if (action == source->action) {
		return;
	}
	source->action = action;
	if (source->phase == DATA_DROPPED) {
		return; // the source hears of it when it is final
	}
	send_source_action(source);
	struct selection_offer *offer;
	wl_list_for_each(offer, &source->base.offers, link) {
		if (wl_resource_get_version(offer->resource) >= WL_DATA_OFFER_ACTION_SINCE_VERSION) {
			wl_data_offer_send_action(offer->resource, action);
		}
	}
}

static uint32_t choose_action(const struct data_source *source) {
	const uint32_t copy = WL_DATA_DEVICE_MANAGER_DND_ACTION_COPY;
	uint32_t both =
		(source->has_actions ? source->actions : copy) & (source->lenient ? copy : source->wanted);
	if (source->preferred & both) {
		return source->preferred;
	}
	return both & -both; // the first of copy, move, ask
}

static void set_accepted(struct data_source *source, const char *type) {
	source->accepted = type != NULL;
	wl_data_source_send_target(source->base.resource, type);
}

void data_source_reset(struct data_source *source) {
	selection_source_withdraw(&source->base);
	source->wanted = source->preferred = 0;
	source->lenient = false;
	if (source->accepted) {
		set_accepted(source, NULL);
	}
	set_action(source, DATA_NO_ACTION);
}

void data_source_cancel(struct data_source *source) {
	selection_source_withdraw(&source->base);
	source->phase = DATA_DONE;
	// Up to version 2 it only means that another source took the place.
	if (version_of(source) >= WL_DATA_SOURCE_DND_FINISHED_SINCE_VERSION) {
		wl_data_source_send_cancelled(source->base.resource);
	}
}

static void finish(struct data_source *source) {
	selection_source_withdraw(&source->base);
	source->phase = DATA_DONE;
	if (version_of(source) >= WL_DATA_SOURCE_DND_FINISHED_SINCE_VERSION) {
		wl_data_source_send_dnd_finished(source->base.resource);
	}
}

// ---- Requests ----

static void handle_accept(
	struct wl_client *client, struct wl_resource *resource, uint32_t serial, const char *type) {
	(void)client;
	(void)serial; // that of the enter: what came before it is inert by now
	struct data_offer *offer = offer_of(resource);
	struct data_source *source = source_of(offer);
	if (source && offer->dragged) {
		set_accepted(source, type);
	}
}

static void handle_receive(
	struct wl_client *client, struct wl_resource *resource, const char *type, int32_t fd) {
	(void)client;
	selection_offer_receive(&offer_of(resource)->base, type, fd, wl_data_source_send_send);
}

static void handle_finish(struct wl_client *client, struct wl_resource *resource) {
	(void)client;
	struct data_offer *offer = offer_of(resource);
	struct data_source *source = source_of(offer);
	if (!offer->dragged) {
		wl_resource_post_error(
			resource, WL_DATA_OFFER_ERROR_INVALID_FINISH, "a selection's offer is not finished");
		return;
	}
	if (!source) {
		return; // the source went first
	}
	bool decided =
		source->action != DATA_NO_ACTION && source->action != WL_DATA_DEVICE_MANAGER_DND_ACTION_ASK;
	if (source->phase != DATA_DROPPED || !source->accepted || !decided) {
		wl_resource_post_error(resource, WL_DATA_OFFER_ERROR_INVALID_FINISH,
			source->phase != DATA_DROPPED ? "finished before the drop"
				: !source->accepted       ? "finished, but no type was accepted"
										  : "finished, but no action was agreed on");
		return;
	}
	if (source->asked) {
		send_source_action(source);
	}
	finish(source);
}

static void handle_set_actions(
	struct wl_client *client, struct wl_resource *resource, uint32_t actions, uint32_t preferred) {
	(void)client;
	struct data_offer *offer = offer_of(resource);
	struct data_source *source = source_of(offer);
	if (actions & ~(uint32_t)DATA_ALL_ACTIONS) {
		wl_resource_post_error(
			resource, WL_DATA_OFFER_ERROR_INVALID_ACTION_MASK, "invalid action mask 0x%x", actions);
		return;
	}
	if (preferred && (!(preferred & actions) || (preferred & (preferred - 1)))) {
		wl_resource_post_error(resource, WL_DATA_OFFER_ERROR_INVALID_ACTION,
			"0x%x is not one of the actions 0x%x", preferred, actions);
		return;
	}
	if (!offer->dragged) {
		wl_resource_post_error(
			resource, WL_DATA_OFFER_ERROR_INVALID_OFFER, "a selection's offer has no actions");
		return;
	}
	// After the drop the action is what it is, unless the user was to be asked.
	if (!source ||
		(source->phase == DATA_DROPPED &&
			source->action != WL_DATA_DEVICE_MANAGER_DND_ACTION_ASK)) {
		return;
	}
	source->wanted = actions;
	source->preferred = preferred;
	set_action(source, choose_action(source));
}

static const struct wl_data_offer_interface offer_impl = {
	.accept = handle_accept,
	.receive = handle_receive,
	.destroy = resource_handle_destroy,
	.finish = handle_finish,
	.set_actions = handle_set_actions,
};

// ---- Life ----

static void handle_resource_destroy(struct wl_resource *resource) {
	struct data_offer *offer = offer_of(resource);
	struct data_source *source = source_of(offer);
	selection_offer_finish(&offer->base);
	free(offer);
	// The last one that could have been finished. Of old ones this is how they say that.
	if (source && source->phase == DATA_DROPPED && wl_list_empty(&source->base.offers)) {
		if (source->lenient) {
			finish(source);
		} else {
			data_source_cancel(source);
		}
	}
}

struct wl_resource *data_offer_create(struct wl_resource *device, struct selection_source *base) {
	struct wl_client *client = wl_resource_get_client(device);
	int version = wl_resource_get_version(device);
	struct data_source *source = wl_container_of(base, source, base);
	struct data_offer *offer = calloc(1, sizeof(*offer));
	struct wl_resource *resource =
		offer ? wl_resource_create(client, &wl_data_offer_interface, version, 0) : NULL;
	if (!resource) {
		free(offer);
		wl_client_post_no_memory(client);
		return NULL;
	}
	selection_offer_init(&offer->base, resource, base);
	wl_resource_set_implementation(resource, &offer_impl, offer, handle_resource_destroy);
	offer->dragged = source->phase == DATA_DRAGGED;
	wl_data_device_send_data_offer(device, resource);
	selection_source_for_each_type(base, wl_data_offer_send_offer, resource);
	if (!offer->dragged) {
		return resource;
	}
	if (version >= WL_DATA_OFFER_SOURCE_ACTIONS_SINCE_VERSION) {
		wl_data_offer_send_source_actions(resource,
			source->has_actions ? source->actions : WL_DATA_DEVICE_MANAGER_DND_ACTION_COPY);
	} else {
		source->lenient = true;
		set_action(source, choose_action(source));
	}
	return resource;
}
