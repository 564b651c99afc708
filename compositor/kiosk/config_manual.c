// SPDX-License-Identifier: MIT
// What vitrine.ini(5) says of sections and keys.
#include <stdio.h>

#include "kiosk/config_keys.h"

static void print_value(const struct config_key *key, FILE *file) {
	if (key->value != NULL) {
		fprintf(file, "_%s_", key->value);
		return;
	}
	switch (key->type) {
	case CONFIG_BOOL:
		fputs("*true*|*false*", file);
		break;
	case CONFIG_CHOICE:
		fputc('*', file);
		for (const char *c = key->choices; *c != '\0'; c++) {
			*c == '|' ? fputs("*|*", file) : fputc(*c, file);
		}
		fputc('*', file);
		break;
	case CONFIG_INT:
	case CONFIG_REAL:
		fprintf(file, "%.10g..%.10g", key->min, key->max);
		break;
	case CONFIG_MODE:
		fputs("_WIDTH_x_HEIGHT_[@_HZ_]|*preferred*|*highest*", file);
		break;
	case CONFIG_SIZE:
		fputs("_WIDTH_x_HEIGHT_", file);
		break;
	case CONFIG_POSITION:
		fputs("_X_,_Y_", file);
		break;
	default:
		fputs("_TEXT_", file);
	}
}

void config_print_manual(FILE *file) {
	for (size_t s = 0; s < CONFIG_N_SECTIONS; s++) {
		const struct config_section *section = &config_sections[s];
		fprintf(file, "# [%s%s%s]\n\n", section->name, section->argument != NULL ? " " : "",
			section->argument != NULL ? section->argument : "");
		if (section->description != NULL) {
			fprintf(file, "%s\n\n", section->description);
		}
		for (size_t k = 0; k < config_n_keys; k++) {
			const struct config_key *key = &config_keys[k];
			if (key->section != s) {
				continue;
			}
			fprintf(file, "*%s* = ", key->name);
			print_value(key, file);
			fprintf(file, "\n\t%s%s Default: %s.\n\n", key->description,
				key->restart ? " A change waits for a restart." : "", key->fallback);
		}
	}
}
