// SPDX-License-Identifier: MIT
// The display of programs that flip by themselves: three framebuffers and one plane, one property a
// commit. Needs to be DRM master.
#ifndef VITRINE_BENCH_FLIP_H
#define VITRINE_BENCH_FLIP_H

#include <stdbool.h>
#include <stdint.h>

#include <xf86drm.h>
#include <xf86drmMode.h>

// vkms unmaps the framebuffer that left the screen some time after the flip event. With two it would
// be a race whether the next flip finds its framebuffer still mapped, which then costs nothing.
#define FLIP_FRAMEBUFFERS 3
#define FLIP_MAX_TAKEN 8

struct flip_options {
	const char *device;
	uint32_t width, height; // px; 0 for the preferred mode
	bool udmabuf;           // else dumb buffers
	// Framebuffers of the process that has the device, to be flipped once standard input ends.
	uint32_t taken[FLIP_MAX_TAKEN];
	int n_taken; // 0: some of its own
};

struct flip {
	int fd;
	uint32_t connector, crtc, plane;
	uint32_t crtc_index;
	uint32_t prop_fb_id;
	drmModeModeInfo mode;
	uint32_t fbs[FLIP_MAX_TAKEN];
	int n_fbs;
	bool taken; // from another process
	uint64_t flips;
	bool pending;
};

// Reports errno to standard error and returns false.
bool flip_complain(const char *what);
int64_t flip_now_ns(void); // CLOCK_MONOTONIC

// Opens the device, sets the mode and shows the first framebuffer. Reports errors. What is open goes with
// the process.
bool flip_open(struct flip *flip, const struct flip_options *options);

#endif
