// SPDX-License-Identifier: MIT
// What each output shows below all windows: a colour, or a picture of a file.
//
// The layout asks for it whenever it lays an output out, so that outputs that come, go, turn or get
// another size are seen without being told of. A picture is read and brought to the output's size in a
// thread of its own, and shown once that is done: frames wait for nothing.
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <drm_fourcc.h>

#include "base/log.h"
#include "kiosk/backdrop.h"
#include "kiosk/drawn.h"
#include "kiosk/kiosk.h"
#include "picture/picture.h"

// What is to be seen.
struct wish {
	int32_t width, height; // px of the panel
	enum wl_output_transform transform;
	int color; // 0xrrggbb
	enum picture_fit fit;
	char *path; // owned; NULL: the colour alone
	struct stat file;
};

// One picture on its way. Whoever is last to let go of it, the kiosk or the thread, frees it.
struct job {
	atomic_int holders;
	atomic_bool cancelled;
	struct wish wish;
	int done_fd;      // an eventfd: it is done
	uint32_t *pixels; // rows of wish.width; NULL: it failed
	char error[PICTURE_ERROR_SIZE];
};

// Of one output, found by its name.
struct background {
	struct kiosk_backgrounds *all;
	struct wl_list link; // kiosk_backgrounds.list
	char *name;
	struct wayland_output *output;
	struct wish wish;
	struct scene_buffer *color;   // NULL: black
	struct drawn_buffer *picture; // NULL: none, or not yet
	struct job *job;              // NULL: none is on its way
	struct wl_event_source *done_event;
};

struct kiosk_backgrounds {
	struct kiosk *kiosk;
	struct wl_list list;
};

// ---- In the thread ----

static void job_unref(struct job *job) {
	if (atomic_fetch_sub(&job->holders, 1) > 1) {
		return;
	}
	if (job->done_fd >= 0) {
		close(job->done_fd);
	}
	free(job->wish.path);
	free(job->pixels);
	free(job);
}

// Upright px as the panel has them.
static bool turn(struct job *job, const uint32_t *upright, int32_t width, int32_t height) {
	enum wl_output_transform transform = scene_transform_invert(job->wish.transform);
	for (int32_t y = 0; y < height; y++) {
		if (atomic_load(&job->cancelled)) {
			return false;
		}
		for (int32_t x = 0; x < width; x++) {
			struct scene_fbox box =
				scene_fbox_transform((struct scene_fbox){x, y, 1, 1}, transform, width, height);
			job->pixels[(size_t)box.y * (size_t)job->wish.width + (size_t)box.x] =
				upright[(size_t)y * (size_t)width + (size_t)x];
		}
	}
	return true;
}

// Draws the picture on the colour, upright. False with an error, or cancelled.
static bool draw_upright(struct job *job, uint32_t *pixels, int32_t width, int32_t height) {
	pixman_image_t *picture = picture_load(job->wish.path, &job->cancelled, job->error);
	if (picture == NULL) {
		return false;
	}
	size_t n = (size_t)width * (size_t)height;
	for (size_t i = 0; i < n; i++) {
		pixels[i] = 0xff000000 | (uint32_t)job->wish.color;
	}
	struct picture_place place = picture_place(job->wish.fit, pixman_image_get_width(picture),
		pixman_image_get_height(picture), width, height);
	pixman_image_t *target =
		pixman_image_create_bits(PIXMAN_x8r8g8b8, width, height, pixels, width * 4);
	bool ok = target != NULL && picture_draw(picture, &place, target, &job->cancelled);
	if (target != NULL) {
		pixman_image_unref(target);
	}
	pixman_image_unref(picture);
	return ok;
}

static bool draw(struct job *job) {
	bool quarter = (job->wish.transform & WL_OUTPUT_TRANSFORM_90) != 0;
	int32_t width = quarter ? job->wish.height : job->wish.width;
	int32_t height = quarter ? job->wish.width : job->wish.height;
	size_t n = (size_t)width * (size_t)height;
	uint32_t *upright = calloc(n, sizeof(*upright));
	bool ok = upright != NULL && draw_upright(job, upright, width, height);
	if (ok && job->wish.transform == WL_OUTPUT_TRANSFORM_NORMAL) {
		job->pixels = upright;
		return true;
	}
	job->pixels = ok ? calloc(n, sizeof(*job->pixels)) : NULL;
	ok = job->pixels != NULL && turn(job, upright, width, height);
	free(upright);
	return ok;
}

