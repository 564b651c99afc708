// SPDX-License-Identifier: MIT
// What the server says of itself (vitrine-control-v1), and what the screen shows.
#ifndef VITRINE_TESTS_LIB_STATUS_H
#define VITRINE_TESTS_LIB_STATUS_H

#include <json.h>
#include <stdint.h>

#include "client.h"
#include "crc.h"
#include "picture.h"

// The status as the server sends it; the caller ends it with json_object_put.
struct json_object *test_status(struct test_client *client);
// Members of objects, which must be there. Borrowed.
struct json_object *test_json(struct json_object *object, const char *key);
int64_t test_json_int(struct json_object *object, const char *key);
const char *test_json_string(struct json_object *object, const char *key);
// The output with this index. Borrowed.
struct json_object *test_status_output(struct json_object *status, size_t index);
// A counter of the output, such as "composed_bytes".
int64_t test_status_counter(struct test_client *client, size_t output, const char *name);

// One layer, copied out of the status.
struct test_layer_status {
	char buffer[16], format[8], placement[16];
	int x, y, width, height; // px
	uint32_t plane;          // 0: on none
	char reasons[256];       // names with a blank between them
};

// The lowest layer of the app on the output with this index; fails the test without one.
struct test_layer_status test_status_layer(
	struct test_client *client, size_t output, const char *app_id);

// A screenshot as XRGB8888. `source` as in vitrine-control-v1. Never with a screen open: writeback ends
// the reading of CRCs. The caller frees image.data[0].
struct test_image test_capture(struct test_client *client, const char *output, uint32_t source);
// Asserts that a screenshot from the writeback connector is the picture, to within `tolerance` of 255.
void test_capture_assert(
	struct test_client *client, const struct test_picture *picture, int tolerance);

// The picture on a CRTC, seen through its CRC.
struct test_screen {
	struct test_crc crc;
	int crtc_index;
};

void test_screen_open(struct test_screen *screen, int crtc_index);
void test_screen_close(struct test_screen *screen);
// Waits until the screen shows the picture; fails the test after some seconds.
void test_screen_wait(struct test_screen *screen, const struct test_picture *picture);
// Waits until the screen shows it or has shown it since the last picture that was waited for: for what does not
// stay. The kernel keeps the last two seconds.
void test_screen_see(struct test_screen *screen, const struct test_picture *picture);
// Asserts that the screen shows nothing else for that many refreshes from now.
void test_screen_assert_stays(
	struct test_screen *screen, const struct test_picture *picture, int refreshes);

#endif
