// SPDX-License-Identifier: MIT
// What tests of displays that come and go begin with: the server with all of the layout's displays, each
// with a window of its own, and what plugs them, and the device itself, in and out.
//
// What happens while another session is in front is seen by the server afterwards.
#ifndef VITRINE_TESTS_WAYLAND_PLUG_FIXTURE_H
#define VITRINE_TESTS_WAYLAND_PLUG_FIXTURE_H

#include "fixture.h"

enum { PLUGS_DISPLAYS = 2 }; // at most

struct plug_app {
	struct test_client client;
	struct test_window window;
	struct test_buffer buffer;
	int scale; // of the buffer
	uint32_t seed;
};

struct plugs {
	struct test_server server;
	struct test_client control;
	struct plug_app apps[PLUGS_DISPLAYS];
	int n;                        // displays of the layout
	size_t mark;                  // what follows in the log is new
	bool plugged[PLUGS_DISPLAYS]; // a display is in the connector
	bool lit[PLUGS_DISPLAYS];     // the server has an output of it
	bool device;                  // it is there
	bool taken;                   // the server has it
	bool away;                    // another session is in front
};

// The picture on the second display is turned, and twice as large.
extern const char plugs_configuration[];

// For main(): skips the test program without a guest, whose displays can be unplugged.
void plugs_init(void);
// Of the layout.
int plugs_count_displays(void);
// The configuration of servers to come, or of a reload.
void plugs_write_configuration(const char *text);

// Waits for this in what is new in the log.
void plugs_expect(struct plugs *plugs, const char *text);

// A server, and nothing that waits for it.
struct plugs *plugs_launch(void);
// For cmocka_unit_test_setup_teardown: with every display plugged in, and an app on each; *state becomes a
// struct plugs.
int plugs_start(void **state);
// Everything is plugged in again before. The server must end as it should.
int plugs_stop(void **state);

// Each waits until the server has noticed, unless it is away.
void plugs_plug(struct plugs *plugs, int display);
void plugs_unplug(struct plugs *plugs, int display);
void plugs_plug_device(struct plugs *plugs);
void plugs_unplug_device(struct plugs *plugs);
// Plugs in what is not.
void plugs_restore(struct plugs *plugs);
// The server logs that the display shows something.
void plugs_expect_lit(struct plugs *plugs, int display);
// Another session comes to the front: the server says so.
void plugs_leave(struct plugs *plugs);
// It is gone: the server is in front, and knows what was plugged meanwhile.
void plugs_return(struct plugs *plugs);

// The window of the display with that index, at home there.
void plugs_app_init(struct plugs *plugs, int display, const char *app_id);
// Another picture, in the size that the window has now, until the frame callback came.
void plug_app_draw(struct plug_app *app);
// Shows its picture again, and waits for nothing.
void plug_app_show(struct plug_app *app);
// The window is as large as it should be on the display with that index.
void plug_app_wait_home(struct plug_app *app, int display);
// The display shows the app all over it, turned so and enlarged.
void plug_app_assert_turned(
	const struct plug_app *app, int display, enum wl_output_transform transform);
// The same as the configuration has it.
void plug_app_assert_shown(const struct plug_app *app, int display);
// Every window, at home.
void plugs_assert_all_shown(struct plugs *plugs);

// What the status says of the display's output.
int64_t plugs_counter(struct plugs *plugs, int display, const char *name);
void plugs_assert_says(struct plugs *plugs, int display, const char *key, const char *value);
size_t plugs_count_outputs(struct plugs *plugs);

#endif
