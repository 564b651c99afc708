// SPDX-License-Identifier: MIT
#include "other-session.h"

#include <drm_fourcc.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drm.h>

#ifdef HAVE_LIBSEAT
#include <libseat.h>
#endif

// ---- Another master ----

static bool find_display(struct intruder *intruder, uint32_t *connector, drmModeModeInfo *mode) {
	drmModeRes *resources = drmModeGetResources(intruder->fd);
	assert_non_null(resources);
	intruder->crtc = resources->crtcs[0];
	*connector = 0;
	for (int i = 0; i < resources->count_connectors && *connector == 0; i++) {
		drmModeConnector *now = drmModeGetConnector(intruder->fd, resources->connectors[i]);
		if (now && now->connection == DRM_MODE_CONNECTED && now->count_modes > 0) {
			*connector = now->connector_id;
			*mode = now->modes[now->count_modes - 1];
			drmModeEncoder *encoder = drmModeGetEncoder(intruder->fd, now->encoders[0]);
			assert_non_null(encoder);
			for (int c = resources->count_crtcs - 1; c >= 0; c--) {
				intruder->crtc =
					encoder->possible_crtcs >> c & 1 ? resources->crtcs[c] : intruder->crtc;
			}
			drmModeFreeEncoder(encoder);
		}
		drmModeFreeConnector(now);
	}
	drmModeFreeResources(resources);
	return *connector != 0;
}

// The last master leaves its values, and the legacy interface knows nothing of them.
static void turn_upright(int fd, uint32_t plane) {
	drmModeObjectProperties *properties =
		drmModeObjectGetProperties(fd, plane, DRM_MODE_OBJECT_PLANE);
	assert_non_null(properties);
	for (uint32_t i = 0; i < properties->count_props; i++) {
		drmModePropertyRes *property = drmModeGetProperty(fd, properties->props[i]);
		assert_non_null(property);
		if (strcmp(property->name, "rotation") == 0) {
			assert_int_equal(drmModeObjectSetProperty(fd, plane, DRM_MODE_OBJECT_PLANE,
								 property->prop_id, DRM_MODE_ROTATE_0),
				0);
		}
		drmModeFreeProperty(property);
	}
	drmModeFreeObjectProperties(properties);
}

static void reset(const struct intruder *intruder) {
	assert_int_equal(drmModeSetCrtc(intruder->fd, intruder->crtc, 0, 0, 0, NULL, 0, NULL), 0);
	assert_int_equal(drmSetClientCap(intruder->fd, DRM_CLIENT_CAP_UNIVERSAL_PLANES, 1), 0);
	drmModePlaneRes *planes = drmModeGetPlaneResources(intruder->fd);
	assert_non_null(planes);
	for (uint32_t i = 0; i < planes->count_planes; i++) {
		drmModePlane *plane = drmModeGetPlane(intruder->fd, planes->planes[i]);
		assert_non_null(plane);
		if (plane->crtc_id == 0) {
			turn_upright(intruder->fd, plane->plane_id);
		}
		drmModeFreePlane(plane);
	}
	drmModeFreePlaneResources(planes);
}

static void paint(struct intruder *intruder, const struct intruder_look *look,
	struct test_image *image, size_t size) {
	uint64_t offset;
	assert_int_equal(drmModeMapDumbBuffer(intruder->fd, intruder->handle, &offset), 0);
	image->data[0] =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, intruder->fd, (off_t)offset);
	assert_true(image->data[0] != MAP_FAILED);
	test_image_paint(image, look->seed);
	test_picture_draw(&intruder->picture,
		&(struct test_layer){
			.image = image,
			.crop_x = look->from,
			.crop_y = look->from,
			.crop_width = intruder->mode.hdisplay,
			.crop_height = intruder->mode.vdisplay,
			.on_plane = true,
		});
	munmap(image->data[0], size);
}

