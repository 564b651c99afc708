// SPDX-License-Identifier: MIT
#include "kiosk/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "base/clock.h"
#include "base/log.h"
#include "kiosk/cgroup_file.h"
#include "kiosk/chores.h"
#include "kiosk/scope.h"

enum {
	PATH_SIZE = 512,
	END_MS = 1000, // at most so long is waited for the end of what was killed, when all ends
};

static const char root[] = "/sys/fs/cgroup";

struct cgroups {
	struct wl_event_loop *loop;
	struct scopes *scopes; // NULL: no systemd
	struct chores *chores;
	struct settling {
		struct chore chore;
		char own[PATH_SIZE];  // where cgroups are made; "": nowhere
		char base[PATH_SIZE]; // where this process was found
		bool alone;           // it was
		// The thread's, until it has done this chore.
		bool moved;       // into own/server
		bool controls[3]; // which of `controllers` there are in `own`
	} settling;
	bool told[3]; // that one is missing
	uint64_t serial;
	struct wl_list dying; // cgroup.link: killed, to be removed once empty
};

struct cgroup {
	struct cgroups *cgroups;
	char path[PATH_SIZE];  // absolute; "": none
	char slice[PATH_SIZE]; // around a scope, outlives it; "": none
	int64_t oom_kills;     // in it, before
	bool made;             // by us, not by systemd
	struct scope *scope;   // while it is asked for
	char name[64];
	pid_t pid;
	struct cgroup_limits limits;
	int events; // cgroup.events
	struct wl_event_source *events_event;
	struct wl_list link; // cgroups.dying
	int chores;          // of it that are not done
	bool over;           // destroyed, to be freed
	bool emptied;        // maybe: while it was being removed something in it has ended
	int go;              // pipe of vitrine-launch; -1: it has been told
	void (*ready)(void *data);
	void *data;
};

static const char *const controllers[3] = {"memory", "cpu", "pids"};

// ---- What is read ----

// With those in cgroups below it; each is counted before it is killed.
static int64_t count_oom_kills(const char *path) {
	int64_t n = cgroup_file_field(path, "memory.events", "oom_kill");
	return n > 0 ? n : 0;
}

// The absolute path of the process' cgroup. False if it has none of version 2, or is gone.
static bool find_path(pid_t pid, char path[PATH_SIZE]) {
	char process[64], text[4096];
	snprintf(process, sizeof(process), "/proc/%d", (int)pid);
	if (!cgroup_file_read(process, "cgroup", text, sizeof(text))) {
		return false;
	}
	const char *line = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
	if (line == NULL) {
		return false;
	}
	line += line[0] == '\n' ? 4 : 3;
	int len = (int)strcspn(line, "\n");
	if (len == 1) {
		len = 0; // the root
	}
	return snprintf(path, PATH_SIZE, "%s%.*s", root, len, line) < PATH_SIZE;
}

// ---- A subtree of our own ----

// The subtree is ours to change: systemd says so of what it made (systemd.resource-control(5), Delegate=);
// without systemd whoever may write may do so.
static bool is_delegated(const char *path) {
	if (sd_booted() <= 0) {
		return true;
	}
	char value[2];
	return (getxattr(path, "trusted.delegate", value, sizeof(value)) == 1 ||
			   getxattr(path, "user.delegate", value, sizeof(value)) == 1) &&
		value[0] == '1';
}

// With cgroups that an app made inside of its own. True if it is gone. A path that gets too long ends it.
static bool remove_tree(const char *path) {
	if (rmdir(path) == 0 || errno == ENOENT) {
		return true;
	}
	DIR *dir = opendir(path);
	struct dirent *entry;
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		char inner[PATH_SIZE];
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.' &&
			snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name) < PATH_SIZE) {
			remove_tree(inner);
		}
	}
	if (dir != NULL) {
		closedir(dir);
	}
	return rmdir(path) == 0;
}

