// SPDX-License-Identifier: MIT
// What is wanted of each display, and where outputs lie beside each other.
#ifndef VITRINE_KIOSK_ARRANGE_H
#define VITRINE_KIOSK_ARRANGE_H

#include "kiosk/config.h"
#include "kms/kms.h"
#include "wayland/wayland.h"

struct kiosk;
struct kiosk_output;
struct kiosk_listener;

struct display_wish {
	bool off;
	struct config_mode mode;
	struct config_size mode_max;
	int max_bpc; // 0: as it is
	double scale;
	enum wl_output_transform transform;
	struct config_position position;
	const char *mirror; // connector of the output that it repeats, of the configuration; NULL: none
};

// What is wanted of what is connected there.
struct display_wish kiosk_wish(const struct kiosk *kiosk, const struct kms_connector *connector);

// Chooses the mode and the bits a colour that are wanted; pipe->mode is what the display would have without
// a wish. *custom: none of its own. Notes are told besides. False with one line in error.
bool kiosk_choose_mode(const struct display_wish *wish, struct kms_pipe *pipe, bool *custom,
	const struct kiosk_listener *listener, char error[256]);
void kiosk_say_custom(const struct kms_pipe *pipe);

// What clients are to know of each output, apart from names: size, scale, transform and place. One state an
// output; those of mirrors are nowhere.
void kiosk_arrange(const struct kiosk *kiosk, struct wayland_output_info *states,
	const struct kiosk_listener *listener);

// ---- Boxes ----

struct arrange_box {
	bool placed;           // x and y are given
	int32_t x, y;          // logical px
	int32_t width, height; // 0 wide: there is none
};

// Places those that have none to the right of all others, at the top, in their order.
void arrange_boxes(struct arrange_box *boxes, int n);
// The next pair, after *a and *b (which begin at 0), that overlaps; false if there is none.
bool arrange_next_overlap(const struct arrange_box *boxes, int n, int *a, int *b);

#endif
