// SPDX-License-Identifier: MIT
#include "watch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

// cmocka.h needs some of the above.
#include <cmocka.h>

#include "server.h"

enum { LOOK_MS = 100 }; // whether to stop

static uint32_t crtc_id(int drm, int index) {
	drmModeRes *resources = drmModeGetResources(drm);
	assert_non_null(resources);
	assert_true(index < resources->count_crtcs);
	uint32_t id = resources->crtcs[index];
	drmModeFreeResources(resources);
	return id;
}

static void note(struct test_watch *watch, uint32_t frame, uint32_t value, bool in_time) {
	pthread_mutex_lock(&watch->mutex);
	bool differs = value != watch->expected;
	watch->in_time += in_time;
	watch->late += !in_time;
	watch->late_wrong += !in_time && differs;
	if (in_time && differs && !watch->wrong) {
		watch->wrong = true;
		watch->frame = frame;
		watch->value = value;
	}
	pthread_mutex_unlock(&watch->mutex);
}

static bool stops(struct test_watch *watch) {
	pthread_mutex_lock(&watch->mutex);
	bool result = watch->stops;
	pthread_mutex_unlock(&watch->mutex);
	return result;
}

static void *run(void *data) {
	struct test_watch *watch = data;
	while (!stops(watch)) {
		uint32_t frame, value;
		uint64_t now, ns;
		if (test_crc_read(&watch->screen->crc, &frame, &value, LOOK_MS)) {
			int rc = drmCrtcGetSequence(watch->drm, watch->crtc_id, &now, &ns);
			note(watch, frame, value, rc == 0 && (uint32_t)now == frame);
		}
	}
	return NULL;
}

void test_watch_start(
	struct test_watch *watch, struct test_screen *screen, const struct test_picture *picture) {
	*watch = (struct test_watch){
		.screen = screen,
		.drm = open(test_device(), O_RDWR | O_CLOEXEC),
		.expected = test_picture_crc(picture),
		.mutex = PTHREAD_MUTEX_INITIALIZER,
	};
	assert_true(watch->drm >= 0);
	watch->crtc_id = crtc_id(watch->drm, screen->crtc_index);
	test_crc_drain(&screen->crc);
	assert_int_equal(pthread_create(&watch->thread, NULL, run, watch), 0);
}

bool test_watch_wrong(struct test_watch *watch, uint32_t *frame, uint32_t *value) {
	pthread_mutex_lock(&watch->mutex);
	bool result = watch->wrong;
	*frame = watch->frame;
	*value = watch->value;
	pthread_mutex_unlock(&watch->mutex);
	return result;
}

void test_watch_stop(struct test_watch *watch) {
	pthread_mutex_lock(&watch->mutex);
	watch->stops = true;
	pthread_mutex_unlock(&watch->mutex);
	pthread_join(watch->thread, NULL);
	close(watch->drm);
}