static void *run_job(void *data) {
	struct job *job = data;
	if (!draw(job)) {
		free(job->pixels);
		job->pixels = NULL;
		if (job->error[0] == '\0') {
			snprintf(job->error, sizeof(job->error), "%.90s: out of memory", job->wish.path);
		}
	}
	uint64_t one = 1;
	ssize_t n = write(job->done_fd, &one, sizeof(one));
	(void)n; // an eventfd takes it
	job_unref(job);
	return NULL;
}

// ---- Jobs ----

static void cancel(struct background *background) {
	if (background->job == NULL) {
		return;
	}
	wl_event_source_remove(background->done_event);
	background->done_event = NULL;
	atomic_store(&background->job->cancelled, true);
	job_unref(background->job);
	background->job = NULL;
}

static void drop_picture(struct background *background) {
	if (background->picture != NULL) {
		scene_buffer_drop(&background->picture->base);
		background->picture = NULL;
	}
}

static int handle_done(int fd, uint32_t mask, void *data) {
	(void)fd;
	(void)mask;
	struct background *background = data;
	struct job *job = background->job;
	drop_picture(background);
	if (job->pixels == NULL) { // never for being cancelled: nobody would listen here
		log_warning(
			"%s: background-picture = %s: the colour is shown", background->name, job->error);
	} else {
		background->picture = drawn_buffer_create(background->all->kiosk->device, job->wish.width,
			job->wish.height, DRM_FORMAT_XRGB8888, job->pixels);
		job->pixels = NULL;
	}
	if (background->picture != NULL) {
		drawn_buffer_show(background->picture);
		log_debug("%s: its background picture is there", background->name);
	}
	cancel(background);
	kiosk_layout_ground_changed(background->all->kiosk->layout, background->output);
	return 0;
}

static bool start_thread(struct job *job) {
	sigset_t all, before;
	sigfillset(&all);
	pthread_attr_t attributes;
	pthread_t thread;
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_sigmask(SIG_SETMASK, &all, &before); // signals are the main thread's
	int rc = pthread_create(&thread, &attributes, run_job, job);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return rc == 0;
}

static void start(struct background *background) {
	struct job *job = calloc(1, sizeof(*job));
	if (job == NULL) {
		log_warning("%s: background-picture: out of memory", background->name);
		return;
	}
	job->wish = background->wish;
	job->wish.path = strdup(background->wish.path);
	job->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	atomic_init(&job->holders, 1);
	struct wl_event_source *event = job->wish.path != NULL && job->done_fd >= 0
		? wl_event_loop_add_fd(kiosk_loop(background->all->kiosk), job->done_fd, WL_EVENT_READABLE,
			  handle_done, background)
		: NULL;
	background->job = job;
	background->done_event = event;
	if (event == NULL) {
		log_warning("%s: background-picture: %s", background->name, strerror(errno));
		background->job = NULL;
		job_unref(job);
		return;
	}
	atomic_store(&job->holders, 2);
	if (!start_thread(job)) {
		log_warning("%s: background-picture: no thread can be started", background->name);
		atomic_store(&job->holders, 1);
		cancel(background);
	}
}

// ---- What is asked for ----

static void destroy_color(struct scene_buffer *buffer) {
	free(buffer);
}

static struct scene_buffer *make_color(int color) {
	static const struct scene_buffer_ops ops = {.destroy = destroy_color};
	struct scene_buffer *buffer = color != 0 ? calloc(1, sizeof(*buffer)) : NULL;
	if (buffer != NULL) {
		scene_buffer_init(buffer, &ops, SCENE_BUFFER_SOLID);
		buffer->format = DRM_FORMAT_XRGB8888;
		buffer->solid[0] = (uint16_t)((color >> 16 & 0xff) * 257);
		buffer->solid[1] = (uint16_t)((color >> 8 & 0xff) * 257);
		buffer->solid[2] = (uint16_t)((color & 0xff) * 257);
		buffer->solid[3] = UINT16_MAX;
	}
	return buffer;
}

