// SPDX-License-Identifier: MIT
// File descriptors that clients bring: what is asked for, and what is not.
#include "wire-files.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire-peer.h"

enum { N_OTHERS = 7 };

bool wire_owns_pool;

static int pool_fd, own_fd, keymap_fd, others[N_OTHERS], far_pipe;

static const char keymap[] =
	"xkb_keymap { xkb_keycodes { minimum = 8; maximum = 255; <AC01> = 38; <LFSH> = 50; };"
	"xkb_types { type \"ONE_LEVEL\" { modifiers = none; level_name[Level1] = \"Any\"; };"
	"type \"ALPHABETIC\" { modifiers = Shift; map[Shift] = Level2; level_name[Level1] = \"Base\";"
	"level_name[Level2] = \"Shift\"; }; };"
	"xkb_compatibility { interpret Shift_L { action = SetMods(modifiers=Shift); }; };"
	"xkb_symbols { key <AC01> { type = \"ALPHABETIC\", [ a, A ] }; key <LFSH> { [ Shift_L ] };"
	"modifier_map Shift { <LFSH> }; }; };";
const uint32_t wire_keymap_size = sizeof(keymap);

bool wire_open(void) {
	int pipe_fds[2], ends[2];
	pool_fd = memfd_create("pool", MFD_CLOEXEC);
	own_fd = memfd_create("own", MFD_CLOEXEC);
	keymap_fd = memfd_create("keymap", MFD_CLOEXEC);
	if (pool_fd < 0 || own_fd < 0 || keymap_fd < 0 || ftruncate(pool_fd, POOL_SIZE) != 0 ||
		ftruncate(own_fd, POOL_SIZE) != 0 ||
		write(keymap_fd, keymap, sizeof(keymap)) != (ssize_t)sizeof(keymap) ||
		pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) != 0 ||
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
		return false;
	}
	close(ends[1]);
	far_pipe = pipe_fds[1];
	others[0] = pipe_fds[0];
	others[1] = open("/dev/null", O_RDWR | O_CLOEXEC);
	others[2] = memfd_create("small", MFD_CLOEXEC);
	others[3] = ends[0]; // nobody is at its other end
	others[4] = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	others[5] = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	others[6] = memfd_create("sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	for (int i = 0; i < N_OTHERS; i++) {
		if (others[i] < 0) {
			return false;
		}
	}
	return ftruncate(others[6], 100) == 0 &&
		fcntl(others[6], F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) ==
		0;
}

void wire_close(void) {
	close(pool_fd);
	close(own_fd);
	close(keymap_fd);
	close(far_pipe);
	for (int i = 0; i < N_OTHERS; i++) {
		close(others[i]);
	}
}

void wire_resize_pool(bool cut) {
	(void)!ftruncate(pool_fd, cut ? 100 : POOL_SIZE);
}

int wire_pool_file(void) {
	return wire_owns_pool ? own_fd : pool_fd;
}

int wire_keymap_file(void) {
	return keymap_fd;
}

int wire_other_file(void) {
	return others[pick(N_OTHERS)];
}
