// SPDX-License-Identifier: MIT
#include "ctl-png.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/format.h"
#include "shared/report.h"

bool ctl_png_convert_row(uint32_t format, const uint8_t *row, uint32_t width, uint8_t *rgb) {
	bool red_first = format == DRM_FORMAT_XBGR8888 || format == DRM_FORMAT_ABGR8888;
	if (format == DRM_FORMAT_RGB565) {
		for (uint32_t x = 0; x < width; x++) {
			uint32_t pixel = row[2 * x] | (uint32_t)row[2 * x + 1] << 8;
			uint32_t r = pixel >> 11, g = pixel >> 5 & 0x3f, b = pixel & 0x1f;
			rgb[3 * x] = (uint8_t)(r << 3 | r >> 2);
			rgb[3 * x + 1] = (uint8_t)(g << 2 | g >> 4);
			rgb[3 * x + 2] = (uint8_t)(b << 3 | b >> 2);
		}
		return true;
	}
	if (!red_first && format != DRM_FORMAT_XRGB8888 && format != DRM_FORMAT_ARGB8888) {
		return false;
	}
	for (uint32_t x = 0; x < width; x++) {
		rgb[3 * x] = row[4 * x + (red_first ? 0 : 2)];
		rgb[3 * x + 1] = row[4 * x + 1];
		rgb[3 * x + 2] = row[4 * x + (red_first ? 2 : 0)];
	}
	return true;
}

static void handle_png_error(png_structp png, png_const_charp message) {
	client_report("cannot write the PNG: %s", message);
	longjmp(png_jmpbuf(png), 1);
}

static void handle_png_warning(png_structp png, png_const_charp message) {
	(void)png;
	(void)message;
}

// What the jump out of an error of libpng must not leave behind lives with the caller.
struct writer {
	png_structp png;
	png_infop info;
	uint8_t *rgb; // one row
};

static bool write_png(struct writer *writer, const struct ctl_picture *picture, FILE *file) {
	if (setjmp(png_jmpbuf(writer->png))) {
		return false;
	}
	png_init_io(writer->png, file);
	png_set_IHDR(writer->png, writer->info, picture->width, picture->height, 8, PNG_COLOR_TYPE_RGB,
		PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	png_write_info(writer->png, writer->info);
	for (uint32_t y = 0; y < picture->height; y++) {
		ctl_png_convert_row(picture->format, picture->data + (size_t)y * picture->stride,
			picture->width, writer->rgb);
		png_write_row(writer->png, writer->rgb);
	}
	png_write_end(writer->png, writer->info);
	return true;
}

static bool write_picture(const struct ctl_picture *picture, FILE *file) {
	struct writer writer = {0};
	writer.png =
		png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, handle_png_error, handle_png_warning);
	writer.info = writer.png ? png_create_info_struct(writer.png) : NULL;
	writer.rgb = malloc((size_t)picture->width * 3);
	bool ok = false;
	if (writer.info && writer.rgb) {
		ok = write_png(&writer, picture, file);
	} else {
		client_report("out of memory");
	}
	png_destroy_write_struct(&writer.png, &writer.info);
	free(writer.rgb);
	return ok;
}

static bool check(const struct ctl_picture *picture) {
	const struct format_info *info = format_info(picture->format);
	uint8_t rgb[3];
	char name[5];
	format_name(picture->format, name);
	if (!info || !ctl_png_convert_row(picture->format, NULL, 0, rgb)) {
		client_report("cannot save a picture of format %s: try another --source", name);
		return false;
	}
	if (picture->width == 0 || picture->height == 0 ||
		picture->stride < format_min_stride(info, 0, picture->width) ||
		picture->size < (uint64_t)picture->stride * picture->height) {
		client_report("the compositor sent a picture of %ux%u %s that does not fit its memory",
			picture->width, picture->height, name);
		return false;
	}
	return true;
}

// mkstemp() makes files for the owner alone; this one gets what open(2) would give.
static void apply_umask(int fd) {
	mode_t mask = umask(0);
	umask(mask);
	fchmod(fd, 0666 & ~mask);
}

static bool save_to(const struct ctl_picture *picture, const char *path, char *temporary) {
	int fd = mkstemp(temporary);
	FILE *file = fd >= 0 ? fdopen(fd, "wb") : NULL;
	if (!file) {
		client_report("cannot write beside %s: %s: name a file in a folder you may write to", path,
			strerror(errno));
		if (fd >= 0) {
			close(fd);
			unlink(temporary);
		}
		return false;
	}
	apply_umask(fd);
	bool ok = write_picture(picture, file);
	// A full disk shows here at the latest. Pictures that are replaced must not be lost in a crash.
	if (ok && (fflush(file) != 0 || fsync(fd) < 0)) {
		client_report("cannot write %s: %s", path, strerror(errno));
		ok = false;
	}
	fclose(file);
	if (ok && rename(temporary, path) < 0) {
		client_report("cannot write %s: %s", path, strerror(errno));
		ok = false;
	}
	if (!ok) {
		unlink(temporary);
	}
	return ok;
}

bool ctl_png_save(const struct ctl_picture *picture, const char *path) {
	static const char suffix[] = ".XXXXXX";
	if (!check(picture)) {
		return false;
	}
	if (strcmp(path, "-") == 0) {
		bool ok = write_picture(picture, stdout);
		if (ok && fflush(stdout) != 0) {
			client_report("cannot write to standard output: %s", strerror(errno));
			ok = false;
		}
		return ok;
	}
	char *temporary = malloc(strlen(path) + sizeof(suffix));
	if (!temporary) {
		client_report("out of memory");
		return false;
	}
	strcpy(temporary, path);
	strcat(temporary, suffix);
	bool ok = save_to(picture, path, temporary);
	free(temporary);
	return ok;
}
