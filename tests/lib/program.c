// SPDX-License-Identifier: MIT
#include "program.h"

#include <fcntl.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>
// cmocka.h needs some of the above.
#include <cmocka.h>

pid_t test_program_start(const char *const *argv, int fd, int *output) {
	extern char **environ;
	int fds[2];
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	posix_spawn_file_actions_t actions;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fds[1], fd);
	pid_t pid;
	assert_int_equal(posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)argv, environ), 0);
	posix_spawn_file_actions_destroy(&actions);
	close(fds[1]);
	*output = fds[0];
	return pid;
}
