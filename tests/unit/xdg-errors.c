// SPDX-License-Identifier: MIT
// Every protocol error of xdg-shell, xdg-decoration and xdg-activation: this client gets it, on the
// right interface, and the other one does not notice.
#include "xdg-harness.h"

struct misdeed {
	const char *what;
	void (*commit)(struct client *client);
	const struct wl_interface *interface;
	uint32_t code;
};

// ---- xdg_wm_base ----

static void destroy_wm_base_first(struct client *client) {
	struct window window;
	window_init(&window, client);
	xdg_wm_base_destroy(client->wm_base);
}

static void two_xdg_surfaces(struct client *client) {
	struct wl_surface *surface = wl_compositor_create_surface(client->compositor);
	xdg_wm_base_get_xdg_surface(client->wm_base, surface);
	xdg_wm_base_get_xdg_surface(client->wm_base, surface);
}

static void xdg_surface_of_subsurface(struct client *client) {
	struct wl_surface *parent = wl_compositor_create_surface(client->compositor);
	struct wl_surface *surface = wl_compositor_create_surface(client->compositor);
	wl_subcompositor_get_subsurface(client->subcompositor, surface, parent);
	xdg_wm_base_get_xdg_surface(client->wm_base, surface);
}

static void subsurface_then_toplevel(struct client *client) {
	struct wl_surface *parent = wl_compositor_create_surface(client->compositor);
	struct wl_surface *surface = wl_compositor_create_surface(client->compositor);
	struct xdg_surface *xdg = xdg_wm_base_get_xdg_surface(client->wm_base, surface);
	wl_subcompositor_get_subsurface(client->subcompositor, surface, parent);
	xdg_surface_get_toplevel(xdg);
}

static void toplevel_then_popup(struct client *client) {
	struct window window, other;
	window_show(&other, client, 100, 100);
	window_init(&window, client);
	xdg_toplevel_destroy(window.toplevel);
	xdg_surface_get_popup(window.xdg, other.xdg, positioner_create(client, 10, 10, 0, 0, 1, 1));
}

static void xdg_surface_with_buffer(struct client *client) {
	struct wl_surface *surface = wl_compositor_create_surface(client->compositor);
	wl_surface_attach(surface, client_buffer(client, 10, 10), 0, 0);
	xdg_wm_base_get_xdg_surface(client->wm_base, surface);
}

static void xdg_surface_with_committed_buffer(struct client *client) {
	struct wl_surface *surface = wl_compositor_create_surface(client->compositor);
	wl_surface_attach(surface, client_buffer(client, 10, 10), 0, 0);
	wl_surface_commit(surface);
	xdg_wm_base_get_xdg_surface(client->wm_base, surface);
}

static void incomplete_positioner(struct client *client) {
	struct window window, popup;
	window_show(&window, client, 100, 100);
	struct xdg_positioner *positioner = xdg_wm_base_create_positioner(client->wm_base);
	xdg_positioner_set_size(positioner, 10, 10);
	popup_init(&popup, client, &window, positioner);
}

static void incomplete_reposition(struct client *client) {
	struct window window, popup;
	window_show(&window, client, 100, 100);
	popup_init(&popup, client, &window, positioner_create(client, 10, 10, 0, 0, 1, 1));
	struct xdg_positioner *positioner = xdg_wm_base_create_positioner(client->wm_base);
	xdg_popup_reposition(popup.popup, positioner, 1);
}

static void popup_of_nothing(struct client *client) {
	struct window popup;
	popup_init(&popup, client, NULL, positioner_create(client, 10, 10, 0, 0, 1, 1));
	wl_surface_commit(popup.surface);
}

static void popup_of_roleless(struct client *client) {
	struct wl_surface *surface = wl_compositor_create_surface(client->compositor);
	struct window parent = {.xdg = xdg_wm_base_get_xdg_surface(client->wm_base, surface)}, popup;
	popup_init(&popup, client, &parent, positioner_create(client, 10, 10, 0, 0, 1, 1));
}

static void popup_of_itself(struct client *client) {
	struct wl_surface *surface = wl_compositor_create_surface(client->compositor);
	struct xdg_surface *xdg = xdg_wm_base_get_xdg_surface(client->wm_base, surface);
	xdg_surface_get_popup(xdg, xdg, positioner_create(client, 10, 10, 0, 0, 1, 1));
}

