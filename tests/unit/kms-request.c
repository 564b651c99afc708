// SPDX-License-Identifier: MIT
// What is staged for connectors and planes, on a device made up for the purpose; nothing is sent.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <drm_mode.h>
#include <xf86drm.h>

#include "kms/internal.h"

struct fake {
	struct kms_device device;
	struct kms_connector connectors[2];
	struct kms_crtc crtc;
};

static struct kms_property property(uint32_t id, uint64_t value) {
	return (struct kms_property){.id = id, .value = value, .initial = value};
}

// Both connectors on the CRTC, the first able to send 6 to 12 bits.
static void fake_init(struct fake *fake) {
	*fake = (struct fake){0};
	fake->device = (struct kms_device){
		.connectors = fake->connectors, .crtcs = &fake->crtc, .n_connectors = 2, .n_crtcs = 1};
	fake->crtc.device = &fake->device;
	fake->crtc.id = 100;
	fake->crtc.props[KMS_CRTC_ACTIVE] = property(1, 1);
	fake->crtc.props[KMS_CRTC_MODE_ID] = property(2, 50);
	for (int i = 0; i < 2; i++) {
		fake->connectors[i].device = &fake->device;
		fake->connectors[i].id = 10 + (uint32_t)i;
		fake->connectors[i].props[KMS_CONNECTOR_CRTC_ID] = property(3, 100);
	}
	fake->connectors[0].props[KMS_CONNECTOR_MAX_BPC] = property(4, 10);
	fake->connectors[0].min_bpc = 6;
	fake->connectors[0].max_bpc = 12;
}

enum { LIMITED = 7, FULL = 8 }; // of COLOR_RANGE

// A plane whose driver has these values of COLOR_ENCODING and COLOR_RANGE; false: no such property.
static struct kms_plane coded_plane(bool encodings, bool bt601, bool ranges, bool full) {
	struct kms_plane plane = {.encodings = {UINT64_MAX, UINT64_MAX, UINT64_MAX},
		.ranges = {UINT64_MAX, UINT64_MAX},
		.rotations = DRM_MODE_ROTATE_0,
		.ours = true};
	if (encodings) {
		plane.props[KMS_PLANE_COLOR_ENCODING] = property(20, 1);
		plane.encodings[FORMAT_BT601] = bt601 ? 0 : UINT64_MAX;
		plane.encodings[FORMAT_BT709] = 1;
	}
	if (ranges) {
		plane.props[KMS_PLANE_COLOR_RANGE] = property(21, LIMITED);
		plane.ranges[false] = LIMITED;
		plane.ranges[true] = full ? FULL : UINT64_MAX;
	}
	return plane;
}

static void codings_that_planes_show(void **state) {
	(void)state;
	const uint32_t bt601 = format_coding_bit((struct format_coding){FORMAT_BT601, false});
	const uint32_t bt601_full = format_coding_bit((struct format_coding){FORMAT_BT601, true});
	const uint32_t bt709 = format_coding_bit((struct format_coding){FORMAT_BT709, false});
	const uint32_t bt709_full = format_coding_bit((struct format_coding){FORMAT_BT709, true});
	struct kms_plane plane = coded_plane(false, false, false, false);
	assert_int_equal(kms_plane_codings(&plane), bt601);
	plane = coded_plane(true, true, false, false);
	assert_int_equal(kms_plane_codings(&plane), bt601 | bt709);
	plane = coded_plane(false, false, true, true);
	assert_int_equal(kms_plane_codings(&plane), bt601 | bt601_full);
	plane = coded_plane(true, true, true, false);
	assert_int_equal(kms_plane_codings(&plane), bt601 | bt709);
	plane = coded_plane(true, true, true, true);
	assert_int_equal(kms_plane_codings(&plane), bt601 | bt601_full | bt709 | bt709_full);
	plane = coded_plane(true, false, true, true);
	assert_int_equal(kms_plane_codings(&plane), bt709 | bt709_full);
	plane = coded_plane(true, true, true, true);
	plane.props[KMS_PLANE_COLOR_ENCODING].immutable = true; // as it is: BT.709
	assert_int_equal(kms_plane_codings(&plane), bt709 | bt709_full);
}

