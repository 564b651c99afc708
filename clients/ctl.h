// SPDX-License-Identifier: MIT
// The commands of vitrinectl(1). Each returns an enum client_exit.
#ifndef VITRINE_CLIENTS_CTL_H
#define VITRINE_CLIENTS_CTL_H

#include "ctl-options.h"

struct client_display;

// How long an answer is waited for. A display that is off shows no frame to capture.
#define CTL_TIMEOUT_NS 10000000000

int ctl_status(struct client_display *display, const struct ctl_options *options);
int ctl_output(struct client_display *display, const struct ctl_options *options);
int ctl_reload(struct client_display *display);
int ctl_screenshot(struct client_display *display, const struct ctl_options *options);

#endif
