// SPDX-License-Identifier: MIT
#include <libdisplay-info/info.h>

#include "kiosk/kiosk.h"

void edid_identify(const void *edid, size_t size, struct display_identity *display) {
	display->make = display->model = display->serial = NULL;
	struct di_info *info = edid != NULL ? di_info_parse_edid(edid, size) : NULL;
	if (info != NULL) {
		display->make = di_info_get_make(info);
		display->model = di_info_get_model(info);
		display->serial = di_info_get_serial(info);
		di_info_destroy(info);
	}
}
