// SPDX-License-Identifier: MIT
#include "count.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
// cmocka.h needs some of the above.
#include <cmocka.h>

int test_count_entries(const char *path) {
	DIR *dir = opendir(path);
	assert_non_null(dir);
	int n = -2; // . and ..
	while (readdir(dir)) {
		n++;
	}
	closedir(dir);
	return n;
}

int test_count_lines(const char *path, const char *with) {
	FILE *file = fopen(path, "re");
	if (!file) {
		return -1;
	}
	char line[1024];
	int n = 0;
	while (fgets(line, sizeof(line), file)) {
		n += strstr(line, with) != NULL;
	}
	fclose(file);
	return n;
}
