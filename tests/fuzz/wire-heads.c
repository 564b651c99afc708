// SPDX-License-Identifier: MIT
// What stands in for the displays that tools arrange: those of the host's outputs, which do what they are told, or
// do not.
#include "wire-heads.h"

#include "wayland/output_manager.h"
#include "wire-peer.h"

static struct output_manager *manager;
static bool is_on;

static bool handle_configure(void *data, const struct output_head_wish *wishes, int n, bool test) {
	(void)data;
	(void)wishes;
	(void)n;
	(void)test;
	return pick(2);
}

static void handle_set_power(void *data, struct wayland_output *output, bool on) {
	(void)data;
	(void)output;
	is_on = on;
	output_manager_power_changed(manager);
}

static bool handle_power(void *data, struct wayland_output *output) {
	(void)data;
	(void)output;
	return is_on;
}

bool wire_heads_start(struct wayland_server *server) {
	static const struct output_manager_ops ops = {
		.configure = handle_configure, .set_power = handle_set_power, .power = handle_power};
	is_on = true;
	manager = output_manager_create(server, &ops, NULL);
	return manager != NULL;
}

void wire_heads_update(struct wayland_output *const *outputs, int n) {
	static const struct output_head_mode modes[] = {
		{640, 480, 60000, true}, {320, 240, 50000, false}, {1920, 1080, 59940, false}};
	static const char *const names[WIRE_MAX_HEADS] = {"Test-1", "Test-2"};
	struct output_head_state states[WIRE_MAX_HEADS];
	for (int i = 0; i < n && i < WIRE_MAX_HEADS; i++) {
		const struct wayland_output_info *info =
			outputs[i] != NULL ? wayland_output_info(outputs[i]) : NULL;
		states[i] = (struct output_head_state){.name = names[i],
			.description = "no device",
			.make = i == 0 ? "none" : NULL,
			.modes = modes,
			.n_modes = 3 - i,
			.enabled = info != NULL,
			.scale = 1};
		if (info != NULL) {
			states[i].mode = modes[pick((unsigned)states[i].n_modes)];
			states[i].scale = info->scale;
			states[i].transform = info->transform;
		}
	}
	output_manager_update(manager, states, n < WIRE_MAX_HEADS ? n : WIRE_MAX_HEADS);
}

void wire_heads_finish(void) {
	output_manager_destroy(manager);
	manager = NULL;
}
