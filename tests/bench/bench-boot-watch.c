// SPDX-License-Identifier: MIT
// bench-boot-watch FILE: from early on in a boot it tells FILE, a line each, when another framebuffer
// came to a plane, whoever shows it: when that was seen (CLOCK_MONOTONIC, ns), and what program made the
// first one that is shown. The kernel's own view of the display in debugfs is looked at every 2 ms, so
// that no server needs to be asked or changed. Before that it makes a keyboard of uinput, which stays:
// a machine without any is not what the peers expect.
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <linux/uinput.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define STATES "/sys/kernel/debug/dri/[0-9]*/state"
#define STEP_NS 2000000
#define LAST_KEY 127

static int complain(const char *what) {
	fprintf(stderr, "bench-boot-watch: %s: %s\n", what, strerror(errno));
	return 1;
}

static bool make_keyboard(void) {
	// Open as long as the program runs.
	int fd = open("/dev/uinput", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, UI_SET_EVBIT, EV_KEY) != 0) {
		return false;
	}
	for (int key = 1; key <= LAST_KEY; key++) {
		if (ioctl(fd, UI_SET_KEYBIT, key) != 0) {
			return false;
		}
	}
	struct uinput_setup setup = {
		.id = {.bustype = BUS_USB, .vendor = 1, .product = 1}, .name = "bench keyboard"};
	return ioctl(fd, UI_DEV_SETUP, &setup) == 0 && ioctl(fd, UI_DEV_CREATE) == 0;
}

// What the planes show: a number that differs when framebuffers do, 0 for none. `maker` is then who
// made the first of them.
static uint64_t look(const char *path, char maker[64]) {
	FILE *file = fopen(path, "re");
	if (!file) {
		return 0;
	}
	char line[256];
	bool in_plane = false, named = true;
	uint64_t shown = 0;
	while (fgets(line, sizeof(line), file)) {
		uint32_t id;
		if (line[0] != '\t') {
			in_plane = strncmp(line, "plane[", 6) == 0;
		} else if (in_plane && sscanf(line, "\tfb=%" SCNu32, &id) == 1) {
			named = shown > 0 || id == 0;
			shown = shown * 65599 + id;
		} else if (!named && sscanf(line, "\t\tallocated by = %63[^\n]", maker) == 1) {
			named = true;
		}
	}
	fclose(file);
	return shown;
}

// The one display device that has a state; "" when it is not there yet.
static void find_state(char *path, size_t size) {
	glob_t found;
	path[0] = '\0';
	if (glob(STATES, 0, NULL, &found) == 0) {
		snprintf(path, size, "%s", found.gl_pathv[0]);
		globfree(&found);
	}
}

int main(int argc, char **argv) {
	if (argc != 2) {
		fprintf(stderr, "usage: bench-boot-watch FILE\n");
		return 2;
	}
	if (!make_keyboard()) {
		return complain("cannot make a keyboard of /dev/uinput");
	}
	FILE *file = fopen(argv[1], "we");
	if (!file) {
		return complain(argv[1]);
	}
	char path[128] = "", maker[64] = "";
	uint64_t before = 0;
	for (;;) {
		if (path[0] == '\0') {
			find_state(path, sizeof(path));
		}
		uint64_t shown = path[0] != '\0' ? look(path, maker) : 0;
		if (shown != before && shown != 0) {
			struct timespec now;
			clock_gettime(CLOCK_MONOTONIC, &now);
			fprintf(
				file, "%" PRId64 " %s\n", (int64_t)now.tv_sec * 1000000000 + now.tv_nsec, maker);
			if (fflush(file) != 0) {
				return complain(argv[1]);
			}
		}
		before = shown;
		nanosleep(&(struct timespec){.tv_nsec = STEP_NS}, NULL);
	}
}