// What a plane that is in use already is told of its next picture's coding.
static void codings_are_written_when_they_change(void **state) {
	(void)state;
	struct fake fake;
	fake_init(&fake);
	struct kms_framebuffer framebuffer = {.id = 60};
	struct kms_plane plane = coded_plane(true, true, true, true);
	plane.device = &fake.device;
	plane.props[KMS_PLANE_CRTC_ID] = property(22, 100);
	plane.props[KMS_PLANE_FB_ID] = property(23, 59);
	struct kms_property *encoding = &plane.props[KMS_PLANE_COLOR_ENCODING];
	struct kms_property *range = &plane.props[KMS_PLANE_COLOR_RANGE];
	struct kms_plane_state picture = {.framebuffer = &framebuffer, .coding = {FORMAT_BT709, false}};
	kms_request_plane(&plane, &fake.crtc, &picture);
	assert_false(encoding->is_staged || range->is_staged);
	picture.coding.full_range = true;
	kms_request_plane(&plane, &fake.crtc, &picture);
	assert_false(encoding->is_staged);
	assert_true(range->is_staged);
	assert_int_equal(range->staged, FULL);
	picture.coding = (struct format_coding){FORMAT_BT601, false};
	kms_request_plane(&plane, &fake.crtc, &picture);
	assert_true(encoding->is_staged);
	assert_int_equal(encoding->staged, 0);
	assert_false(range->is_staged);
	plane.ours = false; // taken into use: whatever the last master left
	picture.coding.matrix = FORMAT_BT709;
	kms_request_plane(&plane, &fake.crtc, &picture);
	assert_true(encoding->is_staged && range->is_staged);
	assert_int_equal(encoding->staged, 1);
	assert_int_equal(range->staged, LIMITED);
}

static void bits_a_colour(void **state) {
	(void)state;
	static const struct {
		int wanted;
		bool staged;
		uint64_t value;
	} cases[] = {{8, true, 8}, {6, true, 6}, {12, true, 12}, {10, false, 0}, {5, true, 6},
		{16, true, 12}, {0, false, 0}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fake fake;
		fake_init(&fake);
		struct kms_property *bpc = &fake.connectors[0].props[KMS_CONNECTOR_MAX_BPC];
		kms_request_max_bpc(&fake.connectors[0], cases[i].wanted);
		assert_int_equal(bpc->is_staged, cases[i].staged);
		assert_int_equal(kms_request_count(&fake.device), cases[i].staged);
		if (bpc->is_staged) {
			assert_int_equal(bpc->staged, cases[i].value);
			// Back to what it was.
			bpc->value = cases[i].value;
			kms_request_max_bpc(&fake.connectors[0], 0);
			assert_true(bpc->is_staged);
			assert_int_equal(bpc->staged, 10);
		}
		// A driver without it.
		kms_request_begin(&fake.device);
		kms_request_max_bpc(&fake.connectors[1], cases[i].wanted);
		assert_int_equal(kms_request_count(&fake.device), 0);
	}
}

static void content(void **state) {
	(void)state;
	struct fake fake;
	fake_init(&fake);
	struct kms_connector *connector = &fake.connectors[0];
	struct kms_property *type = &connector->props[KMS_CONNECTOR_CONTENT_TYPE];
	*type = property(5, 1);
	const uint64_t types[KMS_CONTENT_COUNT] = {
		[KMS_CONTENT_NONE] = 0,
		[KMS_CONTENT_PHOTO] = UINT64_MAX, // which the driver does not know
		[KMS_CONTENT_CINEMA] = 1,
		[KMS_CONTENT_GAME] = 4,
	};
	memcpy(connector->content_types, types, sizeof(types));
	for (int i = 0; i <= KMS_CONTENT_KEEP; i++) {
		kms_request_begin(&fake.device);
		kms_request_content(connector, (enum kms_content)i);
		bool differs = i == KMS_CONTENT_NONE || i == KMS_CONTENT_GAME;
		assert_int_equal(type->is_staged, differs);
		assert_int_equal(kms_request_count(&fake.device), differs);
		if (differs) {
			assert_int_equal(type->staged, types[i]);
		}
	}
	// A driver without it.
	kms_request_begin(&fake.device);
	kms_request_content(&fake.connectors[1], KMS_CONTENT_NONE);
	assert_int_equal(kms_request_count(&fake.device), 0);
}

