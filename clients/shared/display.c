// SPDX-License-Identifier: MIT
#include "shared/display.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <wayland-client.h>

#include "linux-dmabuf-v1-client-protocol.h"
#include "presentation-time-client-protocol.h"
#include "shared/report.h"
#include "vitrine-control-v1-client-protocol.h"
#include "xdg-shell-client-protocol.h"

#define MAX_FDS 8

static void handle_ping(void *data, struct xdg_wm_base *wm_base, uint32_t serial) {
	(void)data;
	xdg_wm_base_pong(wm_base, serial);
}

static const struct xdg_wm_base_listener wm_base_listener = {.ping = handle_ping};

static void handle_shm_format(void *data, struct wl_shm *shm, uint32_t format) {
	(void)shm;
	struct client_display *display = data;
	// wl_shm numbers its formats as DRM does, but for the two that it had first.
	if (format == WL_SHM_FORMAT_ARGB8888) {
		format = DRM_FORMAT_ARGB8888;
	} else if (format == WL_SHM_FORMAT_XRGB8888) {
		format = DRM_FORMAT_XRGB8888;
	}
	if (!format_set_add(&display->shm_formats, format, DRM_FORMAT_MOD_LINEAR)) {
		display->failed = true;
	}
}

static const struct wl_shm_listener shm_listener = {.format = handle_shm_format};

static void handle_clock_id(void *data, struct wp_presentation *presentation, uint32_t clock) {
	(void)presentation;
	struct client_display *display = data;
	display->clock = (clockid_t)clock;
}

static const struct wp_presentation_listener presentation_listener = {.clock_id = handle_clock_id};

static void handle_geometry(void *data, struct wl_output *output, int32_t x, int32_t y,
	int32_t width_mm, int32_t height_mm, int32_t subpixel, const char *make, const char *model,
	int32_t transform) {
	(void)data;
	(void)output;
	(void)x;
	(void)y;
	(void)width_mm;
	(void)height_mm;
	(void)subpixel;
	(void)make;
	(void)model;
	(void)transform;
}

static void handle_mode(void *data, struct wl_output *output, uint32_t flags, int32_t width,
	int32_t height, int32_t refresh_mhz) {
	(void)output;
	struct client_display *display = data;
	if ((flags & WL_OUTPUT_MODE_CURRENT) && width > 0 && height > 0) {
		display->output_width = (uint32_t)width;
		display->output_height = (uint32_t)height;
		display->output_refresh_mhz = refresh_mhz > 0 ? (uint32_t)refresh_mhz : 0;
	}
}

static const struct wl_output_listener output_listener = {
	.geometry = handle_geometry,
	.mode = handle_mode,
};

// True if this global is the wanted one and not bound yet.
static bool matches(const char *interface, const struct wl_interface *wanted, const void *bound) {
	return !bound && strcmp(interface, wanted->name) == 0;
}

static void *bind(struct client_display *display, uint32_t name, uint32_t version,
	const struct wl_interface *interface, uint32_t max_version, const void *listener) {
	void *object = wl_registry_bind(
		display->registry, name, interface, version < max_version ? version : max_version);
	if (!object) {
		display->failed = true;
	} else if (listener) {
		wl_proxy_add_listener(object, (void (**)(void))(uintptr_t)listener, display);
	}
	return object;
}

static void bind_window_global(
	struct client_display *display, uint32_t name, const char *interface, uint32_t version) {
	if (matches(interface, &wl_compositor_interface, display->compositor) && version >= 4) {
		display->compositor = bind(display, name, version, &wl_compositor_interface, 4, NULL);
	} else if (matches(interface, &xdg_wm_base_interface, display->wm_base)) {
		display->wm_base =
			bind(display, name, version, &xdg_wm_base_interface, 1, &wm_base_listener);
	} else if (matches(interface, &wl_shm_interface, display->shm)) {
		display->shm = bind(display, name, version, &wl_shm_interface, 1, &shm_listener);
	} else if (matches(interface, &wl_output_interface, display->output)) {
		display->output = bind(display, name, version, &wl_output_interface, 1, &output_listener);
	} else if (matches(interface, &wp_presentation_interface, display->presentation)) {
		display->presentation =
			bind(display, name, version, &wp_presentation_interface, 1, &presentation_listener);
	} else if (matches(interface, &zwp_linux_dmabuf_v1_interface, display->dmabuf) &&
		version >= ZWP_LINUX_DMABUF_V1_MODIFIER_SINCE_VERSION) {
		display->dmabuf = bind(display, name, version, &zwp_linux_dmabuf_v1_interface, 4, NULL);
		if (!display->dmabuf || !client_feedback_init(&display->feedback, display->dmabuf)) {
			display->failed = true;
		}
	} else if (!client_codings_bind(&display->codings, display->registry, name, interface)) {
		display->failed = true;
	}
}

