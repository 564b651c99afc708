// SPDX-License-Identifier: MIT
// Clients with all that the seat's protocols give them, and what they heard, as one line of text.
#ifndef VITRINE_TESTS_DATA_HARNESS_H
#define VITRINE_TESTS_DATA_HARNESS_H

#include "primary-selection-unstable-v1-client-protocol.h"
#include "xdg-harness.h"

struct peer {
	struct client *client;
	struct window window;
	char name[8];
	uint32_t version; // of wl_data_device_manager
	struct wl_seat *seat;
	struct wl_pointer *pointer;
	struct wl_touch *touch;
	struct wl_data_device_manager *manager;
	struct wl_data_device *device;
	struct zwp_primary_selection_device_manager_v1 *primary_manager;
	struct zwp_primary_selection_device_v1 *primary_device;
	struct wl_data_offer *offer; // of the last data_offer
	struct zwp_primary_selection_offer_v1 *primary_offer;
	uint32_t press, enter; // serials
	int n_sent;            // data asked for
	bool quiet;            // that is not written down, nor answered
	char heard[4096];      // words, each followed by a blank
};

// The seat of the harness has a pointer, a keyboard and a touch screen.
void peers_start(struct harness *harness);
// With a window of width x height that fills nothing else: what is shown last is in front.
void peer_init(struct peer *peer, struct harness *harness, const char *name, uint32_t version,
	int32_t width, int32_t height);
void peer_finish(struct peer *peer); // as one that is killed
void peer_hear(struct peer *peer, const char *format, ...) __attribute__((format(printf, 2, 3)));
// What it heard since the last time is exactly this.
void peer_expect(struct peer *peer, const char *heard);
void peer_forget(struct peer *peer);

// A source of the peer with these types (NULL ends them); events are heard as those of `name`.
struct wl_data_source *peer_source(struct peer *peer, const char *type, const char *second);

// ---- Devices ----

struct seat *peers_seat(struct harness *harness);
void point_at(struct harness *harness, double x, double y);
void press(struct harness *harness, bool pressed);
void touch_down(struct harness *harness, int32_t id, double x, double y);
void touch_move(struct harness *harness, int32_t id, double x, double y);
void touch_up(struct harness *harness, int32_t id);

#endif
