// SPDX-License-Identifier: MIT
// Two memories: what a scene's plan was, and what the device said of each layout. Both know things
// by a 64 bit key of what matters.
#include <stddef.h>

#include "planner/internal.h"

struct planner_scene_memory *planner_memory_scene(struct planner_memory *memory, uint64_t key) {
	for (int i = 0; i < MEMORY_SCENES; i++) {
		struct planner_scene_memory *scene = &memory->scenes[i];
		if (scene->valid && scene->scene_key == key) {
			scene->last_used = ++memory->clock;
			return scene;
		}
	}
	return NULL;
}

struct planner_scene_memory *planner_memory_shape(struct planner_memory *memory, uint64_t key) {
	struct planner_scene_memory *found = NULL;
	for (int i = 0; i < MEMORY_SCENES; i++) {
		struct planner_scene_memory *scene = &memory->scenes[i];
		if (scene->valid && scene->shape_key == key &&
			(found == NULL || scene->last_used > found->last_used)) {
			found = scene;
		}
	}
	return found;
}

struct planner_scene_memory *planner_memory_add(struct planner_memory *memory) {
	struct planner_scene_memory *oldest = &memory->scenes[0];
	for (int i = 0; i < MEMORY_SCENES && oldest->valid; i++) {
		struct planner_scene_memory *scene = &memory->scenes[i];
		if (!scene->valid || scene->last_used < oldest->last_used) {
			oldest = scene;
		}
	}
	oldest->valid = false;
	oldest->last_used = ++memory->clock;
	return oldest;
}

// A key has four places; the oldest of them goes when all are taken.
static struct planner_verdict_memory *place(
	const struct planner_memory *memory, uint64_t key, int i) {
	return (struct planner_verdict_memory *)&memory
		->verdicts[((key >> 7) + (uint64_t)i) & (MEMORY_VERDICTS - 1)];
}

enum planner_verdict planner_memory_verdict(
	const struct planner_memory *memory, uint64_t key, int64_t now_ns) {
	for (int i = 0; i < 4; i++) {
		const struct planner_verdict_memory *verdict = place(memory, key, i);
		if (verdict->key != key) {
			continue;
		}
		if (verdict->accepted) {
			return PLANNER_ACCEPTED;
		}
		return now_ns - verdict->time_ns > MEMORY_RETRY_NS ? PLANNER_UNKNOWN : PLANNER_REFUSED;
	}
	return PLANNER_UNKNOWN;
}

void planner_memory_learn(
	struct planner_memory *memory, uint64_t key, bool accepted, int64_t now_ns) {
	struct planner_verdict_memory *verdict = place(memory, key, 0);
	for (int i = 0; i < 4; i++) {
		struct planner_verdict_memory *other = place(memory, key, i);
		if (other->key == key || other->key == 0) {
			verdict = other;
			break;
		}
		if (other->time_ns < verdict->time_ns) {
			verdict = other;
		}
	}
	*verdict = (struct planner_verdict_memory){.key = key, .accepted = accepted, .time_ns = now_ns};
}
