// SPDX-License-Identifier: MIT
// The table of all sections and keys of vitrine.ini: what reads the file, what complains of it, and
// what writes its manual page go by it.
#ifndef VITRINE_KIOSK_CONFIG_KEYS_H
#define VITRINE_KIOSK_CONFIG_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct config;

enum config_section_id {
	CONFIG_CORE,
	CONFIG_OUTPUT,
	CONFIG_KEYBOARD,
	CONFIG_INPUT,
	CONFIG_CURSOR,
	CONFIG_KEYS,
	CONFIG_APP_KEYS,
	CONFIG_IDLE,
	CONFIG_OSK,
	CONFIG_STATUS,
	CONFIG_APP,
	CONFIG_N_SECTIONS,
};

struct config_section {
	const char *name;
	const char *argument;    // what follows the name, such as "NAME"; NULL: nothing may
	const char *description; // scdoc(5); NULL without
};

// How a value is written, and what its field is.
enum config_type {
	CONFIG_TEXT,     // char *
	CONFIG_PATH,     // char *, absolute
	CONFIG_NAME,     // char *, without '/'
	CONFIG_BOOL,     // int
	CONFIG_CHOICE,   // int, index into choices
	CONFIG_INT,      // int, min..max
	CONFIG_REAL,     // double, min..max
	CONFIG_MODE,     // struct config_mode
	CONFIG_SIZE,     // struct config_size
	CONFIG_POSITION, // struct config_position
	CONFIG_MATRIX,   // struct config_matrix
	CONFIG_COMMAND,  // char *, that wordexp() takes
	CONFIG_PATHS,    // char *, absolute, with blanks between them
	CONFIG_CHORDS,   // char *, see chord.h; may be empty
	CONFIG_NAMES,    // char *, short names with blanks or commas between them
	CONFIG_SETTINGS, // char *, words NAME=VALUE that wordexp() takes
	CONFIG_REGION,   // struct config_region
	CONFIG_BYTES,    // int64_t, with K, M or G
	CONFIG_PERCENT,  // int, min..max
	CONFIG_COLOR,    // int, 0xrrggbb
};

struct config_key {
	enum config_section_id section;
	const char *name;
	enum config_type type;
	size_t offset;           // of the field in the section's struct, bytes
	bool needed;             // a wrong value cannot be left at its default
	bool restart;            // a change takes effect with the next start
	double min, max;         // of numbers
	const char *choices;     // "a|b"
	const char *value;       // how the manual calls the value; NULL: from the type
	const char *expected;    // in errors; NULL: from the type
	const char *fallback;    // the default, for people
	const char *description; // scdoc(5)
};

extern const struct config_section config_sections[CONFIG_N_SECTIONS];
extern const struct config_key config_keys[];
extern const size_t config_n_keys;

enum { CONFIG_EXPECTED_SIZE = 192 };

// What a value of the key has to look like, for errors; if `value`, which is none, is near to one, that
// one too.
void config_expected(
	const struct config_key *key, const char *value, char text[CONFIG_EXPECTED_SIZE]);
// Sets the field. False if the value is none of the key's; the field is as it was then.
bool config_parse(const struct config_key *key, void *field, const char *value);

// Same value, or both without one. The fields are of the key's type.
bool config_equal(const struct config_key *key, const void *a, const void *b);

// Bytes of the key's field.
size_t config_field_size(const struct config_key *key);
// The struct that keys of a section are in of which there is one; NULL for the others.
void *config_section_base(struct config *config, enum config_section_id id);

// ---- config_change.c ----

// Any key, or which sections of this name there are.
bool config_section_changed(
	const struct config *a, const struct config *b, enum config_section_id id);
// The next key after `after` (NULL: the first) that only a restart changes and that differs from what
// runs; NULL: no more. `config` has afterwards what runs, and `running` the other.
const struct config_key *config_hold_back(
	struct config *config, struct config *running, const struct config_key *after);

// ---- config_guess.c ----

// The nearest of the known words: "did you mean". Begins all zero.
struct config_guess {
	const char *best; // NULL: nothing is near
	size_t length, distance;
};

// Looks at one known word, the first `length` (at most 64) bytes of `known`.
void config_guess(struct config_guess *guess, const char *said, const char *known, size_t length);

// True if the bytes are UTF-8 without control characters other than blanks.
bool config_is_text(const char *text, size_t size);
// ---- config_app.c: what only apps have ----
bool config_parse_names(char **field, const char *value);
bool config_parse_settings(char **field, const char *value);
struct config_region;
bool config_parse_region(struct config_region *field, const char *value);
bool config_parse_bytes(int64_t *field, const char *value);
bool config_parse_percent(const struct config_key *key, int *field, const char *value);

// ---- config_display.c: what only outputs have ----
struct config_mode;
struct config_size;
struct config_position;
bool config_parse_mode(struct config_mode *field, const char *value);
bool config_parse_size(struct config_size *field, const char *value);
bool config_parse_position(struct config_position *field, const char *value);

// The sections as scdoc(5) text, in the order of the table.
void config_print_manual(FILE *file);

#endif