// Only what changes, and nothing where the driver cannot.
static void variable_refresh(void **state) {
	(void)state;
	struct fake fake;
	fake_init(&fake);
	struct kms_property *vrr = &fake.crtc.props[KMS_CRTC_VRR_ENABLED];
	kms_request_vrr(&fake.crtc, true);
	assert_int_equal(kms_request_count(&fake.device), 0);
	*vrr = property(5, 0);
	kms_request_vrr(&fake.crtc, false);
	assert_int_equal(kms_request_count(&fake.device), 0);
	kms_request_vrr(&fake.crtc, true);
	assert_int_equal(kms_request_count(&fake.device), 1);
	assert_true(vrr->is_staged && vrr->staged == 1);
	vrr->value = 1;
	kms_request_vrr(&fake.crtc, true);
	assert_int_equal(kms_request_count(&fake.device), 0);
}

// What may be shown without waiting for a refresh: another framebuffer on one plane, and nothing else.
static void flips(void **state) {
	(void)state;
	struct fake fake;
	fake_init(&fake);
	struct kms_plane plane = {.device = &fake.device, .ours = true, .rotations = DRM_MODE_ROTATE_0};
	fake.device.planes = &plane;
	fake.device.n_planes = 1;
	plane.props[KMS_PLANE_FB_ID] = property(6, 40);
	plane.props[KMS_PLANE_CRTC_ID] = property(7, 100);
	plane.props[KMS_PLANE_CRTC_X] = property(8, 0);
	struct kms_framebuffer framebuffer = {.id = 40};
	struct kms_plane_state shown = {.framebuffer = &framebuffer};
	kms_request_plane(&plane, &fake.crtc, &shown);
	assert_false(kms_request_is_flip(&plane)); // nothing changes
	framebuffer.id = 41;
	kms_request_plane(&plane, &fake.crtc, &shown);
	assert_true(kms_request_is_flip(&plane));
	shown.crtc_x = 1;
	kms_request_plane(&plane, &fake.crtc, &shown);
	assert_false(kms_request_is_flip(&plane));
	kms_request_begin(&fake.device);
	kms_request_plane(&plane, NULL, NULL);
	assert_false(kms_request_is_flip(&plane));
	// One that showed nothing, with all that belongs to that.
	kms_request_begin(&fake.device);
	shown.crtc_x = 0;
	plane.props[KMS_PLANE_FB_ID].value = 0;
	kms_request_plane(&plane, &fake.crtc, &shown);
	assert_false(kms_request_is_flip(&plane));
}

// The device's answer, and what it was sent.
static int n_sent;
static uint32_t sent_props[8], sent_flags;

int drmIoctl(int fd, unsigned long request, void *argument) {
	(void)fd;
	assert_true(request == DRM_IOCTL_MODE_ATOMIC);
	const struct drm_mode_atomic *atomic = argument;
	const uint32_t *counts = (const uint32_t *)(uintptr_t)atomic->count_props_ptr;
	const uint32_t *props = (const uint32_t *)(uintptr_t)atomic->props_ptr;
	n_sent = 0;
	for (uint32_t i = 0; i < atomic->count_objs; i++) {
		n_sent += (int)counts[i];
	}
	assert_in_range(n_sent, 1, 8);
	memcpy(sent_props, props, sizeof(*props) * (size_t)n_sent);
	sent_flags = atomic->flags;
	return 0;
}

// A plane that shows a framebuffer, of a device that takes commits.
static void flip_init(struct fake *fake, struct kms_plane *plane) {
	fake_init(fake);
	*plane =
		(struct kms_plane){.device = &fake->device, .ours = true, .rotations = DRM_MODE_ROTATE_0};
	plane->props[KMS_PLANE_FB_ID] = property(6, 40);
	plane->props[KMS_PLANE_CRTC_ID] = property(7, 100);
	fake->device.planes = plane;
	fake->device.n_planes = 1;
	fake->device.cap_connectors = 2;
	wl_list_init(&fake->device.doomed);
	assert_true(kms_request_init(&fake->device));
}

