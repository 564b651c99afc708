// SPDX-License-Identifier: MIT
// A V4L2 capture device of the single-planar or the multi-planar kind: finding it, what it can
// deliver, and setting that.
#ifndef VITRINE_CLIENTS_CAMERA_DEVICE_H
#define VITRINE_CLIENTS_CAMERA_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "camera-mode.h"

#define CAMERA_MAX_MODES 512

struct camera_device {
	int fd; // non-blocking
	char path[64];
	char card[32]; // what the driver calls it
	uint32_t type; // enum v4l2_buf_type
	bool multi_planar;

	struct camera_mode modes[CAMERA_MAX_MODES]; // those with a DRM format
	size_t n_modes;
	char offered[256]; // names of all its formats, for messages
};

// How the pictures of a device lie in its buffers.
struct camera_picture {
	uint32_t drm;           // DRM fourcc
	uint32_t width, height; // px
	uint32_t rate_mhz;      // 0 if unknown
	bool coded;             // `coding` is known; false for RGB, too
	struct format_coding coding;
	int memories;                      // dma-bufs a picture is made of
	uint32_t sizes[FORMAT_MAX_PLANES]; // bytes of each
	int planes;
	int memory[FORMAT_MAX_PLANES];       // which one a plane lies in
	uint32_t offsets[FORMAT_MAX_PLANES]; // bytes
	uint32_t strides[FORMAT_MAX_PLANES]; // bytes
};

// An ioctl that begins anew after EINTR. -1 with errno on error.
int camera_ioctl(int fd, unsigned long request, void *argument);

// Opens `path`, or the first device that captures if NULL, and selects `input`; unless
// `require_input` a device without inputs will do. False if that fails: reported.
bool camera_device_open(
	struct camera_device *device, const char *path, uint32_t input, bool require_input);
void camera_device_close(struct camera_device *device);

// Fills in `modes` and `offered`. Where the device takes sizes in steps, those nearest to the wish
// are listed; of the rates of a mode, the one that serves the wish best.
void camera_device_list_modes(struct camera_device *device, const struct camera_wish *wish);

// Sets a mode with its rate, and tells what became of it. False when the device cannot do that:
// reported.
bool camera_device_set_mode(
	struct camera_device *device, const struct camera_mode *mode, struct camera_picture *picture);

#endif
