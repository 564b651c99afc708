// SPDX-License-Identifier: MIT
#include "app.h"

#include <drm_fourcc.h>

void app_init(struct app *app, struct fixture *fixture, const char *app_id) {
	*app = (struct app){0};
	test_client_connect(&app->client, &fixture->server);
	test_window_init(&app->window, &app->client, app_id, NULL);
	// Without it parts that stick out would belong to the window and move it.
	xdg_surface_set_window_geometry(app->window.xdg_surface, 0, 0, TEST_WIDTH, TEST_HEIGHT);
	for (int i = 0; i < 2; i++) {
		test_buffer_init_shm(
			&app->buffers[i], &app->client, DRM_FORMAT_XRGB8888, TEST_WIDTH, TEST_HEIGHT);
		test_buffer_paint(&app->buffers[i], 1);
	}
}

void app_finish(struct app *app) {
	for (int i = 0; i < app->n_parts; i++) {
		struct part *part = &app->parts[i];
		wl_subsurface_destroy(part->subsurface);
		test_surface_finish(&part->surface);
		test_buffer_finish(&part->buffers[0]);
		test_buffer_finish(&part->buffers[1]);
	}
	test_buffer_finish(&app->buffers[0]);
	test_buffer_finish(&app->buffers[1]);
	test_window_finish(&app->window);
	test_client_disconnect(&app->client);
}

struct part *app_add_part(struct app *app, bool dmabuf, uint32_t format, int width, int height) {
	assert_true(app->n_parts < APP_PARTS);
	struct part *part = &app->parts[app->n_parts++];
	*part = (struct part){0};
	test_surface_init(&part->surface, &app->client);
	part->subsurface = wl_subcompositor_get_subsurface(
		app->client.subcompositor, part->surface.surface, app->window.base.surface);
	for (uint32_t i = 0; i < 2; i++) {
		struct test_buffer *buffer = &part->buffers[i];
		if (dmabuf) {
			test_buffer_init_dmabuf(
				buffer, &app->client, TEST_MEMORY_UDMABUF, format, width, height);
		} else {
			test_buffer_init_shm(buffer, &app->client, format, width, height);
		}
		test_buffer_paint(buffer, (uint32_t)app->n_parts * 10 + i);
	}
	return part;
}

void part_move(struct part *part, int x, int y) {
	part->x = x;
	part->y = y;
	wl_subsurface_set_position(part->subsurface, x, y);
}

void part_turn(struct part *part) {
	part->shown = 1 - part->shown;
	struct test_buffer *buffer = &part->buffers[part->shown];
	test_buffer_wait_release(buffer);
	test_surface_show(&part->surface, buffer);
	part->mapped = true;
}

void part_unmap(struct part *part) {
	wl_surface_attach(part->surface.surface, NULL, 0, 0);
	wl_surface_commit(part->surface.surface);
	part->mapped = false;
}

void app_commit(struct app *app) {
	app->shown = 1 - app->shown;
	test_buffer_wait_release(&app->buffers[app->shown]);
	test_surface_show(&app->window.base, &app->buffers[app->shown]);
	test_surface_wait_frame(&app->window.base);
}

void app_commit_state(struct app *app) {
	test_surface_want_frame(&app->window.base);
	wl_surface_commit(app->window.base.surface);
	test_surface_wait_frame(&app->window.base);
}

void app_draw(const struct app *app, struct test_picture *picture) {
	test_picture_draw(picture, &(struct test_layer){.image = &app->buffers[app->shown].image});
	for (int i = 0; i < app->n_parts; i++) {
		const struct part *part = &app->parts[i];
		if (part->mapped) {
			test_picture_draw(picture,
				&(struct test_layer){
					.image = &part->buffers[part->shown].image, .x = part->x, .y = part->y});
		}
	}
}
