// SPDX-License-Identifier: MIT
// What `vitrinectl output` is to change.
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl-options.h"
#include "shared/parse.h"

bool ctl_parse_mode(const char *text, struct ctl_change *change) {
	char size[32];
	size_t len = strcspn(text, "@");
	uint32_t width = 0, height = 0, refresh_mhz = 0;
	if (strcmp(text, "preferred") != 0) {
		if (len >= sizeof(size)) {
			return false;
		}
		memcpy(size, text, len);
		size[len] = '\0';
		if (!client_parse_size(size, &width, &height) ||
			(text[len] == '@' && !client_parse_rate(text + len + 1, &refresh_mhz))) {
			return false;
		}
	}
	change->has_mode = true;
	change->width = (int32_t)width;
	change->height = (int32_t)height;
	change->refresh_mhz = (int32_t)refresh_mhz;
	return true;
}

bool ctl_parse_rotation(const char *text, struct ctl_change *change) {
	static const char *const degrees[] = {"0", "90", "180", "270"};
	for (uint32_t i = 0; i < 4; i++) {
		if (strcmp(text, degrees[i]) == 0) {
			change->rotate = true;
			change->quarters = i;
			return true;
		}
	}
	return false;
}

bool ctl_parse_scale(const char *text, struct ctl_change *change) {
	char *end;
	double scale = strtod(text, &end);
	if (end == text || *end != '\0' || !(scale >= 0.5 && scale <= 8)) {
		return false;
	}
	change->scale = scale;
	return true;
}

bool ctl_parse_position(const char *text, struct ctl_change *change) {
	enum { MOST = 32767 };
	char *end;
	long values[2];
	for (int i = 0; i < 2; i++) {
		errno = 0;
		values[i] = strtol(text, &end, 10);
		if (end == text || errno != 0 || labs(values[i]) > MOST || *end != (i == 0 ? ',' : '\0')) {
			return false;
		}
		text = end + 1;
	}
	change->has_position = true;
	change->x = (int32_t)values[0];
	change->y = (int32_t)values[1];
	return true;
}

bool ctl_change_is_empty(const struct ctl_change *change) {
	return change->enabled == CTL_POWER_KEEP && !change->has_mode && !change->rotate &&
		!change->flip && change->scale == 0 && !change->has_position;
}
