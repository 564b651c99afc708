// SPDX-License-Identifier: MIT
#include "testcard-options.h"

#include <drm_fourcc.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/format.h"
#include "shared/parse.h"
#include "shared/report.h"

enum option_id {
	OPTION_ALPHA = 256,
	OPTION_APP_ID,
	OPTION_BUFFERS,
	OPTION_CODING,
	OPTION_DAMAGE,
	OPTION_DEVICE,
	OPTION_FORMAT,
	OPTION_FRAMES,
	OPTION_HELP,
	OPTION_HOLD,
	OPTION_MEMORY,
	OPTION_MODIFIER,
	OPTION_NO_OPAQUE_REGION,
	OPTION_PATTERN,
	OPTION_RATE,
	OPTION_SIZE,
	OPTION_STATS,
	OPTION_TITLE,
	OPTION_VERBOSE,
	OPTION_VERSION,
};

static const struct option long_options[] = {
	{"alpha", required_argument, NULL, OPTION_ALPHA},
	{"app-id", required_argument, NULL, OPTION_APP_ID},
	{"buffers", required_argument, NULL, OPTION_BUFFERS},
	{"coding", required_argument, NULL, OPTION_CODING},
	{"damage", required_argument, NULL, OPTION_DAMAGE},
	{"device", required_argument, NULL, OPTION_DEVICE},
	{"format", required_argument, NULL, OPTION_FORMAT},
	{"frames", required_argument, NULL, OPTION_FRAMES},
	{"help", no_argument, NULL, OPTION_HELP},
	{"hold", no_argument, NULL, OPTION_HOLD},
	{"memory", required_argument, NULL, OPTION_MEMORY},
	{"modifier", required_argument, NULL, OPTION_MODIFIER},
	{"no-opaque-region", no_argument, NULL, OPTION_NO_OPAQUE_REGION},
	{"pattern", required_argument, NULL, OPTION_PATTERN},
	{"rate", required_argument, NULL, OPTION_RATE},
	{"size", required_argument, NULL, OPTION_SIZE},
	{"stats", no_argument, NULL, OPTION_STATS},
	{"title", required_argument, NULL, OPTION_TITLE},
	{"verbose", no_argument, NULL, OPTION_VERBOSE},
	{"version", no_argument, NULL, OPTION_VERSION},
	{0},
};

void testcard_options_help(void) {
	printf(
		"Usage: vitrine-testcard [OPTION...]\n"
		"Shows test pictures with the frame number drawn in.\n"
		"\n"
		"  --format FORMAT        pixel format, XRGB8888 or XR24 alike (default: XRGB8888)\n"
		"  --coding CODING        of YUV: bt601, bt709 or bt2020, with -full for full range; the\n"
		"                         compositor is told (default: bt601, and it is not)\n"
		"  --size WxH             own size in px (default: as the compositor configures)\n"
		"  --pattern PATTERN      bars, gradient, checker, cycle or solid:RRGGBB (default: bars)\n"
		"  --alpha A              0 to 255, for formats with alpha (default: 255)\n"
		"  --no-opaque-region     do not say that the picture is opaque\n"
		"  --rate HZ|max          pictures a second, or one a frame callback (default: max)\n"
		"  --damage full|changed|WxH\n"
		"                         what to report as changed; WxH: a box that is all that changes\n"
		"  --frames N             end after N pictures (default: never)\n"
		"  --hold                 with --frames: keep the last picture up\n"
		"  --memory MEMORY        udmabuf, dma-heap, dma-heap:NAME, dumb, shm or auto (default)\n"
		"  --device PATH          DRM device for dumb buffers (default: vgem, else any card)\n"
		"  --modifier linear|invalid\n"
		"                         modifier of the dma-bufs (default: what is offered)\n"
		"  --buffers N            1 to %d (default: 3)\n"
		"  --app-id ID, --title TITLE\n"
		"  --stats                print a summary at the end\n"
		"  --verbose              print a line a frame\n"
		"  --help, --version\n",
		TESTCARD_MAX_BUFFERS);
}

static bool parse_pattern(const char *text, struct testcard_options *options) {
	static const char solid[] = "solid:";
	static const struct {
		const char *name;
		enum testcard_pattern pattern;
	} patterns[] = {
		{"bars", TESTCARD_PATTERN_BARS},
		{"gradient", TESTCARD_PATTERN_GRADIENT},
		{"checker", TESTCARD_PATTERN_CHECKER},
		{"cycle", TESTCARD_PATTERN_CYCLE},
	};
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		if (strcmp(text, patterns[i].name) == 0) {
			options->pattern = patterns[i].pattern;
			return true;
		}
	}
	options->pattern = TESTCARD_PATTERN_SOLID;
	return strncmp(text, solid, strlen(solid)) == 0 &&
		client_parse_color(text + strlen(solid), &options->color);
}

