// SPDX-License-Identifier: MIT
// Apps of the configuration, with real programs: each ends as its policy says, takes with it what it
// started, and leaves nothing behind in the server; windows are where their app's section says.
//
// VITRINE_SOAK: at full size.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps-fixture.h"
#include "trace.h"

static void start_with(struct fixture *fixture, const char *text, const char *const *more) {
	static char path[] = "/tmp/vitrine-apps.ini";
	static unsigned serial;
	*fixture = (struct fixture){0};
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	snprintf(fixture->server.socket, sizeof(fixture->server.socket), "apps-%u", serial++);
	char name[32];
	strcpy(name, fixture->server.socket);
	const char *args[16] = {
		"--config", path, "--device", test_device(), "--mode", TEST_MODE, "--socket", name};
	for (int i = 8; more && *more; i++) {
		args[i] = *more++;
	}
	apps_launch(&fixture->server, args);
	strcpy(fixture->server.socket, name);
	assert_true(test_server_wait_log(&fixture->server, "ready\n"));
	test_client_connect(&fixture->control, &fixture->server);
	test_picture_init(&fixture->picture, TEST_WIDTH, TEST_HEIGHT);
}

static void start(struct fixture *fixture, const char *text) {
	start_with(fixture, text, NULL);
}

static void stop(struct fixture *fixture) {
	test_picture_finish(&fixture->picture);
	test_client_disconnect(&fixture->control);
	test_server_stop(&fixture->server);
	apps_assert_nothing_left();
}

// ---- What the server says ----

static struct app_seen look(struct fixture *fixture, const char *name) {
	return apps_look(&fixture->control, name);
}

static struct app_seen wait_for(
	struct fixture *fixture, const char *name, const char *state, int64_t restarts) {
	return apps_wait(&fixture->server, &fixture->control, name, state, restarts);
}

static void command(struct fixture *fixture, const char *action, const char *name) {
	char line[256];
	snprintf(line, sizeof(line), "vitrinectl --socket %s app %s %s", fixture->server.socket, action,
		name);
	assert_int_equal(system(line), 0);
}

// ---- What is there ----

// True while the server watches one that is to go.
static bool watches_cgroup(const struct fixture *fixture) {
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/fd", (int)fixture->server.pid);
	DIR *dir = opendir(path);
	assert_non_null(dir);
	struct dirent *entry;
	bool found = false;
	while (!found && (entry = readdir(dir))) {
		char target[512];
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);
		target[n > 0 ? n : 0] = '\0';
		found = strstr(target, "/cgroup.events") != NULL;
	}
	closedir(dir);
	return found;
}

// They go once all that was in them is gone, and the server hears of it.
static void wait_cgroups(struct fixture *fixture, int n) {
	while (apps_count_cgroups(&fixture->server) != n || watches_cgroup(fixture)) {
		test_client_roundtrip(&fixture->control);
	}
}

// Those that run this, word for word.
static int count_processes(const char *command_line) {
	DIR *proc = opendir("/proc");
	assert_non_null(proc);
	struct dirent *entry;
	int count = 0;
	while ((entry = readdir(proc))) {
		char path[300], text[256];
		snprintf(path, sizeof(path), "/proc/%s/cmdline", entry->d_name);
		FILE *file = entry->d_name[0] >= '0' && entry->d_name[0] <= '9' ? fopen(path, "re") : NULL;
		size_t n = file ? fread(text, 1, sizeof(text) - 1, file) : 0;
		if (file) {
			fclose(file);
		}
		for (size_t i = 0; i + 1 < n; i++) {
			text[i] = text[i] ? text[i] : ' ';
		}
		text[n] = '\0';
		count += strcmp(text, command_line) == 0;
	}
	closedir(proc);
	return count;
}

// ---- Ends ----

// What the server holds while no app runs: how many buffers an app has is its own affair.
static struct test_counts count_at_rest(struct fixture *fixture, int *rss) {
	command(fixture, "stop", "victim");
	command(fixture, "stop", "other");
	wait_for(fixture, "victim", "stopped", 0);
	wait_for(fixture, "other", "stopped", 0);
	wait_cgroups(fixture, 0);
	// Black, so nothing of the apps is on its way to a screen any more.
	for (int crtc = 0; crtc < 2; crtc++) {
		struct test_screen screen;
		test_screen_open(&screen, crtc);
		test_screen_wait(&screen, &fixture->picture);
		test_screen_close(&screen);
	}
	// The kernel lets go of the apps' pictures when a worker of its own gets to it.
	struct test_counts counts;
	do {
		test_client_roundtrip(&fixture->control);
		counts = test_server_count(&fixture->server);
	} while (counts.dmabufs > 0);
	*rss = test_server_rss_kib(&fixture->server);
	command(fixture, "start", "other");
	command(fixture, "start", "victim");
	wait_for(fixture, "other", "running", 0);
	return counts;
}

