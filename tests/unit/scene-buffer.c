// SPDX-License-Identifier: MIT
// A buffer is released once when its last user is gone, destroyed once when it was dropped as well,
// and its faces go first; in every order, and when callbacks use the buffer themselves.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <drm_fourcc.h>

#include "scene/scene.h"

struct test_face {
	struct scene_face base;
	bool scanout;
};

struct fixture {
	struct scene_buffer *buffer; // freed by destroy: later use is found by the address sanitizer
	int released, destroyed, faces_destroyed;
	bool lock_in_release, drop_in_release, relock_in_face;
	char order[16];
};

static struct fixture fixture;

static void note(char what) {
	size_t len = strlen(fixture.order);
	assert_true(len + 1 < sizeof(fixture.order));
	fixture.order[len] = what;
}

static void handle_release(struct scene_buffer *buffer) {
	assert_ptr_equal(buffer, fixture.buffer);
	assert_false(buffer->dropped);
	fixture.released++;
	note('r');
	if (fixture.lock_in_release) {
		fixture.lock_in_release = false;
		scene_buffer_lock(buffer);
	}
	if (fixture.drop_in_release) {
		fixture.drop_in_release = false;
		scene_buffer_drop(buffer);
	}
}

static void handle_destroy(struct scene_buffer *buffer) {
	assert_ptr_equal(buffer, fixture.buffer);
	assert_null(buffer->scanout);
	assert_null(buffer->image);
	fixture.destroyed++;
	note('d');
	free(buffer);
}

static void handle_face_destroy(struct scene_face *base) {
	struct test_face *face = (struct test_face *)base;
	assert_int_equal(fixture.destroyed, 0);
	fixture.faces_destroyed++;
	note(face->scanout ? 's' : 'i');
	if (fixture.relock_in_face) {
		scene_buffer_unlock(scene_buffer_lock(fixture.buffer));
	}
	free(face);
}

static const struct scene_buffer_ops ops = {
	.release = handle_release,
	.destroy = handle_destroy,
};

static struct scene_face *face_create(bool scanout) {
	struct test_face *face = calloc(1, sizeof(*face));
	assert_non_null(face);
	face->base.destroy = handle_face_destroy;
	face->scanout = scanout;
	return &face->base;
}

static struct scene_buffer *start(enum scene_buffer_kind kind) {
	memset(&fixture, 0, sizeof(fixture));
	fixture.buffer = malloc(sizeof(*fixture.buffer));
	assert_non_null(fixture.buffer);
	memset(fixture.buffer, 0xa5, sizeof(*fixture.buffer));
	scene_buffer_init(fixture.buffer, &ops, kind);
	return fixture.buffer;
}

static void test_init(void **state) {
	(void)state;
	struct scene_buffer *buffer = start(SCENE_BUFFER_DMABUF);
	assert_int_equal(buffer->locks, 0);
	assert_false(buffer->dropped);
	assert_true(buffer->modifier == DRM_FORMAT_MOD_INVALID);
	for (int i = 0; i < FORMAT_MAX_PLANES; i++) {
		assert_int_equal(buffer->fd[i], -1);
	}
	scene_buffer_drop(buffer);
	assert_string_equal(fixture.order, "d");

	buffer = start(SCENE_BUFFER_SOLID);
	assert_int_equal(buffer->width, 1);
	assert_int_equal(buffer->height, 1);
	scene_buffer_drop(buffer);

	buffer = start(SCENE_BUFFER_SHM);
	assert_true(buffer->modifier == DRM_FORMAT_MOD_LINEAR);
	scene_buffer_drop(buffer);
}

static void test_null(void **state) {
	(void)state;
	assert_null(scene_buffer_lock(NULL));
	scene_buffer_unlock(NULL);
	scene_buffer_drop(NULL);
}

static void test_release_at_last_unlock(void **state) {
	(void)state;
	struct scene_buffer *buffer = start(SCENE_BUFFER_SHM);
	assert_ptr_equal(scene_buffer_lock(buffer), buffer);
	scene_buffer_lock(buffer);
	scene_buffer_unlock(buffer);
	assert_int_equal(fixture.released, 0);
	scene_buffer_unlock(buffer);
	assert_int_equal(fixture.released, 1);
	scene_buffer_lock(buffer);
	scene_buffer_unlock(buffer);
	assert_int_equal(fixture.released, 2);
	scene_buffer_drop(buffer);
	assert_string_equal(fixture.order, "rrd");
}

