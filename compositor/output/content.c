// SPDX-License-Identifier: MIT
// What the display is told of the picture ("content type" of its connector), which televisions choose their
// processing by: what the layer in front that fills the output says of itself, and its app with it.
//
// It goes along with a frame. Whether it takes a modeset, which only ever is worth it when there is one
// anyway, differs from driver to driver: it is asked once for each content type, for clients may change theirs
// with every frame.
#include "base/log.h"
#include "output/internal.h"

static bool fills(const struct output *output, const struct frame_layer *layer) {
	return layer->buffer != NULL && frame_covers(output, &layer->dst);
}

static enum scene_content content_of(const struct output *output, const struct frame *frame) {
	struct scene_layer *const *layers = output->scene.layers;
	int front = frame->n_layers - 1;
	while (front >= 0 &&
		(frame->layers[front].placement == FRAME_CULLED || !fills(output, &frame->layers[front]))) {
		front--;
	}
	if (front < 0) {
		return SCENE_CONTENT_NONE;
	}
	// Toolkits and players show a film in a subsurface, and speak of it at the window, or the other way.
	enum scene_content content = layers[front]->content;
	for (int i = front - 1; content == SCENE_CONTENT_NONE && i >= 0 && layers[front]->tree != 0 &&
		 layers[i]->tree == layers[front]->tree;
		 i--) {
		content = fills(output, &frame->layers[i]) ? layers[i]->content : content;
	}
	return content;
}

static enum kms_content kms_content_of(enum scene_content content) {
	static const enum kms_content contents[] = {
		[SCENE_CONTENT_NONE] = KMS_CONTENT_NONE,
		[SCENE_CONTENT_PHOTO] = KMS_CONTENT_PHOTO,
		[SCENE_CONTENT_VIDEO] = KMS_CONTENT_CINEMA,
		[SCENE_CONTENT_GAME] = KMS_CONTENT_GAME,
	};
	return contents[content];
}

void content_update(struct output *output, const struct frame *frame) {
	if (output->pipe.connector->props[KMS_CONNECTOR_CONTENT_TYPE].id == 0) {
		return;
	}
	enum kms_content content = kms_content_of(content_of(output, frame)), before = output->content;
	if (content == before || (output->content_refused & 1u << content) != 0) {
		return;
	}
	output->content = content;
	if (output->modeset_due || !output->lit || (output->content_taken & 1u << content) != 0) {
		return;
	}
	output->counters.test_commits++;
	enum planner_verdict verdict = output_test(output, &frame->plan);
	if (verdict != PLANNER_ACCEPTED) {
		output->content = before;
	}
	if (verdict == PLANNER_ACCEPTED) {
		output->content_taken |= 1u << content;
	} else if (verdict == PLANNER_REFUSED) {
		output->content_refused |= 1u << content;
		log_debug("%s: the display is not told what it shows, as that takes a modeset",
			output->pipe.connector->name);
	}
}

void content_stage(struct output *output) {
	kms_request_content(output->pipe.connector, output->content);
}

bool content_give_up(struct output *output) {
	kms_request_begin(output->device);
	content_stage(output);
	bool waits = kms_request_count(output->device) > 0;
	kms_request_begin(output->device);
	if (waits) {
		output->content_refused |= 1u << output->content;
		output->content_taken = 0;
		output->content = KMS_CONTENT_KEEP;
	}
	return waits;
}

void content_forget(struct output *output) {
	output->content_refused = output->content_taken = 0;
}
