// SPDX-License-Identifier: MIT
#include "kiosk/cgroup_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int cgroup_file_open(const char *path, const char *name, int flags) {
	char file[PATH_MAX];
	snprintf(file, sizeof(file), "%s/%s", path, name);
	return open(file, flags | O_CLOEXEC);
}

bool cgroup_file_write(const char *path, const char *name, const char *text) {
	int fd = cgroup_file_open(path, name, O_WRONLY);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	int error = errno;
	if (fd >= 0) {
		close(fd);
	}
	errno = error;
	return ok;
}

bool cgroup_file_read(const char *path, const char *name, char *text, size_t size) {
	int fd = cgroup_file_open(path, name, O_RDONLY);
	ssize_t n = fd >= 0 ? read(fd, text, size - 1) : -1;
	if (fd >= 0) {
		close(fd);
	}
	text[n > 0 ? n : 0] = '\0';
	return n >= 0;
}

int64_t cgroup_file_number(const char *path, const char *name) {
	char text[32];
	return path[0] != '\0' && cgroup_file_read(path, name, text, sizeof(text)) && text[0] >= '0' &&
			text[0] <= '9'
		? strtoll(text, NULL, 10)
		: -1;
}

int64_t cgroup_file_field(const char *path, const char *name, const char *word) {
	char text[512];
	if (path[0] == '\0' || !cgroup_file_read(path, name, text, sizeof(text))) {
		return -1;
	}
	size_t len = strlen(word);
	for (const char *line = text; line != NULL;) {
		if (strncmp(line, word, len) == 0 && line[len] == ' ') {
			return strtoll(line + len, NULL, 10);
		}
		line = strchr(line, '\n');
		line = line != NULL ? line + 1 : NULL;
	}
	return -1;
}
