// SPDX-License-Identifier: MIT
// Clients that do anything at any time, right or wrong, while outputs come and go: the server sends an
// error or goes on, and in the end nothing is left. Under ASan and UBSan this is where objects that
// outlive each other would show. VITRINE_TEST_SEED repeats a run, VITRINE_TEST_STEPS makes it longer.
#include "xdg-harness.h"

enum { N_CLIENTS = 3, N_WINDOWS = 8 };

static uint64_t random_state;

static unsigned pick(unsigned n) {
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(random_state >> 33) % n;
}

struct actor {
	struct client *client; // NULL: not connected
	struct wl_buffer *buffer;
	struct window windows[N_WINDOWS]; // .surface NULL: free
	struct zxdg_toplevel_decoration_v1 *decorations[N_WINDOWS];
};

static void leave(struct actor *actor) {
	client_kill(actor->client);
	*actor = (struct actor){0};
}

static void join(struct actor *actor, struct harness *harness) {
	actor->client = client_connect(harness);
	actor->buffer = client_buffer(actor->client, 200, 100);
}

static struct xdg_positioner *some_positioner(struct client *client) {
	struct xdg_positioner *positioner = positioner_create(client, 1 + (int)pick(400),
		1 + (int)pick(400), (int)pick(700) - 30, (int)pick(500) - 30, 1 + (int)pick(20), 10);
	xdg_positioner_set_anchor(positioner, pick(9));
	xdg_positioner_set_gravity(positioner, pick(9));
	xdg_positioner_set_constraint_adjustment(positioner, pick(64));
	if (pick(2)) {
		xdg_positioner_set_reactive(positioner);
	}
	return positioner;
}

// Wrong things end the client, so most of what it does is right.
static bool err(void) {
	return pick(300) == 0;
}

static void create(struct actor *actor, int i) {
	struct window *window = &actor->windows[i], *other = &actor->windows[pick(N_WINDOWS)];
	bool parent = other->toplevel || (other->popup && other->n_configures);
	if (!parent && !err()) {
		window_init(window, actor->client);
		return;
	}
	struct xdg_positioner *positioner = some_positioner(actor->client);
	popup_init(window, actor->client, other->xdg ? other : NULL, positioner);
	xdg_positioner_destroy(positioner);
	if ((other->toplevel && pick(20) == 0) || err()) {
		popup_grab(window);
	}
}

// In a right or wrong order.
static void destroy(struct actor *actor, int i) {
	struct window *window = &actor->windows[i];
	bool right = !err();
	if (actor->decorations[i]) {
		if (right) {
			zxdg_toplevel_decoration_v1_destroy(actor->decorations[i]);
		}
		actor->decorations[i] = NULL;
	}
	if (right) {
		window_destroy(window);
	} else if (pick(2)) {
		xdg_surface_destroy(window->xdg);
	} else {
		wl_surface_destroy(window->surface);
	}
	*window = (struct window){0};
}

static void use_toplevel(struct actor *actor, int i) {
	struct window *window = &actor->windows[i], *other = &actor->windows[pick(N_WINDOWS)];
	struct client *client = actor->client;
	switch (pick(8)) {
	case 0:
	case 1:
		if (other > window || err()) { // so that there is no ring
			xdg_toplevel_set_parent(window->toplevel, pick(4) ? other->toplevel : NULL);
		}
		break;
	case 2:
		xdg_toplevel_set_fullscreen(
			window->toplevel, pick(2) ? client->outputs[pick(MAX_OUTPUTS)] : NULL);
		break;
	case 3:
		xdg_toplevel_unset_fullscreen(window->toplevel);
		break;
	case 4:
		xdg_toplevel_set_app_id(window->toplevel, pick(2) ? "a" : "another");
		break;
	case 5:
		xdg_toplevel_set_min_size(window->toplevel, (int)pick(100), (int)pick(100));
		break;
	case 6:
		if (!actor->decorations[i] && (!window->n_configures || err())) {
			actor->decorations[i] = zxdg_decoration_manager_v1_get_toplevel_decoration(
				client->decoration, window->toplevel);
		}
		break;
	default:
		xdg_activation_v1_activate(client->activation, "none", window->surface);
	}
}

static void use_popup(struct actor *actor, struct window *window) {
	struct xdg_positioner *positioner = some_positioner(actor->client);
	xdg_popup_reposition(window->popup, positioner, pick(100));
	xdg_positioner_destroy(positioner);
}

static void use(struct actor *actor, int i) {
	struct window *window = &actor->windows[i];
	switch (pick(8)) {
	case 0:
	case 1:
		wl_surface_commit(window->surface);
		break;
	case 2:
		wl_surface_attach(window->surface, NULL, 0, 0);
		wl_surface_commit(window->surface);
		break;
	case 3:
	case 4:
		if ((window->n_configures && !window->serial) || err()) {
			wl_surface_attach(window->surface, actor->buffer, 0, 0);
			wl_surface_commit(window->surface);
		}
		break;
	case 5:
		xdg_surface_set_window_geometry(window->xdg, (int)pick(250) - 50, (int)pick(50),
			1 + (int)pick(200), 1 + (int)pick(100));
		break;
	default:
		if (window->toplevel) {
			use_toplevel(actor, i);
		} else {
			use_popup(actor, window);
		}
	}
}

static void acknowledge(struct actor *actor) {
	for (int i = 0; i < N_WINDOWS; i++) {
		struct window *window = &actor->windows[i];
		if (window->serial && pick(4)) {
			xdg_surface_ack_configure(window->xdg, window->serial);
			window->serial = 0;
		}
	}
}

static void act(struct actor *actor, struct harness *harness) {
	if (!actor->client) {
		join(actor, harness);
	}
	for (unsigned n = 1 + pick(10); n > 0; n--) {
		int i = (int)pick(N_WINDOWS);
		if (!actor->windows[i].surface) {
			create(actor, i);
		} else if (pick(12) == 0) {
			destroy(actor, i);
		} else {
			use(actor, i);
		}
	}
	if (pick(100) == 0) {
		leave(actor);
	} else if (!client_sync(actor->client)) {
		leave(actor); // an error: it has done something wrong
	} else {
		acknowledge(actor);
	}
}

static void change_outputs(struct harness *harness) {
	int i = (int)pick(MAX_OUTPUTS);
	if (harness->outputs[i].wayland) {
		harness_remove_output(harness, i);
	} else {
		harness_add_output(harness, i, 320 + (int)pick(640), 200 + (int)pick(480));
	}
}

static unsigned long setting(const char *name, unsigned long otherwise) {
	const char *value = getenv(name);
	return value ? strtoul(value, NULL, 0) : otherwise;
}

static void test_anything(void **state) {
	(void)state;
	random_state = setting("VITRINE_TEST_SEED", 1);
	unsigned long n = setting("VITRINE_TEST_STEPS", 20000);
	struct harness harness;
	harness_start(&harness, 1);
	struct actor *actors = calloc(N_CLIENTS, sizeof(*actors));
	assert_non_null(actors);
	unsigned long shown = 0;
	for (unsigned long step = 0; step < n; step++) {
		if (pick(200) == 0) {
			change_outputs(&harness);
		}
		act(&actors[pick(N_CLIENTS)], &harness);
		kiosk_layout_flush(harness.layout);
		for (int i = 0; i < MAX_OUTPUTS; i++) {
			shown += harness.outputs[i].wayland && harness.outputs[i].scene.n_layers > 0;
		}
	}
	print_message("something was shown after %lu of %lu steps\n", shown, n);
	assert_true(shown > n / 20); // otherwise it proves little
	harness_finish(&harness);
	free(actors);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_anything),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
