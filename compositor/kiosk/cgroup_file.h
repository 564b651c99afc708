// SPDX-License-Identifier: MIT
// Files of a cgroup, by the path of its folder.
#ifndef VITRINE_KIOSK_CGROUP_FILE_H
#define VITRINE_KIOSK_CGROUP_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// -1 with errno set.
int cgroup_file_open(const char *path, const char *name, int flags);
// False with errno set.
bool cgroup_file_write(const char *path, const char *name, const char *text);
// What the file holds, cut off at the buffer's end. False if it cannot be read.
bool cgroup_file_read(const char *path, const char *name, char *text, size_t size);
// The number that it holds; -1: none. So it is for the path "".
int64_t cgroup_file_number(const char *path, const char *name);
// The number after the word in a file of lines with a word and a number; -1: none. So it is for the path "".
int64_t cgroup_file_field(const char *path, const char *name, const char *word);

#endif
