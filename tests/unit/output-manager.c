// SPDX-License-Identifier: MIT
// wlr's output management on the wire: what clients hear of displays, what they may ask for, and in which
// order objects may go.
#include "wayland-harness.h"

#include <stdio.h>
#include <string.h>

#include "globals.h"
#include "wayland/output_manager.h"
#include "wlr-output-management-unstable-v1-client-protocol.h"
#include "wlr-output-power-management-unstable-v1-client-protocol.h"

enum { MAX_HEADS = 4, MAX_MODES = 8 };

struct seen_mode {
	struct zwlr_output_mode_v1 *object;
	int32_t width, height, refresh;
	bool preferred, finished;
};

struct seen_head {
	struct zwlr_output_head_v1 *object;
	char name[32], make[32], serial[32];
	struct seen_mode modes[MAX_MODES];
	int n_modes;
	struct zwlr_output_mode_v1 *current;
	int32_t enabled, x, y, transform, width_mm;
	double scale;
	bool vrr;
	bool finished;
	int events; // of what may change
};

struct tool {
	struct client *client;
	struct zwlr_output_manager_v1 *manager;
	struct zwlr_output_power_manager_v1 *powers;
	struct seen_head heads[MAX_HEADS];
	int n_heads;
	uint32_t serial;
	int dones;
	bool finished;
	int succeeded, failed, cancelled; // of configurations
	int power, power_failed;          // the last that was told, -1 none
};

// ---- The server's side ----

static struct output_manager *manager;
static struct output_head_wish asked[MAX_HEADS];
static int n_asked, n_tests, n_applied;
static bool refuse, is_on;

static bool handle_configure(void *data, const struct output_head_wish *wishes, int n, bool test) {
	(void)data;
	assert_true(n <= MAX_HEADS);
	n_asked = n;
	for (int i = 0; i < n; i++) {
		asked[i] = wishes[i];
	}
	n_tests += test;
	n_applied += !test;
	return !refuse;
}

static void handle_set_power(void *data, struct wayland_output *output, bool on) {
	(void)data;
	assert_ptr_equal(output, harness.output);
	is_on = on;
	output_manager_power_changed(manager);
}

static bool handle_power(void *data, struct wayland_output *output) {
	(void)data;
	assert_ptr_equal(output, harness.output);
	return is_on;
}

static const struct output_manager_ops ops = {handle_configure, handle_set_power, handle_power};

static const struct output_head_mode modes[] = {
	{1920, 1080, 60000, true}, {1280, 720, 50000, false}};

static struct output_head_state make_state(const char *name) {
	return (struct output_head_state){
		.name = name,
		.description = "Some display",
		.make = "Maker",
		.serial = "7",
		.width_mm = 500,
		.height_mm = 300,
		.modes = modes,
		.n_modes = 2,
		.enabled = true,
		.mode = modes[0],
		.scale = 1,
	};
}

// ---- The client's side ----

static void mode_size(
	void *data, struct zwlr_output_mode_v1 *object, int32_t width, int32_t height) {
	(void)object;
	((struct seen_mode *)data)->width = width;
	((struct seen_mode *)data)->height = height;
}

static void mode_refresh(void *data, struct zwlr_output_mode_v1 *object, int32_t refresh) {
	(void)object;
	((struct seen_mode *)data)->refresh = refresh;
}

static void mode_preferred(void *data, struct zwlr_output_mode_v1 *object) {
	(void)object;
	((struct seen_mode *)data)->preferred = true;
}

static void mode_finished(void *data, struct zwlr_output_mode_v1 *object) {
	(void)object;
	((struct seen_mode *)data)->finished = true;
}

static const struct zwlr_output_mode_v1_listener mode_listener = {
	mode_size, mode_refresh, mode_preferred, mode_finished};

static void head_name(void *data, struct zwlr_output_head_v1 *object, const char *name) {
	(void)object;
	struct seen_head *head = data;
	snprintf(head->name, sizeof(head->name), "%s", name);
}

static void head_text(void *data, struct zwlr_output_head_v1 *object, const char *text) {
	(void)data, (void)object, (void)text;
}

