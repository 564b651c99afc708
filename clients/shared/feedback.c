// SPDX-License-Identifier: MIT
#include "shared/feedback.h"

#include <drm_fourcc.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "linux-dmabuf-v1-client-protocol.h"

// As linux-dmabuf lays it out in the format table.
struct feedback_entry {
	uint32_t format;
	uint32_t padding;
	uint64_t modifier;
};

static void drop_table(struct client_feedback *feedback) {
	if (feedback->table) {
		munmap(feedback->table, feedback->table_size);
	}
	feedback->table = NULL;
	feedback->table_size = 0;
}

// Parameters may be sent anew at any time; they replace all that came before.
static void begin_parameters(struct client_feedback *feedback) {
	if (!feedback->complete) {
		return;
	}
	feedback->complete = false;
	feedback->all.len = 0;
	feedback->scanout.len = 0;
	feedback->tranche.len = 0;
	feedback->tranche_scanout = false;
}

static void handle_done(void *data, struct zwp_linux_dmabuf_feedback_v1 *object) {
	(void)object;
	struct client_feedback *feedback = data;
	feedback->complete = true;
}

static void handle_format_table(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *object, int32_t fd, uint32_t size) {
	(void)object;
	struct client_feedback *feedback = data;
	begin_parameters(feedback);
	drop_table(feedback);
	void *table = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (table == MAP_FAILED) {
		feedback->failed = true;
		return;
	}
	feedback->table = table;
	feedback->table_size = size;
}

static void handle_main_device(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *object, struct wl_array *device) {
	(void)object;
	struct client_feedback *feedback = data;
	begin_parameters(feedback);
	if (device->size == sizeof(feedback->main_device)) {
		memcpy(&feedback->main_device, device->data, sizeof(feedback->main_device));
	}
}

static void handle_tranche_done(void *data, struct zwp_linux_dmabuf_feedback_v1 *object) {
	(void)object;
	struct client_feedback *feedback = data;
	for (size_t i = 0; i < feedback->tranche.len; i++) {
		struct format_pair *pair = &feedback->tranche.pairs[i];
		if (!format_set_add(&feedback->all, pair->format, pair->modifier) ||
			(feedback->tranche_scanout &&
				!format_set_add(&feedback->scanout, pair->format, pair->modifier))) {
			feedback->failed = true;
		}
	}
	feedback->tranche.len = 0;
	feedback->tranche_scanout = false;
}

static void handle_tranche_target_device(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *object, struct wl_array *device) {
	(void)object;
	(void)device;
	begin_parameters(data);
}

static void handle_tranche_formats(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *object, struct wl_array *indices) {
	(void)object;
	struct client_feedback *feedback = data;
	begin_parameters(feedback);
	size_t entries = feedback->table_size / sizeof(*feedback->table);
	const uint16_t *index;
	wl_array_for_each(index, indices) {
		if (*index >= entries) {
			continue;
		}
		const struct feedback_entry *entry = &feedback->table[*index];
		if (!format_set_add(&feedback->tranche, entry->format, entry->modifier)) {
			feedback->failed = true;
		}
	}
}

static void handle_tranche_flags(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *object, uint32_t flags) {
	(void)object;
	struct client_feedback *feedback = data;
	begin_parameters(feedback);
	feedback->tranche_scanout = flags & ZWP_LINUX_DMABUF_FEEDBACK_V1_TRANCHE_FLAGS_SCANOUT;
}

static const struct zwp_linux_dmabuf_feedback_v1_listener feedback_listener = {
	.done = handle_done,
	.format_table = handle_format_table,
	.main_device = handle_main_device,
	.tranche_done = handle_tranche_done,
	.tranche_target_device = handle_tranche_target_device,
	.tranche_formats = handle_tranche_formats,
	.tranche_flags = handle_tranche_flags,
};

static void handle_format(void *data, struct zwp_linux_dmabuf_v1 *dmabuf, uint32_t format) {
	// The modifier event that goes with it says the same and more.
	(void)data;
	(void)dmabuf;
	(void)format;
}

static void handle_modifier(void *data, struct zwp_linux_dmabuf_v1 *dmabuf, uint32_t format,
	uint32_t modifier_hi, uint32_t modifier_lo) {
	(void)dmabuf;
	struct client_feedback *feedback = data;
	if (!format_set_add(&feedback->all, format, (uint64_t)modifier_hi << 32 | modifier_lo)) {
		feedback->failed = true;
	}
}

static const struct zwp_linux_dmabuf_v1_listener dmabuf_listener = {
	.format = handle_format,
	.modifier = handle_modifier,
};

bool client_feedback_init(struct client_feedback *feedback, struct zwp_linux_dmabuf_v1 *dmabuf) {
	*feedback = (struct client_feedback){0};
	zwp_linux_dmabuf_v1_add_listener(dmabuf, &dmabuf_listener, feedback);
	uint32_t version = zwp_linux_dmabuf_v1_get_version(dmabuf);
	if (version < ZWP_LINUX_DMABUF_V1_GET_DEFAULT_FEEDBACK_SINCE_VERSION) {
		return true;
	}
	feedback->object = zwp_linux_dmabuf_v1_get_default_feedback(dmabuf);
	if (!feedback->object) {
		return false;
	}
	feedback->has_tranches = true;
	zwp_linux_dmabuf_feedback_v1_add_listener(feedback->object, &feedback_listener, feedback);
	return true;
}

void client_feedback_finish(struct client_feedback *feedback) {
	if (feedback->object) {
		zwp_linux_dmabuf_feedback_v1_destroy(feedback->object);
	}
	drop_table(feedback);
	format_set_finish(&feedback->all);
	format_set_finish(&feedback->scanout);
	format_set_finish(&feedback->tranche);
	*feedback = (struct client_feedback){0};
}

bool client_feedback_modifier(
	const struct client_feedback *feedback, uint32_t format, uint64_t *modifier) {
	static const uint64_t modifiers[] = {DRM_FORMAT_MOD_LINEAR, DRM_FORMAT_MOD_INVALID};
	const struct format_set *sets[] = {&feedback->scanout, &feedback->all};
	for (size_t i = 0; i < 2; i++) {
		for (size_t j = 0; j < 2; j++) {
			if (format_set_has(sets[i], format, modifiers[j])) {
				*modifier = modifiers[j];
				return true;
			}
		}
	}
	return false;
}

void client_feedback_list(const struct format_set *set, char *text, size_t size) {
	static const char more[] = "...";
	size_t used = 0;
	snprintf(text, size, "none");
	for (size_t i = 0; i < set->len; i++) {
		const struct format_pair *pair = &set->pairs[i];
		if (pair->modifier != DRM_FORMAT_MOD_LINEAR && pair->modifier != DRM_FORMAT_MOD_INVALID) {
			continue;
		}
		// LINEAR and INVALID of one format are named once.
		if (pair->modifier == DRM_FORMAT_MOD_INVALID &&
			format_set_has(set, pair->format, DRM_FORMAT_MOD_LINEAR)) {
			continue;
		}
		char name[5];
		format_name(pair->format, name);
		const char *separator = used > 0 ? ", " : "";
		if (used + strlen(separator) + strlen(name) + sizeof(more) > size) {
			snprintf(text + used, size - used, "%s", more);
			return;
		}
		used += (size_t)snprintf(text + used, size - used, "%s%s", separator, name);
	}
}
