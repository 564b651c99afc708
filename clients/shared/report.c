// SPDX-License-Identifier: MIT
#include "shared/report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static void report(const char *format, va_list args) {
	fprintf(stderr, "%s: ", program_invocation_short_name);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

void client_report(const char *format, ...) {
	va_list args;
	va_start(args, format);
	report(format, args);
	va_end(args);
}

void client_report_usage(const char *format, ...) {
	va_list args;
	va_start(args, format);
	report(format, args);
	va_end(args);
	fprintf(stderr, "Try '%s --help'.\n", program_invocation_short_name);
}
