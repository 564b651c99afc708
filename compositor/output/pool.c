// SPDX-License-Identifier: MIT
// The planes of a device among its outputs. Each output has a primary of its own; every other plane may
// be shown by any CRTC that it fits, among them the primaries of CRTCs that drive nothing.
//
// A plane that is on one CRTC, or was until a flip that is still on its way, is busy for the others:
// the kernel refuses to move it in one commit, and one that touches both CRTCs is EBUSY while either
// has a flip pending. A free plane goes to whoever plans with it first. One in use goes to an output
// where it saves clearly more, and for some time: that output claims it, the other plans without it,
// and with the flip that took it off the screen the claimant plans again.
#include <stdlib.h>

#include "base/log.h"
#include "output/internal.h"

enum {
	MAX_PIPES = 32,
	CLAIM_AFTER_MS = 100, // so long more is to be saved by it before a plane is claimed
	CLAIM_FOR_MS = 2000,  // ends the claim if the other output cannot let go
	BARRED_MS = 60000,    // after a claim that came to nothing
	// What a plane has to save more than where it is: 5/4 of it.
	GAIN_NUMERATOR = 5,
	GAIN_DENOMINATOR = 4,
};

static const int64_t NS_PER_MS = 1000000;

struct pool_plane {
	struct kms_plane *plane;
	bool own;                // the primary of one of the pipes
	struct output *claimant; // may be NULL
	int64_t claimed_ns;
	int64_t barred_until_ns;
};

struct output_pool {
	struct kms_device *device;
	struct pool_plane *planes;              // as the device's
	struct kms_plane *primaries[MAX_PIPES]; // by CRTC; NULL: drives nothing
	struct output *outputs[MAX_PIPES];      // by CRTC; may be NULL
	int n_claims;
	struct render_workers *workers; // may be NULL
};

static bool fits(const struct kms_plane *plane, const struct kms_crtc *crtc) {
	return (plane->possible_crtcs & (1u << crtc->index)) != 0;
}

static bool is_shared(const struct kms_plane *plane) {
	return (plane->possible_crtcs & (plane->possible_crtcs - 1)) != 0;
}

// Primaries that only one CRTC can show go first, so that no shared one takes their place.
static void choose_primaries(struct output_pool *pool, const struct kms_pipe *pipes, int n_pipes) {
	for (int shared = 0; shared < 2; shared++) {
		for (int p = 0; p < pool->device->n_planes; p++) {
			struct pool_plane *plane = &pool->planes[p];
			if (plane->plane->type != KMS_PLANE_PRIMARY || plane->own ||
				is_shared(plane->plane) != (shared == 1)) {
				continue;
			}
			for (int i = 0; i < n_pipes && !plane->own; i++) {
				struct kms_plane **primary = &pool->primaries[pipes[i].crtc->index];
				if (*primary == NULL && fits(plane->plane, pipes[i].crtc)) {
					*primary = plane->plane;
					plane->own = true;
				}
			}
		}
	}
}

struct output_pool *output_pool_create(struct kms_device *device) {
	struct output_pool *pool = calloc(1, sizeof(*pool));
	if (pool == NULL) {
		return NULL;
	}
	pool->device = device;
	pool->planes = calloc((size_t)device->n_planes + 1, sizeof(*pool->planes));
	if (pool->planes == NULL) {
		free(pool);
		return NULL;
	}
	for (int p = 0; p < device->n_planes; p++) {
		pool->planes[p].plane = &device->planes[p];
	}
	pool->workers = render_workers_create(0);
	return pool;
}

void output_pool_destroy(struct output_pool *pool) {
	if (pool == NULL) {
		return;
	}
	for (int i = 0; i < MAX_PIPES; i++) {
		output_destroy(pool->outputs[i]);
	}
	render_workers_destroy(pool->workers);
	free(pool->planes);
	free(pool);
}

static bool drives(const struct kms_pipe *pipes, int n_pipes, int crtc) {
	for (int i = 0; i < n_pipes; i++) {
		if (pipes[i].crtc->index == crtc) {
			return true;
		}
	}
	return false;
}

void output_pool_route(struct output_pool *pool, const struct kms_pipe *pipes, int n_pipes) {
	for (int i = 0; i < MAX_PIPES; i++) {
		if (pool->primaries[i] != NULL && !drives(pipes, n_pipes, i)) {
			pool->planes[pool->primaries[i]->index].own = false;
			pool->primaries[i] = NULL;
		}
	}
	choose_primaries(pool, pipes, n_pipes);
}

