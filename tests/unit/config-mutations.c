// SPDX-License-Identifier: MIT
// Configuration files that were damaged in every way: none crashes the reader, each refusal names its file
// and a line that this has, and what is read is always the same.
//
// VITRINE_FILES is the number of files, VITRINE_SEED the first one's seed. A failure prints with what
// seed it comes again.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "kiosk/config.h"
#include "kiosk/config_keys.h"

enum {
	FILES = 1000,
	MAX_SIZE = 1 << 16, // bytes of a file
	MAX_MUTATIONS = 5,
	AGAIN = 8,   // each of so many is read twice
	N_PARTS = 2, // vitrine.ini and a file of conf.d
};

static const char *const originals[] = {
	("# A panel in a shop\n[core]\ndevice = /dev/dri/card0\nsocket = wayland-0\nwait = true\n\n"
	 "[output HDMI-A-1]\nmode = 1920x1080@60\nscale = 1.5\ntransform = 90\n\n"
	 "[output *]\nmode = preferred\n\n"
	 "[idle]\ndim-after = 120 ; two minutes\noff-after = 600\ndim-level = 0.25\n"),

	("[keyboard]\nmodel = pc105\nlayout = de,us\nvariant = nodeadkeys,\n"
	 "options = grp:alt_shift_toggle\nrepeat-rate = 30\nrepeat-delay = 250\n\n"
	 "[keys]\nswallow = Alt+F4, F11\noperator = Ctrl+Alt+Shift+O\noperator-command = foot\n"
	 "grab = false\n\n[app-keys kiosk]\nallow = Return, A, B\ndeny = Ctrl+W\n"),

	("[input Goodix*]\nenabled = true\ntap = false\nnatural-scroll = true\nleft-handed = false\n"
	 "accel-profile = flat\naccel-speed = -0.5\ncalibration-matrix = 0 1 0 -1 0 1\noutput = DSI-1\n"
	 "[input usb:046d:c52b]\nenabled = false\n[input tag:ID_INPUT_TOUCHSCREEN]\noutput = DP-1\n"),

	("[cursor]\ntheme = Adwaita\nsize = 48\nhide-after = 2000\n\n"
	 "[osk]\ncommand = dbus-run-session squeekboard\nallow = /usr/bin/squeekboard "
	 "/usr/bin/wvkbd\n"),
};

// What numbers, names and values are replaced with.
static const char *const words[] = {"", "0", "-1", "1", "99999999999999999999", "1e999", "-1e-999",
	"nan", "inf", "0x10", "1.5", "true", "flase", "preferred", "1x1", "32768x1@1001", "%s%n", "*",
	"[", "]", "=", ";", "[core", "[output *]", "[output", "\"", "'", "$(reboot)", "~", "Ctrl+",
	"++", "\\", "\xff\xfe", "\xc3", "\xed\xa0\x80", "\xef\xbb\xbf", "\x1b[2J", "\t", "\r", "\r\n",
	"\n\n", "transform = 91\n", "[input usb:12]\n", "[outptu X]\n", "device = card0\n",
	"\ndevise = 1\n"};

struct text {
	char bytes[MAX_SIZE];
	size_t size;
};

static uint64_t seed_state;

