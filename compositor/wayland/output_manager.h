// SPDX-License-Identifier: MIT
// zwlr_output_manager_v1 and zwlr_output_power_manager_v1: tools that arrange outputs and turn them on and off.
// Only clients that may control the compositor get to see them.
#ifndef VITRINE_WAYLAND_OUTPUT_MANAGER_H
#define VITRINE_WAYLAND_OUTPUT_MANAGER_H

#include "wayland/wayland.h"

struct output_manager;

struct output_head_mode {
	int32_t width, height; // px
	int32_t refresh_mhz;
	bool preferred;
};

// A display that is connected, lit or not.
struct output_head_state {
	const char *name, *description;
	const char *make, *model, *serial; // NULL: unknown
	int32_t width_mm, height_mm;       // 0 if unknown
	const struct output_head_mode *modes;
	int n_modes;
	bool enabled;
	// The rest counts only if it is.
	struct output_head_mode mode; // one of the modes, or another
	int32_t x, y;                 // logical px
	double scale;                 // px a logical px
	enum wl_output_transform transform;
	bool vrr; // variable refresh
};

// What a client wants of a head.
struct output_head_wish {
	const char *name;
	bool enabled;
	bool has_mode, has_position, has_scale, has_transform, has_vrr; // if enabled
	struct output_head_mode mode;
	int32_t x, y;
	double scale;
	enum wl_output_transform transform;
	bool vrr;
};

struct output_manager_ops {
	// All heads, in any order; nothing is changed if only `test`. False: none of it was done.
	bool (*configure)(void *data, const struct output_head_wish *wishes, int n, bool test);
	void (*set_power)(void *data, struct wayland_output *output, bool on);
	bool (*power)(void *data, struct wayland_output *output);
};

// No head yet. NULL when out of memory.
struct output_manager *output_manager_create(
	struct wayland_server *server, const struct output_manager_ops *ops, void *data);
// After its clients are gone, before the server. NULL is fine.
void output_manager_destroy(struct output_manager *manager);
// These are the heads from now on; clients hear of what differs. The states are not kept.
void output_manager_update(
	struct output_manager *manager, const struct output_head_state *states, int n);
// One of the outputs was turned on or off, perhaps.
void output_manager_power_changed(struct output_manager *manager);

#endif