static void kill_victim(struct fixture *fixture, int64_t first, int64_t last) {
	for (int64_t i = first; i < last; i++) {
		struct app_seen seen = wait_for(fixture, "victim", "running", i);
		assert_int_equal(seen.restarts, i);
		assert_int_equal(kill(seen.pid, SIGKILL), 0);
	}
	assert_int_equal(wait_for(fixture, "victim", "running", last).restarts, last);
}

struct refreshes {
	int64_t frames, missed;
};

static struct refreshes refreshes(struct fixture *fixture) {
	return (struct refreshes){
		test_status_counter(&fixture->control, 1, "frames"),
		test_status_counter(&fixture->control, 1, "missed"),
	};
}

static struct refreshes refreshes_since(struct fixture *fixture, struct refreshes then) {
	struct refreshes now = refreshes(fixture);
	return (struct refreshes){now.frames - then.frames, now.missed - then.missed};
}

// The loop of the kills without them: how it is on this machine, as it is busy now.
static struct refreshes count_calm(struct fixture *fixture, int64_t frames) {
	struct refreshes begin = refreshes(fixture), calm;
	do {
		assert_string_equal(look(fixture, "victim").state, "running");
		calm = refreshes_since(fixture, begin);
	} while (calm.frames < frames);
	return calm;
}

static void test_killed_many_times(void **state) {
	(void)state;
	int kills = getenv("VITRINE_SOAK") ? 1000 : 100;
	struct fixture f;
	start(&f,
		"[app victim]\ncommand = vitrine-testcard --memory shm\nrestart-pause = 0\n"
		"ready-within = 60\noutput = Virtual-1\n"
		"[app other]\ncommand = vitrine-testcard --memory shm\noutput = Virtual-2\n"
		"ready-within = 60\n");
	int rss_before, rss_after;
	kill_victim(&f, 0, 10); // by then everything was there once
	struct test_counts before = count_at_rest(&f, &rss_before);
	wait_for(&f, "victim", "running", 0);
	struct refreshes calm = count_calm(&f, 3 * kills), begin = refreshes(&f);
	kill_victim(&f, 10, 10 + kills);
	struct refreshes busy = refreshes_since(&f, begin);
	assert_string_equal(look(&f, "other").state, "running");
	assert_int_equal(look(&f, "other").restarts, 0);
	struct test_counts after = count_at_rest(&f, &rss_after);
	print_message("%d kills: %+d KiB; the other screen missed %lld of %lld refreshes, and %lld of "
				  "%lld without kills\n",
		kills, rss_after - rss_before, (long long)busy.missed,
		(long long)(busy.frames + busy.missed), (long long)calm.missed,
		(long long)(calm.frames + calm.missed));
	test_counts_assert_same(before, after);
	assert_true(rss_after - rss_before < 1024);
	stop(&f);
}

static void test_ends_by_policy(void **state) {
	(void)state;
	struct fixture f;
	start(&f,
		"[app once]\ncommand = true\nrestart = on-failure\n"
		"[app always]\ncommand = true\nrestart-pause = 0\nmax-restarts = 4\n"
		"[app broken]\ncommand = sh -c 'exit 7'\nrestart = on-failure\nrestart-pause = 0.01\n"
		"max-restarts = 3\n"
		"[app never]\ncommand = false\nrestart = never\n"
		"[app absent]\ncommand = /nonexistent\nrestart-pause = 0\nmax-restarts = 1\n");
	struct app_seen seen = wait_for(&f, "once", "stopped", 0);
	assert_int_equal(seen.restarts, 0);
	assert_string_equal(seen.reason, "ended with status 0");
	assert_int_equal(wait_for(&f, "always", "failed", 0).restarts, 4);
	seen = wait_for(&f, "broken", "failed", 0);
	assert_int_equal(seen.restarts, 3);
	assert_string_equal(seen.reason, "ended with status 7");
	assert_int_equal(wait_for(&f, "never", "failed", 0).restarts, 0);
	seen = wait_for(&f, "absent", "failed", 0);
	assert_non_null(strstr(seen.reason, "No such file"));
	// By hand all counts anew.
	command(&f, "start", "broken");
	assert_int_equal(wait_for(&f, "broken", "failed", 6).restarts, 6);
	wait_cgroups(&f, 0);
	stop(&f);
}