// Removes what an instance left behind that was killed.
static void sweep(const char *base) {
	DIR *dir = opendir(base);
	struct dirent *entry;
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		int pid = 0;
		char path[PATH_SIZE];
		if (sscanf(entry->d_name, "vitrine-%d", &pid) != 1 || pid <= 0 || kill(pid, 0) == 0 ||
			errno != ESRCH ||
			snprintf(path, sizeof(path), "%s/vitrine-%d", base, pid) >= PATH_SIZE) {
			continue;
		}
		cgroup_file_write(path, "cgroup.kill", "1");
		remove_tree(path);
	}
	if (dir != NULL) {
		closedir(dir);
	}
}

// What was started while this process moved has not come along.
static bool empty_into(const char *base, const char *inner) {
	char text[4096];
	if (!cgroup_file_read(base, "cgroup.procs", text, sizeof(text))) {
		return false;
	}
	for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1) {
		char pid[32];
		snprintf(pid, sizeof(pid), "%.*s", (int)strcspn(line, "\n"), line);
		cgroup_file_write(inner, "cgroup.procs", pid);
	}
	return true;
}

// Controllers can be handed down only from a cgroup without processes (or the root of all): if this
// process is alone in its own, it moves further down. False if they cannot.
static bool move_down(struct settling *settling) {
	char text[32], inner[PATH_SIZE + 16];
	if (strcmp(settling->base, root) == 0) {
		return true;
	}
	if (!settling->alone) {
		return false;
	}
	snprintf(text, sizeof(text), "%d\n", (int)getpid());
	snprintf(inner, sizeof(inner), "%s/server", settling->own);
	if (mkdir(inner, 0755) != 0 || !cgroup_file_write(inner, "cgroup.procs", text)) {
		rmdir(inner);
		return false;
	}
	settling->moved = true;
	return empty_into(settling->base, inner);
}

static void move_up(const struct settling *settling) {
	char text[64] = "";
	if (settling->moved) {
		size_t len = 0;
		for (int i = 0; i < 3; i++) { // in one go: each waits for the kernel's RCU
			if (settling->controls[i]) {
				len += (size_t)snprintf(text + len, sizeof(text) - len, "-%s ", controllers[i]);
			}
		}
		cgroup_file_write(settling->own, "cgroup.subtree_control", text);
		cgroup_file_write(settling->base, "cgroup.subtree_control", text);
		snprintf(text, sizeof(text), "%d", (int)getpid());
		cgroup_file_write(settling->base, "cgroup.procs", text);
		char inner[PATH_SIZE + 16];
		snprintf(inner, sizeof(inner), "%s/server", settling->own);
		rmdir(inner);
	}
	rmdir(settling->own);
}

// In one go: each write waits for the kernel's RCU. False if one of them is missing.
static bool hand_down_all(struct settling *settling) {
	char text[64];
	snprintf(text, sizeof(text), "+%s +%s +%s", controllers[0], controllers[1], controllers[2]);
	bool all = cgroup_file_write(settling->base, "cgroup.subtree_control", text) &&
		cgroup_file_write(settling->own, "cgroup.subtree_control", text);
	for (int i = 0; i < 3; i++) {
		settling->controls[i] = all;
	}
	return all;
}

static void hand_down_each(struct settling *settling) {
	for (int i = 0; i < 3; i++) {
		char text[32];
		snprintf(text, sizeof(text), "+%s", controllers[i]);
		cgroup_file_write(settling->base, "cgroup.subtree_control", text);
		settling->controls[i] = cgroup_file_write(settling->own, "cgroup.subtree_control", text);
	}
}

// With processes left in `base` some controllers would make it a root of threads, in which cgroups like
// ours are not valid.
static void run_settle(struct chore *chore) {
	struct settling *settling = wl_container_of(chore, settling, chore);
	if (move_down(settling) && !hand_down_all(settling)) {
		hand_down_each(settling);
	}
}

static void handle_settled(struct chore *chore) {
	(void)chore;
}

