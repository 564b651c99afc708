// SPDX-License-Identifier: MIT
// libliftoff on a device model. The library finds these functions before libdrm's, because the program
// exports them; a framebuffer's id is its layer's number + FB_BASE, a plane's and a property's likewise.
#include <errno.h>
#include <fcntl.h>
#include <libliftoff.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xf86drmMode.h>

#include "planner-peers.h"

enum {
	CRTC_ID = 7,
	PLANE_BASE = 100,
	FB_BASE = 1000,
	PICTURE_FB = 2000,
	MAX_ITEMS = 1024,
	MAX_TESTS = 20000, // in one scene; then everything is refused
};

enum {
	P_TYPE = 10,
	P_FB,
	P_CRTC,
	P_SX,
	P_SY,
	P_SW,
	P_SH,
	P_X,
	P_Y,
	P_W,
	P_H,
	P_ZPOS,
	P_ROT,
	P_ALPHA,
	P_END
};

static const char *const names[] = {"type", "FB_ID", "CRTC_ID", "SRC_X", "SRC_Y", "SRC_W", "SRC_H",
	"CRTC_X", "CRTC_Y", "CRTC_W", "CRTC_H", "zpos", "rotation", "alpha"};

struct _drmModeAtomicReq {
	int cursor;
	struct {
		uint32_t object, property;
		uint64_t value;
	} items[MAX_ITEMS];
};

static struct {
	const struct model *model;
	const struct planner_scene *scene;
	int tests;
} standin;

drmModeResPtr drmModeGetResources(int fd) {
	(void)fd;
	drmModeResPtr res = calloc(1, sizeof(*res));
	res->crtcs = calloc(1, sizeof(uint32_t));
	res->crtcs[0] = CRTC_ID;
	res->count_crtcs = 1;
	return res;
}

void drmModeFreeResources(drmModeResPtr res) {
	free(res->crtcs);
	free(res);
}

drmModePlaneResPtr drmModeGetPlaneResources(int fd) {
	(void)fd;
	drmModePlaneResPtr res = calloc(1, sizeof(*res));
	res->count_planes = (uint32_t)standin.model->n_planes;
	res->planes = calloc(res->count_planes, sizeof(uint32_t));
	for (uint32_t i = 0; i < res->count_planes; i++) {
		res->planes[i] = PLANE_BASE + i;
	}
	return res;
}

void drmModeFreePlaneResources(drmModePlaneResPtr res) {
	free(res->planes);
	free(res);
}

drmModePlanePtr drmModeGetPlane(int fd, uint32_t id) {
	(void)fd;
	drmModePlanePtr plane = calloc(1, sizeof(*plane));
	plane->plane_id = id;
	plane->possible_crtcs = 1;
	return plane;
}

void drmModeFreePlane(drmModePlanePtr plane) {
	free(plane);
}

static uint64_t initial(int plane, uint32_t property) {
	const struct planner_plane *p = &standin.model->planes[plane];
	return property == P_TYPE ? (uint64_t)p->type
		: property == P_ZPOS  ? p->zpos
		: property == P_ROT   ? 1
		: property == P_ALPHA ? 0xffff
							  : 0;
}

drmModeObjectPropertiesPtr drmModeObjectGetProperties(int fd, uint32_t id, uint32_t type) {
	(void)fd;
	(void)type;
	const struct planner_plane *plane = &standin.model->planes[id - PLANE_BASE];
	drmModeObjectPropertiesPtr props = calloc(1, sizeof(*props));
	props->props = calloc(P_END, sizeof(uint32_t));
	props->prop_values = calloc(P_END, sizeof(uint64_t));
	for (uint32_t i = P_TYPE; i < P_END; i++) {
		if ((i == P_ROT && plane->rotations <= 1) || (i == P_ALPHA && !plane->fades)) {
			continue;
		}
		props->props[props->count_props] = i;
		props->prop_values[props->count_props++] = initial((int)(id - PLANE_BASE), i);
	}
	return props;
}

void drmModeFreeObjectProperties(drmModeObjectPropertiesPtr props) {
	free(props->props);
	free(props->prop_values);
	free(props);
}

drmModePropertyPtr drmModeGetProperty(int fd, uint32_t id) {
	(void)fd;
	drmModePropertyPtr property = calloc(1, sizeof(*property));
	property->prop_id = id;
	strncpy(property->name, names[id - P_TYPE], DRM_PROP_NAME_LEN - 1);
	return property;
}

void drmModeFreeProperty(drmModePropertyPtr property) {
	free(property);
}

drmModeAtomicReqPtr drmModeAtomicAlloc(void) {
	return calloc(1, sizeof(struct _drmModeAtomicReq));
}

void drmModeAtomicFree(drmModeAtomicReqPtr req) {
	free(req);
}

int drmModeAtomicGetCursor(drmModeAtomicReqPtr req) {
	return req->cursor;
}

void drmModeAtomicSetCursor(drmModeAtomicReqPtr req, int cursor) {
	req->cursor = cursor;
}

int drmModeAtomicAddProperty(
	drmModeAtomicReqPtr req, uint32_t object, uint32_t property, uint64_t value) {
	if (req->cursor == MAX_ITEMS) {
		return -ENOMEM;
	}
	req->items[req->cursor].object = object;
	req->items[req->cursor].property = property;
	req->items[req->cursor].value = value;
	return ++req->cursor;
}