static void popup_before_its_parent(struct client *client) {
	struct window window, popup;
	window_init(&window, client);
	window_configure(&window);
	popup_init(&popup, client, &window, positioner_create(client, 10, 10, 0, 0, 1, 1));
	window_configure(&popup);
	wl_surface_attach(popup.surface, client_buffer(client, 10, 10), 0, 0);
	wl_surface_commit(popup.surface);
}

static void destroy_lower_popup(struct client *client) {
	struct window window, popup, nested;
	window_show(&window, client, 100, 100);
	popup_init(&popup, client, &window, positioner_create(client, 10, 10, 0, 0, 1, 1));
	window_configure(&popup);
	window_draw(&popup, 10, 10);
	popup_init(&nested, client, &popup, positioner_create(client, 10, 10, 0, 0, 1, 1));
	xdg_popup_destroy(popup.popup);
}

static void grab_beside_grab(struct client *client) {
	struct window window, popup, other;
	window_show(&window, client, 100, 100);
	popup_init(&popup, client, &window, positioner_create(client, 10, 10, 0, 0, 1, 1));
	popup_grab(&popup);
	popup_init(&other, client, &window, positioner_create(client, 10, 10, 0, 0, 1, 1));
	popup_grab(&other);
}

static void grab_above_none(struct client *client) {
	struct window window, popup, nested;
	window_show(&window, client, 100, 100);
	popup_init(&popup, client, &window, positioner_create(client, 10, 10, 0, 0, 1, 1));
	window_configure(&popup);
	window_draw(&popup, 10, 10);
	popup_init(&nested, client, &popup, positioner_create(client, 10, 10, 0, 0, 1, 1));
	popup_grab(&nested);
}

static const struct misdeed wm_base_misdeeds[] = {
	{"destroy before its surfaces", destroy_wm_base_first, &xdg_wm_base_interface,
		XDG_WM_BASE_ERROR_DEFUNCT_SURFACES},
	{"two xdg_surfaces", two_xdg_surfaces, &xdg_wm_base_interface, XDG_WM_BASE_ERROR_ROLE},
	{"xdg_surface of a subsurface", xdg_surface_of_subsurface, &xdg_wm_base_interface,
		XDG_WM_BASE_ERROR_ROLE},
	{"toplevel of a subsurface", subsurface_then_toplevel, &xdg_wm_base_interface,
		XDG_WM_BASE_ERROR_ROLE},
	{"popup of what was a toplevel", toplevel_then_popup, &xdg_wm_base_interface,
		XDG_WM_BASE_ERROR_ROLE},
	{"xdg_surface with a buffer", xdg_surface_with_buffer, &xdg_wm_base_interface,
		XDG_WM_BASE_ERROR_INVALID_SURFACE_STATE},
	{"xdg_surface with a committed buffer", xdg_surface_with_committed_buffer,
		&xdg_wm_base_interface, XDG_WM_BASE_ERROR_INVALID_SURFACE_STATE},
	{"incomplete positioner", incomplete_positioner, &xdg_wm_base_interface,
		XDG_WM_BASE_ERROR_INVALID_POSITIONER},
	{"reposition with an incomplete positioner", incomplete_reposition, &xdg_wm_base_interface,
		XDG_WM_BASE_ERROR_INVALID_POSITIONER},
	{"popup of nothing", popup_of_nothing, &xdg_wm_base_interface,
		XDG_WM_BASE_ERROR_INVALID_POPUP_PARENT},
	{"popup of a surface without role", popup_of_roleless, &xdg_wm_base_interface,
		XDG_WM_BASE_ERROR_INVALID_POPUP_PARENT},
	{"popup of itself", popup_of_itself, &xdg_wm_base_interface,
		XDG_WM_BASE_ERROR_INVALID_POPUP_PARENT},
	{"popup mapped before its parent", popup_before_its_parent, &xdg_wm_base_interface,
		XDG_WM_BASE_ERROR_INVALID_POPUP_PARENT},
	{"popup destroyed below another", destroy_lower_popup, &xdg_wm_base_interface,
		XDG_WM_BASE_ERROR_NOT_THE_TOPMOST_POPUP},
	{"a second grab beside the first", grab_beside_grab, &xdg_wm_base_interface,
		XDG_WM_BASE_ERROR_NOT_THE_TOPMOST_POPUP},
	{"grab of a popup whose parent has none", grab_above_none, &xdg_wm_base_interface,
		XDG_WM_BASE_ERROR_INVALID_POPUP_PARENT},
};

// ---- xdg_positioner ----

