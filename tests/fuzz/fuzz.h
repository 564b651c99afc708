// SPDX-License-Identifier: MIT
// What fuzz targets share. Each is a program of its own: with clang and option "fuzz" libFuzzer runs it, else
// driver.c does, which replays the corpus and then mutates it a fixed number of times.
#ifndef VITRINE_TESTS_FUZZ_H
#define VITRINE_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// ---- What a target has; names and contracts are libFuzzer's ----

// Takes any bytes; returns 0.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
// May be left out: changes the bytes in a way that the target's format likes; returns the new size.
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
// May be left out: prints what became of the inputs so far; false if they did not go all the ways that good and
// bad ones should.
bool fuzz_is_mixture(void);

// ---- What it may use ----

// Of libFuzzer or of driver.c: changes any bytes; returns the new size.
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

// Something is wrong: one line on standard error, then the process aborts.
void fuzz_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
#define fuzz_assert(condition) \
	do { \
		if (!(condition)) { \
			fuzz_fail("%s:%d: %s", __FILE__, __LINE__, #condition); \
		} \
	} while (0)

// From now on what the code under test writes to stderr, about each of thousands of inputs, goes nowhere.
void fuzz_silence(void);
// A folder of this process, with what was put there by fuzz_write; gone when it ends.
const char *fuzz_folder(void);
// Writes a file of that name there (one folder deep at most); returns its path, valid until the next call but
// three.
const char *fuzz_write(const char *name, const void *data, size_t size);
// The same without a name: a file descriptor, which the caller closes.
int fuzz_memfd(const void *data, size_t size);
// Splits the input at the first line that is "----": *size becomes that of the first part. The second one,
// without the line; its size is *second_size.
const uint8_t *fuzz_split(const uint8_t *data, size_t *size, size_t *second_size);

#endif
