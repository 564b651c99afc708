// SPDX-License-Identifier: MIT
// Text of clients: what is UTF-8, and where it is cut. The C library's own decoder is the judge.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "base/utf8.h"

// Bytes of whole characters, by the C library.
static size_t judge(const char *text, size_t max) {
	mbstate_t state = {0};
	size_t at = 0;
	while (at < max && text[at]) {
		wchar_t character;
		size_t n = mbrtowc(&character, text + at, max - at, &state);
		if (n == 0 || n > max - at || (character >= 0xd800 && character <= 0xdfff) ||
			character > 0x10ffff) {
			break;
		}
		at += n;
	}
	return at;
}

static void known(void **state) {
	(void)state;
	assert_int_equal(utf8_length("", 10), 0);
	assert_int_equal(utf8_length("plain", 10), 5);
	assert_int_equal(utf8_length("plain", 3), 3);
	assert_int_equal(utf8_length("Gr\xc3\xbc\xc3\x9f"
								 "e",
						 10),
		7);
	assert_int_equal(utf8_length("Gr\xc3\xbc\xc3\x9f"
								 "e",
						 5),
		4); // not through a character
	assert_int_equal(utf8_length("\xe2\x82\xac", 3), 3);
	assert_int_equal(utf8_length("\xf0\x9f\x98\x80", 4), 4);
	assert_int_equal(utf8_length("Latin-1: \xfc", 20), 9);
	assert_int_equal(utf8_length("\xc0\x80", 2), 0);         // NUL in disguise
	assert_int_equal(utf8_length("\xed\xa0\x80", 3), 0);     // a surrogate
	assert_int_equal(utf8_length("\xf4\x90\x80\x80", 4), 0); // past the last character
	assert_int_equal(utf8_length("a\xe2\x82", 10), 1);       // ends within one
}

// Every start of a sequence with every second byte, and what may follow.
static void all_beginnings(void **state) {
	(void)state;
	static const uint8_t rest[] = {0x01, 0x7f, 0x80, 0xbf, 0xc0, 0xff};
	for (unsigned first = 1; first < 256; first++) {
		for (unsigned second = 1; second < 256; second++) {
			for (size_t i = 0; i < sizeof(rest); i++) {
				const char text[] = {
					(char)first, (char)second, (char)rest[i], (char)rest[sizeof(rest) - 1 - i], 0};
				for (size_t max = 1; max <= 4; max++) {
					if (utf8_length(text, max) != judge(text, max)) {
						fail_msg("%02x %02x %02x, %zu bytes: %zu, expected %zu", first, second,
							rest[i], max, utf8_length(text, max), judge(text, max));
					}
				}
			}
		}
	}
}

static void assert_scrubbed(const char *text, const char *expected) {
	char copy[32];
	strcpy(copy, text);
	utf8_scrub(copy);
	assert_string_equal(copy, expected);
	assert_int_equal(utf8_printable(copy, strlen(copy)), strlen(copy));
	assert_int_equal(
		utf8_printable(text, strlen(text)) == strlen(text), strcmp(text, expected) == 0);
}

static void scrubbed(void **state) {
	(void)state;
	assert_scrubbed("", "");
	assert_scrubbed("Caf\xc3\xa9 \xe2\x82\xac", "Caf\xc3\xa9 \xe2\x82\xac");
	assert_scrubbed("\x1b[2J\t\n\x7f", "?[2J???");
	assert_scrubbed("\xc2\x9b"
					"2J\xc2\xa0",
		"??2J\xc2\xa0"); // CSI as one character; a space that keeps words
	assert_scrubbed("a\xff\xc3", "a??");
	assert_scrubbed("\xe2\x82", "??");
}

int main(void) {
	if (!setlocale(LC_CTYPE, "C.UTF-8")) {
		fputs("no UTF-8 locale to judge by\n", stderr);
		return 77;
	}
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known),
		cmocka_unit_test(all_beginnings),
		cmocka_unit_test(scrubbed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
