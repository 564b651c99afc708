// SPDX-License-Identifier: MIT
// What one client may hold of what is scarce, so that none takes it from the others: file
// descriptors, mappings, memory. Who goes past a bound gets the protocol's own no_memory.
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "wayland/server.h"

enum {
	MAX_CLIENTS = 1024,
	// So many objects are allowed for certain; twice as many never are. In between it depends on when
	// they are counted, which is once in so many creations.
	MAX_OBJECTS = 1 << 16,
	MAX_SURFACES = 1 << 14,
	MAX_RECTS = 1 << 20, // in all regions together
	MAX_TEXT = 1 << 20,  // bytes
	MAX_KEPT_POOLS = 1024,
	MAX_POOL_FILES = 64,
	MAX_SHARED = 32,
	SHARE = 4,            // of a limit of the process, one client gets a quarter
	MIN_BUFFER = 1 << 12, // bytes, libwayland has no smaller one
	MAX_BUFFER = 1 << 16,
};

static const int socket_buffer = 1 << 20; // bytes

// Contents of destroyed buffers that are copied for a client: at one time, and in one second.
static const size_t max_copied = (size_t)256 << 20, max_copied_per_second = (size_t)512 << 20;

// Memory that is pinned for a client: some pictures of the largest displays.
static const size_t max_shared = (size_t)256 << 20;

// ---- Limits of the process ----

static struct rlimit first_limit; // as it was found
static bool limit_known;

void wayland_raise_file_limit(void) {
	if (!limit_known && getrlimit(RLIMIT_NOFILE, &first_limit) != 0) {
		return;
	}
	limit_known = true;
	struct rlimit limit = first_limit;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit); // what is refused is done without
}

rlim_t wayland_first_file_limit(void) {
	struct rlimit limit = first_limit;
	return limit_known || getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : RLIM_INFINITY;
}

static size_t file_limit(void) {
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
		return 1024;
	}
	return limit.rlim_cur == RLIM_INFINITY ? (size_t)1 << 20 : (size_t)limit.rlim_cur;
}

static size_t map_limit(void) {
	unsigned long n = 0;
	FILE *file = fopen("/proc/sys/vm/max_map_count", "re");
	if (file) {
		if (fscanf(file, "%lu", &n) != 1) {
			n = 0;
		}
		fclose(file);
	}
	return n > 0 ? n : 65530; // Linux' own default
}

// Those of the process.
static void limits_init(struct client_limits *limits) {
	size_t files = file_limit(), maps = map_limit();
	limits->maps = maps / SHARE;
	limits->fds = files / SHARE < limits->maps ? files / SHARE : limits->maps;
	limits->clients = files / 8 < MAX_CLIENTS ? files / 8 : MAX_CLIENTS;
	// libwayland keeps fds that no request has asked for yet in a buffer of the same size in bytes.
	limits->buffer = MIN_BUFFER;
	while (limits->buffer < MAX_BUFFER && 2 * limits->buffer / sizeof(int) <= files / SHARE) {
		limits->buffer *= 2;
	}
}

// ---- Life ----

struct client_account *client_account_ref(struct client_account *account) {
	account->users++;
	return account;
}

void client_account_unref(struct client_account *account) {
	if (--account->users == 0) {
		free(account);
	}
}

struct client_account *client_account(struct wl_client *client) {
	return wl_client_get_user_data(client);
}

static void handle_free(void *data) {
	client_account_unref(data);
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	(void)data;
	struct client_account *account = wl_container_of(listener, account, destroy);
	account->gone = true;
	account->server->n_clients--;
	if (account->refusal) {
		wl_event_source_remove(account->refusal);
		account->refusal = NULL;
	}
}

static enum wl_iterator_result count_object(struct wl_resource *resource, void *data) {
	struct client_account *account = data;
	const char *name = wl_resource_get_class(resource);
	account->n_objects++;
	account->n_maps += name == wl_shm_pool_interface.name || name == wl_buffer_interface.name;
	return WL_ITERATOR_CONTINUE;
}

static void handle_created(struct wl_listener *listener, void *data) {
	struct client_account *account = wl_container_of(listener, account, created);
	const size_t maps = account->server->limits.maps;
	count_object(data, account);
	if (account->n_objects < 2 * (size_t)MAX_OBJECTS && account->n_maps < maps) {
		return;
	}
	struct wl_client *client = wl_resource_get_client(data);
	account->n_objects = 0;
	account->n_maps = 0;
	wl_client_for_each_resource(client, count_object, account);
	if (account->n_objects > MAX_OBJECTS || account->n_maps > maps / 2) {
		wl_client_post_no_memory(client);
	}
}

static void handle_refusal(void *data) {
	struct client_account *account = data;
	account->refusal = NULL;
	wl_client_destroy(account->client);
}

