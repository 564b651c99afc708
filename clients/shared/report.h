// SPDX-License-Identifier: MIT
// How the client programs talk to the person who started them.
#ifndef VITRINE_CLIENTS_REPORT_H
#define VITRINE_CLIENTS_REPORT_H

// Exit statuses of the client programs.
enum client_exit {
	CLIENT_EXIT_OK = 0,
	CLIENT_EXIT_FAILURE = 1, // named on standard error, with the remedy
	CLIENT_EXIT_USAGE = 2,   // a command line that makes no sense
};

// Writes "PROGRAM: message" and a newline to standard error. For errors, and for notices that must
// not mix with what a program prints as its result.
void client_report(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Reports and points at --help, for a command line that makes no sense.
void client_report_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
