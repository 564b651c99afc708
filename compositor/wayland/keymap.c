// SPDX-License-Identifier: MIT
#include "wayland/keymap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

enum { MAX_TEXT = 1 << 20 }; // bytes of a client's keymap; the whole of xkeyboard-config makes less

static void handle_log(
	struct xkb_context *context, enum xkb_log_level level, const char *format, va_list args) {
	(void)context;
	(void)level;
	char line[512];
	vsnprintf(line, sizeof(line), format, args);
	line[strcspn(line, "\n")] = '\0';
	log_debug("libxkbcommon: %s", line);
}

struct xkb_keymap *keymap_compile(const struct keymap_names *names) {
	// The configuration alone decides: XKB_DEFAULT_* of the environment would be a second one.
	struct xkb_context *context = xkb_context_new(XKB_CONTEXT_NO_ENVIRONMENT_NAMES);
	if (!context) {
		return NULL;
	}
	xkb_context_set_log_fn(context, handle_log);
	struct xkb_rule_names rules = {
		.model = names->model,
		.layout = names->layout,
		.variant = names->variant,
		.options = names->options,
	};
	struct xkb_keymap *keymap =
		xkb_keymap_new_from_names(context, &rules, XKB_KEYMAP_COMPILE_NO_FLAGS);
	xkb_context_unref(context); // the keymap keeps its own
	return keymap;
}

static struct xkb_keymap *compile_text(const char *text, size_t length) {
	// No files of the system's either: an include may name any path, such as that of a pipe.
	struct xkb_context *context =
		xkb_context_new(XKB_CONTEXT_NO_ENVIRONMENT_NAMES | XKB_CONTEXT_NO_DEFAULT_INCLUDES);
	if (!context) {
		errno = ENOMEM;
		return NULL;
	}
	xkb_context_set_log_fn(context, handle_log);
	struct xkb_keymap *keymap = xkb_keymap_new_from_buffer(
		context, text, length, XKB_KEYMAP_FORMAT_TEXT_V1, XKB_KEYMAP_COMPILE_NO_FLAGS);
	xkb_context_unref(context);
	errno = EINVAL;
	return keymap;
}

struct xkb_keymap *keymap_read(int fd, uint32_t size) {
	struct stat stat;
	if (size == 0 || fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode) || stat.st_size < size) {
		errno = EINVAL;
		return NULL;
	}
	if (size > MAX_TEXT) {
		errno = EFBIG;
		return NULL;
	}
	char *text = malloc(size);
	if (!text) {
		return NULL;
	}
	// Read, not mapped: the client may cut the file off at any time.
	size_t length = 0;
	ssize_t n = 1;
	while (length < size && n > 0) {
		n = pread(fd, text + length, size - length, (off_t)length);
		length += n > 0 ? (size_t)n : 0;
	}
	struct xkb_keymap *keymap = compile_text(text, strnlen(text, length));
	int error = errno;
	free(text);
	errno = error;
	return keymap;
}

bool keymap_is_valid(const struct keymap_names *names) {
	if (!names->model && !names->layout && !names->variant && !names->options) {
		return true; // if the default does not work there is nothing better
	}
	struct xkb_keymap *keymap = keymap_compile(names);
	xkb_keymap_unref(keymap);
	return keymap != NULL;
}

static bool write_all(int fd, const char *text, size_t size) {
	while (size > 0) {
		ssize_t n = write(fd, text, size);
		if (n < 0 && errno != EINTR) {
			return false;
		}
		if (n > 0) {
			text += n;
			size -= (size_t)n;
		}
	}
	return true;
}

static int seal(int fd) {
	const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
	if (fcntl(fd, F_ADD_SEALS, seals) != 0) {
		return -1;
	}
	// Before Linux 6.7 a sealed memfd cannot be mapped shared, be it for reading, by who has it open
	// for writing: old clients do that.
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_RDONLY | O_CLOEXEC);
}

int keymap_export(struct xkb_keymap *keymap, uint32_t *size) {
	char *text = xkb_keymap_get_as_string(keymap, XKB_KEYMAP_FORMAT_TEXT_V1);
	if (!text) {
		errno = ENOMEM;
		return -1;
	}
	*size = (uint32_t)strlen(text) + 1;
	int readable = -1;
	int fd = memfd_create("vitrine-keymap", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd >= 0) {
		if (write_all(fd, text, *size)) {
			readable = seal(fd);
		}
		close(fd);
	}
	free(text);
	return readable;
}
