// SPDX-License-Identifier: MIT
// Other programs, run beside a test.
#ifndef VITRINE_TESTS_LIB_PROGRAM_H
#define VITRINE_TESTS_LIB_PROGRAM_H

#include <sys/types.h>

// Starts a program of PATH in this environment; what it writes to `fd`, such as STDERR_FILENO, can be read from
// *output, which the caller closes.
pid_t test_program_start(const char *const *argv, int fd, int *output);

#endif