static void positioner_size(struct client *client) {
	xdg_positioner_set_size(xdg_wm_base_create_positioner(client->wm_base), 0, 1);
}

static void positioner_rect(struct client *client) {
	xdg_positioner_set_anchor_rect(xdg_wm_base_create_positioner(client->wm_base), 0, 0, 1, -1);
}

static void positioner_anchor(struct client *client) {
	xdg_positioner_set_anchor(xdg_wm_base_create_positioner(client->wm_base), 9);
}

static void positioner_gravity(struct client *client) {
	xdg_positioner_set_gravity(xdg_wm_base_create_positioner(client->wm_base), 9);
}

static const struct misdeed positioner_misdeeds[] = {
	{"size", positioner_size, &xdg_positioner_interface, XDG_POSITIONER_ERROR_INVALID_INPUT},
	{"anchor rectangle", positioner_rect, &xdg_positioner_interface,
		XDG_POSITIONER_ERROR_INVALID_INPUT},
	{"anchor", positioner_anchor, &xdg_positioner_interface, XDG_POSITIONER_ERROR_INVALID_INPUT},
	{"gravity", positioner_gravity, &xdg_positioner_interface, XDG_POSITIONER_ERROR_INVALID_INPUT},
};

// ---- xdg_surface ----

static struct xdg_surface *roleless(struct client *client) {
	return xdg_wm_base_get_xdg_surface(
		client->wm_base, wl_compositor_create_surface(client->compositor));
}

static void roleless_ack(struct client *client) {
	xdg_surface_ack_configure(roleless(client), 1);
}

static void roleless_geometry(struct client *client) {
	xdg_surface_set_window_geometry(roleless(client), 0, 0, 10, 10);
}

static void two_roles(struct client *client) {
	struct window window;
	window_init(&window, client);
	xdg_surface_get_toplevel(window.xdg);
}

static void buffer_before_configure(struct client *client) {
	struct window window;
	window_init(&window, client);
	wl_surface_attach(window.surface, client_buffer(client, 10, 10), 0, 0);
	wl_surface_commit(window.surface);
}

static void buffer_before_ack(struct client *client) {
	struct window window;
	window_init(&window, client);
	wl_surface_commit(window.surface);
	client_sync(client);
	wl_surface_attach(window.surface, client_buffer(client, 10, 10), 0, 0);
	wl_surface_commit(window.surface);
}

static void buffer_after_unmap(struct client *client) {
	struct window window;
	window_show(&window, client, 10, 10);
	wl_surface_attach(window.surface, NULL, 0, 0);
	wl_surface_commit(window.surface);
	wl_surface_attach(window.surface, client_buffer(client, 10, 10), 0, 0);
	wl_surface_commit(window.surface);
}

static void buffer_before_role(struct client *client) {
	struct wl_surface *surface = wl_compositor_create_surface(client->compositor);
	struct xdg_surface *xdg = xdg_wm_base_get_xdg_surface(client->wm_base, surface);
	wl_surface_attach(surface, client_buffer(client, 10, 10), 0, 0);
	wl_surface_commit(surface);
	xdg_surface_get_toplevel(xdg);
}

static void ack_of_nothing(struct client *client) {
	struct window window;
	window_init(&window, client);
	xdg_surface_ack_configure(window.xdg, 12345);
}

static void ack_twice(struct client *client) {
	struct window window;
	window_init(&window, client);
	window_configure(&window);
	xdg_surface_ack_configure(window.xdg, window.serial);
}

static void ack_of_older(struct client *client) {
	struct window window;
	window_show(&window, client, 10, 10);
	xdg_toplevel_set_fullscreen(window.toplevel, NULL);
	client_sync(client);
	uint32_t serial = window.serial;
	xdg_toplevel_set_fullscreen(window.toplevel, NULL);
	client_sync(client);
	xdg_surface_ack_configure(window.xdg, window.serial);
	xdg_surface_ack_configure(window.xdg, serial);
}

static void geometry_of_nothing(struct client *client) {
	struct window window;
	window_init(&window, client);
	xdg_surface_set_window_geometry(window.xdg, 0, 0, 10, 0);
}

static void geometry_outside(struct client *client) {
	struct window window;
	window_show(&window, client, 10, 10);
	xdg_surface_set_window_geometry(window.xdg, 10, 0, 10, 10);
	wl_surface_commit(window.surface);
}

static void xdg_surface_before_role(struct client *client) {
	struct window window;
	window_init(&window, client);
	xdg_surface_destroy(window.xdg);
}

