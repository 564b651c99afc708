// SPDX-License-Identifier: MIT
// Who else may have the display: another process that is DRM master, and another session of the seat daemon.
//
// What goes wrong ends the running cmocka test.
#ifndef VITRINE_TESTS_WAYLAND_OTHER_SESSION_H
#define VITRINE_TESTS_WAYLAND_OTHER_SESSION_H

#include <xf86drmMode.h>

#include "fixture.h"

// A master that shows a picture by the legacy interface, and turns every other plane off.
struct intruder {
	int fd; // of the test device
	uint32_t crtc, fb, handle;
	drmModeModeInfo mode;        // what it runs
	struct test_picture picture; // what it shows
};

struct intruder_look {
	uint32_t format; // DRM fourcc of test_image_paint, one plane
	uint32_t seed;   // of different px everywhere; 0: black
	int more;        // px that the framebuffer is wider and higher than the mode
	int from;        // px from its left and upper edges to what is shown of it
};

// Shows that, NULL for a plain black one, by `fd`, which the caller has opened, on the first display that is
// there. False without any.
bool intruder_show(struct intruder *intruder, const struct intruder_look *look);
// The file is left to the caller.
void intruder_finish(struct intruder *intruder);

// Asks the server for another session. Whether it did so.
bool other_session_switch(struct test_client *control, uint32_t number);

#ifdef HAVE_LIBSEAT
struct libseat;

struct other_session {
	struct libseat *seat;
	bool active;
	int device; // of the seat daemon; -1: none is open
	struct intruder intruder;
};

// There is a seat daemon.
bool other_session_is_possible(void);
// In front once this returns. `number`: sessions that were there since the seat daemon began, the server's
// first one being 0.
void other_session_begin(struct other_session *other, struct test_client *control, uint32_t number);
// Opens the device, and shows other->intruder.picture, if a display is there.
void other_session_show(struct other_session *other);
// Lets go of the device. Nothing is done without.
void other_session_hide(struct other_session *other);
// The seat daemon brings the server back.
void other_session_end(struct other_session *other);
#endif

#endif
