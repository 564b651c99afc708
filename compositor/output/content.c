// SPDX-License-Identifier: MIT
// What the display is told of the picture ("content type" of its connector), which televisions choose their
// processing by: what the layer in front that fills the output says of itself, and its app with it.
//
// It goes along with a frame. Whether it takes a modeset, which only ever is worth it when there is one
// anyway, differs from driver to driver: it is asked once for each content type, for clients may change theirs
// with every frame.
#include <string.h>

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

static enum planner_verdict ask(struct output *output, const struct frame *frame) {
	output->counters.test_commits++;
	return output_test(output, &frame->plan);
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
	enum planner_verdict verdict = ask(output, frame);
	if (verdict == PLANNER_ACCEPTED) {
		output->content_taken |= 1u << content;
		return;
	}
	output->content = before;
	// Not if the device does not take the frame at all.
	if (verdict == PLANNER_REFUSED && ask(output, frame) == PLANNER_ACCEPTED) {
		output->content_refused |= 1u << content;
		log_debug("%s: the display is not told what it shows, as that takes a modeset",
			output->pipe.connector->name);
	}
}

void content_stage(struct output *output) {
	kms_request_content(output->pipe.connector, output->content);
}

bool content_is_due(const struct output *output) {
	const struct kms_connector *connector = output->pipe.connector;
	const struct kms_property *type = &connector->props[KMS_CONNECTOR_CONTENT_TYPE];
	if (type->id == 0 || output->content == KMS_CONTENT_KEEP) {
		return false;
	}
	uint64_t value = connector->content_types[output->content];
	return value != UINT64_MAX && value != type->value;
}

void content_give_up(struct output *output, int rc) {
	log_debug("%s: the display does not take what it is told of the picture: %s",
		output->pipe.connector->name, strerror(-rc));
	output->content_refused |= 1u << output->content;
	output->content_taken &= ~(1u << output->content);
	output->content = KMS_CONTENT_KEEP;
}

void content_forget(struct output *output) {
	output->content_refused = output->content_taken = 0;
}
