// SPDX-License-Identifier: MIT
// What clipboard, primary selection and drags have in common: a source names types of data, an offer
// of it passes requests for one of them on. The data itself goes through a pipe from client to client:
// the server hands the file descriptor over and closes its own, it neither reads nor waits.
//
// Sources and offers go in any order: an offer whose source is gone, or is taken away from it, is inert.
#ifndef VITRINE_WAYLAND_SELECTION_H
#define VITRINE_WAYLAND_SELECTION_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>

struct client_account;
struct seat;
struct selection;

struct selection_source {
	struct wl_resource *resource;
	struct client_account *account;
	struct wl_list types; // in the order in which they were offered
	int n_types;
	size_t held;                 // bytes of their names, in the account
	bool used;                   // a source serves once
	struct selection *selection; // NULL unless it is that of a seat
	struct wl_list offers;       // selection_offer.link
};

struct selection_offer {
	struct wl_resource *resource;
	struct selection_source *source; // NULL: inert
	struct wl_list link;             // selection_source.offers, or alone
};

// The same in the words of one protocol.
struct selection_protocol {
	// Tells the device of a new offer, with its types. NULL when out of memory: the client knows.
	struct wl_resource *(*offer)(struct wl_resource *device, struct selection_source *source);
	void (*selected)(struct wl_resource *device, struct wl_resource *offer); // offer may be NULL
	void (*cancelled)(struct wl_resource *source);
};

// One selection of the seat.
struct selection {
	struct seat *seat;
	const struct selection_protocol *protocol; // NULL before its first device
	struct wl_list devices;                    // wl_resource_get_link
	struct selection_source *source;           // NULL: nothing is selected
	uint32_t serial;                           // that it was set with
	bool was_set;
};

// ---- Sources ----

void selection_source_init(struct selection_source *source, struct wl_resource *resource);
// Its offers are inert from then on, and the seat's selection is empty if it was that.
void selection_source_finish(struct selection_source *source);
// Posts no_memory past the bounds: what is offered is told to other clients, who must not drown in it.
void selection_source_add_type(struct selection_source *source, const char *type);
void selection_source_for_each_type(const struct selection_source *source,
	void (*visit)(struct wl_resource *offer, const char *type), struct wl_resource *offer);
// Its offers become inert.
void selection_source_withdraw(struct selection_source *source);

// ---- Offers ----

void selection_offer_init(
	struct selection_offer *offer, struct wl_resource *resource, struct selection_source *source);
void selection_offer_finish(struct selection_offer *offer);
// Has the source send data of that type to the fd (taken over), which is closed otherwise.
void selection_offer_receive(struct selection_offer *offer, const char *type, int fd,
	void (*send)(struct wl_resource *source, const char *type, int fd));

// ---- Selections ----

void selection_init(struct selection *selection, struct seat *seat);
// A device of a client (its link is ours from now on): told of the selection at once if its client has
// the keyboard. A client with too many is told so.
void selection_add_device(struct selection *selection, const struct selection_protocol *protocol,
	struct wl_resource *device);
// For wl_resource_set_implementation of devices.
void selection_handle_device_destroy(struct wl_resource *device);
// Makes the source (NULL: nothing) the selection, if the serial is one of the client's and no older
// than that of the selection before; else the source is cancelled.
void selection_set(struct selection *selection, struct selection_source *source,
	struct wl_client *client, uint32_t serial);
// Tells the client's devices of it.
void selection_tell(struct selection *selection, struct wl_client *client);

#endif
