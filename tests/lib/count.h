// SPDX-License-Identifier: MIT
// Counts of what /proc and debugfs list.
#ifndef VITRINE_TESTS_LIB_COUNT_H
#define VITRINE_TESTS_LIB_COUNT_H

// Entries of a folder, without . and ..
int test_count_entries(const char *path);
// Lines of a file that hold `with`; -1 if it cannot be read.
int test_count_lines(const char *path, const char *with);

#endif
