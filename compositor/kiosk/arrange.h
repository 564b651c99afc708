// SPDX-License-Identifier: MIT
// What is wanted of each display, and where outputs lie beside each other.
#ifndef VITRINE_KIOSK_ARRANGE_H
#define VITRINE_KIOSK_ARRANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "kiosk/config.h"
#include "kms/kms.h"
#include "picture/picture.h"
#include "wayland/wayland.h"

struct kiosk;
struct kiosk_output;
struct kiosk_listener;

struct display_wish {
	bool off;
	struct config_mode mode;
	struct config_size mode_max;
	int max_bpc; // 0: as it is
	bool vrr;
	double scale;
	enum wl_output_transform transform;
	struct config_position position;
	const char *mirror; // connector of the output that it repeats, of the configuration; NULL: none
	int background;     // 0xrrggbb
	enum picture_fit background_fit;
	const char *background_picture; // path, of the configuration; NULL: none
};

// ---- What was changed while it runs: goes over the configuration, until that is read anew ----

enum display_change_set { // which of the fields count
	DISPLAY_CHANGE_OFF = 1 << 0,
	DISPLAY_CHANGE_MODE = 1 << 1,
	DISPLAY_CHANGE_SCALE = 1 << 2,
	DISPLAY_CHANGE_TRANSFORM = 1 << 3,
	DISPLAY_CHANGE_POSITION = 1 << 4,
	DISPLAY_CHANGE_VRR = 1 << 5,
};

struct display_change {
	uint32_t set; // enum display_change_set
	bool off;
	struct config_mode mode;
	double scale; // px a logical px, more than 0
	enum wl_output_transform transform;
	int32_t x, y; // logical px
	bool vrr;
};

enum { DISPLAY_MAX_CHANGES = 32 };

// For the display that was on the connector when it was made: another one has none of it.
struct display_override {
	char connector[32]; // its name
	uint64_t display;   // hash of its EDID
	struct display_change change;
};

struct display_overrides {
	struct display_override list[DISPLAY_MAX_CHANGES];
	int n;
};

// Values that nothing could come of. False with one line in error.
bool display_change_is_valid(
	const struct display_change *change, const struct kms_connector *connector, char error[256]);
// Takes the change of what is connected there over those that there are. False if there are too many.
bool display_override(struct display_overrides *overrides, const struct kms_connector *connector,
	const struct display_change *change);

// What came of it is what there is then, or, where anything was refused, all is as before. Nothing is changed
// if only `test`. The overrides are those that are wanted now. False with one line in error.
bool kiosk_rearrange(
	struct kiosk *kiosk, const struct display_overrides *overrides, bool test, char error[256]);

// What is wanted of what is connected there.
struct display_wish kiosk_wish(const struct kiosk *kiosk, const struct kms_connector *connector);

// Chooses the mode, the bits a colour and the variable refresh that are wanted; pipe->mode is what the display would have without
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
