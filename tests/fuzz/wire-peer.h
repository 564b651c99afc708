// SPDX-License-Identifier: MIT
// A client that speaks the wire itself: knows which objects it has and what each of their requests takes, and
// so sends messages that are mostly sane, sometimes mad, and now and then none at all. Whoever uses it brings
// the choices (pick), as random numbers or as the bytes of a fuzzer.
#ifndef VITRINE_TESTS_FUZZ_WIRE_PEER_H
#define VITRINE_TESTS_FUZZ_WIRE_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <wayland-client.h>

enum { MAX_IDS = 600, MAX_SERVER_IDS = 200, POOL_SIZE = 65536 };

struct object {
	const struct wl_interface *interface; // NULL: free, or destroyed
	int version;
	bool may_return; // its id was given back: another object may have it
	uint32_t serial; // of the last configure, or whatever else it has to name
};

struct peer {
	int fd; // -1: not connected
	struct object objects[MAX_IDS];
	struct object server_objects[MAX_SERVER_IDS]; // ids from 0xff000000 on
	uint32_t n_ids;                               // the next one
	uint32_t n_server_ids;
	uint32_t n_returned;
	uint32_t registry;
	uint32_t entered;      // the surface that a device came to last
	uint32_t pressed;      // serial of the last press on it
	uint8_t unread[16384]; // the beginning of an event whose end has not come
	size_t n_unread;
};

struct wire_counts {
	unsigned long n_requests, n_events, n_errors;
};
extern struct wire_counts wire_counts;
extern uint32_t wire_last_serial; // of input, that any peer was told of

// Of who uses this: below n, the same ones for the same choices.
unsigned pick(unsigned n);

// Files that requests bring, made by wire_open: a pool of POOL_SIZE bytes and others that are none.
bool wire_open(void);
void wire_close(void);
// Pools of the peers that make them now are of a file that is never cut off.
extern bool wire_owns_pool;
// Cuts off the pool, or gives it its size again.
void wire_resize_pool(bool cut);

// Reads what came, answers some of it. What is wrong with an event ends the process (assert_*, cmocka).
void peer_receive(struct peer *peer);
void peer_leave(struct peer *peer);
// Connects over a socket of which the server has the other end, and asks for the registry. Everything that is
// advertised is bound as soon as it is heard of (peer_receive).
void peer_connect(struct peer *peer, int fd);
bool peer_has_room(const struct peer *peer);

// The server does not know of it yet. The id is a new one, or one that was given back; peer_forget undoes it.
uint32_t peer_new_object(struct peer *peer, const struct wl_interface *interface, int version);
void peer_forget(struct peer *peer, uint32_t id);
struct object *peer_object(struct peer *peer, uint32_t id); // NULL: there was never one
// An object of the interface (NULL: any), the newer the likelier; 0 if there is none.
uint32_t peer_find(struct peer *peer, const struct wl_interface *interface);
uint32_t peer_find_named(struct peer *peer, const char *interface);
// The one made last.
uint32_t peer_last(const struct peer *peer);
// Any id that was made so far.
uint32_t peer_any(struct peer *peer);
void peer_request(struct peer *peer, uint32_t id, uint32_t opcode);
// Nothing happens if there is no such object or request.
void peer_request_named(struct peer *peer, uint32_t id, const char *name);
void peer_send_bytes(struct peer *peer, const void *data, size_t size, const int *fds, int n_fds);
// Sends wl_display.sync; returns the callback's id, 0 if it cannot be sent.
uint32_t peer_sync(struct peer *peer);

// Version that a request or event came with.
int wire_since(const struct wl_message *message);
bool wire_is_destructor(const struct wl_message *message);
// The interface of that name, which the server may advertise; NULL: it is not known here.
const struct wl_interface *wire_global(const char *name);
const struct wl_interface *wire_any_global(void);

// ---- wire-acts.c: sequences of requests that bring something about ----

// What clients do first: pools, buffers, devices.
void act_settle(struct peer *peer);
void act_window(struct peer *peer);
void act_subsurface(struct peer *peer);
void act_drag(struct peer *peer);
void act_constraint(struct peer *peer);
void act_keyboard(
	struct peer *peer); // of the screen: layer surface, input method, virtual keyboard
// A picture whose drawing and release are points of timelines.
void act_timelines(struct peer *peer);
void act_commit(struct peer *peer);
void act_bind(struct peer *peer); // what is there, or not, once more
void act_anything(struct peer *peer);
// Of the server: lets it handle what was sent, and send what it has to.
void serve(void);
// The buffers that clients have made so far pass for dma-bufs.
void take_for_dmabufs(void);

#endif