struct render_workers *pool_workers(const struct output_pool *pool) {
	return pool->workers;
}

int pool_planes(const struct output_pool *pool, const struct kms_crtc *crtc,
	struct kms_plane *planes[PLANNER_MAX_PLANES], int *primary) {
	struct kms_plane *own = pool->primaries[crtc->index];
	int n = 0;
	*primary = -1;
	for (int p = 0; p < pool->device->n_planes; p++) {
		struct kms_plane *plane = pool->planes[p].plane;
		int room = PLANNER_MAX_PLANES - n - (own != NULL && *primary < 0 && plane != own);
		if (!fits(plane, crtc) || (pool->planes[p].own && plane != own) || room < 1) {
			continue;
		}
		if (plane == own) {
			*primary = n;
		}
		planes[n++] = plane;
	}
	return n;
}

struct output *pool_output(const struct output_pool *pool, const struct kms_crtc *crtc) {
	return pool->outputs[crtc->index];
}

void pool_add(struct output_pool *pool, struct output *output) {
	pool->outputs[output->pipe.crtc->index] = output;
}

static void end_claim(struct output_pool *pool, struct pool_plane *plane) {
	plane->claimant = NULL;
	pool->n_claims--;
}

void pool_remove(struct output_pool *pool, struct output *output) {
	if (pool->outputs[output->pipe.crtc->index] == output) {
		pool->outputs[output->pipe.crtc->index] = NULL;
	}
	for (int p = 0; p < pool->device->n_planes; p++) {
		if (pool->planes[p].claimant == output) {
			end_claim(pool, &pool->planes[p]);
		}
	}
}

struct output *pool_user(const struct output_pool *pool, const struct kms_plane *plane) {
	uint64_t id = plane->props[KMS_PLANE_CRTC_ID].value;
	for (int i = 0; id != 0 && i < pool->device->n_crtcs && i < MAX_PIPES; i++) {
		if (pool->device->crtcs[i].id == id) {
			return pool->outputs[i];
		}
	}
	return NULL;
}

static bool is_leaving(const struct kms_plane *plane, const struct kms_crtc *crtc) {
	return plane->outgoing_fb != 0 && plane->outgoing_crtc != crtc->index &&
		plane->device->crtcs[plane->outgoing_crtc].flip_pending;
}

bool pool_is_elsewhere(const struct output *output, const struct kms_plane *plane) {
	struct output *user = pool_user(output->pool, plane);
	return user != NULL && user != output;
}

// Verdicts hold while this stays the same: the mode, and how many planes the other CRTCs have on, with
// which they share bandwidth and scalers.
static uint64_t context_of(const struct output *output) {
	const struct output_pool *pool = output->pool;
	uint64_t context = UINT64_C(0xcbf29ce484222325);
	context = output_mix(context, (uint64_t)output->pipe.mode.clock);
	context =
		output_mix(context, (uint64_t)output->scene.width << 32 | (uint32_t)output->scene.height);
	for (int i = 0; i < pool->device->n_crtcs && i < MAX_PIPES; i++) {
		const struct output *other = pool->outputs[i];
		if (other == NULL || other == output) {
			continue;
		}
		uint64_t on = 0;
		for (int p = 0; p < pool->device->n_planes; p++) {
			on += pool->planes[p].plane->props[KMS_PLANE_CRTC_ID].value == other->pipe.crtc->id;
		}
		context = output_mix(context, (uint64_t)other->pipe.mode.clock << 8 | on);
	}
	return context;
}

void pool_look(struct output *output) {
	struct output_pool *pool = output->pool;
	for (int i = 0; i < output->n_planes; i++) {
		const struct pool_plane *plane = &pool->planes[output->planes[i]->index];
		bool claimed = plane->claimant != NULL && plane->claimant != output;
		// A pipe that came later has it as its primary.
		bool given = plane->own && i != output->primary;
		output->planner_planes[i].busy = claimed || given ||
			pool_is_elsewhere(output, plane->plane) || is_leaving(plane->plane, output->pipe.crtc);
	}
	output->context = context_of(output);
}

// What composing a layer of a frame would cost, with the rate of now.
static uint64_t cost_now(const struct output *output, const struct frame *frame, int entry) {
	struct planner_layer planned = frame->planned[entry];
	uint64_t id = frame->layers[frame->planned_layer[entry]].id;
	for (int i = 0; i < output->scene.n_layers; i++) {
		if (output->scene.layers[i]->id == id) {
			planned.rate_mhz = scene_layer_rate_mhz(output->scene.layers[i], clock_now_ns());
			return planner_layer_cost(&planned);
		}
	}
	return 0; // it is gone from the scene already
}

