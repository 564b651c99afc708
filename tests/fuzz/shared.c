// SPDX-License-Identifier: MIT
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

static char folder[128];

// What it has read of a keymap before a mistake in it, libxkbcommon (1.5) loses.
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) {
	return "leak:libxkbcommon.so";
}

void fuzz_fail(const char *format, ...) {
	char line[512];
	va_list args;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	dprintf(STDERR_FILENO, "fuzz: %s\n", line); // stderr may be silenced
	abort();
}

void fuzz_silence(void) {
	static FILE *nowhere;
	if (nowhere == NULL) {
		nowhere = fopen("/dev/null", "we");
		fuzz_assert(nowhere != NULL);
		stderr = nowhere;
	}
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *ftw) {
	(void)info;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void remove_folder(void) {
	nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *fuzz_folder(void) {
	if (folder[0] == '\0') {
		const char *base = getenv("TMPDIR");
		snprintf(folder, sizeof(folder), "%.80s/vitrine-fuzz-XXXXXX", base != NULL ? base : "/tmp");
		if (mkdtemp(folder) == NULL || atexit(remove_folder) != 0) {
			fuzz_fail("no folder can be made in %s", base != NULL ? base : "/tmp");
		}
	}
	return folder;
}

const char *fuzz_write(const char *name, const void *data, size_t size) {
	static char paths[4][256];
	static unsigned turn;
	char *path = paths[turn++ % 4];
	snprintf(path, sizeof(paths[0]), "%s/%s", fuzz_folder(), name);
	FILE *file = fopen(path, "we");
	if (file == NULL) { // its folder is missing
		char *slash = strrchr(path, '/');
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
		file = fopen(path, "we");
	}
	if (file == NULL || fwrite(data, 1, size, file) != size || fclose(file) != 0) {
		fuzz_fail("%s cannot be written", path);
	}
	return path;
}

int fuzz_memfd(const void *data, size_t size) {
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (fd < 0 || (size > 0 && write(fd, data, size) != (ssize_t)size)) {
		fuzz_fail("no memfd");
	}
	return fd;
}

const uint8_t *fuzz_split(const uint8_t *data, size_t *size, size_t *second_size) {
	static const char line[] = "----\n";
	const size_t length = sizeof(line) - 1, whole = *size;
	for (size_t i = 0; i + length <= whole; i++) {
		if ((i == 0 || data[i - 1] == '\n') && memcmp(data + i, line, length) == 0) {
			*size = i;
			*second_size = whole - i - length;
			return data + i + length;
		}
	}
	*second_size = 0;
	return data + whole;
}
