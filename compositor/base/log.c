// SPDX-License-Identifier: MIT
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// A line that is longer than this is cut: it goes out in one write, so that lines of several
// processes on one terminal or pipe never mix (PIPE_BUF is at least 4096 on Linux).
#define LINE_MAX_BYTES 2048

static enum log_level max_level = LOG_LEVEL_INFO;

static const struct {
	const char *prefix;
	const char *priority; // sd-daemon(3)
} levels[] = {
	[LOG_LEVEL_ERROR] = {"vitrine: error: ", "<3>"},
	[LOG_LEVEL_WARNING] = {"vitrine: warning: ", "<4>"},
	[LOG_LEVEL_INFO] = {"vitrine: ", "<6>"},
	[LOG_LEVEL_DEBUG] = {"vitrine: debug: ", "<7>"},
};

// systemd.exec(5): JOURNAL_STREAM names device and inode of the stream. They are compared because a
// child with its own standard error inherits the variable too.
static bool stderr_is_journal(void) {
	const char *stream = getenv("JOURNAL_STREAM");
	if (!stream) {
		return false;
	}
	unsigned long long device, inode;
	struct stat st;
	if (sscanf(stream, "%llu:%llu", &device, &inode) != 2 || fstat(STDERR_FILENO, &st) != 0) {
		return false;
	}
	return (unsigned long long)st.st_dev == device && (unsigned long long)st.st_ino == inode;
}

void log_set_level(enum log_level level) {
	max_level = level;
}

static void write_all(const char *data, size_t len) {
	while (len > 0) {
		ssize_t n = write(STDERR_FILENO, data, len);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			return; // nobody is left to tell
		}
		data += n;
		len -= (size_t)n;
	}
}

void log_write(enum log_level level, const char *format, ...) {
	if (level > max_level) {
		return;
	}
	int saved_errno = errno;
	char line[LINE_MAX_BYTES];
	int start = snprintf(line, sizeof(line), "%s%s",
		stderr_is_journal() ? levels[level].priority : "", levels[level].prefix);

	va_list args;
	va_start(args, format);
	size_t room = sizeof(line) - (size_t)start - 1; // the newline's byte
	int wanted = vsnprintf(line + start, room, format, args);
	va_end(args);
	size_t text = 0;
	if (wanted > 0) {
		text = (size_t)wanted < room ? (size_t)wanted : room - 1;
	}
	if (wanted > 0 && (size_t)wanted >= room) {
		memcpy(line + start + text - 3, "...", 3);
	}

	// Titles and file names come from clients: no control character of theirs reaches the terminal.
	for (size_t i = 0; i < text; i++) {
		unsigned char c = (unsigned char)line[start + (int)i];
		if (c < 0x20 || c == 0x7f) {
			line[start + (int)i] = ' ';
		}
	}
	line[(size_t)start + text] = '\n';
	write_all(line, (size_t)start + text + 1);
	errno = saved_errno;
}
