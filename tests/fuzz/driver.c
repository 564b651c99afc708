// SPDX-License-Identifier: MIT
// fuzz-NAME [FILE|FOLDER]...: runs a target without libFuzzer. First every file (of its corpus) as it is, then
// VITRINE_RUNS (0 unless set) inputs that are made of them by mutation, each by a seed of its own from VITRINE_SEED (1)
// on: the same ones each time, so that this is a test. What a failure needs to come again is printed.
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

#pragma weak LLVMFuzzerCustomMutator
#pragma weak fuzz_is_mixture

enum {
	MAX_SIZE = 1 << 16, // bytes of an input
	MAX_MUTATIONS = 5,
	ENOUGH_RUNS = 100, // for a mixture
};

struct input {
	char path[256];
	uint8_t *data;
	size_t size;
};

static struct input *inputs;
static size_t n_inputs;
static char now[512]; // what is run, for who reads of a failure
static uint64_t state;

// ---- Failures ----

static void say_now(void) {
	ssize_t ignored = write(STDERR_FILENO, now, strlen(now));
	(void)ignored;
}

static void handle_abort(int number) {
	say_now();
	signal(number, SIG_DFL);
	raise(number);
}

// Of the sanitizers' runtime, where there is one.
void __sanitizer_set_death_callback(void (*callback)(void));
#pragma weak __sanitizer_set_death_callback

static void watch_failures(void) {
	signal(SIGABRT, handle_abort);
	if (__sanitizer_set_death_callback != NULL) {
		__sanitizer_set_death_callback(say_now);
	}
}

// ---- Mutations ----

// SplitMix64.
static uint64_t draw(void) {
	uint64_t z = (state += UINT64_C(0x9e3779b97f4a7c15));
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static size_t below(size_t n) {
	return n > 0 ? (size_t)(draw() % n) : 0;
}

static size_t cut(uint8_t *data, size_t size) {
	size_t at = below(size), n = 1 + below(size - at < 16 ? size - at : 16);
	n = n < size - at ? n : size - at;
	memmove(data + at, data + at + n, size - at - n);
	return size - n;
}

static size_t insert(uint8_t *data, size_t size, size_t max_size) {
	size_t at = below(size + 1), n = 1 + below(8), from = below(size);
	uint8_t bytes[8];
	bool copies = below(2) != 0 && from + n <= size;
	for (size_t i = 0; i < n; i++) {
		bytes[i] = copies ? data[from + i] : (uint8_t)draw();
	}
	if (size + n > max_size) {
		return size;
	}
	memmove(data + at + n, data + at, size - at);
	memcpy(data + at, bytes, n);
	return size + n;
}

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size) {
	static const uint8_t values[] = {0, 1, 0x7f, 0x80, 0xff, '0', '9', '-', '\n', ' '};
	if (size == 0) {
		return insert(data, size, max_size);
	}
	switch (below(6)) {
	case 0:
		return cut(data, size);
	case 1:
		return insert(data, size, max_size);
	case 2:
		data[below(size)] ^= (uint8_t)(1u << below(8));
		return size;
	case 3:
		data[below(size)] = values[below(sizeof(values))];
		return size;
	case 4:
		data[below(size)] = data[below(size)];
		return size;
	default:
		data[below(size)] = (uint8_t)draw();
		return size;
	}
}

// The input of that seed.
static size_t make(uint64_t seed, uint8_t *data) {
	state = seed;
	size_t size = 0;
	if (n_inputs > 0) {
		const struct input *input = &inputs[below(n_inputs)];
		size = input->size;
		memcpy(data, input->data, size);
	}
	for (size_t n = 1 + below(MAX_MUTATIONS); n > 0; n--) {
		size = LLVMFuzzerCustomMutator != NULL
			? LLVMFuzzerCustomMutator(data, size, MAX_SIZE, (unsigned)draw())
			: LLVMFuzzerMutate(data, size, MAX_SIZE);
	}
	return size;
}

// ---- The corpus ----

static void add_file(const char *path) {
	FILE *file = fopen(path, "re");
	inputs = realloc(inputs, (n_inputs + 1) * sizeof(*inputs));
	if (file == NULL || inputs == NULL) {
		fuzz_fail("%s cannot be read", path);
	}
	struct input *input = &inputs[n_inputs++];
	*input = (struct input){.data = malloc(MAX_SIZE)};
	snprintf(input->path, sizeof(input->path), "%s", path);
	if (input->data == NULL) {
		fuzz_fail("out of memory");
	}
	input->size = fread(input->data, 1, MAX_SIZE, file);
	fclose(file);
}

static int keep_visible(const struct dirent *entry) {
	return entry->d_name[0] != '.';
}

static void add(const char *path) {
	struct stat info;
	if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode)) {
		add_file(path);
		return;
	}
	struct dirent **entries;
	int n = scandir(path, &entries, keep_visible, alphasort);
	for (int i = 0; i < n; i++) {
		char file[512];
		snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);
		add_file(file);
		free(entries[i]);
	}
	if (n >= 0) {
		free(entries);
	}
}

// From a block of its own size, so that a byte too far is seen.
static void run(const uint8_t *data, size_t size) {
	uint8_t *copy = malloc(size > 0 ? size : 1);
	if (copy == NULL) {
		fuzz_fail("out of memory");
	}
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static unsigned long long setting(const char *name, unsigned long long otherwise) {
	const char *text = getenv(name);
	return text != NULL ? strtoull(text, NULL, 10) : otherwise;
}

int main(int argc, char *argv[]) {
	static uint8_t data[MAX_SIZE];
	watch_failures();
	for (int i = 1; i < argc; i++) {
		add(argv[i]);
	}
	if (argc <= 1) {
		add(FUZZ_CORPUS);
	}
	for (size_t i = 0; i < n_inputs; i++) {
		snprintf(now, sizeof(now), "fuzz: again with: %s %s\n", argv[0], inputs[i].path);
		run(inputs[i].data, inputs[i].size);
	}
	unsigned long long first = setting("VITRINE_SEED", 1), n = setting("VITRINE_RUNS", 0);
	for (unsigned long long seed = first; seed < first + n; seed++) {
		snprintf(now, sizeof(now), "fuzz: again with: VITRINE_SEED=%llu VITRINE_RUNS=1 %s%s%s\n",
			seed, argv[0], argc > 1 ? " " : "", argc > 1 ? argv[1] : "");
		run(data, make(seed, data));
	}
	now[0] = '\0';
	printf("%zu inputs of the corpus, %llu made of them\n", n_inputs, n);
	if (n >= ENOUGH_RUNS && fuzz_is_mixture != NULL && !fuzz_is_mixture()) {
		fuzz_fail("the inputs are no mixture, so that they prove little");
	}
	for (size_t i = 0; i < n_inputs; i++) {
		free(inputs[i].data);
	}
	free(inputs);
	return 0;
}