static void handle_client_created(struct wl_listener *listener, void *data) {
	struct wayland_server *server = wl_container_of(listener, server, client_created);
	struct wl_client *client = data;
	struct client_account *account = calloc(1, sizeof(*account));
	if (!account) {
		// It has no objects but the display: nothing that asks for its account.
		wl_client_post_no_memory(client);
		return;
	}
	account->users = 1;
	account->server = server;
	account->client = client;
	if (server->policy->client_is_trusted) {
		pid_t pid;
		wl_client_get_credentials(client, &pid, NULL, NULL);
		account->trusted =
			server->policy->client_is_trusted(server->data, pid, wl_client_get_fd(client));
	}
	wl_client_set_user_data(client, account, handle_free);
	account->destroy.notify = handle_destroy;
	wl_client_add_destroy_listener(client, &account->destroy);
	// The kernel's own buffer is where what a slow client has not read may pile up, as it holds no fd
	// of ours: as much as it gives.
	setsockopt(wl_client_get_fd(client), SOL_SOCKET, SO_SNDBUF, &socket_buffer, sizeof(int));
	account->created.notify = handle_created;
	wl_client_add_resource_created_listener(client, &account->created);
	if (++server->n_clients > server->limits.clients) {
		wl_client_post_no_memory(client);
		// Not here: who creates it goes on to use it.
		account->refusal = wl_event_loop_add_idle(server->loop, handle_refusal, account);
	}
}

void client_watch(struct wayland_server *server) {
	limits_init(&server->limits);
	wl_display_set_default_max_buffer_size(server->display, server->limits.buffer);
	server->client_created.notify = handle_client_created;
	wl_display_add_client_created_listener(server->display, &server->client_created);
}

uint64_t wayland_client_drawn(struct wl_client *client) {
	const struct client_account *account = client_account(client);
	return account ? account->n_drawn : 0;
}

// ---- Accounts ----

bool client_take_fd(struct client_account *account) {
	if (account->n_fds >= account->server->limits.fds) {
		return false;
	}
	account->n_fds++;
	return true;
}

void client_return_fd(struct client_account *account) {
	account->n_fds--;
}

bool client_take_surface(struct client_account *account) {
	if (account->n_surfaces >= MAX_SURFACES) {
		return false;
	}
	account->n_surfaces++;
	return true;
}

void client_return_surface(struct client_account *account) {
	account->n_surfaces--;
}

bool client_hold_rects(struct client_account *account, size_t *held, size_t n) {
	account->n_rects += n - *held;
	*held = n;
	return account->n_rects <= MAX_RECTS;
}

bool client_hold_text(struct client_account *account, size_t *held, size_t n) {
	account->n_text += n - *held;
	*held = n;
	return account->n_text <= MAX_TEXT;
}

bool client_is_behind(struct wl_client *client) {
	int fd = wl_client_get_fd(client), unread = 0, room = 0;
	socklen_t size = sizeof(room);
	return ioctl(fd, SIOCOUTQ, &unread) == 0 &&
		getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, &size) == 0 && unread > room / SHARE;
}

bool client_take_copy(struct client_account *account, size_t size) {
	time_t second = clock_now_ms() / 1000;
	if (second != account->copy_second) {
		account->copy_second = second;
		account->copied_this_second = 0;
	}
	if (size > max_copied - account->copied ||
		size > max_copied_per_second - account->copied_this_second) {
		return false;
	}
	account->copied += size;
	account->copied_this_second += size;
	return true;
}

void client_return_copy(struct client_account *account, size_t size) {
	account->copied -= size;
}

bool client_take_pool(struct client_account *account) {
	if (account->n_kept_pools >= MAX_KEPT_POOLS) {
		return false;
	}
	account->n_kept_pools++;
	return true;
}

void client_return_pool(struct client_account *account) {
	account->n_kept_pools--;
}

// Of its file descriptors no more than a part goes into what the client knows nothing of.
static bool take_spare_fd(struct client_account *account, size_t *n, size_t max) {
	size_t share = account->server->limits.fds / SHARE;
	if (*n >= (max < share ? max : share) || !client_take_fd(account)) {
		return false;
	}
	++*n;
	return true;
}

bool client_take_pool_file(struct client_account *account) {
	return take_spare_fd(account, &account->n_pool_files, MAX_POOL_FILES);
}

void client_return_pool_file(struct client_account *account) {
	account->n_pool_files--;
	client_return_fd(account);
}

bool client_take_shared(struct client_account *account, size_t size) {
	if (size > max_shared - account->shared ||
		!take_spare_fd(account, &account->n_shared, MAX_SHARED)) {
		return false;
	}
	account->shared += size;
	return true;
}

void client_return_shared(struct client_account *account, size_t size) {
	account->n_shared--;
	account->shared -= size;
	client_return_fd(account);
}