bool intruder_show(struct intruder *intruder, const struct intruder_look *look) {
	static const struct intruder_look plain = {.format = DRM_FORMAT_XRGB8888};
	look = look ? look : &plain;
	uint32_t connector, handles[4] = {0}, strides[4] = {0}, offsets[4] = {0};
	uint64_t size;
	drmModeModeInfo *mode = &intruder->mode;
	if (!find_display(intruder, &connector, mode)) {
		return false;
	}
	reset(intruder);
	struct test_image image = {
		.format = look->format,
		.width = mode->hdisplay + look->more,
		.height = mode->vdisplay + look->more,
	};
	uint32_t width = (uint32_t)image.width, height = (uint32_t)image.height;
	uint32_t bpp = look->format == DRM_FORMAT_RGB565 ? 16 : 32;
	assert_int_equal(drmModeCreateDumbBuffer(intruder->fd, width, height, bpp, 0, &intruder->handle,
						 &image.stride[0], &size),
		0);
	handles[0] = intruder->handle;
	strides[0] = image.stride[0];
	assert_int_equal(drmModeAddFB2(intruder->fd, width, height, look->format, handles, strides,
						 offsets, &intruder->fb, 0),
		0);
	test_picture_init(&intruder->picture, mode->hdisplay, mode->vdisplay);
	if (look->seed != 0) {
		paint(intruder, look, &image, (size_t)size);
	}
	uint32_t from = (uint32_t)look->from;
	assert_int_equal(
		drmModeSetCrtc(intruder->fd, intruder->crtc, intruder->fb, from, from, &connector, 1, mode),
		0);
	return true;
}

void intruder_finish(struct intruder *intruder) {
	drmModeRmFB(intruder->fd, intruder->fb);
	drmModeDestroyDumbBuffer(intruder->fd, intruder->handle);
	test_picture_finish(&intruder->picture);
}

// ---- Another session ----

static void handle_reply_done(void *data, struct vitrine_reply_v1 *reply) {
	(void)reply;
	*(int *)data = 1;
}

static void handle_reply_failed(void *data, struct vitrine_reply_v1 *reply, const char *reason) {
	(void)reply;
	print_message("%s\n", reason);
	*(int *)data = 2;
}

bool other_session_switch(struct test_client *control, uint32_t number) {
	static const struct vitrine_reply_v1_listener listener = {
		.done = handle_reply_done, .failed = handle_reply_failed};
	int came = 0;
	struct vitrine_reply_v1 *reply = vitrine_control_v1_switch_session(control->control, number);
	vitrine_reply_v1_add_listener(reply, &listener, &came);
	test_client_wait(control, came != 0);
	vitrine_reply_v1_destroy(reply);
	return came == 1;
}

#ifdef HAVE_LIBSEAT
static void handle_enable(struct libseat *seat, void *data) {
	(void)seat;
	((struct other_session *)data)->active = true;
}

static void handle_disable(struct libseat *seat, void *data) {
	((struct other_session *)data)->active = false;
	libseat_disable_seat(seat);
}

bool other_session_is_possible(void) {
	return access("/run/seatd.sock", F_OK) == 0;
}

void other_session_begin(
	struct other_session *other, struct test_client *control, uint32_t number) {
	static const struct libseat_seat_listener listener = {
		.enable_seat = handle_enable, .disable_seat = handle_disable};
	*other = (struct other_session){.device = -1};
	other->seat = libseat_open_seat(&listener, other);
	assert_non_null(other->seat);
	assert_true(other_session_switch(control, number));
	while (!other->active) {
		assert_true(libseat_dispatch(other->seat, -1) >= 0);
	}
}

void other_session_show(struct other_session *other) {
	other->device = libseat_open_device(other->seat, test_device(), &other->intruder.fd);
	assert_true(other->device >= 0);
	if (!intruder_show(&other->intruder, NULL)) {
		other->intruder.fb = 0;
	}
}

void other_session_hide(struct other_session *other) {
	if (other->device < 0) {
		return;
	}
	if (other->intruder.fb != 0) {
		intruder_finish(&other->intruder);
	}
	libseat_close_device(other->seat, other->device);
	close(other->intruder.fd);
	other->device = -1;
}

void other_session_end(struct other_session *other) {
	other_session_hide(other);
	libseat_close_seat(other->seat);
}
#endif
