// SPDX-License-Identifier: MIT
#include <libdisplay-info/info.h>

#include "kiosk/kiosk.h"

void edid_names(const void *edid, size_t size, char **make, char **model) {
	*make = *model = NULL;
	struct di_info *info = edid != NULL ? di_info_parse_edid(edid, size) : NULL;
	if (info != NULL) {
		*make = di_info_get_make(info);
		*model = di_info_get_model(info);
		di_info_destroy(info);
	}
}
