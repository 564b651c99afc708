// SPDX-License-Identifier: MIT
#include "wayland/selection.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wayland/seat_internal.h"

enum {
	MAX_TYPES = 512, // of a source; office programs offer some dozens
	MAX_BYTES = 1 << 14,
	MAX_DEVICES = 16, // of a client: each is told of every selection
};

struct selection_type {
	struct wl_list link;
	char name[];
};

// ---- Sources ----

void selection_source_init(struct selection_source *source, struct wl_resource *resource) {
	source->resource = resource;
	source->account = client_account(wl_resource_get_client(resource));
	wl_list_init(&source->types);
	wl_list_init(&source->offers);
}

void selection_source_withdraw(struct selection_source *source) {
	struct selection_offer *offer, *next;
	wl_list_for_each_safe(offer, next, &source->offers, link) {
		selection_offer_finish(offer);
	}
}

void selection_source_finish(struct selection_source *source) {
	selection_source_withdraw(source);
	struct selection *selection = source->selection;
	if (selection) {
		selection->source = NULL;
		selection_tell(selection, selection->seat->selection_client);
	}
	struct selection_type *type, *next;
	wl_list_for_each_safe(type, next, &source->types, link) {
		free(type);
	}
	client_hold_text(source->account, &source->held, 0);
}

static bool has_type(const struct selection_source *source, const char *name) {
	const struct selection_type *type;
	wl_list_for_each(type, &source->types, link) {
		if (strcmp(type->name, name) == 0) {
			return true;
		}
	}
	return false;
}

void selection_source_add_type(struct selection_source *source, const char *name) {
	if (has_type(source, name)) {
		return;
	}
	size_t size = strlen(name) + 1;
	bool ok = client_hold_text(source->account, &source->held, source->held + size) &&
		source->held <= MAX_BYTES && source->n_types < MAX_TYPES;
	struct selection_type *type = ok ? malloc(sizeof(*type) + size) : NULL;
	if (!type) {
		wl_resource_post_no_memory(source->resource);
		return;
	}
	memcpy(type->name, name, size);
	source->n_types++;
	wl_list_insert(source->types.prev, &type->link);
}

void selection_source_for_each_type(const struct selection_source *source,
	void (*visit)(struct wl_resource *offer, const char *type), struct wl_resource *offer) {
	const struct selection_type *type;
	wl_list_for_each(type, &source->types, link) {
		visit(offer, type->name);
	}
}

// ---- Offers ----

void selection_offer_init(
	struct selection_offer *offer, struct wl_resource *resource, struct selection_source *source) {
	offer->resource = resource;
	offer->source = source;
	wl_list_insert(source->offers.prev, &offer->link);
}

void selection_offer_finish(struct selection_offer *offer) {
	offer->source = NULL;
	wl_list_remove(&offer->link);
	wl_list_init(&offer->link);
}

void selection_offer_receive(struct selection_offer *offer, const char *type, int fd,
	void (*send)(struct wl_resource *source, const char *type, int fd)) {
	struct selection_source *source = offer->source;
	// A source that does not read must not be ended for what others ask of it: they get nothing.
	if (source && has_type(source, type) &&
		!client_is_behind(wl_resource_get_client(source->resource))) {
		send(source->resource, type, fd);
	}
	close(fd);
}

// ---- Selections ----

void selection_init(struct selection *selection, struct seat *seat) {
	selection->seat = seat;
	wl_list_init(&selection->devices);
}

static void tell_device(struct selection *selection, struct wl_resource *device) {
	struct wl_resource *offer = NULL;
	if (selection->source) {
		offer = selection->protocol->offer(device, selection->source);
		if (!offer) {
			return;
		}
	}
	selection->protocol->selected(device, offer);
}

void selection_tell(struct selection *selection, struct wl_client *client) {
	if (!client || client_account(client)->gone) {
		return;
	}
	struct wl_resource *device;
	wl_resource_for_each(device, &selection->devices) {
		if (wl_resource_get_client(device) == client) {
			tell_device(selection, device);
		}
	}
}

void selection_add_device(struct selection *selection, const struct selection_protocol *protocol,
	struct wl_resource *device) {
	struct wl_client *client = wl_resource_get_client(device);
	selection->protocol = protocol;
	int n = 0;
	struct wl_resource *other;
	wl_resource_for_each(other, &selection->devices) {
		n += wl_resource_get_client(other) == client;
	}
	wl_list_insert(selection->devices.prev, wl_resource_get_link(device));
	if (n >= MAX_DEVICES) {
		wl_client_post_no_memory(client);
	} else if (client == selection->seat->selection_client && selection->source) {
		tell_device(selection, device);
	}
}

void selection_handle_device_destroy(struct wl_resource *device) {
	wl_list_remove(wl_resource_get_link(device));
}

void selection_set(struct selection *selection, struct selection_source *source,
	struct wl_client *client, uint32_t serial) {
	struct seat *seat = selection->seat;
	if (!seat_has_serial(seat, client, serial, SEAT_SERIAL_ANY) ||
		(selection->was_set && (int32_t)(serial - selection->serial) < 0)) {
		if (source) {
			selection->protocol->cancelled(source->resource);
		}
		return;
	}
	struct selection_source *before = selection->source;
	selection->was_set = true;
	selection->serial = serial;
	selection->source = source;
	if (before) {
		before->selection = NULL;
		selection_source_withdraw(before);
		selection->protocol->cancelled(before->resource);
	}
	if (source) {
		source->selection = selection;
	}
	selection_tell(selection, seat->selection_client);
}

void seat_selection_refocus(struct seat *seat) {
	const struct seat_keyboard *keyboard = &seat->keyboard;
	struct surface *surface =
		keyboard->override.surface ? keyboard->override.surface : keyboard->wanted.surface;
	struct wl_client *client = surface ? surface_client(surface) : NULL;
	if (client != seat->selection_client) {
		seat->selection_client = client;
		selection_tell(&seat->clipboard, client);
		selection_tell(&seat->primary, client);
	}
}