static void test_drop_while_locked(void **state) {
	(void)state;
	struct scene_buffer *buffer = start(SCENE_BUFFER_SHM);
	buffer->scanout = face_create(true);
	buffer->image = face_create(false);
	scene_buffer_lock(buffer);
	scene_buffer_lock(buffer);
	scene_buffer_drop(buffer);
	scene_buffer_unlock(buffer);
	assert_string_equal(fixture.order, "");
	scene_buffer_lock(buffer); // a frame may still take a dropped buffer
	scene_buffer_unlock(buffer);
	scene_buffer_unlock(buffer);
	assert_string_equal(fixture.order, "sid");
}

static void test_lock_in_release(void **state) {
	(void)state;
	struct scene_buffer *buffer = start(SCENE_BUFFER_SHM);
	fixture.lock_in_release = true;
	scene_buffer_lock(buffer);
	scene_buffer_unlock(buffer);
	assert_int_equal(buffer->locks, 1);
	scene_buffer_unlock(buffer);
	assert_int_equal(fixture.released, 2);
	scene_buffer_drop(buffer);
	assert_string_equal(fixture.order, "rrd");
}

static void test_drop_in_release(void **state) {
	(void)state;
	struct scene_buffer *buffer = start(SCENE_BUFFER_SHM);
	buffer->image = face_create(false);
	fixture.drop_in_release = true;
	scene_buffer_lock(buffer);
	scene_buffer_unlock(buffer);
	assert_string_equal(fixture.order, "rid");
}

static void test_lock_and_drop_in_release(void **state) {
	(void)state;
	struct scene_buffer *buffer = start(SCENE_BUFFER_SHM);
	fixture.lock_in_release = true;
	fixture.drop_in_release = true;
	scene_buffer_lock(buffer);
	scene_buffer_unlock(buffer);
	assert_string_equal(fixture.order, "r");
	scene_buffer_unlock(buffer);
	assert_string_equal(fixture.order, "rd");
}

static void test_use_in_face_destroy(void **state) {
	(void)state;
	struct scene_buffer *buffer = start(SCENE_BUFFER_DMABUF);
	buffer->scanout = face_create(true);
	buffer->image = face_create(false);
	fixture.relock_in_face = true;
	scene_buffer_lock(buffer);
	scene_buffer_drop(buffer);
	scene_buffer_unlock(buffer);
	assert_string_equal(fixture.order, "sid");

	buffer = start(SCENE_BUFFER_DMABUF);
	buffer->scanout = face_create(true);
	fixture.relock_in_face = true;
	scene_buffer_drop(buffer);
	assert_string_equal(fixture.order, "sd");
}

static void test_release_may_be_absent(void **state) {
	(void)state;
	static const struct scene_buffer_ops quiet = {.destroy = handle_destroy};
	struct scene_buffer *buffer = start(SCENE_BUFFER_SOLID);
	buffer->ops = &quiet;
	scene_buffer_lock(buffer);
	scene_buffer_unlock(buffer);
	scene_buffer_drop(buffer);
	assert_string_equal(fixture.order, "d");
}

// Every sequence of a few steps against a model.
static void test_all_orders(void **state) {
	(void)state;
	enum { STEPS = 9 };
	for (unsigned code = 0; code < 19683; code++) { // 3 to the STEPS
		struct scene_buffer *buffer = start(SCENE_BUFFER_SHM);
		buffer->image = face_create(false);
		unsigned locks = 0;
		int released = 0;
		bool dropped = false, gone = false;
		unsigned rest = code;
		for (int step = 0; step < STEPS && !gone; step++, rest /= 3) {
			if (rest % 3 == 0) {
				scene_buffer_lock(buffer);
				locks++;
			} else if (rest % 3 == 1 && locks > 0) {
				scene_buffer_unlock(buffer);
				locks--;
				released += locks == 0 && !dropped;
				gone = locks == 0 && dropped;
			} else if (rest % 3 == 2 && !dropped) {
				scene_buffer_drop(buffer);
				dropped = true;
				gone = locks == 0;
			}
			assert_int_equal(fixture.released, released);
			assert_int_equal(fixture.destroyed, gone);
			assert_int_equal(fixture.faces_destroyed, gone);
		}
		if (!gone) {
			if (!dropped) {
				scene_buffer_drop(buffer);
			}
			while (locks-- > 0) {
				scene_buffer_unlock(buffer);
			}
			assert_int_equal(fixture.released, released);
			assert_int_equal(fixture.destroyed, 1);
		}
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_init),
		cmocka_unit_test(test_null),
		cmocka_unit_test(test_release_at_last_unlock),
		cmocka_unit_test(test_drop_while_locked),
		cmocka_unit_test(test_lock_in_release),
		cmocka_unit_test(test_drop_in_release),
		cmocka_unit_test(test_lock_and_drop_in_release),
		cmocka_unit_test(test_use_in_face_destroy),
		cmocka_unit_test(test_release_may_be_absent),
		cmocka_unit_test(test_all_orders),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
