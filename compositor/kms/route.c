// SPDX-License-Identifier: MIT
// Which CRTC feeds which connector: as many displays lit as possible, then as few routes changed as
// possible. A depth-first search over the connectors; a kiosk has a handful, and the search stops at
// the first assignment that no other can beat.
#include <string.h>

#include "kms/internal.h"

#define MAX_ROUTED 32 // possible_crtcs has 32 bits

struct search {
	struct kms_device *device;
	struct kms_connector *connectors[MAX_ROUTED];
	int n;
	int crtc[MAX_ROUTED]; // index, -1 dark
	int best_crtc[MAX_ROUTED];
	int best_lit, best_kept;
	unsigned budget; // nodes left; a search cut short has a good answer, not the best
};

static int routed_crtc(const struct kms_connector *connector) {
	struct kms_crtc *crtc =
		kms_device_crtc(connector->device, connector->props[KMS_CONNECTOR_CRTC_ID].value);
	return crtc ? crtc->index : -1;
}

static void search_from(struct search *search, int at, uint32_t used, int lit, int kept) {
	int left = search->n - at;
	if (search->budget == 0 || lit + left < search->best_lit ||
		(lit + left == search->best_lit && kept + left <= search->best_kept)) {
		return;
	}
	search->budget--;
	if (at == search->n) {
		search->best_lit = lit;
		search->best_kept = kept;
		memcpy(search->best_crtc, search->crtc, sizeof(search->crtc));
		return;
	}
	const struct kms_connector *connector = search->connectors[at];
	int current = routed_crtc(connector);
	uint32_t free_crtcs = connector->possible_crtcs & ~used;
	if (current >= 0 && (free_crtcs & (1u << current))) {
		search->crtc[at] = current;
		search_from(search, at + 1, used | 1u << current, lit + 1, kept + 1);
	}
	for (int i = 0; i < search->device->n_crtcs && i < 32; i++) {
		if (i != current && (free_crtcs & (1u << i))) {
			search->crtc[at] = i;
			search_from(search, at + 1, used | 1u << i, lit + 1, kept);
		}
	}
	search->crtc[at] = -1;
	search_from(search, at + 1, used, lit, kept);
}

// The mode for a connector on a CRTC: a running mode is kept exactly as it runs when it is what would
// be chosen anyway, so that the first commit is no modeset.
static drmModeModeInfo choose_mode(
	const struct kms_connector *connector, const struct kms_crtc *crtc) {
	const drmModeModeInfo *running = NULL;
	if (crtc->mode_valid && connector->props[KMS_CONNECTOR_CRTC_ID].value == crtc->id) {
		running = &crtc->mode;
	}
	for (int i = 0; i < connector->n_modes; i++) {
		if (connector->modes[i].type & DRM_MODE_TYPE_PREFERRED) {
			return running && kms_mode_equal(running, &connector->modes[i]) ? *running
																			: connector->modes[i];
		}
	}
	// No preference: what the firmware or the last master chose is as good as any.
	for (int i = 0; running && i < connector->n_modes; i++) {
		if (kms_mode_equal(running, &connector->modes[i])) {
			return *running;
		}
	}
	drmModeModeInfo largest;
	return kms_connector_mode_within(connector, 0, 0, 0, &largest) ? largest : connector->modes[0];
}

int kms_device_route(struct kms_device *device, struct kms_pipe *pipes, int max) {
	struct search search = {.device = device, .best_lit = -1, .best_kept = -1, .budget = 100000};
	for (int i = 0; i < device->n_connectors && search.n < MAX_ROUTED; i++) {
		struct kms_connector *connector = &device->connectors[i];
		if (kms_connector_has_display(connector) && !connector->off) {
			search.connectors[search.n++] = connector;
		}
	}
	search_from(&search, 0, 0, 0, 0);

	int n = 0;
	for (int i = 0; i < search.n && n < max; i++) {
		if (search.best_crtc[i] < 0) {
			continue;
		}
		struct kms_crtc *crtc = &device->crtcs[search.best_crtc[i]];
		pipes[n++] = (struct kms_pipe){
			.connector = search.connectors[i],
			.crtc = crtc,
			.mode = choose_mode(search.connectors[i], crtc),
		};
	}
	return n;
}
