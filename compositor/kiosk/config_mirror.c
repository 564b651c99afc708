// SPDX-License-Identifier: MIT
// Which output repeats which: what of it can be judged from the file alone.
#include <stdio.h>
#include <string.h>

#include "kiosk/config.h"

const char *config_mirror(const struct config *config, const struct config_display *display) {
	const struct config_output *section = config_output(config, display);
	// [output *] may name one of those that it is for: that one is what the others show.
	if (section == NULL || section->mirror == NULL ||
		strcmp(section->mirror, display->connector) == 0) {
		return NULL;
	}
	return section->mirror;
}

enum config_mirror_verdict config_judge_mirror(
	const struct config *config, int output, char text[CONFIG_ERROR_SIZE]) {
	const struct config_output *section = &config->outputs[output];
	const char *source = section->mirror;
	if (source == NULL) {
		return CONFIG_MIRROR_RIGHT;
	}
	bool any = strcmp(section->name, "*") == 0;
	if (strcmp(source, section->name) == 0) {
		snprintf(text, CONFIG_ERROR_SIZE,
			"mirror = %.60s: expected another output than the section's own; it shows apps",
			source);
		return CONFIG_MIRROR_WRONG;
	}
	// What is connected there nobody knows as yet.
	const struct config_display shown = {.connector = source};
	const char *further = config_mirror(config, &shown);
	if (further != NULL) {
		snprintf(text, CONFIG_ERROR_SIZE,
			"mirror = %.30s: is itself a mirror of %.30s: expected an output that shows apps, such "
			"as %.30s; [output %.30s] shows apps",
			source, further, further, section->name);
		return CONFIG_MIRROR_WRONG;
	}
	// The scale of [output *] may be meant for the one that the others mirror.
	if (section->scale != 1 && (!any || config_output(config, &shown) != section)) {
		snprintf(text, CONFIG_ERROR_SIZE,
			"scale has no meaning beside mirror = %.30s, which is shown as large as fits: leave it "
			"out",
			source);
		return CONFIG_MIRROR_SCALED;
	}
	return CONFIG_MIRROR_RIGHT;
}