static void test_never_draws(void **state) {
	(void)state;
	struct fixture f;
	start(&f,
		"[app mute]\ncommand = sleep 1000\nready-within = 0.2\nrestart-pause = 0\n"
		"max-restarts = 2\n"
		"[app next]\ncommand = sleep 1000\nafter = mute\n");
	assert_string_equal(look(&f, "next").state, "waiting");
	assert_string_equal(look(&f, "next").reason, "starts after mute");
	struct app_seen seen = wait_for(&f, "mute", "failed", 0);
	assert_string_equal(seen.reason, "killed: no picture within 0.2 s");
	assert_int_equal(seen.restarts, 2);
	wait_for(&f, "next", "running", 0); // what it waited for has ended for good
	wait_cgroups(&f, 1);
	stop(&f);
}

static void test_hangs(void **state) {
	(void)state;
	struct fixture f;
	start(&f,
		"[app asked]\ncommand = vitrine-testcard --memory shm\nready-within = 60\n"
		"watchdog-ping = 1\nrestart-pause = 0\noutput = Virtual-1\n"
		"[app watched]\ncommand = vitrine-testcard --memory shm\nready-within = 60\n"
		"watchdog-draw = 2\nrestart-pause = 0\noutput = Virtual-2\n");
	struct app_seen asked = wait_for(&f, "asked", "running", 0);
	struct app_seen watched = wait_for(&f, "watched", "running", 0);
	assert_int_equal(kill(asked.pid, SIGSTOP), 0);
	assert_int_equal(kill(watched.pid, SIGSTOP), 0);
	assert_true(test_server_wait_log(&f.server, "app asked: killed: no answer to a ping for 1 s"));
	assert_true(test_server_wait_log(&f.server, "app watched: killed: drew nothing for 2 s"));
	wait_for(&f, "asked", "running", 1);
	wait_for(&f, "watched", "running", 1);
	wait_cgroups(&f, 2);
	stop(&f);
}

static void test_what_it_started_goes_with_it(void **state) {
	(void)state;
	struct fixture f;
	start(&f,
		"[app litter]\n"
		"command = sh -c 'for i in 1 2 3; do setsid sh -c \"sleep 4321 & sleep 4321 & exit\"; "
		"done; "
		"exec sleep 1234'\nrestart-pause = 0\n");
	for (int i = 0; i < 5; i++) {
		struct app_seen seen = wait_for(&f, "litter", "running", i);
		while (count_processes("sleep 1234") != 1) {
			test_client_roundtrip(&f.control); // all are there now
		}
		assert_int_equal(kill(seen.pid, SIGKILL), 0);
	}
	wait_for(&f, "litter", "running", 5);
	command(&f, "stop", "litter");
	wait_for(&f, "litter", "stopped", 5);
	wait_cgroups(&f, 0);
	assert_int_equal(count_processes("sleep 4321"), 0);
	stop(&f);
}

static void test_limits(void **state) {
	(void)state;
	struct fixture f;
	start(&f,
		"[app leak]\ncommand = tail /dev/zero\nmemory-max = 32M\nrestart-pause = 0\n"
		"max-restarts = 2\n"
		"[app forks]\ncommand = sh -c 'for i in 1 2 3 4 5 6 7 8 9; do sleep 999 & done; wait'\n"
		"pids-max = 5\nrestart = never\n");
	struct app_seen seen = wait_for(&f, "leak", "failed", 0);
	assert_string_equal(seen.reason, "killed: it reached its memory-max");
	assert_int_equal(seen.restarts, 2);
	wait_for(&f, "forks", "failed", 0);
	assert_true(count_processes("sleep 999") <= 5);
	wait_cgroups(&f, 0);
	assert_int_equal(count_processes("sleep 999"), 0);
	stop(&f);
}

static bool has_cpu_controller(void) {
	char line[256] = "";
	FILE *file = fopen("/sys/fs/cgroup/cgroup.controllers", "re");
	assert_non_null(file);
	bool read = fgets(line, sizeof(line), file) != NULL;
	fclose(file);
	return read && strstr(line, "cpu ") != NULL;
}

