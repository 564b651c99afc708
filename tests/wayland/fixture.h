// SPDX-License-Identifier: MIT
// What each test of a running server begins with: the server in its smallest mode, and a client that
// asks it for its state.
#ifndef VITRINE_TESTS_WAYLAND_FIXTURE_H
#define VITRINE_TESTS_WAYLAND_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
// cmocka.h needs the three above.
#include <cmocka.h>

#include "buffer.h"
#include "client.h"
#include "picture.h"
#include "server.h"
#include "status.h"
#include "trace.h"

struct fixture {
	struct test_server server;
	struct test_client control;
	struct test_picture picture; // of the size of the screen, black
	struct test_trace trace;     // of the server, if it was started with one
};

// For cmocka_unit_test_setup_teardown; *state becomes a struct fixture.
int fixture_start(void **state);
// The same with a mode of 200 Hz, for tests of many frames.
int fixture_start_fast(void **state);
// The layout has overlay planes to spare.
bool fixture_has_overlays(void);
// With a module of this folder loaded into the server, told so by an environment variable.
int fixture_start_with_module(
	void **state, const char *module, const char *variable, const char *value);
// With fewer-formats.so loaded into the server, told so by an environment variable.
int fixture_start_choosy(void **state, const char *variable, const char *value);
// Both with the server traced.
int fixture_start_traced(void **state);
int fixture_start_traced_fast(void **state);
// With this configuration file, /tmp/vitrine-fixture.ini, and no other mode than it has.
void fixture_start_with(struct fixture *fixture, const char *text);
// Replaces the file, and has the server read it.
void fixture_reload(struct fixture *fixture, const char *text);
// The server must end as it should.
int fixture_stop(void **state);

// A window that a client fills with one buffer of the screen's size, and that goes on asking for
// frames: the one that others must not disturb.
struct witness {
	struct test_client client;
	struct test_window window;
	struct test_buffer buffers[2];
	unsigned shown; // index of the buffer attached last
};

// A dma-buf window named `app_id` in front, painted from `seed`, on screen when this returns.
void witness_init(
	struct witness *witness, struct fixture *fixture, const char *app_id, uint32_t seed);
void witness_finish(struct witness *witness);
// Shows its other buffer and waits for the frame callback.
void witness_next_frame(struct witness *witness);
// What the screen shows when it has the witness in front. The caller finishes the picture.
void witness_picture(const struct witness *witness, struct test_picture *picture);

#endif
