// SPDX-License-Identifier: MIT
// The table of all sections and keys of vitrine.ini: what reads the file, what complains of it, and
// what writes its manual page go by it.
#ifndef VITRINE_KIOSK_CONFIG_KEYS_H
#define VITRINE_KIOSK_CONFIG_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

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
	CONFIG_N_SECTIONS,
};

struct config_section {
	const char *name;
	const char *argument;    // what follows the name, such as "NAME"; NULL: nothing may
	const char *description; // scdoc(5); NULL without
};

// How a value is written, and what its field is.
enum config_type {
	CONFIG_TEXT,    // char *
	CONFIG_PATH,    // char *, absolute
	CONFIG_NAME,    // char *, without '/'
	CONFIG_BOOL,    // int
	CONFIG_CHOICE,  // int, index into choices
	CONFIG_INT,     // int, min..max
	CONFIG_REAL,    // double, min..max
	CONFIG_MODE,    // struct config_mode
	CONFIG_MATRIX,  // struct config_matrix
	CONFIG_COMMAND, // char *, that wordexp() takes
	CONFIG_PATHS,   // char *, absolute, with blanks between them
	CONFIG_CHORDS,  // char *, see chord.h; may be empty
};

struct config_key {
	enum config_section_id section;
	const char *name;
	enum config_type type;
	size_t offset;           // of the field in the section's struct, bytes
	bool needed;             // a wrong value cannot be left at its default
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

enum { CONFIG_EXPECTED_SIZE = 128 };

// What a value of the key has to look like, for errors.
void config_expected(const struct config_key *key, char text[CONFIG_EXPECTED_SIZE]);
// Sets the field. False if the value is none of the key's; the field is as it was then.
bool config_parse(const struct config_key *key, void *field, const char *value);

// The sections as scdoc(5) text, in the order of the table.
void config_print_manual(FILE *file);

#endif
