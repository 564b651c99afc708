// SPDX-License-Identifier: MIT
// Values of command-line options. Each function takes the whole text or nothing: false leaves the
// results as they were.
#ifndef VITRINE_CLIENTS_PARSE_H
#define VITRINE_CLIENTS_PARSE_H

#include <stdbool.h>
#include <stdint.h>

// A decimal number from `min` to `max`.
bool client_parse_uint(const char *text, uint32_t min, uint32_t max, uint32_t *value);

// "WIDTHxHEIGHT" in px, each from 1 to 16384.
bool client_parse_size(const char *text, uint32_t *width, uint32_t *height);

// A rate in Hz with up to three decimals ("30", "59.94"), above 0 and up to 1000 Hz, in mHz.
bool client_parse_rate(const char *text, uint32_t *rate_mhz);

// "RRGGBB" in hexadecimal digits.
bool client_parse_color(const char *text, uint32_t *rgb);

#endif
