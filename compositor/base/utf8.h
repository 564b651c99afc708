// SPDX-License-Identifier: MIT
// Text as clients send it: Wayland's strings are UTF-8 by word, and libwayland does not look.
#ifndef VITRINE_BASE_UTF8_H
#define VITRINE_BASE_UTF8_H

#include <stddef.h>

// How many bytes of the first `max` of `text`, up to its NUL, are whole characters of UTF-8 (RFC 3629:
// no surrogates, nothing longer than it need be): up to the first that is none, or that `max` cuts.
size_t utf8_length(const char *text, size_t max);
// The same, but only up to the first control character (those from U+0080 to U+009F are some, too).
size_t utf8_printable(const char *text, size_t max);
// Replaces each byte that is of no whole character, or a control, by '?': for what is shown on terminals or
// sent to clients.
void utf8_scrub(char *text);

#endif
