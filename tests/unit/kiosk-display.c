// SPDX-License-Identifier: MIT
// Which section of the configuration is for which display, and what a display says that it is.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kiosk/config.h"
#include "kiosk/edid.h"

static const struct config_display dell = {
	"HDMI-A-1", "DEL", "Dell Inc.", "DELL U2415", "7MT0188H1FLS"};
static const struct config_display unknown = {.connector = "HDMI-A-2"};

// Index of the section that is for the display; -1: none.
static int chosen(const char *const *names, int n, const struct config_display *display) {
	struct config config = {.n_outputs = n};
	for (int i = 0; i < n; i++) {
		config.outputs[i].name = (char *)names[i];
		assert_true(config_display_is_valid(names[i]));
	}
	const struct config_output *output = config_output(&config, display);
	return output != NULL ? (int)(output - config.outputs) : -1;
}

static void test_fits(void **state) {
	(void)state;
	static const struct {
		const char *name;
		bool dell, unknown;
	} cases[] = {
		{"*", true, true},
		{"HDMI-A-1", true, false},
		{"HDMI-A", false, false},
		{"DEL", false, false},
		{"Dell Inc./DELL U2415/7MT0188H1FLS", true, false},
		{"DEL/DELL U2415/7MT0188H1FLS", true, false},
		{"DEL/DELL U2415/*", true, false},
		{"DEL/*/*", true, false},
		{"Dell*/*/*", true, false},
		{"*/DELL U24?5/*", true, false},
		{"*/*/7MT0188H1FLS", true, false},
		{"*/*/*", true, true},
		{"*/*/7MT0188H1FL", false, false},
		{"*/*/7MT0188H1FLSX", false, false},
		{"DE/*/*", false, false},
		{"*/dell u2415/*", false, false},
		{"SAM/DELL U2415/7MT0188H1FLS", false, false},
		{"DEL/DELL U2415/HDMI-A-1", false, false},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if ((chosen(&cases[i].name, 1, &dell) == 0) != cases[i].dell ||
			(chosen(&cases[i].name, 1, &unknown) == 0) != cases[i].unknown) {
			fail_msg("[output %s]", cases[i].name);
		}
	}
}

// The most specific, wherever it stands.
static void test_order(void **state) {
	(void)state;
	static const char *const from_least[] = {
		"*", "DEL/*/*", "*/DELL U2415/*", "DEL/DELL U2415/*", "HDMI-A-1", "*/*/7MT0188H1FLS"};
	enum { N = sizeof(from_least) / sizeof(from_least[0]) };
	for (int a = 0; a < N; a++) {
		for (int b = a + 1; b < N; b++) {
			const char *names[] = {from_least[a], from_least[b]};
			const char *turned[] = {from_least[b], from_least[a]};
			if (chosen(names, 2, &dell) != 1 || chosen(turned, 2, &dell) != 0) {
				fail_msg("[output %s] and [output %s]", from_least[a], from_least[b]);
			}
		}
	}
	// Of equal ones the last.
	static const char *const equal[] = {"DEL/*/*", "SAM/*/*", "Dell Inc./*/*", "HDMI-A-2"};
	assert_int_equal(chosen(equal, 4, &dell), 2);
	assert_int_equal(chosen(equal, 4, &unknown), 3);
	assert_int_equal(chosen(equal, 3, &unknown), -1);
}

// ---- EDID ----

static void put_text(uint8_t *edid, int descriptor, uint8_t tag, const char *text) {
	uint8_t *at = edid + 54 + 18 * descriptor;
	memset(at, 0, 5);
	at[3] = tag;
	memset(at + 5, ' ', 13);
	memcpy(at + 5, text, strlen(text));
}

static void make_edid(uint8_t edid[128]) {
	static const uint8_t header[] = {0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0};
	memset(edid, 0, 128);
	memcpy(edid, header, sizeof(header));
	edid[8] = 0x10; // D E L
	edid[9] = 0xac;
	edid[10] = 0xb8;
	edid[11] = 0xa0;
	edid[12] = 0x4c;
	edid[15] = 0x01;
	edid[18] = 1; // version 1.4
	edid[19] = 4;
	memset(edid + 54, 1, 18); // a timing
	uint8_t sum = 0;
	for (int i = 0; i < 127; i++) {
		sum = (uint8_t)(sum + edid[i]);
	}
	edid[127] = (uint8_t)-sum;
}

static void test_edid(void **state) {
	(void)state;
	uint8_t edid[128];
	struct display_identity names = {0};
	make_edid(edid);
	edid_identify(edid, sizeof(edid), &names);
	assert_string_equal(names.pnp, "DEL");
	assert_non_null(names.make); // as the system's list calls it
	assert_string_equal(names.model, "0xA0B8");
	assert_string_equal(names.serial, "0x0100004C");
	display_identity_finish(&names);
	assert_null(names.make);

	put_text(edid, 1, 0xff, "7MT0188H1FLS\n");
	put_text(edid, 3, 0xfc, "DELL U2415\n\x01");
	edid_identify(edid, sizeof(edid), &names);
	assert_string_equal(names.model, "DELL U2415");
	assert_string_equal(names.serial, "7MT0188H1FLS");
	display_identity_finish(&names);

	// All thirteen characters; what is no text; blanks alone.
	put_text(edid, 1, 0xff, "0123456789abc");
	put_text(edid, 3, 0xfc, "A\x1b[2J\xff");
	edid_identify(edid, sizeof(edid), &names);
	assert_string_equal(names.serial, "0123456789abc");
	assert_string_equal(names.model, "A?[2J?");
	display_identity_finish(&names);
	put_text(edid, 1, 0xff, "");
	memset(edid + 12, 0, 4);
	edid[8] = 0xff;
	edid[9] = 0xff;
	edid_identify(edid, sizeof(edid), &names);
	assert_string_equal(names.pnp, "");
	assert_null(names.serial);
	display_identity_finish(&names);
}

static void test_no_edid(void **state) {
	(void)state;
	uint8_t edid[128];
	struct display_identity names = {0};
	edid_identify(NULL, 0, &names);
	assert_null(names.model);
	make_edid(edid);
	uint8_t *cut = malloc(127); // for ASan
	memcpy(cut, edid, 127);
	edid_identify(cut, 127, &names);
	free(cut);
	assert_null(names.model);
	edid[0] = 1;
	edid_identify(edid, sizeof(edid), &names);
	assert_string_equal(names.pnp, "");
	assert_null(names.make);
	assert_null(names.model);
	assert_null(names.serial);
	display_identity_finish(&names);
}

int main(void) {
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fits),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_edid),
		cmocka_unit_test(test_no_edid),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