static bool find_subtree(struct cgroups *cgroups) {
	struct settling *settling = &cgroups->settling;
	char text[64], alone[32];
	struct statfs fs;
	if (statfs(root, &fs) != 0 || fs.f_type != CGROUP2_SUPER_MAGIC ||
		!find_path(getpid(), settling->base) || !is_delegated(settling->base) ||
		snprintf(settling->own, PATH_SIZE, "%.*s/vitrine-%d", PATH_SIZE - 64, settling->base,
			(int)getpid()) >= PATH_SIZE) {
		return false;
	}
	sweep(settling->base);
	// Who may not move a process into it has no use for it. Leaving `base` needs leave for that, too.
	if ((mkdir(settling->own, 0755) != 0 && errno != EEXIST) ||
		faccessat(AT_FDCWD, settling->base, W_OK, 0) != 0) {
		return false;
	}
	snprintf(alone, sizeof(alone), "%d\n", (int)getpid());
	settling->alone = cgroup_file_read(settling->base, "cgroup.procs", text, sizeof(text)) &&
		strcmp(text, alone) == 0;
	return true;
}

// Moving waits for the kernel (see below), and this process starts meanwhile.
static bool make_subtree(struct cgroups *cgroups) {
	struct settling *settling = &cgroups->settling;
	if (!find_subtree(cgroups)) {
		settling->own[0] = '\0';
		return false;
	}
	settling->chore = (struct chore){.run = run_settle, .done = handle_settled};
	chores_add(cgroups->chores, &settling->chore);
	return true;
}

struct cgroups *cgroups_create(struct wl_event_loop *loop, struct chores *chores) {
	struct cgroups *cgroups = calloc(1, sizeof(*cgroups));
	if (cgroups == NULL) {
		return NULL;
	}
	cgroups->loop = loop;
	wl_list_init(&cgroups->dying);
	cgroups->chores = chores;
	cgroups->scopes = scopes_create(loop);
	// Also behind systemd's back, for when that does not answer.
	bool own = make_subtree(cgroups);
	if (cgroups->scopes != NULL) {
		log_debug("apps run in scopes of systemd");
	} else if (own) {
		log_debug("apps run in cgroups below %s", cgroups->settling.own);
	} else {
		log_info("apps run without cgroups, which neither systemd nor a delegated subtree gives: "
				 "what they start is only found by its parents, and has no limits");
	}
	return cgroups;
}

const char *cgroups_kind(const struct cgroups *cgroups) {
	return cgroups->scopes != NULL ? "systemd" : cgroups->settling.own[0] != '\0' ? "own" : "none";
}

// ---- One cgroup ----

// Of the controllers that its limits want, those that are not among `controls`: each once for all apps.
static void tell_missing(struct cgroup *cgroup, const bool controls[3]) {
	struct cgroups *cgroups = cgroup->cgroups;
	const struct cgroup_limits *limits = &cgroup->limits;
	const bool wanted[3] = {limits->memory_max > 0, limits->cpu_quota > 0, limits->pids_max > 0};
	for (int i = 0; i < 3; i++) {
		if (wanted[i] && !controls[i] && !cgroups->told[i]) {
			cgroups->told[i] = true;
			log_warning(
				"app %s: its limit is not kept: the cgroup controller \"%s\" is not handed down "
				"to %s",
				cgroup->name, controllers[i],
				cgroups->settling.own[0] != '\0' ? cgroups->settling.own
												 : "apps, which have no cgroups here");
		}
	}
}

// ---- Chores ----

// Changing the tree of cgroups waits for whoever else does, and putting a process into one, which each app does
// itself, for all CPUs to have come by (RCU), with the same lock held: some 50 ms, three frames.
enum { MAX_SETTINGS = 5 };

struct tree_chore {
	struct chore chore;
	struct cgroup *cgroup; // NULL: of nobody any more
	char path[PATH_SIZE];  // "": none is made
	int error;             // 0: it went well
	int events;            // cgroup.events, opened; -1: not
	pid_t pid;             // that should be in it

