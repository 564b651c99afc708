// SPDX-License-Identifier: MIT
// Values of command-line options. Each function takes the whole text or nothing: false leaves the
// results as they were.
#ifndef VITRINE_CLIENTS_PARSE_H
#define VITRINE_CLIENTS_PARSE_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

// All of a command line that has options alone: `set` takes each of them, with its value (NULL if it has none), and
// says whether it is one. False when the user was told what is wrong.
bool client_parse_options(int argc, char *argv[], const struct option *options,
	bool (*set)(void *data, int id, const char *value), void *data);

// A decimal number from `min` to `max`.
bool client_parse_uint(const char *text, uint32_t min, uint32_t max, uint32_t *value);

// "WIDTHxHEIGHT" in px, each from 1 to 16384.
bool client_parse_size(const char *text, uint32_t *width, uint32_t *height);

// A rate in Hz with up to three decimals ("30", "59.94"), above 0 and up to 1000 Hz, in mHz.
bool client_parse_rate(const char *text, uint32_t *rate_mhz);

// "RRGGBB" in hexadecimal digits.
bool client_parse_color(const char *text, uint32_t *rgb);

#endif