static void head_size(
	void *data, struct zwlr_output_head_v1 *object, int32_t width, int32_t height) {
	(void)object, (void)height;
	((struct seen_head *)data)->width_mm = width;
}

static void head_mode(
	void *data, struct zwlr_output_head_v1 *object, struct zwlr_output_mode_v1 *mode) {
	(void)object;
	struct seen_head *head = data;
	assert_true(head->n_modes < MAX_MODES);
	head->modes[head->n_modes].object = mode;
	zwlr_output_mode_v1_add_listener(mode, &mode_listener, &head->modes[head->n_modes++]);
}

static void head_enabled(void *data, struct zwlr_output_head_v1 *object, int32_t enabled) {
	(void)object;
	((struct seen_head *)data)->enabled = enabled;
	((struct seen_head *)data)->events++;
}

static void head_current(
	void *data, struct zwlr_output_head_v1 *object, struct zwlr_output_mode_v1 *mode) {
	(void)object;
	((struct seen_head *)data)->current = mode;
	((struct seen_head *)data)->events++;
}

static void head_position(void *data, struct zwlr_output_head_v1 *object, int32_t x, int32_t y) {
	(void)object;
	((struct seen_head *)data)->x = x;
	((struct seen_head *)data)->y = y;
	((struct seen_head *)data)->events++;
}

static void head_transform(void *data, struct zwlr_output_head_v1 *object, int32_t transform) {
	(void)object;
	((struct seen_head *)data)->transform = transform;
	((struct seen_head *)data)->events++;
}

static void head_scale(void *data, struct zwlr_output_head_v1 *object, wl_fixed_t scale) {
	(void)object;
	((struct seen_head *)data)->scale = wl_fixed_to_double(scale);
	((struct seen_head *)data)->events++;
}

static void head_finished(void *data, struct zwlr_output_head_v1 *object) {
	(void)object;
	((struct seen_head *)data)->finished = true;
}

static void head_make(void *data, struct zwlr_output_head_v1 *object, const char *text) {
	(void)object;
	struct seen_head *head = data;
	snprintf(head->make, sizeof(head->make), "%s", text);
}

static void head_model(void *data, struct zwlr_output_head_v1 *object, const char *text) {
	(void)data, (void)object;
	fail_msg("nobody knows the model, and it is told as %s", text);
}

static void head_serial(void *data, struct zwlr_output_head_v1 *object, const char *text) {
	(void)object;
	struct seen_head *head = data;
	snprintf(head->serial, sizeof(head->serial), "%s", text);
}

static void head_sync(void *data, struct zwlr_output_head_v1 *object, uint32_t state) {
	(void)object;
	((struct seen_head *)data)->vrr = state == ZWLR_OUTPUT_HEAD_V1_ADAPTIVE_SYNC_STATE_ENABLED;
}

static const struct zwlr_output_head_v1_listener head_listener = {head_name, head_text, head_size,
	head_mode, head_enabled, head_current, head_position, head_transform, head_scale, head_finished,
	head_make, head_model, head_serial, head_sync};

static void manager_head(
	void *data, struct zwlr_output_manager_v1 *object, struct zwlr_output_head_v1 *head) {
	(void)object;
	struct tool *tool = data;
	assert_true(tool->n_heads < MAX_HEADS);
	tool->heads[tool->n_heads].object = head;
	zwlr_output_head_v1_add_listener(head, &head_listener, &tool->heads[tool->n_heads++]);
}

static void manager_done(void *data, struct zwlr_output_manager_v1 *object, uint32_t serial) {
	(void)object;
	struct tool *tool = data;
	tool->serial = serial;
	tool->dones++;
}

static void manager_finished(void *data, struct zwlr_output_manager_v1 *object) {
	struct tool *tool = data;
	tool->finished = true;
	zwlr_output_manager_v1_destroy(object);
	tool->manager = NULL;
}

static const struct zwlr_output_manager_v1_listener manager_listener = {
	manager_head, manager_done, manager_finished};

