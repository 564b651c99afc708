// SPDX-License-Identifier: MIT
#include "shared/parse.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "shared/report.h"

#define SIZE_MAX_PX 16384
#define RATE_MAX_MHZ 1000000

// Digits only: strtoul() would also take a sign and leading space. Returns what follows the number,
// NULL if there is none or if it exceeds UINT32_MAX.
static const char *read_uint(const char *text, uint32_t *value) {
	uint64_t number = 0;
	const char *c = text;
	for (; isdigit((unsigned char)*c); c++) {
		number = number * 10 + (uint64_t)(*c - '0');
		if (number > UINT32_MAX) {
			return NULL;
		}
	}
	if (c == text) {
		return NULL;
	}
	*value = (uint32_t)number;
	return c;
}

bool client_parse_uint(const char *text, uint32_t min, uint32_t max, uint32_t *value) {
	uint32_t number = 0;
	const char *end = read_uint(text, &number);
	if (!end || *end || number < min || number > max) {
		return false;
	}
	*value = number;
	return true;
}

bool client_parse_size(const char *text, uint32_t *width, uint32_t *height) {
	uint32_t w = 0, h = 0;
	const char *end = read_uint(text, &w);
	if (!end || *end != 'x' || !client_parse_uint(end + 1, 1, SIZE_MAX_PX, &h) || w < 1 ||
		w > SIZE_MAX_PX) {
		return false;
	}
	*width = w;
	*height = h;
	return true;
}

bool client_parse_rate(const char *text, uint32_t *rate_mhz) {
	uint32_t whole = 0, thousandths = 0;
	const char *end = read_uint(text, &whole);
	if (!end || whole > RATE_MAX_MHZ / 1000) {
		return false;
	}
	if (*end == '.') {
		uint32_t weight = 100;
		end++;
		if (!*end) {
			return false;
		}
		for (; isdigit((unsigned char)*end); end++, weight /= 10) {
			thousandths += weight * (uint32_t)(*end - '0');
		}
	}
	uint32_t rate = whole * 1000 + thousandths;
	if (*end || rate == 0 || rate > RATE_MAX_MHZ) {
		return false;
	}
	*rate_mhz = rate;
	return true;
}

bool client_parse_color(const char *text, uint32_t *rgb) {
	if (strlen(text) != 6) {
		return false;
	}
	uint32_t value = 0;
	for (const char *c = text; *c; c++) {
		if (!isxdigit((unsigned char)*c)) {
			return false;
		}
		uint32_t digit = isdigit((unsigned char)*c)
			? (uint32_t)(*c - '0')
			: (uint32_t)(tolower((unsigned char)*c) - 'a' + 10);
		value = value << 4 | digit;
	}
	*rgb = value;
	return true;
}

bool client_parse_options(int argc, char *argv[], const struct option *options,
	bool (*set)(void *data, int id, const char *value), void *data) {
	optind = 0; // anew
	int id, index = 0;
	while ((id = getopt_long(argc, argv, "", options, &index)) != -1) {
		if (id == '?') {
			fprintf(stderr, "Try '%s --help'.\n", argv[0]);
			return false;
		}
		if (!set(data, id, optarg)) {
			client_report_usage("'%s' is no value for --%s", optarg, options[index].name);
			return false;
		}
	}
	if (optind < argc) {
		client_report_usage("unexpected argument '%s'", argv[optind]);
		return false;
	}
	return true;
}
