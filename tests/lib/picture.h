// SPDX-License-Identifier: MIT
// What a screen should show, worked out pixel by pixel with plain arithmetic and without a line of the
// compositor: the model that its pictures are compared with.
#ifndef VITRINE_TESTS_LIB_PICTURE_H
#define VITRINE_TESTS_LIB_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wayland-client-protocol.h>

// Pixels in memory, as a client wrote them. Formats: XRGB8888, ARGB8888, RGB565, NV12, YUYV.
struct test_image {
	uint32_t format;   // DRM fourcc
	int width, height; // px
	uint8_t *data[2];
	uint32_t stride[2]; // bytes
};

// Different pixels everywhere, made from `seed`: opaque, or with premultiplied alpha where the format
// has some. YUV images get only colours whose values after conversion do not lie between two.
void test_image_paint(const struct test_image *image, uint32_t seed);
// The same with only such colours as are alike whether a plane or the composer converts them, with 16
// or 8 bits a channel: in YUV and RGB565, each channel is all or nothing.
void test_image_paint_exact(const struct test_image *image, uint32_t seed);
// One colour, xrgb8888; not for YUV.
void test_image_fill(const struct test_image *image, uint32_t argb);

struct test_color { // premultiplied
	uint16_t a, r, g, b;
};

struct test_picture {
	int width, height;
	struct test_color *pixels; // owned
};

// Black.
void test_picture_init(struct test_picture *picture, int width, int height);
void test_picture_finish(struct test_picture *picture);

struct test_layer {
	const struct test_image *image;
	int x, y; // where its left upper corner is, px of the picture
	// The part of the surface that is shown, px after the transform was undone; 0 x 0: all.
	int crop_x, crop_y, crop_width, crop_height;
	enum wl_output_transform transform; // of the image's contents
	bool on_plane; // converted to 16 bit a channel as vkms does for planes, else to 8 bit
};

// Blends the layer over what is there.
void test_picture_draw(struct test_picture *picture, const struct test_layer *layer);
// Blends a colour over a box.
void test_picture_fill(
	struct test_picture *picture, int x, int y, int width, int height, struct test_color color);

// What vkms computes for it as CRC.
uint32_t test_picture_crc(const struct test_picture *picture);
// The largest difference in any colour channel to an XRGB8888 image, of 255. If it is more than
// `tolerance`, tells the first such pixel on standard error.
int test_picture_compare(
	const struct test_picture *picture, const struct test_image *image, int tolerance);

#endif