// SplitMix64.
static uint64_t random_number(void) {
	uint64_t z = (seed_state += UINT64_C(0x9e3779b97f4a7c15));
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static size_t below(size_t n) {
	return n > 0 ? (size_t)(random_number() % n) : 0;
}

// ---- Mutations ----

// Replaces `length` bytes at `at`.
static void splice(struct text *text, size_t at, size_t length, const char *bytes, size_t n_bytes) {
	if (at + length > text->size || text->size - length + n_bytes > MAX_SIZE) {
		return;
	}
	memmove(text->bytes + at + n_bytes, text->bytes + at + length, text->size - at - length);
	memcpy(text->bytes + at, bytes, n_bytes);
	text->size = text->size - length + n_bytes;
}

// The line that a random byte is in, with its end.
static void pick_line(const struct text *text, size_t *at, size_t *length) {
	*at = below(text->size);
	while (*at > 0 && text->bytes[*at - 1] != '\n') {
		--*at;
	}
	*length = 0;
	while (*at + *length < text->size && text->bytes[*at + (*length)++] != '\n') {
	}
}

static bool is_word(char c) {
	return strchr(" \t\n=[],;@+", c) == NULL || c == '\0';
}

static void pick_word(const struct text *text, size_t *at, size_t *length) {
	*at = below(text->size);
	while (*at > 0 && is_word(text->bytes[*at - 1])) {
		--*at;
	}
	*length = 0;
	while (*at + *length < text->size && is_word(text->bytes[*at + *length])) {
		++*length;
	}
}

static void mutate_line(struct text *text) {
	size_t at, length, to, ignored;
	char line[4096];
	pick_line(text, &at, &length);
	if (length > sizeof(line)) {
		return;
	}
	memcpy(line, text->bytes + at, length);
	switch (below(4)) {
	case 0: // out
		splice(text, at, length, "", 0);
		break;
	case 1: // twice
		splice(text, at, 0, line, length);
		break;
	case 2: // elsewhere: keys come into other sections
		splice(text, at, length, "", 0);
		pick_line(text, &to, &ignored);
		splice(text, to, 0, line, length);
		break;
	default: // longer than anyone reads
		memset(line, "a =[;\\"[below(6)], sizeof(line));
		splice(text, at + below(length), 0, line, below(sizeof(line)));
	}
}

// As a finger slips: one letter out, twice, changed or swapped with the next.
static void mutate_word(struct text *text) {
	size_t at, length;
	pick_word(text, &at, &length);
	if (length < 2) {
		return;
	}
	at += below(length - 1);
	char letters[2] = {text->bytes[at + 1], text->bytes[at]};
	char other = (char)('a' + below(26));
	switch (below(4)) {
	case 0:
		splice(text, at, 1, "", 0);
		break;
	case 1:
		splice(text, at, 0, text->bytes + at, 1);
		break;
	case 2:
		splice(text, at, 1, &other, 1);
		break;
	default:
		splice(text, at, 2, letters, 2);
	}
}

static void mutate_many(struct text *text) {
	char section[64];
	size_t n = below(200);
	for (size_t i = 0; i < n; i++) {
		static const char *const kinds[] = {"output", "input", "app-keys"};
		static const char *const keys[] = {"scale = 2", "tap = true", "deny = F1"};
		size_t kind = below(3);
		int length = snprintf(
			section, sizeof(section), "[%s N%zu]\n%s\n", kinds[kind], below(100), keys[kind]);
		splice(text, text->size, 0, section, (size_t)length);
	}
}

static void mutate(struct text *text) {
	size_t at, length;
	const char *word = words[below(sizeof(words) / sizeof(words[0]))];
	char byte = (char)random_number();
	switch (below(9)) {
	case 0:
		splice(text, below(text->size), 1, &byte, 1);
		break;
	case 1:
		splice(text, below(text->size + 1), 0, &byte, 1);
		break;
	case 2:
		splice(text, below(text->size), 1, "", 1); // a NUL
		break;
	case 3:
		pick_word(text, &at, &length);
		splice(text, at, length, word, strlen(word));
		break;
	case 4:
		splice(text, below(text->size + 1), 0, word, strlen(word));
		break;
	case 5:
		mutate_line(text);
		break;
	case 6:
		text->size -= below(text->size + 1) / (1 + below(4)); // cut off
		break;
	case 7:
		if (below(4) == 0) {
			mutate_many(text);
		}
		break;
	default:
		mutate_word(text);
	}
}

static void make_text(struct text *text) {
	text->size = 0;
	size_t n = sizeof(originals) / sizeof(originals[0]);
	for (size_t i = 0, parts = 1 + below(n); i < parts; i++) {
		const char *original = originals[below(n)];
		splice(text, text->size, 0, original, strlen(original));
	}
	for (size_t i = below(MAX_MUTATIONS + 1); i > 0; i--) {
		mutate(text);
	}
}

// ---- What is asserted ----

static char folder[] = "/tmp/vitrine-mutations-XXXXXX";
static char paths[N_PARTS][128];
static uint32_t seed;

static void write_text(const char *path, const struct text *text) {
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text->bytes, 1, text->size, file), text->size);
	assert_int_equal(fclose(file), 0);
}

