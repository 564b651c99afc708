// SPDX-License-Identifier: MIT
// Command lines of vitrinectl, vitrine-testcard and vitrine-camera, an argument a line: understood or refused.
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "camera-options.h"
#include "ctl-options.h"
#include "fuzz.h"
#include "shared/report.h"
#include "testcard-options.h"

enum { MAX_ARGUMENTS = 32, MAX_SIZE = 4096 };

static unsigned long n_understood, n_refused;

bool fuzz_is_mixture(void) {
	printf("%lu understood, %lu refused\n", n_understood, n_refused);
	return n_understood > 0 && n_refused > 0;
}

static bool parse(int argc, char *argv[]) {
	optind = 0; // getopt begins anew
	if (strcmp(argv[0], "vitrine-testcard") == 0) {
		struct testcard_options options;
		return testcard_options_parse(&options, argc, argv);
	}
	if (strcmp(argv[0], "vitrine-camera") == 0) {
		struct camera_options options;
		return camera_options_parse(&options, argc, argv);
	}
	struct ctl_options options;
	if (!ctl_options_parse(&options, argc, argv)) {
		return false;
	}
	fuzz_assert(isfinite(options.change.scale) && options.change.scale >= 0);
	fuzz_assert(options.change.quarters < 4);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	char text[MAX_SIZE], *argv[MAX_ARGUMENTS + 1], *rest = NULL;
	fuzz_silence();
	size = size < sizeof(text) - 1 ? size : sizeof(text) - 1;
	memcpy(text, data, size);
	text[size] = '\0';
	int argc = 0;
	for (char *line = strtok_r(text, "\n", &rest); line != NULL && argc < MAX_ARGUMENTS;
		 line = strtok_r(NULL, "\n", &rest)) {
		argv[argc++] = line;
	}
	if (argc == 0) {
		return 0;
	}
	argv[argc] = NULL;
	if (parse(argc, argv)) {
		n_understood++;
	} else {
		n_refused++;
	}
	return 0;
}
