// SPDX-License-Identifier: MIT
// The status of a compositor as a table for people.
#ifndef VITRINE_CLIENTS_CTL_TABLE_H
#define VITRINE_CLIENTS_CTL_TABLE_H

#include <stdint.h>
#include <stdio.h>

struct json_object;

// Writes the status to `file`. `earlier` is the status `interval_ns` before it, for figures a
// second and a frame; NULL for totals since the start. Members that are missing show as "-".
void ctl_table_print(
	FILE *file, struct json_object *status, struct json_object *earlier, int64_t interval_ns);

// All displays, one a line; the modes of one.
void ctl_table_print_displays(FILE *file, struct json_object *status);
void ctl_table_print_modes(FILE *file, struct json_object *status, struct json_object *display);
// Only the apps of the status.
void ctl_table_print_apps(FILE *file, struct json_object *status);

#endif