static void succeeded(void *data, struct zwlr_output_configuration_v1 *object) {
	(void)object;
	((struct tool *)data)->succeeded++;
}

static void failed(void *data, struct zwlr_output_configuration_v1 *object) {
	(void)object;
	((struct tool *)data)->failed++;
}

static void cancelled(void *data, struct zwlr_output_configuration_v1 *object) {
	(void)object;
	((struct tool *)data)->cancelled++;
}

static const struct zwlr_output_configuration_v1_listener configuration_listener = {
	succeeded, failed, cancelled};

static void power_mode(void *data, struct zwlr_output_power_v1 *object, uint32_t mode) {
	(void)object;
	((struct tool *)data)->power = (int)mode;
}

static void power_failed(void *data, struct zwlr_output_power_v1 *object) {
	(void)object;
	((struct tool *)data)->power_failed++;
}

static const struct zwlr_output_power_v1_listener power_listener = {power_mode, power_failed};

static struct tool tool;

static int setup(void **state) {
	assert_int_equal(harness_setup(state), 0);
	n_tests = n_applied = n_asked = 0;
	refuse = false;
	is_on = true;
	manager = output_manager_create(harness.server, &ops, NULL);
	assert_non_null(manager);
	struct output_head_state states[] = {make_state("A-1"), make_state("A-2")};
	states[1].enabled = false;
	output_manager_update(manager, states, 2);
	tool = (struct tool){.client = client_connect(), .power = -1};
	struct test_globals globals;
	test_globals_ask(&globals, tool.client->display);
	assert_true(client_sync(tool.client));
	assert_int_equal(test_globals_version(&globals, &zwlr_output_manager_v1_interface), 4);
	tool.manager = test_globals_bind(&globals, &zwlr_output_manager_v1_interface, 4);
	zwlr_output_manager_v1_add_listener(tool.manager, &manager_listener, &tool);
	tool.powers = test_globals_bind(&globals, &zwlr_output_power_manager_v1_interface, 1);
	test_globals_finish(&globals);
	assert_true(client_sync(tool.client));
	assert_int_equal(tool.dones, 1);
	assert_int_equal(tool.n_heads, 2);
	return 0;
}

static void free_proxy(void *proxy) {
	if (proxy != NULL) {
		wl_proxy_destroy(proxy);
	}
}

static int teardown(void **state) {
	for (int h = 0; h < tool.n_heads; h++) {
		for (int m = 0; m < tool.heads[h].n_modes; m++) {
			free_proxy(tool.heads[h].modes[m].object);
		}
		free_proxy(tool.heads[h].object);
	}
	free_proxy(tool.manager);
	free_proxy(tool.powers);
	client_disconnect(tool.client);
	output_manager_destroy(manager);
	return harness_teardown(state);
}

static struct zwlr_output_configuration_v1 *create_configuration(uint32_t serial) {
	struct zwlr_output_configuration_v1 *configuration =
		client_keep(tool.client, zwlr_output_manager_v1_create_configuration(tool.manager, serial));
	zwlr_output_configuration_v1_add_listener(configuration, &configuration_listener, &tool);
	return configuration;
}

static struct zwlr_output_configuration_head_v1 *enable(
	struct zwlr_output_configuration_v1 *configuration, int head) {
	return client_keep(tool.client,
		zwlr_output_configuration_v1_enable_head(configuration, tool.heads[head].object));
}

// ---- Tests ----

