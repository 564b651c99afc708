// SPDX-License-Identifier: MIT
// What differs between two configurations, by the table.
#include <string.h>

#include "kiosk/config.h"
#include "kiosk/config_keys.h"

// The i-th of the sections with this name, with what follows it; NULL when there are no more.
static const void *section_at(
	const struct config *config, enum config_section_id id, int i, const char **argument) {
	*argument = "";
	switch (id) {
	case CONFIG_OUTPUT:
		if (i >= config->n_outputs) {
			return NULL;
		}
		*argument = config->outputs[i].name;
		return &config->outputs[i];
	case CONFIG_INPUT:
		if (i >= config->n_inputs) {
			return NULL;
		}
		*argument = config->inputs[i].match;
		return &config->inputs[i];
	case CONFIG_APP_KEYS:
		if (i >= config->n_app_keys) {
			return NULL;
		}
		*argument = config->app_keys[i].app_id;
		return &config->app_keys[i];
	case CONFIG_APP:
		if (i >= config->n_apps) {
			return NULL;
		}
		*argument = config->apps[i].name;
		return &config->apps[i];
	default:
		return i == 0 ? config_section_base((struct config *)config, id) : NULL;
	}
}

static bool same_keys(enum config_section_id id, const void *a, const void *b) {
	for (size_t k = 0; k < config_n_keys; k++) {
		const struct config_key *key = &config_keys[k];
		if (key->section == id &&
			!config_equal(key, (const char *)a + key->offset, (const char *)b + key->offset)) {
			return false;
		}
	}
	return true;
}

bool config_section_changed(
	const struct config *a, const struct config *b, enum config_section_id id) {
	for (int i = 0;; i++) {
		const char *argument_a, *argument_b;
		const void *section_a = section_at(a, id, i, &argument_a);
		const void *section_b = section_at(b, id, i, &argument_b);
		if (section_a == NULL || section_b == NULL) {
			return section_a != section_b;
		}
		if (strcmp(argument_a, argument_b) != 0 || !same_keys(id, section_a, section_b)) {
			return true;
		}
	}
}

static void swap(const struct config_key *key, void *a, void *b) {
	unsigned char kept[sizeof(struct config_matrix)];
	size_t size = config_field_size(key);
	memcpy(kept, a, size);
	memcpy(a, b, size);
	memcpy(b, kept, size);
}

const struct config_key *config_hold_back(
	struct config *config, struct config *running, const struct config_key *after) {
	size_t k = after != NULL ? (size_t)(after - config_keys) + 1 : 0;
	for (; k < config_n_keys; k++) {
		const struct config_key *key = &config_keys[k];
		void *base = key->restart ? config_section_base(config, key->section) : NULL;
		void *running_base = key->restart ? config_section_base(running, key->section) : NULL;
		if (base == NULL || running_base == NULL) {
			continue; // no section of many has such a key
		}
		void *a = (char *)base + key->offset, *b = (char *)running_base + key->offset;
		if (!config_equal(key, a, b)) {
			swap(key, a, b);
			return key;
		}
	}
	return NULL;
}
