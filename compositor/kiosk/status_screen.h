// SPDX-License-Identifier: MIT
#ifndef VITRINE_KIOSK_STATUS_SCREEN_H
#define VITRINE_KIOSK_STATUS_SCREEN_H

#include "kiosk/kiosk.h"

// ---- status_state.c ----

// What is to be told on the outputs of these names, as JSON; the caller frees it. NULL when out of memory.
// The apps are there.
char *status_state(const struct kiosk *kiosk, const char *const *outputs, int n_outputs);

#endif