static bool parse_damage(const char *text, struct testcard_options *options) {
	if (strcmp(text, "full") == 0) {
		options->damage = TESTCARD_DAMAGE_FULL;
		return true;
	}
	if (strcmp(text, "changed") == 0) {
		options->damage = TESTCARD_DAMAGE_CHANGED;
		return true;
	}
	options->damage = TESTCARD_DAMAGE_BOX;
	return client_parse_size(text, &options->box_width, &options->box_height);
}

static bool parse_modifier(const char *text, struct testcard_options *options) {
	bool linear = strcmp(text, "linear") == 0;
	options->modifier = linear ? TESTCARD_MODIFIER_LINEAR : TESTCARD_MODIFIER_INVALID;
	return linear || strcmp(text, "invalid") == 0;
}

static bool parse_format(const char *text, struct testcard_options *options) {
	options->format = format_from_name(text);
	return options->format != 0 && testcard_picture_draws(options->format);
}

static bool parse_rate(const char *text, struct testcard_options *options) {
	options->rate_mhz = 0;
	return strcmp(text, "max") == 0 || client_parse_rate(text, &options->rate_mhz);
}

// The options with a value. False for a value that is none.
static bool parse_value(struct testcard_options *options, int id, const char *value) {
	uint32_t number = 0;
	switch (id) {
	case OPTION_ALPHA:
		if (!client_parse_uint(value, 0, 255, &number)) {
			return false;
		}
		options->alpha = (uint8_t)number;
		return true;
	case OPTION_APP_ID:
		options->app_id = value;
		return true;
	case OPTION_BUFFERS:
		return client_parse_uint(value, 1, TESTCARD_MAX_BUFFERS, &options->buffers);
	case OPTION_CODING:
		options->has_coding = true;
		return format_coding_from_name(value, &options->coding);
	case OPTION_DAMAGE:
		return parse_damage(value, options);
	case OPTION_DEVICE:
		options->device = value;
		return true;
	case OPTION_FORMAT:
		return parse_format(value, options);
	case OPTION_FRAMES:
		return client_parse_uint(value, 1, UINT32_MAX, &options->frames);
	case OPTION_MEMORY:
		return client_memory_parse(value, &options->memory, &options->heap);
	case OPTION_MODIFIER:
		return parse_modifier(value, options);
	case OPTION_PATTERN:
		return parse_pattern(value, options);
	case OPTION_RATE:
		return parse_rate(value, options);
	case OPTION_SIZE:
		return client_parse_size(value, &options->width, &options->height);
	case OPTION_TITLE:
		options->title = value;
		return true;
	default:
		return false;
	}
}

// True if the option is one without a value.
static bool set_flag(struct testcard_options *options, int id) {
	switch (id) {
	case OPTION_HELP:
		options->help = true;
		return true;
	case OPTION_HOLD:
		options->hold = true;
		return true;
	case OPTION_NO_OPAQUE_REGION:
		options->opaque_region = false;
		return true;
	case OPTION_STATS:
		options->stats = true;
		return true;
	case OPTION_VERBOSE:
		options->verbose = true;
		return true;
	case OPTION_VERSION:
		options->version = true;
		return true;
	default:
		return false;
	}
}

static bool set(void *options, int id, const char *value) {
	return set_flag(options, id) || parse_value(options, id, value);
}

static bool check_combination(const struct testcard_options *options) {
	if (options->hold && options->frames == 0) {
		client_report_usage("--hold needs --frames: it keeps the last picture up");
		return false;
	}
	if (options->memory == CLIENT_MEMORY_SHM && format_info(options->format)->planes > 1) {
		client_report_usage("--memory shm takes formats of one plane only: use XRGB8888, RGB565 or "
							"YUYV, or another --memory");
		return false;
	}
	if (options->has_coding && !format_info(options->format)->yuv) {
		client_report_usage("--coding is for formats of YUV, such as NV12: name one with --format");
		return false;
	}
	if (options->device && options->memory != CLIENT_MEMORY_DUMB &&
		options->memory != CLIENT_MEMORY_AUTO) {
		client_report_usage("--device names the DRM device of --memory dumb");
		return false;
	}
	return true;
}

bool testcard_options_parse(struct testcard_options *options, int argc, char *argv[]) {
	*options = (struct testcard_options){
		.format = DRM_FORMAT_XRGB8888,
		.buffers = 3,
		.alpha = 255,
		.opaque_region = true,
		.app_id = "vitrine-testcard",
		.title = "Vitrine test card",
	};
	return client_parse_options(argc, argv, long_options, set, options) &&
		(options->help || options->version || check_combination(options));
}
