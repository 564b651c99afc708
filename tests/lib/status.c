// SPDX-License-Identifier: MIT
#include "status.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <linux/dma-buf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
// cmocka.h needs some of the above.
#include <cmocka.h>

#define FIRST_CRC_MS 500
#define SCREEN_TIMEOUT_MS 30000 // a screen that is wrong stays wrong; a busy machine is slow

struct status_request {
	struct json_object *json; // may be NULL
	bool done;
};

static void handle_status(void *data, struct vitrine_status_v1 *status, int32_t fd, uint32_t size) {
	(void)status;
	struct status_request *request = data;
	char *text = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	assert_true(text != MAP_FAILED);
	struct json_tokener *tokener = json_tokener_new();
	request->json = json_tokener_parse_ex(tokener, text, (int)size);
	json_tokener_free(tokener);
	munmap(text, size);
	request->done = true;
}

static const struct vitrine_status_v1_listener status_listener = {.done = handle_status};

struct json_object *test_status(struct test_client *client) {
	assert_non_null(client->control);
	struct status_request request = {0};
	struct vitrine_status_v1 *status = vitrine_control_v1_get_status(client->control);
	vitrine_status_v1_add_listener(status, &status_listener, &request);
	test_client_wait(client, request.done);
	vitrine_status_v1_destroy(status);
	assert_non_null(request.json);
	return request.json;
}

struct json_object *test_json(struct json_object *object, const char *key) {
	struct json_object *value;
	if (!json_object_object_get_ex(object, key, &value)) {
		fail_msg("status: no \"%s\" in %s", key, json_object_to_json_string(object));
	}
	return value;
}

int64_t test_json_int(struct json_object *object, const char *key) {
	struct json_object *value = test_json(object, key);
	assert_true(json_object_is_type(value, json_type_int));
	return json_object_get_int64(value);
}

const char *test_json_string(struct json_object *object, const char *key) {
	struct json_object *value = test_json(object, key);
	assert_true(json_object_is_type(value, json_type_string));
	return json_object_get_string(value);
}

struct json_object *test_status_output(struct json_object *status, size_t index) {
	struct json_object *outputs = test_json(status, "outputs");
	assert_true(index < json_object_array_length(outputs));
	return json_object_array_get_idx(outputs, index);
}

int64_t test_status_counter(struct test_client *client, size_t output, const char *name) {
	struct json_object *status = test_status(client);
	int64_t value = test_json_int(test_status_output(status, output), name);
	json_object_put(status);
	return value;
}

static void copy_reasons(struct json_object *layer, char *text, size_t size) {
	struct json_object *reasons = test_json(layer, "reasons");
	size_t len = 0;
	text[0] = '\0';
	for (size_t i = 0; i < json_object_array_length(reasons) && len < size; i++) {
		len += (size_t)snprintf(text + len, size - len, "%s%s", i > 0 ? " " : "",
			json_object_get_string(json_object_array_get_idx(reasons, i)));
	}
}

struct test_layer_status test_status_layer(
	struct test_client *client, size_t output, const char *app_id) {
	struct json_object *status = test_status(client);
	struct json_object *layers = test_json(test_status_output(status, output), "layers");
	struct test_layer_status result = {0};
	bool found = false;
	for (size_t i = 0; i < json_object_array_length(layers) && !found; i++) {
		struct json_object *layer = json_object_array_get_idx(layers, i);
		if (strcmp(test_json_string(layer, "app_id"), app_id) != 0) {
			continue;
		}
		found = true;
		snprintf(result.buffer, sizeof(result.buffer), "%s", test_json_string(layer, "buffer"));
		snprintf(result.format, sizeof(result.format), "%s", test_json_string(layer, "format"));
		snprintf(
			result.placement, sizeof(result.placement), "%s", test_json_string(layer, "placement"));
		result.x = (int)test_json_int(layer, "x");
		result.y = (int)test_json_int(layer, "y");
		result.width = (int)test_json_int(layer, "width");
		result.height = (int)test_json_int(layer, "height");
		result.plane = (uint32_t)test_json_int(layer, "plane");
		copy_reasons(layer, result.reasons, sizeof(result.reasons));
	}
	if (!found) {
		fail_msg("no layer of %s in %s", app_id, json_object_to_json_string(status));
	}
	json_object_put(status);
	return result;
}

// ---- Screenshots ----

struct capture_request {
	struct test_image image;
	char reason[256]; // of a failure
	bool done;
};

