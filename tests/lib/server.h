// SPDX-License-Identifier: MIT
// The program `vitrine` as a child of the test: found in PATH, ended with the test whatever happens.
//
// Failures end the running cmocka test, with the server's log on standard error.
#ifndef VITRINE_TESTS_LIB_SERVER_H
#define VITRINE_TESTS_LIB_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define TEST_MODE "320x240@60" // vkms composes CRCs in software: small pictures are quick
#define TEST_WIDTH 320         // px
#define TEST_HEIGHT 240

struct test_server {
	pid_t pid;  // 0 when it does not run
	int log;    // read end of its standard error
	char *text; // what was read of it, NUL-terminated; owned
	size_t len, cap;
	char socket[108]; // name, or path
};

// Ends the test program with 124 and the server's log if it still runs after `seconds`. Guards
// against hangs only: tests wait for events.
void test_guard(unsigned seconds);

// Skips the test program (77) unless it runs in the guest with this layout of vkms.
void test_need_layout(const char *layout);
// The vkms device, VITRINE_TEST_DEVICE; skips the test program without one.
const char *test_device(void);
dev_t test_device_rdev(void);

// Whether servers show the status screen, which is a client and a process of its own: not unless a test
// is about it.
extern bool test_server_status_screen;

// Runs `vitrine` with these arguments; NULL ends them. `prepare` (may be NULL) is
// called in the new process before.
void test_server_launch(struct test_server *server, const char *const *args, void (*prepare)(void));
// Runs it on the test device with a socket and `mode` (NULL: TEST_MODE), and waits until it is ready.
void test_server_start(struct test_server *server, const char *mode);
// Waits for a line of the log that holds `text`. False when the log ended before.
bool test_server_wait_log(struct test_server *server, const char *text);
// The same for what follows *mark, an offset into server->text, which moves on to after the text found.
bool test_server_wait_log_after(struct test_server *server, size_t *mark, const char *text);
// Waits for more of the log. False when it ended.
bool test_server_read_log(struct test_server *server);
// Waits for its end. Exit status, or minus the signal that ended it. Frees what is not the log.
int test_server_wait_exit(struct test_server *server);
// SIGTERM, and it must exit with 0. How long that takes is judged by the boot test. Frees everything.
void test_server_stop(struct test_server *server);
// SIGKILL. Frees everything.
void test_server_kill(struct test_server *server);
// Frees a server that has ended.
void test_server_free(struct test_server *server);
bool test_server_alive(struct test_server *server);
// A duplicate of its own file of the test device; the caller closes it.
int test_server_borrow_device(const struct test_server *server);

// In the guest, plugs in the display of the vkms device's connector with that index, or unplugs it.
void test_plug_display(int connector, bool plugged);
// The same with the vkms device itself.
void test_plug_device(bool plugged);

// What the server and the kernel hold for it.
struct test_counts {
	int fds;
	int maps;         // mappings of the server, the heap's own growth left out
	int framebuffers; // of the test device, all processes
	int dmabufs;      // in the whole system, -1 if the kernel does not tell
	int attachments;  // imports of dma-bufs, which GEM handles and framebuffers keep; -1 likewise
};

int test_server_rss_kib(const struct test_server *server); // its resident memory
struct test_counts test_server_count(const struct test_server *server);
// Asserts that `after` holds no more than `before` in any respect.
void test_counts_assert_same(struct test_counts before, struct test_counts after);

#endif