static void handle_global(void *data, struct wl_registry *registry, uint32_t name,
	const char *interface, uint32_t version) {
	(void)registry;
	struct client_display *display = data;
	if (display->wants & CLIENT_WANT_WINDOW) {
		bind_window_global(display, name, interface, version);
	}
	if ((display->wants & CLIENT_WANT_CONTROL) &&
		matches(interface, &vitrine_control_v1_interface, display->control)) {
		display->control = bind(display, name, version, &vitrine_control_v1_interface, 3, NULL);
	}
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name) {
	(void)data;
	(void)registry;
	(void)name;
}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

static void report_lost_connection(struct client_display *display) {
	int error = wl_display_get_error(display->display);
	if (error == EPROTO) {
		const struct wl_interface *interface = NULL;
		uint32_t code = wl_display_get_protocol_error(display->display, &interface, NULL);
		client_report("the compositor ended the connection: error %u of %s (the line above has "
					  "its reason)",
			code, interface ? interface->name : "an unknown interface");
	} else if (error == EPIPE || error == ECONNRESET) {
		client_report("the compositor is gone: it was stopped, or it failed (see its log)");
	} else {
		client_report("lost the connection to the compositor: %s", strerror(error ? error : errno));
	}
}

static void report_no_socket(const char *socket) {
	int error = errno;
	const char *name = socket ? socket : getenv("WAYLAND_DISPLAY");
	if (!name || !*name) {
		name = "wayland-0";
	}
	if (!getenv("XDG_RUNTIME_DIR") && name[0] != '/') {
		client_report("no compositor on socket %s: XDG_RUNTIME_DIR is not set: set it to the "
					  "runtime directory of the user vitrine runs as",
			name);
	} else if (error == EACCES || error == EPERM) {
		client_report("no permission for socket %s: run this as root or as the user vitrine runs "
					  "as",
			name);
	} else {
		client_report("no compositor on socket %s (%s): is vitrine running? Name its socket with "
					  "WAYLAND_DISPLAY, relative to XDG_RUNTIME_DIR",
			name, strerror(error));
	}
}

static int open_signals(void) {
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0) {
		return -1;
	}
	return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

// Two roundtrips: the globals, then what they tell of themselves.
static bool bind_globals(struct client_display *display) {
	display->registry = wl_display_get_registry(display->display);
	if (!display->registry) {
		client_report("out of memory");
		return false;
	}
	wl_registry_add_listener(display->registry, &registry_listener, display);
	for (int i = 0; i < 2; i++) {
		if (!client_display_roundtrip(display)) {
			return false;
		}
	}
	if (display->failed || display->feedback.failed) {
		client_report("out of memory while reading what the compositor offers");
		return false;
	}
	if ((display->wants & CLIENT_WANT_WINDOW) && (!display->compositor || !display->wm_base)) {
		client_report("the compositor offers no %s: this program needs a compositor with "
					  "wl_compositor 4 and xdg-shell",
			display->compositor ? "xdg_wm_base" : "wl_compositor 4");
		return false;
	}
	return true;
}

bool client_display_connect(struct client_display *display, const char *socket, uint32_t wants) {
	*display = (struct client_display){.wants = wants, .clock = CLOCK_MONOTONIC, .signal_fd = -1};
	display->display = wl_display_connect(socket);
	if (!display->display) {
		report_no_socket(socket);
		return false;
	}
	display->signal_fd = open_signals();
	if (display->signal_fd < 0) {
		client_report("cannot listen for signals: %s", strerror(errno));
		client_display_finish(display);
		return false;
	}
	if (!bind_globals(display)) {
		client_display_finish(display);
		return false;
	}
	return true;
}

