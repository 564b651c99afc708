// SPDX-License-Identifier: MIT
// What a display says that it is (VESA E-EDID, base block).
#ifndef VITRINE_KIOSK_EDID_H
#define VITRINE_KIOSK_EDID_H

#include <stddef.h>

// Texts are for people: printable characters, none of them empty.
struct display_identity {
	char *name;  // of the connector
	char pnp[4]; // the maker's three letters; "" if unknown, as where there is no EDID
	char *
		make; // the maker's name where the system has a list of them, else the letters; NULL: unknown
	char *model;  // the display's name, else its product number; NULL: unknown
	char *serial; // as written on it, else its serial number; NULL: unknown
};

// All but the name, which is left alone. `edid` may be NULL, and anything. To be finished.
void edid_identify(const void *edid, size_t size, struct display_identity *display);
void display_identity_finish(struct display_identity *display);

// The maker's name (from malloc), NULL if unknown: edid_make.c, or edid_make-none.c where the system has no
// libdisplay-info.
char *edid_make(const void *edid, size_t size);

#endif
