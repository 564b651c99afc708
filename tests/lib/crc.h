// SPDX-License-Identifier: MIT
// What the screen really shows: the CRC that a CRTC computes of each frame (debugfs,
// Documentation/gpu/drm-uapi.rst, "CRC API"), and the value that vkms must come to for a picture.
//
// vkms computes CRC-32 (reflected polynomial 0xedb88320, start 0, no final inversion) over the rows
// of the composed picture, each pixel as four little-endian u16: alpha, red, green, blue.
// Reading ends with the first writeback job of the same CRTC: never use both at once.
#ifndef VITRINE_TESTS_LIB_CRC_H
#define VITRINE_TESTS_LIB_CRC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct test_crc {
	int fd;
};

// Starts the computing of CRCs on one CRTC of the device with that number (stat's st_rdev of
// /dev/dri/cardN). False with errno set: ENOENT without debugfs or vkms, EIO when the CRTC is
// off, EBUSY when someone else reads.
bool test_crc_open(struct test_crc *crc, dev_t rdev, int crtc_index);
void test_crc_close(struct test_crc *crc);

// Throws away what was computed so far.
void test_crc_drain(struct test_crc *crc);

// The next CRC and the vblank count it belongs to. A CRC whose frame is at or after a flip event's
// sequence shows that flip. False after timeout_ms without one.
bool test_crc_read(struct test_crc *crc, uint32_t *frame, uint32_t *value, int timeout_ms);

// Reads until the value is `expected`, which may have been there before. False after timeout_ms; *last, if not
// NULL, then holds the last value that was read.
bool test_crc_find(struct test_crc *crc, uint32_t expected, int timeout_ms, uint32_t *last);
// The same from now on.
bool test_crc_wait(struct test_crc *crc, uint32_t expected, int timeout_ms, uint32_t *last);

// What vkms computes for an opaque picture, stride in bytes.
uint32_t test_crc_of_xrgb8888(const void *data, int width, int height, size_t stride);
// The same for width x height pixels of u16 alpha, red, green, blue without padding.
uint32_t test_crc_of_argb16(const uint16_t *data, int width, int height);

#endif