static bool same_path(const char *a, const char *b) {
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool same_wish(const struct wish *a, const struct wish *b) {
	bool same = a->width == b->width && a->height == b->height && a->transform == b->transform &&
		a->color == b->color && same_path(a->path, b->path);
	return same && (a->path == NULL || a->fit == b->fit);
}

static void set_wish(struct background *background, const struct wish *wish) {
	bool recolored = background->wish.color != wish->color;
	cancel(background);
	free(background->wish.path);
	background->wish = *wish;
	background->wish.path = wish->path != NULL ? strdup(wish->path) : NULL;
	if (recolored) {
		scene_buffer_drop(background->color);
		background->color = make_color(wish->color);
	}
	if (background->wish.path == NULL) {
		drop_picture(background);
		return;
	}
	if (stat(background->wish.path, &background->wish.file) != 0) {
		background->wish.file = (struct stat){0}; // reading it tells why
	}
	start(background);
}

static struct background *find(
	struct kiosk_backgrounds *backgrounds, const struct wayland_output *output) {
	struct background *background;
	wl_list_for_each(background, &backgrounds->list, link) {
		if (background->output == output) {
			return background;
		}
	}
	return NULL;
}

static struct background *background_create(
	struct kiosk_backgrounds *backgrounds, struct wayland_output *output) {
	struct background *background = calloc(1, sizeof(*background));
	char *name = strdup(wayland_output_info(output)->name);
	if (background == NULL || name == NULL) {
		free(background);
		free(name);
		return NULL;
	}
	background->all = backgrounds;
	background->name = name;
	background->output = output;
	wl_list_insert(&backgrounds->list, &background->link);
	return background;
}

static void background_destroy(struct background *background) {
	cancel(background);
	drop_picture(background);
	scene_buffer_drop(background->color);
	free(background->wish.path);
	free(background->name);
	wl_list_remove(&background->link);
	free(background);
}

// Layouts do not fail for want of a background.
static struct scene_buffer *handle_buffer(void *data, struct wayland_output *output) {
	struct kiosk_backgrounds *backgrounds = data;
	const struct wayland_output_info *info = wayland_output_info(output);
	const struct kiosk_output *kiosk_output = kiosk_find_output(backgrounds->kiosk, info->name);
	if (kiosk_output == NULL) {
		return NULL;
	}
	const struct display_wish wanted =
		kiosk_wish(backgrounds->kiosk, output_pipe(kiosk_output->output)->connector);
	struct background *background = find(backgrounds, output);
	if (background == NULL && wanted.background == 0 && wanted.background_picture == NULL) {
		return NULL;
	}
	if (background == NULL && (background = background_create(backgrounds, output)) == NULL) {
		return NULL;
	}
	const struct wish wish = {
		.width = info->width,
		.height = info->height,
		.transform = info->transform,
		.color = wanted.background,
		.fit = wanted.background_fit,
		.path = (char *)wanted.background_picture, // copied
	};
	if (!same_wish(&background->wish, &wish)) {
		set_wish(background, &wish);
	}
	return background->picture != NULL ? &background->picture->base : background->color;
}

static void handle_removed(void *data, struct wayland_output *output) {
	struct background *background = find(data, output);
	if (background != NULL) {
		background_destroy(background);
	}
}

// ---- Life ----

struct kiosk_backgrounds *kiosk_backgrounds_create(struct kiosk *kiosk) {
	struct kiosk_backgrounds *backgrounds = calloc(1, sizeof(*backgrounds));
	if (backgrounds == NULL) {
		return NULL;
	}
	backgrounds->kiosk = kiosk;
	wl_list_init(&backgrounds->list);
	const struct layout_ground ground = {handle_buffer, handle_removed, backgrounds};
	kiosk_layout_set_ground(kiosk->layout, &ground);
	return backgrounds;
}

// Another file may be where the former one was.
static bool is_replaced(const struct wish *wish) {
	struct stat now = {0};
	if (wish->path == NULL || stat(wish->path, &now) != 0) {
		now = (struct stat){0};
	}
	return wish->path != NULL &&
		(now.st_ino != wish->file.st_ino || now.st_dev != wish->file.st_dev ||
			now.st_size != wish->file.st_size || now.st_mtim.tv_sec != wish->file.st_mtim.tv_sec ||
			now.st_mtim.tv_nsec != wish->file.st_mtim.tv_nsec);
}

void kiosk_backgrounds_reload(struct kiosk_backgrounds *backgrounds) {
	struct background *background;
	wl_list_for_each(background, &backgrounds->list, link) {
		if (is_replaced(&background->wish)) {
			background->wish.width = 0; // as none is asked for
		}
	}
	kiosk_layout_ground_changed(backgrounds->kiosk->layout, NULL);
}

void kiosk_backgrounds_destroy(struct kiosk_backgrounds *backgrounds) {
	if (backgrounds == NULL) {
		return;
	}
	kiosk_layout_set_ground(backgrounds->kiosk->layout, NULL);
	struct background *background, *tmp;
	wl_list_for_each_safe(background, tmp, &backgrounds->list, link) {
		background_destroy(background);
	}
	free(backgrounds);
}
