// SPDX-License-Identifier: MIT
// Which flip an event is of, on a device made up for the purpose: a pipe that the test writes events to.
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>
#include <drm.h>

#include "kms/internal.h"

struct fake {
	struct kms_device device;
	struct kms_crtc crtcs[2];
	int events;   // where they are written
	int flips[2]; // that were heard of, by CRTC
};

static void handle_flip(struct kms_crtc *crtc, const struct kms_flip *flip, void *data) {
	(void)flip;
	struct fake *fake = data;
	fake->flips[crtc->index]++;
}

static void fake_init(struct fake *fake) {
	int fds[2];
	assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	*fake = (struct fake){.events = fds[1]};
	fake->device = (struct kms_device){.fd = fds[0], .crtcs = fake->crtcs, .n_crtcs = 2};
	wl_list_init(&fake->device.doomed);
	for (int i = 0; i < 2; i++) {
		fake->crtcs[i] = (struct kms_crtc){.device = &fake->device,
			.id = 100 + (uint32_t)i,
			.index = i,
			.on_flip = handle_flip,
			.on_flip_data = fake};
	}
}

static void fake_finish(struct fake *fake) {
	close(fake->device.fd);
	close(fake->events);
}

// As kms_request_commit does for the CRTCs of a commit.
static uint64_t commit(struct fake *fake, unsigned crtcs) {
	fake->device.flip_serial++;
	for (int i = 0; i < 2; i++) {
		if (crtcs & 1u << i) {
			fake->crtcs[i].flip_pending = true;
			fake->crtcs[i].flip_serial = fake->device.flip_serial;
		}
	}
	return fake->device.flip_serial;
}

static void send(struct fake *fake, int crtc, uint64_t serial) {
	struct drm_event_vblank event = {
		.base = {.type = DRM_EVENT_FLIP_COMPLETE, .length = sizeof(event)},
		.user_data = serial,
		.crtc_id = fake->crtcs[crtc].id,
	};
	assert_int_equal(write(fake->events, &event, sizeof(event)), sizeof(event));
	assert_true(kms_device_dispatch(&fake->device));
}

static void test_each_flip_is_heard_of(void **state) {
	(void)state;
	struct fake fake;
	fake_init(&fake);
	for (int i = 1; i <= 3; i++) {
		uint64_t serial = commit(&fake, 3);
		send(&fake, 1, serial);
		assert_true(fake.crtcs[0].flip_pending && !fake.crtcs[1].flip_pending);
		send(&fake, 0, serial);
		assert_false(fake.crtcs[0].flip_pending);
		assert_true(fake.flips[0] == i && fake.flips[1] == i);
	}
	fake_finish(&fake);
}

static void test_a_lost_flip_that_comes_late_is_not_the_next_one(void **state) {
	(void)state;
	struct fake fake;
	fake_init(&fake);
	uint64_t lost = commit(&fake, 3);
	kms_crtc_lose_flip(&fake.crtcs[0]);
	assert_false(fake.crtcs[0].flip_pending);
	send(&fake, 1, lost); // of the other CRTC it is none
	assert_true(fake.flips[1] == 1 && !fake.crtcs[1].flip_pending);

	uint64_t next = commit(&fake, 1);
	send(&fake, 0, lost);
	assert_int_equal(fake.flips[0], 0);
	assert_true(fake.crtcs[0].flip_pending);
	send(&fake, 0, next);
	assert_int_equal(fake.flips[0], 1);
	assert_false(fake.crtcs[0].flip_pending);
	fake_finish(&fake);
}

static void test_without_a_next_one(void **state) {
	(void)state;
	struct fake fake;
	fake_init(&fake);
	uint64_t lost = commit(&fake, 1);
	kms_crtc_lose_flip(&fake.crtcs[0]);
	kms_crtc_lose_flip(&fake.crtcs[0]);
	send(&fake, 0, lost);
	assert_int_equal(fake.flips[0], 0);
	send(&fake, 0, commit(&fake, 1));
	assert_int_equal(fake.flips[0], 1);
	fake_finish(&fake);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_flip_is_heard_of),
		cmocka_unit_test(test_a_lost_flip_that_comes_late_is_not_the_next_one),
		cmocka_unit_test(test_without_a_next_one),
	};
	return cmocka_run_group_tests_name("kms-flip", tests, NULL, NULL);
}