	// Of one that is made.
	const struct settling *settling; // done before
	struct cgroup_limits limits;
	int go; // of the process
	struct setting {
		const char *file;
		char value[32];
		bool optional; // not there on every machine
		int error;
	} settings[MAX_SETTINGS];
	int n_settings;
};

// False when out of memory.
static bool add_chore(struct cgroups *cgroups, struct cgroup *cgroup, const char *path,
	void (*run)(struct chore *), void (*done)(struct chore *)) {
	struct tree_chore *work = calloc(1, sizeof(*work));
	if (work == NULL) {
		return false;
	}
	work->chore = (struct chore){.run = run, .done = done};
	work->cgroup = cgroup;
	work->events = -1;
	snprintf(work->path, sizeof(work->path), "%s", path);
	if (cgroup != NULL) {
		work->pid = cgroup->pid;
		cgroup->chores++;
	}
	chores_add(cgroups->chores, &work->chore);
	return true;
}

static void free_chore(struct chore *chore) {
	struct tree_chore *work = wl_container_of(chore, work, chore);
	free(work);
}

static void run_remove(struct chore *chore) {
	struct tree_chore *work = wl_container_of(chore, work, chore);
	work->error = remove_tree(work->path) ? 0 : EBUSY;
}

static struct setting *next_setting(struct tree_chore *work, const char *file) {
	struct setting *setting = &work->settings[work->n_settings++];
	setting->file = file;
	return setting;
}

static void plan_limits(struct tree_chore *work) {
	const struct cgroup_limits *limits = &work->limits;
	const bool *controls = work->settling->controls;
	if (limits->memory_max > 0 && controls[0]) {
		struct setting *setting = next_setting(work, "memory.max");
		snprintf(setting->value, sizeof(setting->value), "%" PRId64, limits->memory_max);
		setting = next_setting(work, "memory.swap.max"); // not there without swap
		setting->optional = true;
		strcpy(setting->value, "0");
		setting = next_setting(work, "memory.oom.group"); // half an app is none
		setting->optional = true;
		strcpy(setting->value, "1");
	}
	if (limits->cpu_quota > 0 && controls[1]) {
		struct setting *setting = next_setting(work, "cpu.max");
		snprintf(setting->value, sizeof(setting->value), "%d 100000", limits->cpu_quota * 1000);
	}
	if (limits->pids_max > 0 && controls[2]) {
		struct setting *setting = next_setting(work, "pids.max");
		snprintf(setting->value, sizeof(setting->value), "%d", limits->pids_max);
	}
}

// The process goes on: after it has put itself into the cgroup `join` (absolute), unless that is empty.
static void tell_to_go(int go, const char *join) {
	char message[PIPE_BUF];
	int len = snprintf(message, sizeof(message), "g%s", join);
	ssize_t n = write(go, message, (size_t)len);
	(void)n; // it is dead if nobody reads that
	close(go);
}

// From here on the process is told: the event loop may not run yet, or be busy.
static void run_make(struct chore *chore) {
	struct tree_chore *work = wl_container_of(chore, work, chore);
	if (work->path[0] != '\0') {
		plan_limits(work);
		work->error = mkdir(work->path, 0755) == 0 ? 0 : errno;
	}
	for (int i = 0; work->error == 0 && i < work->n_settings; i++) {
		struct setting *setting = &work->settings[i];
		setting->error = cgroup_file_write(work->path, setting->file, setting->value) ? 0 : errno;
	}
	tell_to_go(work->go, work->error == 0 ? work->path : "");
}

static void end(struct cgroup *cgroup);