// Where the kernel has no such controller, that is said, and the app runs all the same.
static void test_cpu_quota(void **state) {
	(void)state;
	struct fixture f;
	start(&f, "[app busy]\ncommand = sh -c 'while :; do :; done'\ncpu-quota = 25%\n");
	wait_for(&f, "busy", "running", 0);
	if (has_cpu_controller()) {
		char path[512], line[64] = "";
		apps_cgroup_file(&f.server, "cpu.max", path);
		FILE *file = fopen(path, "re");
		assert_non_null(file);
		assert_non_null(fgets(line, sizeof(line), file));
		fclose(file);
		assert_string_equal(line, "25000 100000\n");
	} else {
		assert_true(test_server_wait_log(&f.server,
			"app busy: its limit is not kept: the cgroup controller \"cpu\" is not handed down"));
	}
	stop(&f);
}

static void test_deaf(void **state) {
	(void)state;
	struct fixture f;
	// Who waits for one that sleeps long does not start others: dash loses a signal that comes meanwhile.
	start(&f,
		"[app deaf]\ncommand = sh -c 'trap \"\" TERM; while :; do sleep 0.1; done'\n"
		"stop-timeout = 0.3\n"
		"[app polite]\ncommand = sh -c 'trap \"exit 0\" USR1; sleep 1000 & wait'\n"
		"stop-signal = USR1\nstop-timeout = 1000\n"
		"[app slow]\ncommand = sh -c 'trap \"\" TERM; while :; do sleep 0.1; done'\n"
		"stop-timeout = 1000\n");
	wait_for(&f, "deaf", "running", 0);
	command(&f, "stop", "deaf");
	wait_for(&f, "deaf", "stopped", 0);
	assert_true(test_server_wait_log(&f.server, "app deaf: did not end within 300 ms, killed"));
	struct app_seen before = wait_for(&f, "polite", "running", 0);
	command(&f, "restart", "polite");
	for (struct app_seen now = before;
		 now.pid == before.pid || now.pid == 0 || strcmp(now.state, "running") != 0;) {
		assert_true(test_server_read_log(&f.server));
		now = look(&f, "polite");
	}
	assert_int_equal(look(&f, "polite").restarts, 0);
	// `slow` has no 1000 s when all ends: stop() gives it two.
	wait_cgroups(&f, 2);
	stop(&f);
}

static void test_no_such_app(void **state) {
	(void)state;
	struct fixture f;
	start(&f, "[app one]\ncommand = sleep 1000\n");
	char line[256];
	snprintf(
		line, sizeof(line), "vitrinectl --socket %s app stop two 2>/dev/null", f.server.socket);
	assert_int_equal(system(line), 1 << 8);
	snprintf(line, sizeof(line), "vitrinectl --socket %s app | grep -q '^  one .* running '",
		f.server.socket);
	assert_int_equal(system(line), 0);
	stop(&f);
}

// ---- Identity ----

static void test_runs_as_another_user(void **state) {
	(void)state;
	struct fixture f;
	char text[512];
	char painter[256];
	ssize_t n = readlink("/proc/self/exe", painter, sizeof(painter) - 1);
	assert_true(n > 0);
	painter[n] = '\0';
	*strrchr(painter, '/') = '\0';
	// A copy: the user may not enter the folder of the build.
	snprintf(text, sizeof(text), "install -m 755 %s/painter /tmp/painter", painter);
	assert_int_equal(system(text), 0);
	start(&f,
		"[app first]\ncommand = sleep 1000\nuser = nobody\n"
		"[app guest]\ncommand = /tmp/painter 5\nuser = nobody\nready-within = 60\n"
		"directory = /\n"
		"[app unknown]\ncommand = sleep 1000\nuser = who-is-that\nrestart = never\n"
		"[app own]\ncommand = sleep 1000\nuser = root\n");
	struct app_seen seen = wait_for(&f, "unknown", "failed", 0);
	assert_string_equal(
		seen.reason, "cannot be started: user = who-is-that: there is no such user");
	wait_for(&f, "first", "running", 0);
	wait_for(&f, "own", "running", 0);
	seen = wait_for(&f, "guest", "running", 0);
	struct stat st;
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d", seen.pid);
	assert_int_equal(stat(path, &st), 0);
	assert_int_not_equal(st.st_uid, 0);
	struct json_object *status = test_status(&f.control);
	struct json_object *windows = test_json(apps_find(status, "guest"), "windows");
	assert_int_equal(json_object_array_length(windows), 1);
	json_object_put(status);
	stop(&f);
	assert_int_not_equal(access("/run/vitrine", F_OK), 0);
}