// What the output that shows the plane would lose with it: at a guess, for the plans that are without it
// are not known.
static uint64_t loss_of(const struct output *user, const struct kms_plane *plane) {
	const struct frame *frame = user->pending != NULL ? user->pending : user->on_screen;
	uint64_t loss = 0;
	for (int p = 0; frame != NULL && p < user->n_planes; p++) {
		if (user->planes[p] != plane) {
			continue;
		}
		int entry = frame->plan.layer_of[p];
		if (entry >= 0) {
			return cost_now(user, frame, entry);
		}
		// A composed picture that is not on the primary: what lies on planes below it.
		uint64_t below = entry == PLANNER_COMPOSED ? frame->plan.below[0]
			: entry == PLANNER_COMPOSED_ABOVE      ? frame->plan.below[1]
												   : 0;
		for (; below != 0; below &= below - 1) {
			loss += cost_now(user, frame, __builtin_ctzll(below));
		}
	}
	return loss;
}

// The plane elsewhere that would save the most here; NULL if none saves clearly more.
static struct pool_plane *find_better(
	struct output *output, const struct frame *frame, const struct planner_scene *scene) {
	struct pool_plane *best = NULL;
	uint64_t most = 0;
	for (int i = 0; i < output->n_planes; i++) {
		struct pool_plane *plane = &output->pool->planes[output->planes[i]->index];
		struct output *user = pool_user(output->pool, plane->plane);
		if (user == NULL || user == output || user->retiring || plane->own ||
			plane->claimant != NULL || output->begun_ns < plane->barred_until_ns) {
			continue;
		}
		uint64_t gain = 0;
		for (int l = 0; l < frame->n_planned; l++) {
			uint64_t cost = planner_layer_cost(&frame->planned[l]);
			if (frame->plan.plane_of[l] == PLANNER_OFF && cost > gain &&
				planner_plane_takes(scene, i, &frame->planned[l])) {
				gain = cost;
			}
		}
		uint64_t loss = gain > 0 ? loss_of(user, plane->plane) : 0;
		if (gain / GAIN_NUMERATOR > loss / GAIN_DENOMINATOR && gain - loss > most) {
			most = gain - loss;
			best = plane;
		}
	}
	return best;
}

// Claims that the plan has made use of, or that came to nothing. True if one is still open.
static bool settle_claims(struct output *output, const struct frame *frame) {
	struct output_pool *pool = output->pool;
	bool open = false;
	for (int i = 0; i < output->n_planes; i++) {
		struct pool_plane *plane = &pool->planes[output->planes[i]->index];
		if (plane->claimant != output) {
			continue;
		}
		bool used = frame->plan.layer_of[i] != PLANNER_OFF;
		bool had = !output->planner_planes[i].busy;
		bool late = output->begun_ns - plane->claimed_ns > CLAIM_FOR_MS * NS_PER_MS;
		if (used || had || late) {
			end_claim(pool, plane);
			plane->barred_until_ns = used ? 0 : output->begun_ns + BARRED_MS * NS_PER_MS;
		}
		open |= plane->claimant == output;
	}
	return open;
}

void pool_settle(
	struct output *output, const struct frame *frame, const struct planner_scene *scene) {
	if (output->pool->n_claims > 0 && settle_claims(output, frame)) {
		return;
	}
	struct pool_plane *plane = find_better(output, frame, scene);
	if (plane == NULL) {
		output->starved_ns = 0;
		return;
	}
	if (output->starved_ns == 0) {
		output->starved_ns = output->begun_ns;
	} else if (output->begun_ns - output->starved_ns > CLAIM_AFTER_MS * NS_PER_MS) {
		struct output *user = pool_user(output->pool, plane->plane);
		log_debug("%s: claims plane %u of %s, where it saves less", output->pipe.connector->name,
			plane->plane->id, user->pipe.connector->name);
		plane->claimant = output;
		plane->claimed_ns = output->begun_ns;
		output->pool->n_claims++;
		output->starved_ns = 0;
		user->scene.schedule(&user->scene);
	}
}

void pool_flipped(struct output *output) {
	struct output_pool *pool = output->pool;
	for (int p = 0; pool->n_claims > 0 && p < pool->device->n_planes; p++) {
		struct output *claimant = pool->planes[p].claimant;
		if (claimant != NULL && claimant != output &&
			pool_user(pool, pool->planes[p].plane) == NULL) {
			claimant->scene.schedule(&claimant->scene);
		}
	}
}
