// SPDX-License-Identifier: MIT
// Built without the XML of wlr's output management: nobody is told anything.
#include "base/log.h"
#include "wayland/output_manager.h"

struct output_manager {
	char nothing;
};

struct output_manager *output_manager_create(
	struct wayland_server *server, const struct output_manager_ops *ops, void *data) {
	static struct output_manager none;
	(void)server;
	(void)ops;
	(void)data;
	log_debug("built without wlr's output management: run ./run setup with the network up");
	return &none;
}

void output_manager_destroy(struct output_manager *manager) {
	(void)manager;
}

void output_manager_update(
	struct output_manager *manager, const struct output_head_state *states, int n) {
	(void)manager;
	(void)states;
	(void)n;
}

void output_manager_power_changed(struct output_manager *manager) {
	(void)manager;
}
