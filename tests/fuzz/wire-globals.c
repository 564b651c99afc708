// SPDX-License-Identifier: MIT
// Everything that the server may advertise.
#include <string.h>

#include "alpha-modifier-v1-client-protocol.h"
#include "commit-timing-v1-client-protocol.h"
#include "content-type-v1-client-protocol.h"
#include "cursor-shape-v1-client-protocol.h"
#include "ext-idle-notify-v1-client-protocol.h"
#include "fifo-v1-client-protocol.h"
#include "fractional-scale-v1-client-protocol.h"
#include "idle-inhibit-unstable-v1-client-protocol.h"
#include "keyboard-shortcuts-inhibit-unstable-v1-client-protocol.h"
#include "linux-dmabuf-v1-client-protocol.h"
#include "linux-drm-syncobj-v1-client-protocol.h"
#include "pointer-constraints-unstable-v1-client-protocol.h"
#include "pointer-gestures-unstable-v1-client-protocol.h"
#include "presentation-time-client-protocol.h"
#include "primary-selection-unstable-v1-client-protocol.h"
#include "relative-pointer-unstable-v1-client-protocol.h"
#include "single-pixel-buffer-v1-client-protocol.h"
#include "tearing-control-v1-client-protocol.h"
#include "text-input-unstable-v3-client-protocol.h"
#include "viewporter-client-protocol.h"
#include "vitrine-control-v1-client-protocol.h"
#include "wire-peer.h"
#include "xdg-activation-v1-client-protocol.h"
#include "xdg-decoration-unstable-v1-client-protocol.h"
#include "xdg-output-unstable-v1-client-protocol.h"
#include "xdg-shell-client-protocol.h"
#ifdef HAVE_OSK
#include "input-method-unstable-v2-client-protocol.h"
#include "virtual-keyboard-unstable-v1-client-protocol.h"
#include "wlr-layer-shell-unstable-v1-client-protocol.h"
#endif
#ifdef HAVE_OUTPUT_MANAGEMENT
#include "wlr-output-management-unstable-v1-client-protocol.h"
#include "wlr-output-power-management-unstable-v1-client-protocol.h"
#endif
#ifdef HAVE_COLOR_REPRESENTATION
#include "color-representation-v1-client-protocol.h"
#endif

static const struct wl_interface *const globals[] = {
	&wl_compositor_interface,
	&wl_subcompositor_interface,
	&wl_shm_interface,
	&wl_output_interface,
	&wl_seat_interface,
	&wl_data_device_manager_interface,
	&zwp_linux_dmabuf_v1_interface,
	&wp_viewporter_interface,
	&wp_presentation_interface,
	&wp_single_pixel_buffer_manager_v1_interface,
	&zxdg_output_manager_v1_interface,
	&xdg_wm_base_interface,
	&zxdg_decoration_manager_v1_interface,
	&xdg_activation_v1_interface,
	&zwp_primary_selection_device_manager_v1_interface,
	&zwp_relative_pointer_manager_v1_interface,
	&zwp_pointer_constraints_v1_interface,
	&zwp_pointer_gestures_v1_interface,
	&wp_cursor_shape_manager_v1_interface,
	&wp_fifo_manager_v1_interface,
	&wp_commit_timing_manager_v1_interface,
	&wp_tearing_control_manager_v1_interface,
	&wp_content_type_manager_v1_interface,
	&wp_linux_drm_syncobj_manager_v1_interface,
	&wp_alpha_modifier_v1_interface,
	&ext_idle_notifier_v1_interface,
	&zwp_idle_inhibit_manager_v1_interface,
	&zwp_keyboard_shortcuts_inhibit_manager_v1_interface,
	&wp_fractional_scale_manager_v1_interface,
	&zwp_text_input_manager_v3_interface,
	&vitrine_control_v1_interface,
#ifdef HAVE_OSK
	&zwlr_layer_shell_v1_interface,
	&zwp_input_method_manager_v2_interface,
	&zwp_virtual_keyboard_manager_v1_interface,
#endif
#ifdef HAVE_COLOR_REPRESENTATION
	&wp_color_representation_manager_v1_interface,
#endif
#ifdef HAVE_OUTPUT_MANAGEMENT
	&zwlr_output_manager_v1_interface,
	&zwlr_output_power_manager_v1_interface,
#endif
};

enum { N_GLOBALS = sizeof(globals) / sizeof(globals[0]) };

const struct wl_interface *wire_any_global(void) {
	return globals[pick(N_GLOBALS)];
}

const struct wl_interface *wire_global(const char *name) {
	for (size_t i = 0; i < N_GLOBALS; i++) {
		if (strcmp(globals[i]->name, name) == 0) {
			return globals[i];
		}
	}
	return NULL;
}
