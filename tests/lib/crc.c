// SPDX-License-Identifier: MIT
#include "crc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ms(void) {
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

bool test_crc_open(struct test_crc *crc, dev_t rdev, int crtc_index) {
	*crc = (struct test_crc){.fd = -1};
	char path[96];
	snprintf(path, sizeof(path), "/sys/kernel/debug/dri/%u/crtc-%d/crc/control", minor(rdev),
		crtc_index);
	int control = open(path, O_WRONLY | O_CLOEXEC);
	if (control < 0) {
		return false;
	}
	bool ok = write(control, "auto", 4) == 4;
	close(control);
	if (!ok) {
		return false;
	}
	snprintf(
		path, sizeof(path), "/sys/kernel/debug/dri/%u/crtc-%d/crc/data", minor(rdev), crtc_index);
	crc->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return crc->fd >= 0;
}

void test_crc_close(struct test_crc *crc) {
	if (crc->fd >= 0) {
		close(crc->fd);
	}
	crc->fd = -1;
}

// 1 with an entry, 0 with none for now, -1 on errors. The kernel gives one line a read:
// frame and value in hexadecimal.
static int read_entry(struct test_crc *crc, uint32_t *frame, uint32_t *value) {
	char line[128];
	ssize_t len = read(crc->fd, line, sizeof(line) - 1);
	if (len < 0) {
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	}
	line[len] = '\0';
	unsigned int f, v;
	if (sscanf(line, "%x %x", &f, &v) != 2) {
		return 0; // a frame without a number ("XXXXXXXXXX") is of no use
	}
	*frame = f;
	*value = v;
	return 1;
}

void test_crc_drain(struct test_crc *crc) {
	uint32_t frame, value;
	while (read_entry(crc, &frame, &value) > 0) {
	}
}

bool test_crc_read(struct test_crc *crc, uint32_t *frame, uint32_t *value, int timeout_ms) {
	int64_t deadline = now_ms() + timeout_ms;
	while (true) {
		int ret = read_entry(crc, frame, value);
		if (ret != 0) {
			return ret > 0;
		}
		int64_t left = deadline - now_ms();
		if (left <= 0) {
			return false;
		}
		struct pollfd pollfd = {.fd = crc->fd, .events = POLLIN};
		poll(&pollfd, 1, (int)left);
	}
}

bool test_crc_find(struct test_crc *crc, uint32_t expected, int timeout_ms, uint32_t *last) {
	int64_t deadline = now_ms() + timeout_ms;
	while (true) {
		int64_t left = deadline - now_ms();
		uint32_t frame, value;
		if (left <= 0 || !test_crc_read(crc, &frame, &value, (int)left)) {
			return false;
		}
		if (last) {
			*last = value;
		}
		if (value == expected) {
			return true;
		}
	}
}

bool test_crc_wait(struct test_crc *crc, uint32_t expected, int timeout_ms, uint32_t *last) {
	test_crc_drain(crc);
	return test_crc_find(crc, expected, timeout_ms, last);
}

static void make_table(uint32_t table[256]) {
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t crc = i;
		for (int bit = 0; bit < 8; bit++) {
			crc = (crc >> 1) ^ (crc & 1 ? UINT32_C(0xedb88320) : 0);
		}
		table[i] = crc;
	}
}

static uint32_t add_u16(const uint32_t table[256], uint32_t crc, uint16_t value) {
	crc = table[(crc ^ value) & 0xff] ^ (crc >> 8);
	return table[(crc ^ (value >> 8)) & 0xff] ^ (crc >> 8);
}

uint32_t test_crc_of_xrgb8888(const void *data, int width, int height, size_t stride) {
	uint32_t table[256];
	make_table(table);
	uint32_t crc = 0;
	for (int y = 0; y < height; y++) {
		const uint8_t *row = (const uint8_t *)data + (size_t)y * stride;
		for (int x = 0; x < width; x++) {
			const uint8_t *pixel = row + 4 * x; // blue, green, red, unused
			crc = add_u16(table, crc, 0xffff);
			crc = add_u16(table, crc, (uint16_t)(pixel[2] * 257));
			crc = add_u16(table, crc, (uint16_t)(pixel[1] * 257));
			crc = add_u16(table, crc, (uint16_t)(pixel[0] * 257));
		}
	}
	return crc;
}

uint32_t test_crc_of_argb16(const uint16_t *data, int width, int height) {
	uint32_t table[256];
	make_table(table);
	uint32_t crc = 0;
	size_t n = (size_t)width * (size_t)height * 4;
	for (size_t i = 0; i < n; i++) {
		crc = add_u16(table, crc, data[i]);
	}
	return crc;
}
