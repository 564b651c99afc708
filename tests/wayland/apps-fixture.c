// SPDX-License-Identifier: MIT
#include "apps-fixture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// ---- Cgroups ----

static const char cgroup[] = "/sys/fs/cgroup/vitrine-test";

static void enter_cgroup(void) {
	char path[64];
	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1) {
		_exit(126);
	}
	close(fd);
}

void apps_launch(struct test_server *server, const char *const *args) {
	if (mkdir(cgroup, 0755) != 0 && errno != EEXIST) {
		fail_msg("%s: %s", cgroup, strerror(errno));
	}
	test_server_launch(server, args, enter_cgroup);
}

void apps_assert_nothing_left(void) {
	if (rmdir(cgroup) != 0) {
		fail_msg("%s: %s", cgroup, strerror(errno));
	}
}

// Their number; `name` has the last one's, or stays as it is.
static int find_cgroups(const struct test_server *server, char name[256]) {
	char path[128];
	snprintf(path, sizeof(path), "%s/vitrine-%d", cgroup, (int)server->pid);
	DIR *dir = opendir(path);
	assert_non_null(dir);
	struct dirent *entry;
	int n = 0;
	while ((entry = readdir(dir))) {
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.' &&
			strcmp(entry->d_name, "server") != 0) {
			snprintf(name, 256, "%s", entry->d_name);
			n++;
		}
	}
	closedir(dir);
	return n;
}

int apps_count_cgroups(const struct test_server *server) {
	char name[256];
	return find_cgroups(server, name);
}

void apps_cgroup_file(const struct test_server *server, const char *file, char path[512]) {
	char name[256];
	assert_int_equal(find_cgroups(server, name), 1);
	snprintf(path, 512, "%s/vitrine-%d/%s/%s", cgroup, (int)server->pid, name, file);
}

// ---- What the server says ----

struct json_object *apps_find(struct json_object *status, const char *name) {
	struct json_object *apps = test_json(status, "apps");
	for (size_t i = 0; i < json_object_array_length(apps); i++) {
		struct json_object *app = json_object_array_get_idx(apps, i);
		if (strcmp(test_json_string(app, "name"), name) == 0) {
			return app;
		}
	}
	fail_msg("there is no app %s", name);
	return NULL;
}

struct app_seen apps_look(struct test_client *control, const char *name) {
	struct json_object *status = test_status(control);
	struct json_object *app = apps_find(status, name);
	struct app_seen seen = {
		.pid = (int)test_json_int(app, "pid"),
		.restarts = test_json_int(app, "restarts"),
	};
	snprintf(seen.state, sizeof(seen.state), "%s", test_json_string(app, "state"));
	snprintf(seen.reason, sizeof(seen.reason), "%s", test_json_string(app, "reason"));
	json_object_put(status);
	return seen;
}

// Its process is made meanwhile.
static bool is_awaited(const struct app_seen *seen) {
	return seen->pid == 0 &&
		(strcmp(seen->state, "starting") == 0 || strcmp(seen->state, "running") == 0);
}

// The log has a line for each change.
struct app_seen apps_wait(struct test_server *server, struct test_client *control, const char *name,
	const char *state, int64_t restarts) {
	for (;;) {
		struct app_seen seen = apps_look(control, name);
		if (strcmp(seen.state, state) == 0 && seen.restarts >= restarts && !is_awaited(&seen)) {
			return seen;
		}
		assert_true(test_server_read_log(server));
	}
}
