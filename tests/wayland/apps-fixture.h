// SPDX-License-Identifier: MIT
// What tests of the configuration's apps begin with: a server that may hand cgroups down, and what it and the
// kernel say of its apps.
#ifndef VITRINE_TESTS_WAYLAND_APPS_FIXTURE_H
#define VITRINE_TESTS_WAYLAND_APPS_FIXTURE_H

#include "fixture.h"

// test_server_launch, in a cgroup in which the server is alone.
void apps_launch(struct test_server *server, const char *const *args);
// After its end: no cgroup is left in that one, and no process.
void apps_assert_nothing_left(void);
// How many cgroups of apps the server has.
int apps_count_cgroups(const struct test_server *server);
// The path of an app's own file there, such as "cpu.max"; one app has to be there.
void apps_cgroup_file(const struct test_server *server, const char *file, char path[512]);

// What the server says of an app.
struct app_seen {
	char state[16], reason[256];
	int pid;
	int64_t restarts;
};

// Borrowed.
struct json_object *apps_find(struct json_object *status, const char *name);
struct app_seen apps_look(struct test_client *control, const char *name);
// Until it is in that state, and was restarted so often.
struct app_seen apps_wait(struct test_server *server, struct test_client *control, const char *name,
	const char *state, int64_t restarts);

#endif
