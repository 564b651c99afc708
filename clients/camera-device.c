// SPDX-License-Identifier: MIT
#include "camera-device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "shared/report.h"

#define MAX_DEVICES 64

int camera_ioctl(int fd, unsigned long request, void *argument) {
	int result;
	do {
		result = ioctl(fd, request, argument);
	} while (result < 0 && errno == EINTR);
	return result;
}

// True if the node captures pictures into buffers. Sets type and name.
static bool query(struct camera_device *device) {
	struct v4l2_capability capability = {0};
	if (camera_ioctl(device->fd, VIDIOC_QUERYCAP, &capability) < 0) {
		return false;
	}
	uint32_t caps = capability.capabilities & V4L2_CAP_DEVICE_CAPS ? capability.device_caps
																   : capability.capabilities;
	device->multi_planar = !(caps & V4L2_CAP_VIDEO_CAPTURE);
	device->type =
		device->multi_planar ? V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE : V4L2_BUF_TYPE_VIDEO_CAPTURE;
	snprintf(device->card, sizeof(device->card), "%s", (const char *)capability.card);
	return (caps & (V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_VIDEO_CAPTURE_MPLANE)) &&
		(caps & V4L2_CAP_STREAMING);
}

static void report_open(const char *path, int error) {
	switch (error) {
	case EACCES:
	case EPERM:
		client_report("%s: permission denied: add the user to the group 'video', or give it access "
					  "with a udev rule",
			path);
		break;
	case ENOENT:
	case ENODEV:
	case ENXIO:
		client_report("%s: no such camera: is it plugged in? 'ls /dev/video*' names those there "
					  "are",
			path);
		break;
	default:
		client_report("%s: %s", path, strerror(error));
		break;
	}
}

static bool open_named(struct camera_device *device, const char *path) {
	snprintf(device->path, sizeof(device->path), "%s", path);
	device->fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (device->fd < 0) {
		report_open(path, errno);
		return false;
	}
	if (!query(device)) {
		client_report("%s: not a camera: it does not capture pictures into buffers; name another "
					  "one with --device",
			path);
		camera_device_close(device);
		return false;
	}
	return true;
}