static const struct misdeed surface_misdeeds[] = {
	{"ack without role", roleless_ack, &xdg_surface_interface, XDG_SURFACE_ERROR_NOT_CONSTRUCTED},
	{"geometry without role", roleless_geometry, &xdg_surface_interface,
		XDG_SURFACE_ERROR_NOT_CONSTRUCTED},
	{"two roles", two_roles, &xdg_surface_interface, XDG_SURFACE_ERROR_ALREADY_CONSTRUCTED},
	{"buffer before the initial commit", buffer_before_configure, &xdg_surface_interface,
		XDG_SURFACE_ERROR_UNCONFIGURED_BUFFER},
	{"buffer before the ack", buffer_before_ack, &xdg_surface_interface,
		XDG_SURFACE_ERROR_UNCONFIGURED_BUFFER},
	{"buffer right after unmapping", buffer_after_unmap, &xdg_surface_interface,
		XDG_SURFACE_ERROR_UNCONFIGURED_BUFFER},
	{"buffer before the role", buffer_before_role, &xdg_surface_interface,
		XDG_SURFACE_ERROR_UNCONFIGURED_BUFFER},
	{"ack of nothing", ack_of_nothing, &xdg_surface_interface, XDG_SURFACE_ERROR_INVALID_SERIAL},
	{"ack twice", ack_twice, &xdg_surface_interface, XDG_SURFACE_ERROR_INVALID_SERIAL},
	{"ack of an older configure", ack_of_older, &xdg_surface_interface,
		XDG_SURFACE_ERROR_INVALID_SERIAL},
	{"geometry of no size", geometry_of_nothing, &xdg_surface_interface,
		XDG_SURFACE_ERROR_INVALID_SIZE},
	{"geometry outside of the surface", geometry_outside, &xdg_surface_interface,
		XDG_SURFACE_ERROR_INVALID_SIZE},
	{"destroy before the role object", xdg_surface_before_role, &xdg_surface_interface,
		XDG_SURFACE_ERROR_DEFUNCT_ROLE_OBJECT},
};

// ---- xdg_toplevel and xdg_popup ----

static void resize_edge(struct client *client) {
	struct window window;
	window_show(&window, client, 10, 10);
	xdg_toplevel_resize(window.toplevel, client->seat, 0, 3);
}

static void parent_of_itself(struct client *client) {
	struct window window;
	window_init(&window, client);
	xdg_toplevel_set_parent(window.toplevel, window.toplevel);
}

static void parents_in_a_ring(struct client *client) {
	struct window windows[3];
	for (int i = 0; i < 3; i++) {
		window_show(&windows[i], client, 10, 10);
	}
	xdg_toplevel_set_parent(windows[0].toplevel, windows[1].toplevel);
	xdg_toplevel_set_parent(windows[1].toplevel, windows[2].toplevel);
	xdg_toplevel_set_parent(windows[2].toplevel, windows[0].toplevel);
}

static void negative_min_size(struct client *client) {
	struct window window;
	window_init(&window, client);
	xdg_toplevel_set_min_size(window.toplevel, 0, -1);
}

static void negative_max_size(struct client *client) {
	struct window window;
	window_init(&window, client);
	xdg_toplevel_set_max_size(window.toplevel, -1, 0);
}

static void min_above_max(struct client *client) {
	struct window window;
	window_init(&window, client);
	xdg_toplevel_set_min_size(window.toplevel, 100, 100);
	xdg_toplevel_set_max_size(window.toplevel, 0, 99);
	wl_surface_commit(window.surface);
}

static void late_grab(struct client *client) {
	struct window window, popup;
	window_show(&window, client, 100, 100);
	popup_init(&popup, client, &window, positioner_create(client, 10, 10, 0, 0, 1, 1));
	window_configure(&popup);
	window_draw(&popup, 10, 10);
	popup_grab(&popup);
}

static const struct misdeed role_misdeeds[] = {
	{"unknown resize edge", resize_edge, &xdg_toplevel_interface,
		XDG_TOPLEVEL_ERROR_INVALID_RESIZE_EDGE},
	{"parent of itself", parent_of_itself, &xdg_toplevel_interface,
		XDG_TOPLEVEL_ERROR_INVALID_PARENT},
	{"parents in a ring", parents_in_a_ring, &xdg_toplevel_interface,
		XDG_TOPLEVEL_ERROR_INVALID_PARENT},
	{"negative minimum", negative_min_size, &xdg_toplevel_interface,
		XDG_TOPLEVEL_ERROR_INVALID_SIZE},
	{"negative maximum", negative_max_size, &xdg_toplevel_interface,
		XDG_TOPLEVEL_ERROR_INVALID_SIZE},
	{"minimum above maximum", min_above_max, &xdg_toplevel_interface,
		XDG_TOPLEVEL_ERROR_INVALID_SIZE},
	{"grab after mapping", late_grab, &xdg_popup_interface, XDG_POPUP_ERROR_INVALID_GRAB},
};