// What the request shows: by plane, the layer.
static int read_request(drmModeAtomicReqPtr req, struct model_use *uses, int *layer_of) {
	uint64_t values[PLANNER_MAX_PLANES][P_END];
	int n_planes = standin.model->n_planes, n = 0;
	for (int p = 0; p < n_planes; p++) {
		for (uint32_t i = P_TYPE; i < P_END; i++) {
			values[p][i] = initial(p, i);
		}
	}
	for (int i = 0; i < req->cursor; i++) {
		uint32_t p = req->items[i].object - PLANE_BASE;
		if (p < (uint32_t)n_planes) {
			values[p][req->items[i].property] = req->items[i].value;
		}
	}
	for (int p = 0; p < n_planes; p++) {
		uint64_t *v = values[p];
		layer_of[p] = PLANNER_OFF;
		if (v[P_FB] == 0 || v[P_CRTC] == 0) {
			continue;
		}
		struct model_use *use = &uses[n++];
		if (v[P_FB] == PICTURE_FB) {
			layer_of[p] = PLANNER_COMPOSED;
			model_use_picture(use, standin.scene, p, false);
		} else {
			layer_of[p] = (int)(v[P_FB] - FB_BASE);
			model_use_layer(use, &standin.scene->layers[layer_of[p]], p);
			use->rotation = v[P_ROT];
		}
		use->zpos = v[P_ZPOS];
	}
	return n;
}

int drmModeAtomicCommit(int fd, const drmModeAtomicReqPtr req, uint32_t flags, void *data) {
	(void)fd;
	(void)flags;
	(void)data;
	struct model_use uses[PLANNER_MAX_PLANES];
	int layer_of[PLANNER_MAX_PLANES];
	int n = read_request(req, uses, layer_of);
	if (++standin.tests > MAX_TESTS) {
		return -EINVAL;
	}
	return model_check(standin.model, uses, n, standin.scene->width, standin.scene->height);
}

static void describe(struct liftoff_layer *layer, const struct planner_layer *l, int index) {
	liftoff_layer_set_property(layer, "FB_ID", (uint64_t)(FB_BASE + index));
	liftoff_layer_set_property(layer, "CRTC_X", (uint64_t)l->x);
	liftoff_layer_set_property(layer, "CRTC_Y", (uint64_t)l->y);
	liftoff_layer_set_property(layer, "CRTC_W", (uint64_t)l->width);
	liftoff_layer_set_property(layer, "CRTC_H", (uint64_t)l->height);
	liftoff_layer_set_property(layer, "SRC_X", l->src_x);
	liftoff_layer_set_property(layer, "SRC_Y", l->src_y);
	liftoff_layer_set_property(layer, "SRC_W", l->src_w);
	liftoff_layer_set_property(layer, "SRC_H", l->src_h);
	liftoff_layer_set_property(layer, "zpos", (uint64_t)(index + 1));
	if (l->rotation > 1) {
		liftoff_layer_set_property(layer, "rotation", l->rotation);
	}
	if (l->refused != 0) {
		liftoff_layer_set_fb_composited(layer);
	}
}

void peer_liftoff(
	const struct model *model, const struct planner_scene *scene, struct peer_result *out) {
	*out = (struct peer_result){0};
	planner_plan_composed(scene, &out->plan);
	standin.model = model;
	standin.scene = scene;
	standin.tests = 0;
	liftoff_log_set_priority(LIFTOFF_SILENT);
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct liftoff_device *device = liftoff_device_create(fd);
	liftoff_device_register_all_planes(device);
	struct liftoff_output *output = liftoff_output_create(device, CRTC_ID);
	struct liftoff_layer *layers[MODEL_MAX_LAYERS] = {NULL};
	struct planner_layer all = {.width = scene->width,
		.height = scene->height,
		.src_w = (uint32_t)scene->width << 16,
		.src_h = (uint32_t)scene->height << 16};
	struct liftoff_layer *picture = liftoff_layer_create(output);
	describe(picture, &all, -1);
	liftoff_layer_set_property(picture, "FB_ID", PICTURE_FB);
	liftoff_output_set_composition_layer(output, picture);
	for (int l = 0; l < scene->n_layers; l++) {
		if (scene->layers[l].visible) {
			layers[l] = liftoff_layer_create(output);
			describe(layers[l], &scene->layers[l], l);
		}
	}
	drmModeAtomicReqPtr req = drmModeAtomicAlloc();
#if LIFTOFF_TAKES_OPTIONS
	int rc = liftoff_output_apply(output, req, 0, NULL);
#else
	int rc = liftoff_output_apply(output, req, 0);
#endif
	if (rc == 0) {
		struct model_use uses[PLANNER_MAX_PLANES];
		int n = read_request(req, uses, out->plan.layer_of);
		for (int i = 0; i < n; i++) {
			int p = uses[i].plane, l = out->plan.layer_of[p];
			out->plan.zpos[p] = uses[i].zpos;
			if (l >= 0) {
				out->plan.plane_of[l] = p;
			}
		}
	}
	out->tests = standin.tests;
	out->gave_up = standin.tests > MAX_TESTS;
	drmModeAtomicFree(req);
	for (int l = 0; l < scene->n_layers; l++) {
		liftoff_layer_destroy(layers[l]);
	}
	liftoff_layer_destroy(picture);
	liftoff_output_destroy(output);
	liftoff_device_destroy(device);
	close(fd);
}
