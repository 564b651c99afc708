// SPDX-License-Identifier: MIT
// The arithmetic of touch calibration, and the file that keeps it.
#ifndef VITRINE_CLIENTS_CALIBRATION_H
#define VITRINE_CLIENTS_CALIBRATION_H

#include <stdbool.h>
#include <stddef.h>

struct calibration_point {
	double x, y; // parts of a width and height, 0..1 inside
};

// Where on the panel, as it is mounted, a place of the upright picture is; `transform` is that of the output
// (enum wl_output_transform).
struct calibration_point calibration_to_panel(unsigned transform, struct calibration_point upright);

// The matrix (first two rows) that brings what a touch screen tells to where it was meant to be touched, by
// least squares: `seen` are the places as the matrix `before` made them, `meant` the right ones. *residual
// is the largest distance that is left between the two. False if the places do not tell: fewer than three,
// or on a line.
bool calibration_solve(const struct calibration_point *seen, const struct calibration_point *meant,
	size_t n, const float before[6], float matrix[6], double *residual);

// The section of vitrine.ini(5) that says so, with a newline at its end. The device's name is written as
// the pattern that fits it. False if it takes more than `size` bytes.
bool calibration_section(const char *device, const float matrix[6], char *text, size_t size);

// Writes the section into the file, which is vitrinectl's own: sections of other devices stay, an older one
// of this device goes. The file appears whole or not at all; its folder is made if it is not there. False:
// reported, and nothing has changed.
bool calibration_save(const char *path, const char *device, const float matrix[6]);

#endif