static void handle_made(struct chore *chore) {
	struct tree_chore *work = wl_container_of(chore, work, chore);
	struct cgroup *cgroup = work->cgroup;
	cgroup->chores--;
	cgroup->made = work->error == 0 && work->path[0] != '\0';
	if (cgroup->made) {
		strcpy(cgroup->path, work->path);
	} else if (work->error != 0) {
		log_warning("app %s: no cgroup %s: %s", cgroup->name, work->path, strerror(work->error));
	}
	tell_missing(cgroup, work->settling->controls);
	for (int i = 0; i < work->n_settings; i++) {
		const struct setting *setting = &work->settings[i];
		if (setting->error != 0 && !setting->optional) {
			log_warning("app %s: %s = %s: %s", cgroup->name, setting->file, setting->value,
				strerror(setting->error));
		}
	}
	free(work);
	if (cgroup->over) {
		end(cgroup);
	} else {
		cgroup->ready(cgroup->data);
	}
}

// Where it is not to be put anywhere.
static void let_go(struct cgroup *cgroup) {
	tell_to_go(cgroup->go, "");
	cgroup->go = -1;
	cgroup->ready(cgroup->data);
}

static void make(struct cgroup *cgroup) {
	struct cgroups *cgroups = cgroup->cgroups;
	cgroup->path[0] = '\0';
	struct tree_chore *work = calloc(1, sizeof(*work));
	if (work == NULL) {
		log_warning("app %s: out of memory: it goes without a cgroup", cgroup->name);
		let_go(cgroup);
		return;
	}
	work->chore = (struct chore){.run = run_make, .done = handle_made};
	work->cgroup = cgroup;
	if (cgroups->settling.own[0] != '\0') {
		snprintf(work->path, PATH_SIZE, "%.*s/%s.%" PRIu64, PATH_SIZE - 100, cgroups->settling.own,
			cgroup->name, cgroups->serial++);
	}
	work->settling = &cgroups->settling;
	work->limits = cgroup->limits;
	work->go = cgroup->go;
	cgroup->go = -1;
	cgroup->chores++;
	chores_add(cgroups->chores, &work->chore);
}

static bool is_in(const char *path, pid_t pid, bool otherwise) {
	char found[PATH_SIZE];
	size_t len = strlen(path);
	if (!find_path(pid, found)) {
		return otherwise;
	}
	return strncmp(found, path, len) == 0 && (found[len] == '\0' || found[len] == '/');
}

// Older kernels (before 6.8) keep who asks waiting while any process moves.
static void run_check(struct chore *chore) {
	struct tree_chore *work = wl_container_of(chore, work, chore);
	work->error = is_in(work->path, work->pid, true) ? 0 : ESRCH;
}

static void handle_checked(struct chore *chore) {
	struct tree_chore *work = wl_container_of(chore, work, chore);
	struct cgroup *cgroup = work->cgroup;
	bool is_outside = work->error != 0;
	free(work);
	cgroup->chores--;
	if (cgroup->over) {
		end(cgroup);
	} else if (is_outside) {
		log_warning("app %s: its process is not in its cgroup %s: it goes without one",
			cgroup->name, cgroup->path);
		add_chore(cgroup->cgroups, NULL, cgroup->path, run_remove, free_chore);
		cgroup->made = false;
		cgroup->path[0] = '\0';
	}
}

void cgroup_joined(struct cgroup *cgroup) {
	if (cgroup->made) {
		add_chore(cgroup->cgroups, cgroup, cgroup->path, run_check, handle_checked);
	}
}

// A scope goes with its last process, and what it counted with it: mostly before that process' end is heard of here.
// So where kills are to be counted, it is in a slice of the app's own, which systemd keeps.
static void find_slice(struct cgroup *cgroup) {
	if (cgroup->limits.memory_max > 0) {
		snprintf(cgroup->slice, PATH_SIZE, "%s", cgroup->path);
		*strrchr(cgroup->slice, '/') = '\0';
		cgroup->oom_kills = count_oom_kills(cgroup->slice);
	}
}