// Drivers that are told what changes show buffers at once all the same, and are told nothing then.
static void flips_with_damage(void **state) {
	(void)state;
	struct fake fake;
	struct kms_plane plane;
	flip_init(&fake, &plane);
	plane.props[KMS_PLANE_FB_DAMAGE_CLIPS] = property(8, 0);
	const struct drm_mode_rect box = {.x2 = 4, .y2 = 4};
	fake.device.damages[0] = (struct kms_damage){.blob = 60, .boxes = {box}, .n = 1};
	struct kms_framebuffer framebuffer = {.id = 41};
	struct kms_plane_state shown = {.framebuffer = &framebuffer, .damage = {box}, .n_damage = 1};
	for (int torn = 0; torn < 2; torn++) {
		kms_request_begin(&fake.device);
		kms_request_plane(&plane, &fake.crtc, &shown);
		assert_true(plane.props[KMS_PLANE_FB_DAMAGE_CLIPS].is_staged);
		assert_true(kms_request_is_flip(&plane));
		uint32_t flags = KMS_COMMIT_EVENT | (torn ? KMS_COMMIT_ASYNC : 0);
		assert_int_equal(kms_request_commit(&fake.device, &fake.crtc, flags), 0);
		assert_int_equal((sent_flags & DRM_MODE_PAGE_FLIP_ASYNC) != 0, torn);
		assert_int_equal(n_sent, torn ? 1 : 2);
		assert_int_equal(sent_props[0], 6);
		framebuffer.id++;
	}
	kms_request_finish(&fake.device);
}

// Fences go with frames; tests make none, and what is shown at once takes none.
static void fences(void **state) {
	(void)state;
	struct fake fake;
	struct kms_plane plane;
	flip_init(&fake, &plane);
	fake.device.idle_fence = -1;
	struct kms_framebuffer framebuffer = {.id = 41};
	struct kms_plane_state shown = {.framebuffer = &framebuffer};
	int32_t out_fence = 7;
	// A driver without them, and a device that has no fence to be had.
	assert_false(kms_request_has_plane(&plane));
	kms_request_no_wait(&plane);
	kms_request_out_fence(&fake.crtc, &out_fence);
	assert_int_equal(out_fence, -1);
	assert_int_equal(kms_request_count(&fake.device), 0);
	plane.props[KMS_PLANE_IN_FENCE_FD] = property(8, UINT64_MAX);
	fake.crtc.props[KMS_CRTC_OUT_FENCE_PTR] = property(9, 0);
	kms_request_no_wait(&plane);
	assert_int_equal(kms_request_count(&fake.device), 0);
	fake.device.idle_fence = 5;
	static const uint32_t flags[] = {
		KMS_COMMIT_TEST, KMS_COMMIT_EVENT | KMS_COMMIT_ASYNC, KMS_COMMIT_EVENT, KMS_COMMIT_EVENT};
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		kms_request_begin(&fake.device);
		kms_request_plane(&plane, &fake.crtc, &shown);
		assert_true(kms_request_has_plane(&plane));
		kms_request_no_wait(&plane);
		kms_request_out_fence(&fake.crtc, &out_fence);
		assert_int_equal(plane.props[KMS_PLANE_IN_FENCE_FD].staged, 5);
		assert_true(kms_request_is_flip(&plane));
		assert_int_equal(kms_request_commit(&fake.device, &fake.crtc, flags[i]), 0);
		assert_int_equal(n_sent, flags[i] == KMS_COMMIT_EVENT ? 3 : 1);
		framebuffer.id += flags[i] != KMS_COMMIT_TEST;
	}
	kms_request_finish(&fake.device);
}

// The last connector takes its CRTC with it, as does one that is alone.
static void dark(void **state) {
	(void)state;
	struct fake fake;
	fake_init(&fake);
	struct kms_property *active = &fake.crtc.props[KMS_CRTC_ACTIVE];
	kms_request_dark(&fake.connectors[1]);
	assert_true(fake.connectors[1].props[KMS_CONNECTOR_CRTC_ID].is_staged);
	assert_int_equal(fake.connectors[1].props[KMS_CONNECTOR_CRTC_ID].staged, 0);
	assert_int_equal(kms_request_count(&fake.device), 1);
	kms_request_dark(&fake.connectors[0]);
	assert_true(active->is_staged);
	assert_int_equal(active->staged, 0);
	assert_int_equal(fake.crtc.props[KMS_CRTC_MODE_ID].staged, 0);
	assert_int_equal(kms_request_count(&fake.device), 4);
	// One that is dark already.
	kms_request_begin(&fake.device);
	fake.connectors[1].props[KMS_CONNECTOR_CRTC_ID].value = 0;
	kms_request_dark(&fake.connectors[1]);
	assert_int_equal(kms_request_count(&fake.device), 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codings_that_planes_show),
		cmocka_unit_test(codings_are_written_when_they_change),
		cmocka_unit_test(bits_a_colour),
		cmocka_unit_test(content),
		cmocka_unit_test(variable_refresh),
		cmocka_unit_test(flips),
		cmocka_unit_test(flips_with_damage),
		cmocka_unit_test(fences),
		cmocka_unit_test(dark),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
