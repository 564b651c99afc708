// SPDX-License-Identifier: MIT
#include "kiosk/edid.h"

#include <libdisplay-info/info.h>

char *edid_make(const void *edid, size_t size) {
	struct di_info *info = di_info_parse_edid(edid, size);
	char *make = info != NULL ? di_info_get_make(info) : NULL;
	if (info != NULL) {
		di_info_destroy(info);
	}
	return make;
}