static void handle_capture_done(void *data, struct vitrine_capture_v1 *capture, int32_t fd,
	uint32_t width, uint32_t height, uint32_t stride, uint32_t format, uint32_t source) {
	(void)capture;
	(void)source;
	struct capture_request *request = data;
	size_t size = (size_t)stride * height;
	assert_int_equal(format, DRM_FORMAT_XRGB8888);
	void *map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	assert_true(map != MAP_FAILED);
	struct dma_buf_sync sync = {.flags = DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ};
	ioctl(fd, DMA_BUF_IOCTL_SYNC, &sync);
	uint8_t *copy = malloc(size);
	assert_non_null(copy);
	memcpy(copy, map, size);
	sync.flags = DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ;
	ioctl(fd, DMA_BUF_IOCTL_SYNC, &sync);
	munmap(map, size);
	close(fd);
	request->image = (struct test_image){
		.format = format,
		.width = (int)width,
		.height = (int)height,
		.data = {copy},
		.stride = {stride},
	};
	request->done = true;
}

static void handle_capture_failed(
	void *data, struct vitrine_capture_v1 *capture, const char *reason) {
	(void)capture;
	struct capture_request *request = data;
	snprintf(request->reason, sizeof(request->reason), "%s", reason);
	request->done = true;
}

static const struct vitrine_capture_v1_listener capture_listener = {
	.done = handle_capture_done,
	.failed = handle_capture_failed,
};

struct test_image test_capture(struct test_client *client, const char *output, uint32_t source) {
	struct capture_request request = {0};
	struct vitrine_capture_v1 *capture =
		vitrine_control_v1_capture_output(client->control, output, source);
	vitrine_capture_v1_add_listener(capture, &capture_listener, &request);
	test_client_wait(client, request.done);
	vitrine_capture_v1_destroy(capture);
	if (!request.image.data[0]) {
		fail_msg("no screenshot: %s", request.reason);
	}
	return request.image;
}

void test_capture_assert(
	struct test_client *client, const struct test_picture *picture, int tolerance) {
	struct test_image image = test_capture(client, "", VITRINE_CONTROL_V1_SOURCE_WRITEBACK);
	int difference = test_picture_compare(picture, &image, tolerance);
	free(image.data[0]);
	if (difference > tolerance) {
		fail_msg("the screen differs by %d from what it should show", difference);
	}
}

// ---- CRCs ----

// The kernel lets one reader in: a test that failed must not keep the next one out.
static struct test_crc left_open[TEST_MAX_OUTPUTS];

void test_screen_open(struct test_screen *screen, int crtc_index) {
	struct test_crc *left = &left_open[crtc_index];
	if (left->fd > 0) {
		test_crc_close(left);
	}
	// Opened just when the CRTC is lit, vkms may forget to start its timer: none comes then until it is opened anew.
	uint32_t frame, value;
	int tries = SCREEN_TIMEOUT_MS / FIRST_CRC_MS;
	do {
		if (!test_crc_open(&screen->crc, test_device_rdev(), crtc_index)) {
			fail_msg("no CRCs of CRTC %d: %s", crtc_index, strerror(errno));
		}
		if (test_crc_read(&screen->crc, &frame, &value, FIRST_CRC_MS)) {
			break;
		}
		test_crc_close(&screen->crc);
	} while (--tries > 0);
	if (tries == 0) {
		fail_msg("no CRC of CRTC %d comes", crtc_index);
	}
	screen->crtc_index = crtc_index;
	*left = screen->crc;
}

void test_screen_close(struct test_screen *screen) {
	test_crc_close(&screen->crc);
	left_open[screen->crtc_index].fd = -1;
}

void test_screen_wait(struct test_screen *screen, const struct test_picture *picture) {
	test_crc_drain(&screen->crc);
	test_screen_see(screen, picture);
}

void test_screen_see(struct test_screen *screen, const struct test_picture *picture) {
	uint32_t expected = test_picture_crc(picture), last = 0;
	if (!test_crc_find(&screen->crc, expected, SCREEN_TIMEOUT_MS, &last)) {
		fail_msg("the screen's CRC is %08x, should become %08x", last, expected);
	}
}

void test_screen_assert_stays(
	struct test_screen *screen, const struct test_picture *picture, int refreshes) {
	uint32_t expected = test_picture_crc(picture);
	test_crc_drain(&screen->crc);
	for (int i = 0; i < refreshes; i++) {
		uint32_t frame, value;
		assert_true(test_crc_read(&screen->crc, &frame, &value, SCREEN_TIMEOUT_MS));
		if (value != expected) {
			fail_msg(
				"the screen's CRC is %08x at refresh %d, should stay %08x", value, i, expected);
		}
	}
}
