// SPDX-License-Identifier: MIT
// --windows: subsurfaces side by side over the toplevel, which every compositor shows in the same
// place; windows of their own a kiosk's shell would show one at a time.
#include <wayland-client.h>

#include "client.h"

#define COLUMNS 4
#define GAP 16 // px around each

bool client_windows_init(struct client *client) {
	uint32_t others = client->options.windows - 1;
	client->windows[0].width = client->width;
	client->windows[0].height = client->height;
	if (others > 0 && !client->subcompositor) {
		return client_complain("the compositor has no subsurfaces");
	}
	int32_t rows = (int32_t)(others + COLUMNS - 1) / COLUMNS;
	for (uint32_t i = 0; i < others; i++) {
		struct client_window *window = &client->windows[1 + i];
		int32_t width = client->width / COLUMNS, height = client->height / rows;
		*window = (struct client_window){
			.surface = wl_compositor_create_surface(client->compositor),
			.x = (int32_t)(i % COLUMNS) * width + GAP,
			.y = (int32_t)(i / COLUMNS) * height + GAP,
			.width = width - 2 * GAP,
			.height = height - 2 * GAP,
		};
		if (window->width <= 0 || window->height <= 0) {
			return client_complain("the output is too small for so many windows");
		}
		window->subsurface = wl_subcompositor_get_subsurface(
			client->subcompositor, window->surface, client->windows[0].surface);
		wl_subsurface_set_position(window->subsurface, window->x, window->y);
	}
	return true;
}
