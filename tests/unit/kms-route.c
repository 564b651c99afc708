// SPDX-License-Identifier: MIT
// Which CRTC feeds which connector, on devices made up for the purpose.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "kms/kms.h"

#define MAX 40

struct fake {
	struct kms_device device;
	struct kms_connector connectors[MAX];
	struct kms_crtc crtcs[MAX];
	drmModeModeInfo modes[3];
};

static drmModeModeInfo make_mode(int width, int height, uint32_t type) {
	drmModeModeInfo mode;
	assert_true(kms_mode_custom(width, height, 60000, &mode));
	mode.type = type;
	return mode;
}

static void fake_init(struct fake *fake, int n_connectors, int n_crtcs) {
	*fake = (struct fake){0};
	fake->modes[0] = make_mode(640, 480, 0);
	fake->modes[1] = make_mode(1920, 1080, DRM_MODE_TYPE_PREFERRED);
	fake->modes[2] = make_mode(2560, 1440, 0);
	fake->device = (struct kms_device){.connectors = fake->connectors,
		.crtcs = fake->crtcs,
		.n_connectors = n_connectors,
		.n_crtcs = n_crtcs};
	for (int i = 0; i < n_crtcs; i++) {
		fake->crtcs[i].device = &fake->device;
		fake->crtcs[i].id = 100 + (uint32_t)i;
		fake->crtcs[i].index = i;
	}
	for (int i = 0; i < n_connectors; i++) {
		fake->connectors[i].device = &fake->device;
		fake->connectors[i].id = 10 + (uint32_t)i;
		fake->connectors[i].connected = true;
		fake->connectors[i].possible_crtcs = n_crtcs >= 32 ? ~0u : (1u << n_crtcs) - 1;
		fake->connectors[i].modes = fake->modes;
		fake->connectors[i].n_modes = 3;
	}
}

static void running(struct fake *fake, int connector, int crtc, const drmModeModeInfo *mode) {
	fake->connectors[connector].props[KMS_CONNECTOR_CRTC_ID].value = fake->crtcs[crtc].id;
	fake->crtcs[crtc].mode_valid = true;
	fake->crtcs[crtc].mode = *mode;
}

static void every_display_gets_one(void **state) {
	(void)state;
	struct fake fake;
	fake_init(&fake, 3, 3);
	struct kms_pipe pipes[3];
	assert_int_equal(kms_device_route(&fake.device, pipes, 3), 3);
	for (int i = 0; i < 3; i++) {
		assert_ptr_equal(pipes[i].connector, &fake.connectors[i]);
		for (int j = 0; j < i; j++) {
			assert_ptr_not_equal(pipes[i].crtc, pipes[j].crtc);
		}
	}
	assert_int_equal(kms_device_route(&fake.device, pipes, 2), 2);
}

static void what_runs_stays(void **state) {
	(void)state;
	struct fake fake;
	fake_init(&fake, 2, 2);
	running(&fake, 0, 1, &fake.modes[1]);
	struct kms_pipe pipes[2];
	assert_int_equal(kms_device_route(&fake.device, pipes, 2), 2);
	assert_ptr_equal(pipes[0].crtc, &fake.crtcs[1]);
	assert_ptr_equal(pipes[1].crtc, &fake.crtcs[0]);
}

// The first connector runs on the only CRTC that the second can have: it has to move.
static void a_route_moves_when_that_lights_more(void **state) {
	(void)state;
	struct fake fake;
	fake_init(&fake, 2, 2);
	running(&fake, 0, 0, &fake.modes[1]);
	fake.connectors[1].possible_crtcs = 1;
	struct kms_pipe pipes[2];
	assert_int_equal(kms_device_route(&fake.device, pipes, 2), 2);
	assert_ptr_equal(pipes[0].crtc, &fake.crtcs[1]);
	assert_ptr_equal(pipes[1].crtc, &fake.crtcs[0]);
}

// Firmware often clones: both displays on one CRTC.
static void clones_part(void **state) {
	(void)state;
	struct fake fake;
	fake_init(&fake, 2, 2);
	running(&fake, 0, 0, &fake.modes[1]);
	running(&fake, 1, 0, &fake.modes[1]);
	struct kms_pipe pipes[2];
	assert_int_equal(kms_device_route(&fake.device, pipes, 2), 2);
	assert_ptr_not_equal(pipes[0].crtc, pipes[1].crtc);
}

