// SPDX-License-Identifier: MIT
#include "calibration.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/report.h"

enum {
	MAX_SECTION = 512, // bytes
	MAX_LINE = 512,
};

static const char head[] = "# Written by `vitrinectl calibrate`: what is changed here by hand "
						   "stays until the touch screen is\n"
						   "# calibrated again.\n";

struct calibration_point calibration_to_panel(
	unsigned transform, struct calibration_point upright) {
	struct calibration_point at = upright;
	if (transform & 4) {
		at.x = 1 - at.x;
	}
	// Back from the upright picture: a quarter turn for each that its contents were turned by.
	for (unsigned i = 0; i < (transform & 3); i++) {
		at = (struct calibration_point){at.y, 1 - at.x};
	}
	return at;
}

// ---- Least squares ----

// The sums that the normal equations of x' = a x + b y + c consist of.
struct sums {
	double xx, xy, yy, x, y, n;
};

static double determinant(const struct sums *s) {
	return s->xx * (s->yy * s->n - s->y * s->y) - s->xy * (s->xy * s->n - s->y * s->x) +
		s->x * (s->xy * s->y - s->yy * s->x);
}

// Solves for the row that meets p = sum of x * meant, q = of y * meant, r = of meant (Cramer's rule).
static void solve_row(const struct sums *s, double p, double q, double r, double row[3]) {
	double d = determinant(s);
	row[0] = (p * (s->yy * s->n - s->y * s->y) - s->xy * (q * s->n - s->y * r) +
				 s->x * (q * s->y - s->yy * r)) /
		d;
	row[1] = (s->xx * (q * s->n - s->y * r) - p * (s->xy * s->n - s->y * s->x) +
				 s->x * (s->xy * r - q * s->x)) /
		d;
	row[2] = (s->xx * (s->yy * r - q * s->y) - s->xy * (s->xy * r - q * s->x) +
				 p * (s->xy * s->y - s->yy * s->x)) /
		d;
}

bool calibration_solve(const struct calibration_point *seen, const struct calibration_point *meant,
	size_t n, const float before[6], float matrix[6], double *residual) {
	const double smallest = 1e-4; // of a determinant: below, the places lie on a line
	struct sums s = {.n = (double)n};
	double px = 0, qx = 0, rx = 0, py = 0, qy = 0, ry = 0;
	for (size_t i = 0; i < n; i++) {
		double x = seen[i].x, y = seen[i].y;
		s.xx += x * x;
		s.xy += x * y;
		s.yy += y * y;
		s.x += x;
		s.y += y;
		px += x * meant[i].x;
		qx += y * meant[i].x;
		rx += meant[i].x;
		py += x * meant[i].y;
		qy += y * meant[i].y;
		ry += meant[i].y;
	}
	if (n < 3 || !(fabs(determinant(&s)) > smallest)) {
		return false;
	}
	double rows[2][3];
	solve_row(&s, px, qx, rx, rows[0]);
	solve_row(&s, py, qy, ry, rows[1]);
	*residual = 0;
	for (size_t i = 0; i < n; i++) {
		double dx = rows[0][0] * seen[i].x + rows[0][1] * seen[i].y + rows[0][2] - meant[i].x;
		double dy = rows[1][0] * seen[i].x + rows[1][1] * seen[i].y + rows[1][2] - meant[i].y;
		*residual = fmax(*residual, hypot(dx, dy));
	}
	// What was seen has gone through `before` already.
	for (int r = 0; r < 2; r++) {
		const double *row = rows[r];
		matrix[3 * r] = (float)(row[0] * before[0] + row[1] * before[3]);
		matrix[3 * r + 1] = (float)(row[0] * before[1] + row[1] * before[4]);
		matrix[3 * r + 2] = (float)(row[0] * before[2] + row[1] * before[5] + row[2]);
	}
	return true;
}

// ---- The file ----

// "[input NAME]", in which what would end a section, or stand for more than itself, is any character.
static bool section_head(const char *device, char *text, size_t size) {
	int length = snprintf(text, size, "[input %s]", device);
	if (length < 0 || (size_t)length >= size) {
		return false;
	}
	size_t end = (size_t)length - 1;
	for (size_t i = strlen("[input "); i < end; i++) {
		if (strchr("[]*", text[i]) || (unsigned char)text[i] < ' ') {
			text[i] = '?';
		}
	}
	return true;
}

bool calibration_section(const char *device, const float matrix[6], char *text, size_t size) {
	char line[MAX_LINE];
	if (!section_head(device, line, sizeof(line))) {
		return false;
	}
	int length = snprintf(text, size, "%s\ncalibration-matrix = %.6f %.6f %.6f %.6f %.6f %.6f\n",
		line, (double)matrix[0], (double)matrix[1], (double)matrix[2], (double)matrix[3],
		(double)matrix[4], (double)matrix[5]);
	return length > 0 && (size_t)length < size;
}

// What of the file stays: all but its head and the section that begins with `old`.
static void copy_others(FILE *from, FILE *to, const char *old) {
	char line[MAX_LINE];
	bool skipping = false;
	while (fgets(line, sizeof(line), from)) {
		if (line[0] == '[') {
			skipping = strncmp(line, old, strlen(old)) == 0;
		}
		if (!skipping && !strstr(head, line) && line[0] != '\n') {
			if (line[0] == '[') {
				fputc('\n', to);
			}
			fputs(line, to);
		}
	}
}

// All that are missing above the file.
static bool make_folders(const char *path) {
	char folder[4096];
	snprintf(folder, sizeof(folder), "%s", path);
	bool ok = true;
	for (char *slash = strchr(folder + 1, '/'); slash && ok; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		ok = mkdir(folder, 0755) == 0 || errno == EEXIST;
		if (ok) {
			*slash = '/';
		}
	}
	if (ok) {
		return true;
	}
	client_report("cannot make the folder %s: %s: run it as a user who may, or choose another file "
				  "with --file",
		folder, strerror(errno));
	return false;
}

static bool write_file(FILE *file, const char *path, const char *old, const char *section) {
	fputs(head, file);
	FILE *before = fopen(path, "re");
	if (before) {
		copy_others(before, file, old);
		fclose(before);
	}
	fprintf(file, "\n%s", section);
	return fflush(file) == 0 && fsync(fileno(file)) == 0;
}

bool calibration_save(const char *path, const char *device, const float matrix[6]) {
	char old[MAX_LINE], section[MAX_SECTION], temporary[4096];
	int length = snprintf(temporary, sizeof(temporary), "%s.new", path);
	if (!section_head(device, old, sizeof(old)) ||
		!calibration_section(device, matrix, section, sizeof(section)) || length < 0 ||
		(size_t)length >= sizeof(temporary)) {
		client_report("the name of the file, or of the touch screen, is too long");
		return false;
	}
	if (!make_folders(path)) {
		return false;
	}
	int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
	bool ok = file && write_file(file, path, old, section);
	int error = errno;
	if (file) {
		ok = fclose(file) == 0 && ok;
	} else if (fd >= 0) {
		close(fd);
	}
	if (ok && rename(temporary, path) == 0) {
		return true;
	}
	error = ok ? errno : error;
	if (fd >= 0) {
		unlink(temporary);
	}
	client_report(
		"cannot write %s: %s: run it as a user who may, or choose another file with --file", path,
		strerror(error));
	return false;
}
