// SPDX-License-Identifier: MIT
#include "kiosk/process_tree.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	MAX_DEPTH = 1000, // of a chain of parents: it may change while it is walked
	MAX_PASSES = 20,  // what forks faster than it is killed wins: a cgroup would hold it
};

static bool read_stat(pid_t pid, pid_t *parent, pid_t *group) {
	char path[64], text[512];
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
	if (fd >= 0) {
		close(fd);
	}
	text[n > 0 ? n : 0] = '\0';
	// The name before may hold anything, also parentheses.
	const char *after = strrchr(text, ')');
	int ppid, pgrp;
	if (after == NULL || sscanf(after, ") %*c %d %d", &ppid, &pgrp) != 2) {
		return false;
	}
	*parent = ppid;
	*group = pgrp;
	return true;
}

bool process_tree_has(pid_t ancestor, pid_t pid) {
	pid_t parent = pid, group;
	for (int depth = 0; pid > 1 && depth < MAX_DEPTH; depth++) {
		if (pid == ancestor) {
			return true;
		}
		if (!read_stat(pid, &parent, &group)) {
			return false;
		}
		if (group == ancestor) {
			return true;
		}
		pid = parent;
	}
	return false;
}

static bool inherited(pid_t pid, const char *variable) {
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;
	bool found = false;
	while (file != NULL && !found && getdelim(&text, &size, '\0', file) > 0) {
		found = strcmp(text, variable) == 0;
	}
	free(text);
	if (file != NULL) {
		fclose(file);
	}
	return found;
}

static pid_t next_process(DIR *proc) {
	struct dirent *entry;
	while (proc != NULL && (entry = readdir(proc)) != NULL) {
		if (isdigit((unsigned char)entry->d_name[0])) {
			return (pid_t)atoi(entry->d_name);
		}
	}
	return 0;
}

static int kill_once(pid_t ancestor, const char *variable) {
	DIR *proc = opendir("/proc");
	int n = 0;
	pid_t pid, self = getpid();
	while ((pid = next_process(proc)) != 0) {
		pid_t parent, group;
		if (pid == self || pid == ancestor || !read_stat(pid, &parent, &group)) {
			continue;
		}
		if (process_tree_has(ancestor, pid) || (parent == self && inherited(pid, variable))) {
			n += kill(pid, SIGKILL) == 0;
		}
	}
	if (proc != NULL) {
		closedir(proc);
	}
	return n;
}

void process_tree_kill(pid_t ancestor, const char *variable) {
	for (int pass = 0; pass < MAX_PASSES && kill_once(ancestor, variable) > 0; pass++) {
	}
}