static void test_heads(void **state) {
	(void)state;
	struct seen_head *head = &tool.heads[0];
	assert_string_equal(head->name, "A-1");
	assert_string_equal(head->make, "Maker");
	assert_string_equal(head->serial, "7");
	assert_int_equal(head->width_mm, 500);
	assert_int_equal(head->n_modes, 2);
	assert_true(head->modes[0].preferred);
	assert_int_equal(head->modes[1].width, 1280);
	assert_int_equal(head->modes[1].refresh, 50000);
	assert_int_equal(head->enabled, 1);
	assert_ptr_equal(head->current, head->modes[0].object);
	assert_int_equal(tool.heads[1].enabled, 0);
	assert_null(tool.heads[1].current);
	// Nothing is told where nothing changed, and only that what did.
	struct output_head_state states[] = {make_state("A-1"), make_state("A-2")};
	states[1].enabled = false;
	output_manager_update(manager, states, 2);
	assert_true(client_sync(tool.client));
	assert_int_equal(tool.dones, 1);
	int events = head->events;
	states[0].x = 5;
	states[0].transform = WL_OUTPUT_TRANSFORM_90;
	states[0].scale = 1.5;
	output_manager_update(manager, states, 2);
	assert_true(client_sync(tool.client));
	assert_int_equal(tool.dones, 2);
	assert_int_equal(head->events, events + 3);
	assert_int_equal(head->x, 5);
	assert_int_equal(head->transform, WL_OUTPUT_TRANSFORM_90);
	assert_true(head->scale == 1.5);
	assert_false(head->vrr);
	states[0].vrr = true;
	output_manager_update(manager, states, 2);
	assert_true(client_sync(tool.client));
	assert_int_equal(tool.dones, 3);
	assert_true(head->vrr);
	// A mode that is in no list has an object as long as it runs.
	states[0].mode = (struct output_head_mode){700, 500, 60000, false};
	output_manager_update(manager, states, 2);
	assert_true(client_sync(tool.client));
	assert_int_equal(head->n_modes, 3);
	assert_ptr_equal(head->current, head->modes[2].object);
	assert_int_equal(head->modes[2].width, 700);
	states[0].mode = modes[1];
	output_manager_update(manager, states, 2);
	assert_true(client_sync(tool.client));
	assert_ptr_equal(head->current, head->modes[1].object);
	assert_true(head->modes[2].finished);
	assert_false(head->modes[0].finished);
}

// Displays that come, go, and are others.
static void test_displays_change(void **state) {
	(void)state;
	struct output_head_state states[] = {make_state("A-1"), make_state("A-2")};
	states[0].serial = "8";
	output_manager_update(manager, states, 1);
	assert_true(client_sync(tool.client));
	assert_true(tool.heads[0].finished && tool.heads[0].modes[0].finished);
	assert_true(tool.heads[1].finished);
	assert_int_equal(tool.n_heads, 3);
	assert_string_equal(tool.heads[2].serial, "8");
	assert_int_equal(tool.dones, 2);
	// Inert objects are released in any order.
	zwlr_output_head_v1_release(tool.heads[0].object);
	zwlr_output_mode_v1_release(tool.heads[0].modes[0].object);
	zwlr_output_mode_v1_release(tool.heads[2].modes[1].object); // is not inert
	zwlr_output_head_v1_release(tool.heads[2].object);
	tool.heads[0].object = tool.heads[2].object = NULL;
	tool.heads[0].modes[0].object = tool.heads[2].modes[1].object = NULL;
	output_manager_update(manager, states, 0);
	assert_true(client_sync(tool.client));
	assert_int_equal(tool.dones, 3);
	zwlr_output_manager_v1_stop(tool.manager);
	assert_true(client_sync(tool.client));
	assert_true(tool.finished);
	output_manager_update(manager, states, 2);
	assert_true(client_sync(tool.client));
	assert_int_equal(tool.n_heads, 3);
}