static long count_lines(const struct text *text) {
	long lines = 1;
	for (size_t i = 0; i < text->size; i++) {
		lines += text->bytes[i] == '\n';
	}
	return lines;
}

// It begins with "PATH:LINE: ", says something after that, and is fit for a terminal.
static void assert_names_place(const char *problem, const long lines[N_PARTS]) {
	for (int i = 0; i < N_PARTS; i++) {
		size_t length = strlen(paths[i]);
		char *end;
		if (strncmp(problem, paths[i], length) == 0 && problem[length] == ':') {
			long line = strtol(problem + length + 1, &end, 10);
			if (line >= 1 && line <= lines[i] && strncmp(end, ": ", 2) == 0 && end[2] != '\0' &&
				config_is_text(problem, strlen(problem))) {
				return;
			}
		}
	}
	fail_msg("\"%s\" names no line of a file; again with VITRINE_SEED=%u VITRINE_FILES=1", problem,
		seed);
}

static bool load(struct config *config, const long lines[N_PARTS], int *n_problems) {
	char error[CONFIG_ERROR_SIZE] = "";
	config_init(config);
	bool ok = config_load(config, paths[0], error);
	if (!ok) {
		assert_names_place(error, lines);
	}
	for (int i = 0; i < config->n_problems; i++) {
		assert_names_place(config->problems[i], lines);
	}
	*n_problems = config->n_problems + !ok;
	return ok;
}

static unsigned setting(const char *name, unsigned otherwise) {
	const char *text = getenv(name);
	return text != NULL ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

static void test_mutations(void **state) {
	(void)state;
	static struct text texts[N_PARTS];
	static struct config config, again;
	unsigned first = setting("VITRINE_SEED", 1), n = setting("VITRINE_FILES", FILES);
	unsigned fine = 0, wrong = 0, refused = 0;
	for (seed = first; seed < first + n; seed++) {
		seed_state = seed;
		long lines[N_PARTS];
		for (int i = 0; i < N_PARTS; i++) {
			make_text(&texts[i]);
			write_text(paths[i], &texts[i]);
			lines[i] = count_lines(&texts[i]);
		}
		int n_problems, n_again;
		bool ok = load(&config, lines, &n_problems);
		if (seed % AGAIN == 0) {
			assert_int_equal(load(&again, lines, &n_again), ok);
			assert_int_equal(n_again, n_problems);
			for (int id = 0; id < CONFIG_N_SECTIONS; id++) {
				assert_false(config_section_changed(&config, &again, (enum config_section_id)id));
			}
			config_finish(&again);
		}
		config_finish(&config);
		fine += n_problems == 0;
		wrong += ok && n_problems > 0;
		refused += !ok;
	}
	print_message("%u files: %u fine, %u with problems, %u refused\n", n, fine, wrong, refused);
	if (n >= FILES) { // else it is no mixture
		assert_true(fine > 0 && wrong > 0 && refused > 0);
	}
}

static int make_folder(void **state) {
	(void)state;
	char conf_d[128];
	if (mkdtemp(folder) == NULL) {
		return -1;
	}
	snprintf(conf_d, sizeof(conf_d), "%s/conf.d", folder);
	snprintf(paths[0], sizeof(paths[0]), "%s/vitrine.ini", folder);
	snprintf(paths[1], sizeof(paths[1]), "%s/conf.d/50-shop.ini", folder);
	return mkdir(conf_d, 0700);
}

static int remove_folder(void **state) {
	(void)state;
	char conf_d[128];
	snprintf(conf_d, sizeof(conf_d), "%s/conf.d", folder);
	for (int i = 0; i < N_PARTS; i++) {
		unlink(paths[i]);
	}
	return rmdir(conf_d) || rmdir(folder);
}

int main(void) {
	static const struct CMUnitTest tests[] = {cmocka_unit_test(test_mutations)};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