// ---- xdg-decoration and xdg-activation ----

static void two_decorations(struct client *client) {
	struct window window;
	window_init(&window, client);
	zxdg_decoration_manager_v1_get_toplevel_decoration(client->decoration, window.toplevel);
	zxdg_decoration_manager_v1_get_toplevel_decoration(client->decoration, window.toplevel);
}

static void late_decoration(struct client *client) {
	struct window window;
	window_show(&window, client, 10, 10);
	zxdg_decoration_manager_v1_get_toplevel_decoration(client->decoration, window.toplevel);
}

static void orphaned_decoration(struct client *client) {
	struct window window;
	window_init(&window, client);
	zxdg_decoration_manager_v1_get_toplevel_decoration(client->decoration, window.toplevel);
	xdg_toplevel_destroy(window.toplevel);
}

static void decoration_mode(struct client *client) {
	struct window window;
	window_init(&window, client);
	zxdg_toplevel_decoration_v1_set_mode(
		zxdg_decoration_manager_v1_get_toplevel_decoration(client->decoration, window.toplevel), 3);
}

static void token_used_twice(struct client *client) {
	struct xdg_activation_token_v1 *token =
		xdg_activation_v1_get_activation_token(client->activation);
	xdg_activation_token_v1_commit(token);
	xdg_activation_token_v1_set_app_id(token, "late");
}

static const struct misdeed other_misdeeds[] = {
	{"two decorations", two_decorations, &zxdg_toplevel_decoration_v1_interface,
		ZXDG_TOPLEVEL_DECORATION_V1_ERROR_ALREADY_CONSTRUCTED},
	{"decoration of what has a buffer", late_decoration, &zxdg_toplevel_decoration_v1_interface,
		ZXDG_TOPLEVEL_DECORATION_V1_ERROR_UNCONFIGURED_BUFFER},
	{"toplevel destroyed before its decoration", orphaned_decoration,
		&zxdg_toplevel_decoration_v1_interface, ZXDG_TOPLEVEL_DECORATION_V1_ERROR_ORPHANED},
	{"unknown decoration mode", decoration_mode, &zxdg_toplevel_decoration_v1_interface,
		ZXDG_TOPLEVEL_DECORATION_V1_ERROR_INVALID_MODE},
	{"token request used twice", token_used_twice, &xdg_activation_token_v1_interface,
		XDG_ACTIVATION_TOKEN_V1_ERROR_ALREADY_USED},
};

// ---- All of them ----

static void commit_all(const struct misdeed *misdeeds, size_t n) {
	struct harness harness;
	harness_start(&harness, 1);
	struct window bystander;
	window_show(&bystander, client_connect(&harness), 640, 480);
	for (size_t i = 0; i < n; i++) {
		print_message("%s\n", misdeeds[i].what);
		struct client *client = client_connect(&harness);
		misdeeds[i].commit(client);
		client_expect_error(client, misdeeds[i].interface, misdeeds[i].code);
		client_kill(client);
		expect_n_layers(&harness, 0, 1);
	}
	assert_true(client_sync(bystander.client));
	assert_true(bystander.activated);
	harness_finish(&harness);
}

#define COMMIT_ALL(misdeeds) commit_all(misdeeds, sizeof(misdeeds) / sizeof(misdeeds[0]))

static void test_wm_base(void **state) {
	(void)state;
	COMMIT_ALL(wm_base_misdeeds);
}

static void test_positioner(void **state) {
	(void)state;
	COMMIT_ALL(positioner_misdeeds);
}

static void test_surface(void **state) {
	(void)state;
	COMMIT_ALL(surface_misdeeds);
}

static void test_roles(void **state) {
	(void)state;
	COMMIT_ALL(role_misdeeds);
}

static void test_others(void **state) {
	(void)state;
	COMMIT_ALL(other_misdeeds);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wm_base),
		cmocka_unit_test(test_positioner),
		cmocka_unit_test(test_surface),
		cmocka_unit_test(test_roles),
		cmocka_unit_test(test_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
