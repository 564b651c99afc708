// SPDX-License-Identifier: MIT
// Which output may use which plane. Planes that several CRTCs could show are dealt out once.
#include "kiosk/kiosk.h"

static bool fits(const struct kms_plane *plane, const struct kms_pipe *pipe) {
	return (plane->possible_crtcs & (1u << pipe->crtc->index)) != 0;
}

static int count_type(const struct kiosk_output *output, enum kms_plane_type type) {
	int n = 0;
	for (int i = 0; i < output->n_planes; i++) {
		n += output->planes[i]->type == type;
	}
	return n;
}

// The pipe that has the fewest planes of this type; -1 if none can use the plane. Of primaries and
// cursors one each is enough.
static int choose(const struct kms_plane *plane, const struct kms_pipe *pipes, int n_pipes,
	const struct kiosk_output *outputs) {
	int best = -1, best_count = 0;
	for (int i = 0; i < n_pipes; i++) {
		if (!fits(plane, &pipes[i]) || outputs[i].n_planes == PLANNER_MAX_PLANES) {
			continue;
		}
		int count = count_type(&outputs[i], plane->type);
		if (plane->type != KMS_PLANE_OVERLAY && count > 0) {
			continue;
		}
		if (best < 0 || count < best_count) {
			best = i;
			best_count = count;
		}
	}
	return best;
}

static bool is_shared(const struct kms_plane *plane) {
	return (plane->possible_crtcs & (plane->possible_crtcs - 1)) != 0;
}

void planes_share(struct kms_device *device, const struct kms_pipe *pipes, int n_pipes,
	struct kiosk_output *outputs) {
	// Planes that only one CRTC can show go first, so that no shared one takes their place.
	for (int shared = 0; shared < 2; shared++) {
		for (int p = 0; p < device->n_planes; p++) {
			struct kms_plane *plane = &device->planes[p];
			if (is_shared(plane) != (shared == 1)) {
				continue;
			}
			int i = choose(plane, pipes, n_pipes, outputs);
			if (i >= 0) {
				outputs[i].planes[outputs[i].n_planes++] = plane;
			}
		}
	}
}