// ---- Who waits ----

// What the kernel takes its time for while an app begins and ends: no frame waits for it.
static void test_frames_do_not_wait_for_cgroups(void **state) {
	(void)state;
	struct fixture f;
	struct test_trace trace;
	test_trace_begin(&trace);
	start(&f,
		"[app victim]\ncommand = sleep 1000\nrestart-pause = 0\nmemory-max = 32M\n"
		"pids-max = 9\n");
	test_trace_begun(&trace);
	wait_for(&f, "victim", "running", 0);
	struct trace_counts before = test_trace_counts(&trace, NULL);
	assert_true(before.cgroup_changes > 0); // the server's own, as it starts
	kill_victim(&f, 0, 5);
	command(&f, "stop", "victim");
	wait_for(&f, "victim", "stopped", 5);
	wait_cgroups(&f, 0);
	assert_int_equal(test_trace_counts(&trace, &before).cgroup_changes, 0);
	stop(&f);
	test_trace_finish(&trace);
}

// ---- Priority ----

static struct rlimit limit_of(pid_t pid, enum __rlimit_resource resource) {
	struct rlimit limit;
	assert_int_equal(prlimit(pid, resource, NULL, &limit), 0);
	return limit;
}

// The server comes before its apps, which are scheduled and limited as if it did not.
static void test_priority_is_the_servers_own(void **state) {
	(void)state;
	const struct rlimit time = limit_of(0, RLIMIT_RTTIME), former = limit_of(0, RLIMIT_RTPRIO);
	const struct rlimit files = limit_of(0, RLIMIT_NOFILE);
	struct rlimit one = former;
	one.rlim_cur = one.rlim_max = 1; // as the unit has it; not taken back
	assert_int_equal(setrlimit(RLIMIT_RTPRIO, &one), 0);
	struct fixture f;
	start(&f, "[app one]\ncommand = sleep 1000\n[app two]\ncommand = sleep 1000\n");
	pid_t one_pid = wait_for(&f, "one", "running", 0).pid;
	while (count_processes("sleep 1000") != 2) {
		test_client_roundtrip(&f.control);
	}
	assert_int_equal(sched_getscheduler(f.server.pid), SCHED_RR | SCHED_RESET_ON_FORK);
	assert_true(limit_of(f.server.pid, RLIMIT_RTTIME).rlim_cur < time.rlim_cur);
	assert_int_equal(sched_getscheduler(one_pid), SCHED_OTHER);
	assert_int_equal(limit_of(one_pid, RLIMIT_RTTIME).rlim_cur, time.rlim_cur);
	assert_int_equal(limit_of(one_pid, RLIMIT_RTPRIO).rlim_max, 0);
	assert_int_equal(limit_of(f.server.pid, RLIMIT_NOFILE).rlim_cur, files.rlim_max);
	assert_int_equal(limit_of(one_pid, RLIMIT_NOFILE).rlim_cur, files.rlim_cur);
	assert_true(files.rlim_cur < files.rlim_max); // else that tells nothing
	struct json_object *status = test_status(&f.control);
	assert_true(json_object_get_boolean(test_json(status, "realtime")));
	json_object_put(status);
	stop(&f);
	start(&f, "[core]\nrealtime = false\n[app one]\ncommand = sleep 1000\n");
	assert_int_equal(sched_getscheduler(f.server.pid), SCHED_OTHER);
	stop(&f);
	setrlimit(RLIMIT_RTPRIO, &former);
}

int main(void) {
	test_guard(getenv("VITRINE_SOAK") ? 3000 : 280);
	test_need_layout("dual");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_killed_many_times),
		cmocka_unit_test(test_ends_by_policy),
		cmocka_unit_test(test_never_draws),
		cmocka_unit_test(test_hangs),
		cmocka_unit_test(test_what_it_started_goes_with_it),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_cpu_quota),
		cmocka_unit_test(test_deaf),
		cmocka_unit_test(test_no_such_app),
		cmocka_unit_test(test_runs_as_another_user),
		cmocka_unit_test(test_frames_do_not_wait_for_cgroups),
		cmocka_unit_test(test_priority_is_the_servers_own),
	};
	return cmocka_run_group_tests_name("apps", tests, NULL, NULL);
}
