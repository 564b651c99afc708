// SPDX-License-Identifier: MIT
// Runs while the tree is built: copies a manual page, with the sections of vitrine.ini, as the
// compositor's own table has them, in the place of the line "@SECTIONS@".
#include <stdio.h>
#include <string.h>

#include "kiosk/config_keys.h"

int main(int argc, char **argv) {
	FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
	if (file == NULL) {
		fprintf(stderr, "usage: config-manual PAGE.in\n");
		return 1;
	}
	char line[1024];
	int places = 0;
	while (fgets(line, sizeof(line), file) != NULL) {
		if (strcmp(line, "@SECTIONS@\n") == 0) {
			config_print_manual(stdout);
			places++;
		} else {
			fputs(line, stdout);
		}
	}
	fclose(file);
	if (places != 1) {
		fprintf(stderr, "%s: not one line @SECTIONS@ but %d\n", argv[1], places);
		return 1;
	}
	return 0;
}
