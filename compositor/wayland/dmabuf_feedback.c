// SPDX-License-Identifier: MIT
// zwp_linux_dmabuf_feedback_v1: which formats, in order of preference. First what planes show without
// a copy, then all that can be composed. Every format on offer can be composed: any layer may have
// to leave its plane at any time. The feedback of a surface begins with what planes would take for that
// surface where it is (dmabuf_wish.c), and until that is known with what any plane takes.
#include <drm_fourcc.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "linux-dmabuf-v1-server-protocol.h"
#include "wayland/server.h"

// An entry of the table as the protocol lays it out.
struct table_entry {
	uint32_t format;
	uint32_t padding;
	uint64_t modifier;
};

enum { MAX_PAIRS = UINT16_MAX }; // indices have 16 bits

// Without a modifier the layout is the exporter's own: of memory that a CPU maps, linear.
static bool is_composable(const struct format_set *composed, const struct format_pair *pair) {
	return format_set_has(composed, pair->format, pair->modifier) ||
		(pair->modifier == DRM_FORMAT_MOD_INVALID &&
			format_set_has(composed, pair->format, DRM_FORMAT_MOD_LINEAR));
}

static bool write_table(struct dmabuf_formats *formats) {
	size_t n = formats->composed.len;
	formats->table_size = (uint32_t)(n * sizeof(struct table_entry));
	formats->table_fd = memfd_create("vitrine-dmabuf-formats", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (formats->table_fd < 0 || ftruncate(formats->table_fd, formats->table_size) != 0) {
		return false;
	}
	struct table_entry *table =
		mmap(NULL, formats->table_size, PROT_READ | PROT_WRITE, MAP_SHARED, formats->table_fd, 0);
	if (table == MAP_FAILED) {
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		table[i] = (struct table_entry){
			.format = formats->composed.pairs[i].format,
			.modifier = formats->composed.pairs[i].modifier,
		};
	}
	munmap(table, formats->table_size);
	return fcntl(formats->table_fd, F_ADD_SEALS,
			   F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0;
}

static bool write_indices(struct dmabuf_formats *formats) {
	for (size_t i = 0; i < formats->composed.len; i++) {
		const struct format_pair *pair = &formats->composed.pairs[i];
		uint16_t *index = wl_array_add(&formats->composed_indices, sizeof(*index));
		if (!index) {
			return false;
		}
		*index = (uint16_t)i;
		if (format_set_has(&formats->scanout, pair->format, pair->modifier)) {
			index = wl_array_add(&formats->scanout_indices, sizeof(*index));
			if (!index) {
				return false;
			}
			*index = (uint16_t)i;
		}
	}
	return true;
}

bool dmabuf_formats_init(struct dmabuf_formats *formats, const struct format_set *scanout,
	const struct format_set *composed) {
	*formats = (struct dmabuf_formats){.table_fd = -1};
	wl_array_init(&formats->scanout_indices);
	wl_array_init(&formats->composed_indices);
	for (size_t i = 0; i < composed->len && formats->composed.len < MAX_PAIRS; i++) {
		const struct format_pair *pair = &composed->pairs[i];
		if (!format_set_add(&formats->composed, pair->format, pair->modifier)) {
			return false;
		}
	}
	for (size_t i = 0; scanout && i < scanout->len; i++) {
		const struct format_pair *pair = &scanout->pairs[i];
		if (formats->composed.len < MAX_PAIRS && is_composable(composed, pair) &&
			(!format_set_add(&formats->scanout, pair->format, pair->modifier) ||
				!format_set_add(&formats->composed, pair->format, pair->modifier))) {
			return false;
		}
	}
	return formats->composed.len == 0 || (write_table(formats) && write_indices(formats));
}

void dmabuf_formats_finish(struct dmabuf_formats *formats) {
	format_set_finish(&formats->scanout);
	format_set_finish(&formats->composed);
	wl_array_release(&formats->scanout_indices);
	wl_array_release(&formats->composed_indices);
	if (formats->table_fd >= 0) {
		close(formats->table_fd);
	}
	*formats = (struct dmabuf_formats){.table_fd = -1};
}

static void send_tranche(struct wl_resource *resource, struct wl_array *device,
	struct wl_array *indices, uint32_t flags) {
	zwp_linux_dmabuf_feedback_v1_send_tranche_target_device(resource, device);
	zwp_linux_dmabuf_feedback_v1_send_tranche_flags(resource, flags);
	zwp_linux_dmabuf_feedback_v1_send_tranche_formats(resource, indices);
	zwp_linux_dmabuf_feedback_v1_send_tranche_done(resource);
}

static void send_feedback(
	struct wayland_server *server, struct wl_resource *resource, const struct wl_array *scanout) {
	struct dmabuf_formats *formats = &server->dmabuf;
	struct wl_array first = scanout ? *scanout : formats->scanout_indices;
	struct wl_array device = {
		.size = sizeof(server->main_device),
		.data = &server->main_device,
	};
	zwp_linux_dmabuf_feedback_v1_send_format_table(
		resource, formats->table_fd, formats->table_size);
	zwp_linux_dmabuf_feedback_v1_send_main_device(resource, &device);
	if (first.size > 0) {
		send_tranche(resource, &device, &first, ZWP_LINUX_DMABUF_FEEDBACK_V1_TRANCHE_FLAGS_SCANOUT);
	}
	send_tranche(resource, &device, &formats->composed_indices, 0);
	zwp_linux_dmabuf_feedback_v1_send_done(resource);
}

static const struct zwp_linux_dmabuf_feedback_v1_interface feedback_impl = {
	.destroy = resource_handle_destroy,
};

void dmabuf_feedback_send(struct surface *surface) {
	struct wl_resource *resource;
	wl_resource_for_each(resource, &surface->dmabuf_feedbacks) {
		send_feedback(surface->server, resource, dmabuf_wish_sent(surface));
	}
}

static void handle_resource_destroy(struct wl_resource *resource) {
	struct surface *surface = wl_resource_get_user_data(resource); // NULL once it is gone
	wl_list_remove(wl_resource_get_link(resource));
	if (surface && wl_list_empty(&surface->dmabuf_feedbacks)) {
		surface->layer.wish_wanted = false;
	}
}

void dmabuf_feedback_create(struct wayland_server *server, struct wl_resource *dmabuf, uint32_t id,
	struct surface *surface) {
	struct wl_client *client = wl_resource_get_client(dmabuf);
	struct wl_resource *resource = wl_resource_create(
		client, &zwp_linux_dmabuf_feedback_v1_interface, wl_resource_get_version(dmabuf), id);
	if (!resource || (surface && !dmabuf_wish_create(surface))) {
		if (resource) {
			wl_list_init(wl_resource_get_link(resource));
			wl_resource_destroy(resource);
		}
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &feedback_impl, surface, handle_resource_destroy);
	if (surface) {
		wl_list_insert(&surface->dmabuf_feedbacks, wl_resource_get_link(resource));
	} else {
		wl_list_insert(&server->feedbacks, wl_resource_get_link(resource));
	}
	send_feedback(server, resource, surface ? dmabuf_wish_sent(surface) : NULL);
}

// ---- Another device ----

static bool has_all(const struct format_set *set, const struct format_set *of) {
	for (size_t i = 0; i < of->len; i++) {
		if (!format_set_has(set, of->pairs[i].format, of->pairs[i].modifier)) {
			return false;
		}
	}
	return true;
}

bool wayland_server_set_device(
	struct wayland_server *server, dev_t main_device, const struct format_set *scanout) {
	struct dmabuf_formats formats;
	if (!dmabuf_formats_init(&formats, scanout, &server->dmabuf.composed)) {
		dmabuf_formats_finish(&formats);
		return false;
	}
	bool same = main_device == server->main_device &&
		has_all(&formats.scanout, &server->dmabuf.scanout) &&
		has_all(&server->dmabuf.scanout, &formats.scanout);
	if (same) {
		dmabuf_formats_finish(&formats);
		return true;
	}
	dmabuf_formats_finish(&server->dmabuf);
	server->dmabuf = formats;
	server->main_device = main_device;
	struct wl_resource *resource;
	wl_resource_for_each(resource, &server->feedbacks) {
		send_feedback(server, resource, NULL);
	}
	struct surface *surface;
	wl_list_for_each(surface, &server->surfaces, link) {
		dmabuf_wish_forget(surface);
		dmabuf_feedback_send(surface);
	}
	return true;
}