static void some_are_left_out(void **state) {
	(void)state;
	struct fake fake;
	fake_init(&fake, 5, 4);
	fake.connectors[0].connected = false;
	fake.connectors[1].writeback = true;
	fake.connectors[2].non_desktop = true;
	fake.connectors[3].n_modes = 0;
	struct kms_pipe pipes[5];
	assert_int_equal(kms_device_route(&fake.device, pipes, 5), 1);
	assert_ptr_equal(pipes[0].connector, &fake.connectors[4]);
	fake.connectors[4].off = true;
	assert_int_equal(kms_device_route(&fake.device, pipes, 5), 0);
	fake.connectors[4].off = false;
	fake.connectors[4].possible_crtcs = 0;
	assert_int_equal(kms_device_route(&fake.device, pipes, 5), 0);
	fake.device.n_connectors = 0;
	assert_int_equal(kms_device_route(&fake.device, pipes, 5), 0);
}

// More displays than CRTCs, and more than anyone has: it ends, soon, with all CRTCs in use.
static void more_displays_than_crtcs(void **state) {
	(void)state;
	static struct fake fake;
	struct kms_pipe pipes[MAX];
	fake_init(&fake, 8, 3);
	assert_int_equal(kms_device_route(&fake.device, pipes, MAX), 3);
	fake_init(&fake, 40, 16);
	assert_int_equal(kms_device_route(&fake.device, pipes, MAX), 16);
}

static void the_preferred_mode(void **state) {
	(void)state;
	struct fake fake;
	fake_init(&fake, 1, 1);
	struct kms_pipe pipe;
	assert_int_equal(kms_device_route(&fake.device, &pipe, 1), 1);
	assert_true(kms_mode_equal(&pipe.mode, &fake.modes[1]));
	// Whatever else runs.
	running(&fake, 0, 0, &fake.modes[2]);
	assert_int_equal(kms_device_route(&fake.device, &pipe, 1), 1);
	assert_true(kms_mode_equal(&pipe.mode, &fake.modes[1]));
	// The very mode that runs, if it is that one: with its own name.
	drmModeModeInfo named = fake.modes[1];
	strcpy(named.name, "firmware");
	running(&fake, 0, 0, &named);
	assert_int_equal(kms_device_route(&fake.device, &pipe, 1), 1);
	assert_string_equal(pipe.mode.name, "firmware");
}

static void no_preferred_mode(void **state) {
	(void)state;
	struct fake fake;
	fake_init(&fake, 1, 1);
	fake.modes[1].type = 0;
	struct kms_pipe pipe;
	assert_int_equal(kms_device_route(&fake.device, &pipe, 1), 1);
	assert_true(kms_mode_equal(&pipe.mode, &fake.modes[2])); // the largest
	running(&fake, 0, 0, &fake.modes[0]);
	assert_int_equal(kms_device_route(&fake.device, &pipe, 1), 1);
	assert_true(kms_mode_equal(&pipe.mode, &fake.modes[0])); // what runs
	drmModeModeInfo foreign = make_mode(1234, 567, 0);
	running(&fake, 0, 0, &foreign); // not the display's
	assert_int_equal(kms_device_route(&fake.device, &pipe, 1), 1);
	assert_true(kms_mode_equal(&pipe.mode, &fake.modes[2]));
	for (int i = 0; i < 3; i++) {
		fake.modes[i].flags |= DRM_MODE_FLAG_INTERLACE;
	}
	assert_int_equal(kms_device_route(&fake.device, &pipe, 1), 1); // better than nothing
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_display_gets_one),
		cmocka_unit_test(what_runs_stays),
		cmocka_unit_test(a_route_moves_when_that_lights_more),
		cmocka_unit_test(clones_part),
		cmocka_unit_test(some_are_left_out),
		cmocka_unit_test(more_displays_than_crtcs),
		cmocka_unit_test(the_preferred_mode),
		cmocka_unit_test(no_preferred_mode),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