static void handle_scope(void *data, bool started) {
	struct cgroup *cgroup = data;
	cgroup->scope = NULL;
	// Only where it really is one of its own: all in it will be killed.
	char ours[PATH_SIZE];
	if (!started || !find_path(cgroup->pid, cgroup->path) || !find_path(getpid(), ours) ||
		strcmp(ours, cgroup->path) == 0 || strstr(cgroup->path, "/app-vitrine-") == NULL) {
		make(cgroup);
		return;
	}
	find_slice(cgroup);
	let_go(cgroup);
}

struct cgroup *cgroup_create(struct cgroups *cgroups, const char *name,
	const struct cgroup_limits *limits, int go, void (*ready)(void *data), void *data) {
	struct cgroup *cgroup = calloc(1, sizeof(*cgroup));
	if (cgroup == NULL) {
		close(go);
		return NULL;
	}
	cgroup->go = go;
	cgroup->cgroups = cgroups;
	cgroup->limits = *limits;
	cgroup->ready = ready;
	cgroup->data = data;
	cgroup->events = -1;
	wl_list_init(&cgroup->link);
	snprintf(cgroup->name, sizeof(cgroup->name), "%s", name);
	return cgroup;
}

void cgroup_start(struct cgroup *cgroup) {
	if (cgroup->cgroups->scopes == NULL) {
		make(cgroup);
	}
}

void cgroup_set_process(struct cgroup *cgroup, pid_t pid) {
	struct cgroups *cgroups = cgroup->cgroups;
	cgroup->pid = pid;
	if (cgroups->scopes == NULL) {
		return; // as cgroup_start has it
	}
	cgroup->scope =
		scope_start(cgroups->scopes, cgroup->name, pid, &cgroup->limits, handle_scope, cgroup);
	if (cgroup->scope == NULL) {
		make(cgroup);
	}
}

const char *cgroup_path(const struct cgroup *cgroup) {
	return cgroup->path[0] != '\0' ? cgroup->path + strlen(root) : "";
}

bool cgroup_has(const struct cgroup *cgroup, pid_t pid) {
	return cgroup->path[0] != '\0' && is_in(cgroup->path, pid, false);
}

int64_t cgroup_memory(const struct cgroup *cgroup) {
	return cgroup_file_number(cgroup->path, "memory.current");
}

int64_t cgroup_processes(const struct cgroup *cgroup) {
	int fd =
		cgroup->path[0] != '\0' ? cgroup_file_open(cgroup->path, "cgroup.procs", O_RDONLY) : -1;
	FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
	int64_t n = file != NULL ? 0 : -1;
	int pid;
	while (file != NULL && fscanf(file, "%d", &pid) == 1) {
		n++;
	}
	if (file != NULL) {
		fclose(file);
	}
	return n;
}

bool cgroup_ran_out_of_memory(const struct cgroup *cgroup) {
	const char *counted = cgroup->slice[0] != '\0' ? cgroup->slice : cgroup->path;
	return count_oom_kills(counted) > cgroup->oom_kills;
}

// ---- The end of one ----

// For kernels before 5.14, which have no cgroup.kill. What is forked meanwhile is found the next time.
static void kill_each(const char *path) {
	for (int again = 0, found = 1; found > 0 && again < 100; again++) {
		int fd = cgroup_file_open(path, "cgroup.procs", O_RDONLY);
		FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
		int pid;
		found = 0;
		while (file != NULL && fscanf(file, "%d", &pid) == 1) {
			found += kill(pid, SIGKILL) == 0;
		}
		if (file != NULL) {
			fclose(file);
		}
	}
}

static void kill_all(const char *path) {
	if (!cgroup_file_write(path, "cgroup.kill", "1")) {
		kill_each(path);
	}
}

static void run_kill(struct chore *chore) {
	struct tree_chore *work = wl_container_of(chore, work, chore);
	kill_all(work->path);
}

void cgroup_kill(struct cgroup *cgroup) {
	if (cgroup->path[0] != '\0' &&
		!add_chore(cgroup->cgroups, NULL, cgroup->path, run_kill, free_chore)) {
		kill_all(cgroup->path);
	}
}

