// SPDX-License-Identifier: MIT
// What tests of another configuration begin with: the server with a file that can be changed, and a
// client that hears of everything.
#ifndef VITRINE_TESTS_WAYLAND_RELOAD_FIXTURE_H
#define VITRINE_TESTS_WAYLAND_RELOAD_FIXTURE_H

#include "fractional-scale-v1-client-protocol.h"
#include "input-fixture.h"
#include "xdg-output-unstable-v1-client-protocol.h"

// What the server is started with.
#define MODE "[output *]\nmode = 320x240@60\n"

struct reload {
	struct test_server server;
	struct test_client control, client;
	struct test_window window;
	struct test_buffer buffer;
	struct test_seat seat;
	struct test_device keyboard, pointer, touch;
	struct wp_fractional_scale_manager_v1 *fractional_manager;
	struct wp_fractional_scale_v1 *fractional;
	struct zxdg_output_manager_v1 *xdg_manager;
	struct zxdg_output_v1 *xdg_output;
	int32_t transform, scale, mode_width, mode_height, refresh_mhz;
	int32_t logical_x, logical_y, logical_width, logical_height;
	uint32_t preferred_scale; // 1/120
	unsigned dones;
};

struct reload_answer {
	bool came, ok;
	char problems[2048], notes[512];
};

extern char reload_folder[64], reload_ini[96]; // where the file is, and itself

// For cmocka_unit_test_setup_teardown; *state becomes a struct reload.
int reload_start(void **state);
int reload_stop(void **state);
// From now on what the client hears of its output is recorded.
void reload_listen(struct reload *reload);

void reload_write(const char *text);
// What the server says of the configuration that is there.
struct reload_answer reload_ask(struct reload *reload);
// The server has this configuration now, and the client heard of what came of it.
void reload_configure(struct reload *reload, const char *text);
// How often the log that was read has that text.
int reload_count_log(const struct test_server *server, const char *text);

// Whether a CRTC is on, and the name of its mode (may be NULL), of the kernel.
bool reload_read_crtc(char mode[64]);
// Draws anew, for `scale`, in the size that the window has.
void reload_redraw(struct reload *reload, int scale, uint32_t seed);
// The screen of that size shows the window's buffer all over it, turned.
void reload_assert_screen(
	const struct reload *reload, int width, int height, enum wl_output_transform undone);
int64_t reload_counter(struct reload *reload, const char *name); // of the output's status
void reload_set_power(struct reload *reload, bool on);
void reload_plug_keyboard(struct reload *reload);

#endif
