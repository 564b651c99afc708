// SPDX-License-Identifier: MIT
// What displays say of themselves: any bytes make texts that are fit for people, or none.
#include <stdio.h>
#include <string.h>

#include "fuzz.h"
#include "kiosk/config_keys.h"
#include "kiosk/edid.h"

static unsigned long n_named, n_unknown;

bool fuzz_is_mixture(void) {
	printf("%lu named, %lu unknown\n", n_named, n_unknown);
	return n_named > 0 && n_unknown > 0;
}

static void expect_text(const char *text) {
	fuzz_assert(text == NULL || (text[0] != '\0' && config_is_text(text, strlen(text))));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct display_identity display = {0};
	edid_identify(data, size, &display);
	expect_text(display.make);
	expect_text(display.model);
	expect_text(display.serial);
	fuzz_assert(memchr(display.pnp, '\0', sizeof(display.pnp)) != NULL);
	fuzz_assert(strspn(display.pnp, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == strlen(display.pnp));
	if (display.model != NULL) {
		n_named++;
	} else {
		n_unknown++;
	}
	display_identity_finish(&display);
	return 0;
}
