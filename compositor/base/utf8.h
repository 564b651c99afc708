// SPDX-License-Identifier: MIT
// Text as clients send it: Wayland's strings are UTF-8 by word, and libwayland does not look.
#ifndef VITRINE_BASE_UTF8_H
#define VITRINE_BASE_UTF8_H

#include <stddef.h>

// How many bytes of the first `max` of `text`, up to its NUL, are whole characters of UTF-8 (RFC 3629:
// no surrogates, nothing longer than it need be): up to the first that is none, or that `max` cuts.
size_t utf8_length(const char *text, size_t max);

#endif