void client_display_finish(struct client_display *display) {
	client_feedback_finish(&display->feedback);
	client_codings_finish(&display->codings);
	format_set_finish(&display->shm_formats);
	if (display->control) {
		vitrine_control_v1_destroy(display->control);
	}
	if (display->presentation) {
		wp_presentation_destroy(display->presentation);
	}
	if (display->dmabuf) {
		zwp_linux_dmabuf_v1_destroy(display->dmabuf);
	}
	if (display->output) {
		wl_output_destroy(display->output);
	}
	if (display->shm) {
		wl_shm_destroy(display->shm);
	}
	if (display->wm_base) {
		xdg_wm_base_destroy(display->wm_base);
	}
	if (display->compositor) {
		wl_compositor_destroy(display->compositor);
	}
	if (display->registry) {
		wl_registry_destroy(display->registry);
	}
	if (display->display) {
		wl_display_flush(display->display);
		wl_display_disconnect(display->display);
	}
	if (display->signal_fd >= 0) {
		close(display->signal_fd);
	}
	*display = (struct client_display){.signal_fd = -1};
}

static bool lost(struct client_display *display) {
	report_lost_connection(display);
	return false;
}

// poll(2) over the socket, the signals and `fds`; the results go back to `fds`.
static int poll_all(
	struct client_display *display, struct pollfd *fds, size_t n_fds, int timeout_ms) {
	struct pollfd all[MAX_FDS + 2];
	all[0] = (struct pollfd){.fd = wl_display_get_fd(display->display), .events = POLLIN};
	all[1] = (struct pollfd){.fd = display->signal_fd, .events = POLLIN};
	for (size_t i = 0; i < n_fds; i++) {
		all[i + 2] = fds[i];
	}
	// A full socket is waited for too: the requests that did not fit go out with the next call.
	if (wl_display_flush(display->display) < 0) {
		// After EPIPE the reason is still to be read.
		if (errno != EAGAIN && errno != EPIPE) {
			return -1;
		}
		all[0].events |= errno == EAGAIN ? POLLOUT : 0;
	}
	int ready = poll(all, n_fds + 2, timeout_ms);
	for (size_t i = 0; i < n_fds; i++) {
		fds[i].revents = ready > 0 ? all[i + 2].revents : 0;
	}
	if (ready < 0 && errno != EINTR) {
		return -1;
	}
	return ready > 0 && (all[0].revents & ~POLLOUT) ? 1 : 0;
}

bool client_display_wait(
	struct client_display *display, struct pollfd *fds, size_t n_fds, int timeout_ms) {
	if (n_fds > MAX_FDS) {
		n_fds = MAX_FDS;
	}
	// Events that came in with a roundtrip are dispatched first, without sleeping over them.
	while (wl_display_prepare_read(display->display) < 0) {
		if (wl_display_dispatch_pending(display->display) < 0) {
			return lost(display);
		}
		timeout_ms = 0;
	}
	int readable = poll_all(display, fds, n_fds, timeout_ms);
	if (readable != 1) {
		wl_display_cancel_read(display->display);
	} else if (wl_display_read_events(display->display) < 0) {
		return lost(display);
	}
	if (readable < 0 || wl_display_dispatch_pending(display->display) < 0) {
		return lost(display);
	}
	struct signalfd_siginfo info;
	while (read(display->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		display->stop = true;
	}
	return true;
}

static void handle_sync_done(void *data, struct wl_callback *callback, uint32_t serial) {
	(void)callback;
	(void)serial;
	bool *done = data;
	*done = true;
}

static const struct wl_callback_listener sync_listener = {.done = handle_sync_done};

// Not wl_display_roundtrip(): SIGINT has to end the wait for a compositor that hangs.
bool client_display_roundtrip(struct client_display *display) {
	bool done = false;
	struct wl_callback *callback = wl_display_sync(display->display);
	if (!callback) {
		return lost(display);
	}
	wl_callback_add_listener(callback, &sync_listener, &done);
	bool alive = true;
	while (alive && !done && !display->stop) {
		alive = client_display_wait(display, NULL, 0, -1);
	}
	wl_callback_destroy(callback);
	return alive && done;
}

int64_t client_now_ns(clockid_t clock) {
	struct timespec now = {0};
	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