static bool open_first(struct camera_device *device) {
	int refused = -1;
	for (int i = 0; i < MAX_DEVICES; i++) {
		snprintf(device->path, sizeof(device->path), "/dev/video%d", i);
		device->fd = open(device->path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
		if (device->fd < 0) {
			refused = errno == EACCES && refused < 0 ? i : refused;
			continue;
		}
		if (query(device)) {
			return true;
		}
		camera_device_close(device);
	}
	if (refused >= 0) {
		snprintf(device->path, sizeof(device->path), "/dev/video%d", refused);
		report_open(device->path, EACCES);
	} else {
		client_report("no camera: none of /dev/video* captures pictures; plug one in, or name it "
					  "with --device");
	}
	return false;
}

static bool select_input(struct camera_device *device, uint32_t input, bool required) {
	int current = -1, wanted = (int)input;
	if (camera_ioctl(device->fd, VIDIOC_G_INPUT, &current) == 0 && current == wanted) {
		return true;
	}
	if (camera_ioctl(device->fd, VIDIOC_S_INPUT, &wanted) == 0) {
		return true;
	}
	if (errno == EBUSY) {
		client_report("%s: in use by another program: end that first", device->path);
		return false;
	}
	if (required) {
		client_report("%s: there is no input %u ('v4l2-ctl --list-inputs' names those there are)",
			device->path, input);
		return false;
	}
	return true;
}

bool camera_device_open(
	struct camera_device *device, const char *path, uint32_t input, bool require_input) {
	*device = (struct camera_device){.fd = -1};
	bool open = path ? open_named(device, path) : open_first(device);
	if (!open) {
		return false;
	}
	if (!select_input(device, input, require_input)) {
		camera_device_close(device);
		return false;
	}
	return true;
}

void camera_device_close(struct camera_device *device) {
	if (device->fd >= 0) {
		close(device->fd);
	}
	device->fd = -1;
}

static uint32_t interval_to_mhz(const struct v4l2_fract *interval) {
	return interval->numerator > 0
		? (uint32_t)((uint64_t)interval->denominator * 1000 / interval->numerator)
		: 0;
}

static uint32_t best_rate(
	struct camera_device *device, uint32_t v4l2, uint32_t width, uint32_t height, uint32_t wish) {
	uint32_t best = 0;
	struct v4l2_frmivalenum interval = {.pixel_format = v4l2, .width = width, .height = height};
	while (camera_ioctl(device->fd, VIDIOC_ENUM_FRAMEINTERVALS, &interval) == 0) {
		if (interval.type != V4L2_FRMIVAL_TYPE_DISCRETE) {
			uint32_t highest = interval_to_mhz(&interval.stepwise.min);
			uint32_t lowest = interval_to_mhz(&interval.stepwise.max);
			best = wish == 0 || highest < wish ? highest : lowest > wish ? lowest : wish;
			break;
		}
		uint32_t rate = interval_to_mhz(&interval.discrete);
		best = camera_rate_better(rate, best, wish) ? rate : best;
		interval.index++;
	}
	return best;
}

static void add_mode(struct camera_device *device, const struct camera_format *format,
	uint32_t width, uint32_t height, uint32_t rate_wish) {
	if (device->n_modes == CAMERA_MAX_MODES || width == 0 || height == 0) {
		return;
	}
	device->modes[device->n_modes++] = (struct camera_mode){
		.format = format,
		.width = width,
		.height = height,
		.rate_mhz = best_rate(device, format->v4l2, width, height, rate_wish),
	};
}

// Without a list of sizes (not every driver has one) the driver is asked for the wished one.
static void try_size(struct camera_device *device, const struct camera_format *format,
	const struct camera_wish *wish) {
	struct v4l2_format try = {.type = device->type};
	uint32_t width = wish->width ? wish->width : 16384;
	uint32_t height = wish->height ? wish->height : 16384;
	if (device->multi_planar) {
		try.fmt.pix_mp.pixelformat = format->v4l2;
		try.fmt.pix_mp.width = width;
		try.fmt.pix_mp.height = height;
	} else {
		try.fmt.pix.pixelformat = format->v4l2;
		try.fmt.pix.width = width;
		try.fmt.pix.height = height;
	}
	if (camera_ioctl(device->fd, VIDIOC_TRY_FMT, &try) == 0) {
		// The width and height of both kinds lie at the same place, but that is no promise.
		add_mode(device, format, device->multi_planar ? try.fmt.pix_mp.width : try.fmt.pix.width,
			device->multi_planar ? try.fmt.pix_mp.height : try.fmt.pix.height, wish->rate_mhz);
	}
}

static void list_sizes(struct camera_device *device, const struct camera_format *format,
	const struct camera_wish *wish) {
	struct v4l2_frmsizeenum size = {.pixel_format = format->v4l2};
	if (camera_ioctl(device->fd, VIDIOC_ENUM_FRAMESIZES, &size) < 0) {
		try_size(device, format, wish);
		return;
	}
	if (size.type != V4L2_FRMSIZE_TYPE_DISCRETE) {
		const struct v4l2_frmsize_stepwise *steps = &size.stepwise;
		add_mode(device, format,
			camera_step_size(steps->min_width, steps->max_width, steps->step_width, wish->width),
			camera_step_size(
				steps->min_height, steps->max_height, steps->step_height, wish->height),
			wish->rate_mhz);
		return;
	}
	do {
		add_mode(device, format, size.discrete.width, size.discrete.height, wish->rate_mhz);
		size.index++;
	} while (camera_ioctl(device->fd, VIDIOC_ENUM_FRAMESIZES, &size) == 0);
}

void camera_device_list_modes(struct camera_device *device, const struct camera_wish *wish) {
	device->n_modes = 0;
	device->offered[0] = '\0';
	size_t used = 0;
	struct v4l2_fmtdesc description = {.type = device->type};
	while (camera_ioctl(device->fd, VIDIOC_ENUM_FMT, &description) == 0) {
		char name[5];
		camera_format_name(description.pixelformat, name);
		if (used + sizeof(name) + 2 < sizeof(device->offered)) {
			used += (size_t)snprintf(device->offered + used, sizeof(device->offered) - used, "%s%s",
				used > 0 ? ", " : "", name);
		}
		const struct camera_format *format = camera_format_find(description.pixelformat);
		if (format) {
			list_sizes(device, format, wish);
		}
		description.index++;
	}
}

static void set_rate(
	struct camera_device *device, const struct camera_mode *mode, struct camera_picture *picture) {
	struct v4l2_streamparm parm = {.type = device->type};
	if (camera_ioctl(device->fd, VIDIOC_G_PARM, &parm) < 0) {
		return;
	}
	if ((parm.parm.capture.capability & V4L2_CAP_TIMEPERFRAME) && mode->rate_mhz > 0) {
		parm.parm.capture.timeperframe =
			(struct v4l2_fract){.numerator = 1000, .denominator = mode->rate_mhz};
		if (camera_ioctl(device->fd, VIDIOC_S_PARM, &parm) < 0) {
			camera_ioctl(device->fd, VIDIOC_G_PARM, &parm);
		}
	}
	picture->rate_mhz = interval_to_mhz(&parm.parm.capture.timeperframe);
}

// Each plane in a dma-buf of its own, or all in one after the other.
static bool lay_out(const struct camera_format *format, struct camera_picture *picture,
	const uint32_t *bytesperline) {
	struct client_layout layout;
	if (!camera_layout_init(&layout, format, picture->width, picture->height, bytesperline[0])) {
		return false;
	}
	bool split = picture->memories > 1;
	if (split && picture->memories != layout.planes) {
		return false;
	}
	picture->planes = layout.planes;
	uint64_t needed[FORMAT_MAX_PLANES] = {0};
	for (int i = 0; i < layout.planes; i++) {
		picture->memory[i] = split ? i : 0;
		picture->offsets[i] = split ? 0 : layout.offsets[i];
		picture->strides[i] = split ? bytesperline[i] : layout.strides[i];
		needed[i] = (uint64_t)picture->strides[i] *
			format_plane_height(format_info(format->drm), i, picture->height);
	}
	if (!split) {
		return picture->sizes[0] >= layout.size;
	}
	for (int i = 0; i < layout.planes; i++) {
		if (picture->sizes[i] < needed[i]) {
			return false;
		}
	}
	return true;
}

static void read_coding(
	struct camera_picture *picture, uint32_t colorspace, uint32_t encoding, uint32_t quantization) {
	picture->coded = format_info(picture->drm)->yuv &&
		camera_coding_init(&picture->coding, colorspace, encoding, quantization);
}

static void read_format(const struct camera_device *device, const struct v4l2_format *set,
	struct camera_picture *picture, uint32_t bytesperline[FORMAT_MAX_PLANES]) {
	if (!device->multi_planar) {
		const struct v4l2_pix_format *pix = &set->fmt.pix;
		picture->width = pix->width;
		picture->height = pix->height;
		picture->memories = 1;
		picture->sizes[0] = pix->sizeimage;
		bytesperline[0] = pix->bytesperline;
		read_coding(picture, pix->colorspace, pix->ycbcr_enc, pix->quantization);
		return;
	}
	const struct v4l2_pix_format_mplane *pix = &set->fmt.pix_mp;
	picture->width = pix->width;
	picture->height = pix->height;
	read_coding(picture, pix->colorspace, pix->ycbcr_enc, pix->quantization);
	picture->memories = pix->num_planes < FORMAT_MAX_PLANES ? pix->num_planes : FORMAT_MAX_PLANES;
	for (int i = 0; i < picture->memories; i++) {
		picture->sizes[i] = pix->plane_fmt[i].sizeimage;
		bytesperline[i] = pix->plane_fmt[i].bytesperline;
	}
}

bool camera_device_set_mode(
	struct camera_device *device, const struct camera_mode *mode, struct camera_picture *picture) {
	struct v4l2_format set = {.type = device->type};
	if (device->multi_planar) {
		set.fmt.pix_mp.pixelformat = mode->format->v4l2;
		set.fmt.pix_mp.width = mode->width;
		set.fmt.pix_mp.height = mode->height;
		set.fmt.pix_mp.field = V4L2_FIELD_NONE;
	} else {
		set.fmt.pix.pixelformat = mode->format->v4l2;
		set.fmt.pix.width = mode->width;
		set.fmt.pix.height = mode->height;
		set.fmt.pix.field = V4L2_FIELD_NONE;
	}
	char name[5];
	camera_format_name(mode->format->v4l2, name);
	if (camera_ioctl(device->fd, VIDIOC_S_FMT, &set) < 0) {
		client_report("%s: cannot set %ux%u %s: %s", device->path, mode->width, mode->height, name,
			errno == EBUSY ? "in use by another program: end that first" : strerror(errno));
		return false;
	}
	uint32_t got = device->multi_planar ? set.fmt.pix_mp.pixelformat : set.fmt.pix.pixelformat;
	if (got != mode->format->v4l2) {
		char other[5];
		camera_format_name(got, other);
		client_report("%s: sets %s although it lists %s: try another --format or --size",
			device->path, other, name);
		return false;
	}
	*picture = (struct camera_picture){.drm = mode->format->drm};
	uint32_t bytesperline[FORMAT_MAX_PLANES] = {0};
	read_format(device, &set, picture, bytesperline);
	if (!lay_out(mode->format, picture, bytesperline)) {
		client_report("%s: its buffers do not hold %ux%u %s as V4L2 lays it out (%u bytes a row, "
					  "%u in all): try another --format or --size",
			device->path, picture->width, picture->height, name, bytesperline[0],
			picture->sizes[0]);
		return false;
	}
	set_rate(device, mode, picture);
	return true;
}
