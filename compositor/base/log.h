// SPDX-License-Identifier: MIT
// What Vitrine tells its operator: one line an event, naming the thing and, for errors, the remedy.
#ifndef VITRINE_BASE_LOG_H
#define VITRINE_BASE_LOG_H

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

// Lines above this level are dropped; LOG_LEVEL_INFO until set.
void log_set_level(enum log_level level);

// Writes one line to standard error. A message never holds a newline. With journald on the other
// end (JOURNAL_STREAM is set) lines carry the sd-daemon(3) priority prefix.
void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...) log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