static void test_configurations(void **state) {
	(void)state;
	struct zwlr_output_configuration_v1 *configuration = create_configuration(tool.serial);
	struct zwlr_output_configuration_head_v1 *head = enable(configuration, 0);
	zwlr_output_configuration_head_v1_set_mode(head, tool.heads[0].modes[1].object);
	zwlr_output_configuration_head_v1_set_position(head, -3, 4);
	zwlr_output_configuration_head_v1_set_transform(head, WL_OUTPUT_TRANSFORM_FLIPPED_90);
	zwlr_output_configuration_head_v1_set_scale(head, wl_fixed_from_double(1.25));
	zwlr_output_configuration_v1_disable_head(configuration, tool.heads[1].object);
	zwlr_output_configuration_v1_test(configuration);
	assert_true(client_sync(tool.client));
	assert_int_equal(tool.succeeded, 1);
	assert_int_equal(n_tests, 1);
	assert_int_equal(n_applied, 0);
	assert_int_equal(n_asked, 2);
	assert_true(asked[0].enabled && !asked[1].enabled);
	assert_int_equal(asked[0].mode.width, 1280);
	assert_int_equal(asked[0].mode.refresh_mhz, 50000);
	assert_int_equal(asked[0].x, -3);
	assert_int_equal(asked[0].transform, WL_OUTPUT_TRANSFORM_FLIPPED_90);
	assert_true(asked[0].scale == 1.25);
	// Another one, which is refused.
	refuse = true;
	configuration = create_configuration(tool.serial);
	head = enable(configuration, 0);
	zwlr_output_configuration_head_v1_set_custom_mode(head, 700, 500, 0);
	enable(configuration, 1);
	zwlr_output_configuration_v1_apply(configuration);
	assert_true(client_sync(tool.client));
	assert_int_equal(tool.failed, 1);
	assert_int_equal(n_applied, 1);
	assert_int_equal(asked[0].mode.width, 700);
	assert_false(asked[1].has_mode);
	refuse = false;
	configuration = create_configuration(tool.serial);
	zwlr_output_configuration_head_v1_set_adaptive_sync(enable(configuration, 0), 1);
	enable(configuration, 1);
	zwlr_output_configuration_v1_apply(configuration);
	assert_true(client_sync(tool.client));
	assert_int_equal(tool.succeeded, 2);
	assert_int_equal(n_applied, 2);
	assert_true(asked[0].has_vrr && asked[0].vrr && !asked[1].has_vrr);
}

// What was made for other heads than there are now is cancelled.
static void test_stale(void **state) {
	(void)state;
	struct output_head_state states[] = {make_state("A-1"), make_state("A-2")};
	struct zwlr_output_configuration_v1 *old = create_configuration(tool.serial);
	struct zwlr_output_configuration_v1 *next = create_configuration(tool.serial + 1);
	struct zwlr_output_configuration_head_v1 *head = enable(old, 0);
	enable(next, 0);
	enable(next, 1);
	assert_true(client_sync(tool.client));
	output_manager_update(manager, states, 1); // A-1 is lit in both, A-2 goes
	zwlr_output_configuration_head_v1_set_mode(head, tool.heads[1].modes[0].object);
	zwlr_output_configuration_v1_apply(old);
	zwlr_output_configuration_v1_apply(next); // with the serial of now, and a head that is gone
	assert_true(client_sync(tool.client));
	assert_int_equal(tool.cancelled, 2);
	struct zwlr_output_configuration_v1 *inert = create_configuration(tool.serial);
	enable(inert, 1);
	enable(inert, 0);
	zwlr_output_configuration_v1_test(inert);
	assert_true(client_sync(tool.client));
	assert_int_equal(tool.cancelled, 3);
	assert_int_equal(n_applied + n_tests, 0);
}

static void provoke(int which) {
	struct zwlr_output_configuration_v1 *configuration = create_configuration(tool.serial);
	struct zwlr_output_configuration_head_v1 *head = enable(configuration, 0);
	switch (which) {
	case 0:
		zwlr_output_configuration_v1_apply(configuration);
		break;
	case 1:
		zwlr_output_configuration_v1_disable_head(configuration, tool.heads[0].object);
		break;
	case 2:
		enable(configuration, 1);
		zwlr_output_configuration_v1_test(configuration);
		zwlr_output_configuration_v1_apply(configuration);
		break;
	case 3:
		zwlr_output_configuration_head_v1_set_mode(head, tool.heads[1].modes[0].object);
		break;
	case 4:
		zwlr_output_configuration_head_v1_set_mode(head, tool.heads[0].modes[0].object);
		zwlr_output_configuration_head_v1_set_custom_mode(head, 1, 1, 0);
		break;
	case 5:
		zwlr_output_configuration_head_v1_set_custom_mode(head, 0, 1, 0);
		break;
	case 6:
		zwlr_output_configuration_head_v1_set_transform(head, 8);
		break;
	case 7:
		zwlr_output_configuration_head_v1_set_scale(head, 0);
		break;
	case 8:
		zwlr_output_configuration_head_v1_set_adaptive_sync(head, 2);
		break;
	default:
		break;
	}
}