static void cgroup_free(struct cgroup *cgroup) {
	wl_list_remove(&cgroup->link);
	if (cgroup->events_event != NULL) {
		wl_event_source_remove(cgroup->events_event);
	}
	if (cgroup->events >= 0) {
		close(cgroup->events);
	}
	if (cgroup->go >= 0) {
		close(cgroup->go);
	}
	free(cgroup);
}

static void try_remove(struct cgroup *cgroup);

static int handle_events(int fd, uint32_t mask, void *data) {
	(void)mask;
	struct cgroup *cgroup = data;
	char text[256];
	ssize_t n = pread(fd, text, sizeof(text), 0); // or it would be reported again and again
	(void)n;
	try_remove(cgroup);
	return 0;
}

static void handle_removed(struct chore *chore) {
	struct tree_chore *work = wl_container_of(chore, work, chore);
	struct cgroup *cgroup = work->cgroup;
	bool gone = work->error == 0, is_new = work->events >= 0;
	if (is_new) {
		cgroup->events = work->events;
	}
	free(work);
	cgroup->chores--;
	if (gone || cgroup->events < 0) {
		cgroup_free(cgroup);
		return;
	}
	if (is_new) {
		// The kernel reports a change as POLLERR with POLLPRI, the first of which is always heard.
		cgroup->events_event =
			wl_event_loop_add_fd(cgroup->cgroups->loop, cgroup->events, 0, handle_events, cgroup);
	}
	if (cgroup->emptied) {
		try_remove(cgroup);
	}
}

static void try_remove(struct cgroup *cgroup) {
	cgroup->emptied = cgroup->chores > 0;
	if (!cgroup->emptied) {
		// Without memory for it, with the next change, or when all ends.
		add_chore(cgroup->cgroups, cgroup, cgroup->path, run_remove, handle_removed);
	}
}

static void run_watch_and_remove(struct chore *chore) {
	struct tree_chore *work = wl_container_of(chore, work, chore);
	work->events = cgroup_file_open(work->path, "cgroup.events", O_RDONLY);
	run_remove(chore);
}

static void end(struct cgroup *cgroup) {
	cgroup_kill(cgroup);
	if (!cgroup->made) { // not ours to remove
		cgroup_free(cgroup);
		return;
	}
	wl_list_remove(&cgroup->link);
	wl_list_insert(&cgroup->cgroups->dying, &cgroup->link);
	if (!add_chore(cgroup->cgroups, cgroup, cgroup->path, run_watch_and_remove, handle_removed)) {
		cgroup->events = cgroup_file_open(cgroup->path, "cgroup.events", O_RDONLY);
	}
}

void cgroup_destroy(struct cgroup *cgroup) {
	if (cgroup == NULL) {
		return;
	}
	scope_cancel(cgroup->scope);
	cgroup->scope = NULL;
	cgroup->over = true;
	if (cgroup->chores == 0) {
		end(cgroup);
	}
}

void cgroups_destroy(struct cgroups *cgroups) {
	if (cgroups == NULL) {
		return;
	}
	int64_t end_ms = clock_now_ms() + END_MS;
	struct cgroup *cgroup, *next;
	wl_list_for_each_safe(cgroup, next, &cgroups->dying, link) {
		struct pollfd pollfd = {.fd = cgroup->events, .events = POLLPRI};
		char text[256];
		int64_t left;
		while (pread(cgroup->events, text, sizeof(text), 0) >= 0 && // so poll hears the next change
			!remove_tree(cgroup->path) && (left = end_ms - clock_now_ms()) > 0) {
			poll(&pollfd, 1, (int)left);
		}
		cgroup_free(cgroup);
	}
	if (cgroups->settling.own[0] != '\0') {
		move_up(&cgroups->settling);
	}
	scopes_destroy(cgroups->scopes);
	free(cgroups);
}
