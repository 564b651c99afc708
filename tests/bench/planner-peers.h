// SPDX-License-Identifier: MIT
// Other ways to choose planes, on the same models.
#ifndef VITRINE_BENCH_PLANNER_PEERS_H
#define VITRINE_BENCH_PLANNER_PEERS_H

#include "model.h"

struct peer_result {
	struct planner_plan plan;
	int tests;
	bool gave_up; // more tests than the stand-in answers
};

// Greedy from top to bottom as Weston's DRM backend: first planes only, then overlays above a composed
// primary; a test for each view and plane.
void peer_greedy(
	const struct model *model, const struct planner_scene *scene, struct peer_result *out);
// The primary for one buffer that fills the screen, and the cursor, as wlroots' compositors.
void peer_primary_cursor(
	const struct model *model, const struct planner_scene *scene, struct peer_result *out);
// The library of Debian, through the DRM functions of planner-liftoff.c.
void peer_liftoff(
	const struct model *model, const struct planner_scene *scene, struct peer_result *out);

#endif
