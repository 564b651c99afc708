// SPDX-License-Identifier: MIT
// What a display says that it is (VESA E-EDID, base block).
#ifndef VITRINE_KIOSK_EDID_H
#define VITRINE_KIOSK_EDID_H

#include <stddef.h>

// Texts are for people: printable characters, none of them empty.
struct edid_names {
	char pnp[4]; // the maker's three letters; "" if unknown, as where there is no EDID
	char *
		make; // the maker's name where the system has a list of them, else the letters; NULL: unknown
	char *model;  // the display's name, else its product number; NULL: unknown
	char *serial; // as written on it, else its serial number; NULL: unknown
};

// `edid` may be NULL, and anything. To be finished.
void edid_names(const void *edid, size_t size, struct edid_names *names);
void edid_names_finish(struct edid_names *names);

// The maker's name (from malloc), NULL if unknown: edid_make.c, or edid_make-none.c where the system has no
// libdisplay-info.
char *edid_make(const void *edid, size_t size);

#endif
