// SPDX-License-Identifier: MIT
// The commands of vitrinectl(1). Each returns an enum client_exit.
#ifndef VITRINE_CLIENTS_CTL_H
#define VITRINE_CLIENTS_CTL_H

#include "ctl-options.h"

struct client_display;
struct vitrine_reply_v1;

// How long an answer is waited for. A display that is off shows no frame to capture.
#define CTL_TIMEOUT_NS 10000000000

struct json_object;

// The folder of the configuration that vitrine reads; the caller frees it. NULL: reported.
char *ctl_configuration_folder(struct client_display *display);
// Asks for the status. NULL if it does not come: reported. The caller puts it.
struct json_object *ctl_status_fetch(struct client_display *display);

// Waits for what comes of a request, reports problems and prints notes; NULL is out of memory.
int ctl_reply(struct client_display *display, struct vitrine_reply_v1 *reply);
// The running vitrine knows requests of this version of the control channel. False: reported.
bool ctl_knows(struct client_display *display, uint32_t since);

int ctl_app(struct client_display *display, const struct ctl_options *options);
int ctl_status(struct client_display *display, const struct ctl_options *options);
int ctl_output(struct client_display *display, const struct ctl_options *options);
int ctl_reload(struct client_display *display);
int ctl_calibrate(struct client_display *display, const struct ctl_options *options);
int ctl_session(struct client_display *display, const struct ctl_options *options);
int ctl_screenshot(struct client_display *display, const struct ctl_options *options);

#endif