static void test_errors(void **state) {
	(void)state;
	static const struct {
		const struct wl_interface *interface;
		uint32_t code;
	} errors[] = {
		{&zwlr_output_configuration_v1_interface,
			ZWLR_OUTPUT_CONFIGURATION_V1_ERROR_UNCONFIGURED_HEAD},
		{&zwlr_output_configuration_v1_interface,
			ZWLR_OUTPUT_CONFIGURATION_V1_ERROR_ALREADY_CONFIGURED_HEAD},
		{&zwlr_output_configuration_v1_interface, ZWLR_OUTPUT_CONFIGURATION_V1_ERROR_ALREADY_USED},
		{&zwlr_output_configuration_head_v1_interface,
			ZWLR_OUTPUT_CONFIGURATION_HEAD_V1_ERROR_INVALID_MODE},
		{&zwlr_output_configuration_head_v1_interface,
			ZWLR_OUTPUT_CONFIGURATION_HEAD_V1_ERROR_ALREADY_SET},
		{&zwlr_output_configuration_head_v1_interface,
			ZWLR_OUTPUT_CONFIGURATION_HEAD_V1_ERROR_INVALID_CUSTOM_MODE},
		{&zwlr_output_configuration_head_v1_interface,
			ZWLR_OUTPUT_CONFIGURATION_HEAD_V1_ERROR_INVALID_TRANSFORM},
		{&zwlr_output_configuration_head_v1_interface,
			ZWLR_OUTPUT_CONFIGURATION_HEAD_V1_ERROR_INVALID_SCALE},
		{&zwlr_output_configuration_head_v1_interface,
			ZWLR_OUTPUT_CONFIGURATION_HEAD_V1_ERROR_INVALID_ADAPTIVE_SYNC_STATE},
	};
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (i > 0) {
			teardown(state);
			setup(state);
		}
		provoke((int)i);
		assert_error(tool.client, errors[i].interface, errors[i].code);
	}
}

static void test_power(void **state) {
	(void)state;
	struct zwlr_output_power_v1 *power = client_keep(tool.client,
		zwlr_output_power_manager_v1_get_output_power(tool.powers, tool.client->output));
	zwlr_output_power_v1_add_listener(power, &power_listener, &tool);
	assert_true(client_sync(tool.client));
	assert_int_equal(tool.power, 1);
	zwlr_output_power_v1_set_mode(power, ZWLR_OUTPUT_POWER_V1_MODE_OFF);
	assert_true(client_sync(tool.client));
	assert_false(is_on);
	assert_int_equal(tool.power, 0);
	is_on = true; // by somebody else
	output_manager_power_changed(manager);
	assert_true(client_sync(tool.client));
	assert_int_equal(tool.power, 1);
	// The output goes: the object is of no use any more.
	wayland_output_destroy(harness.output);
	harness.output = NULL;
	assert_true(client_sync(tool.client));
	assert_int_equal(tool.power_failed, 1);
	zwlr_output_power_v1_set_mode(power, ZWLR_OUTPUT_POWER_V1_MODE_OFF);
	output_manager_power_changed(manager);
	assert_true(client_sync(tool.client));
	assert_true(is_on);
	zwlr_output_power_v1_set_mode(power, 7);
	assert_error(
		tool.client, &zwlr_output_power_v1_interface, ZWLR_OUTPUT_POWER_V1_ERROR_INVALID_MODE);
}

int main(void) {
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_heads, setup, teardown),
		cmocka_unit_test_setup_teardown(test_displays_change, setup, teardown),
		cmocka_unit_test_setup_teardown(test_configurations, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stale, setup, teardown),
		cmocka_unit_test_setup_teardown(test_errors, setup, teardown),
		cmocka_unit_test_setup_teardown(test_power, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
