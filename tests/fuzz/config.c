// SPDX-License-Identifier: MIT
// vitrine.ini, and after a line "----" a file of conf.d: none crashes the reader, each refusal names its file
// and a line that this has, and what is read is always the same.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config-mutate.h"
#include "fuzz.h"
#include "kiosk/config.h"
#include "kiosk/config_keys.h"

enum { N_PARTS = 2 };

struct part {
	const char *path;
	long n_lines;
};

static unsigned long n_fine, n_wrong, n_refused;

bool fuzz_is_mixture(void) {
	printf("%lu fine, %lu with problems, %lu refused\n", n_fine, n_wrong, n_refused);
	return n_fine > 0 && n_wrong > 0 && n_refused > 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed) {
	return seed % 4 == 0 ? LLVMFuzzerMutate(data, size, max_size)
						 : config_mutate((char *)data, size, max_size, seed);
}

static struct part write_part(const char *name, const uint8_t *data, size_t size) {
	struct part part = {fuzz_write(name, data, size), 1};
	for (size_t i = 0; i < size; i++) {
		part.n_lines += data[i] == '\n';
	}
	return part;
}

// It begins with "PATH:LINE: ", says something after that, and is fit for a terminal.
static void expect_place(const char *problem, const struct part parts[N_PARTS]) {
	for (int i = 0; i < N_PARTS; i++) {
		size_t length = strlen(parts[i].path);
		char *end;
		if (strncmp(problem, parts[i].path, length) == 0 && problem[length] == ':') {
			long line = strtol(problem + length + 1, &end, 10);
			if (line >= 1 && line <= parts[i].n_lines && strncmp(end, ": ", 2) == 0 &&
				end[2] != '\0' && config_is_text(problem, strlen(problem))) {
				return;
			}
		}
	}
	fuzz_fail("\"%s\" names no line of a file", problem);
}

static bool load(struct config *config, const struct part parts[N_PARTS], int *n_problems) {
	char error[CONFIG_ERROR_SIZE] = "";
	config_init(config);
	bool ok = config_load(config, parts[0].path, error);
	if (!ok) {
		expect_place(error, parts);
	}
	for (int i = 0; i < config->n_problems; i++) {
		expect_place(config->problems[i], parts);
	}
	*n_problems = config->n_problems + !ok;
	return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static struct config config, again;
	size_t second_size;
	const uint8_t *second = fuzz_split(data, &size, &second_size);
	const struct part parts[N_PARTS] = {write_part("vitrine.ini", data, size),
		write_part("conf.d/50-shop.ini", second, second_size)};
	int n_problems, n_again;
	bool ok = load(&config, parts, &n_problems);
	fuzz_assert(load(&again, parts, &n_again) == ok);
	fuzz_assert(n_again == n_problems);
	for (int id = 0; id < CONFIG_N_SECTIONS; id++) {
		fuzz_assert(!config_section_changed(&config, &again, (enum config_section_id)id));
	}
	config_finish(&again);
	config_finish(&config);
	n_fine += n_problems == 0;
	n_wrong += ok && n_problems > 0;
	n_refused += !ok;
	return 0;
}
