// SPDX-License-Identifier: MIT
// Timelines of a kernel that is made up, in the place of libdrm's calls: devices that have them or not, that can be
// unplugged, and that count what is asked of them.
#ifndef VITRINE_TESTS_FAKE_SYNCOBJ_H
#define VITRINE_TESTS_FAKE_SYNCOBJ_H

#include <stdbool.h>
#include <stdint.h>

// File descriptors of devices: no files, and known to the fake alone.
enum { FAKE_DEVICE = 1000, FAKE_OTHER_DEVICE, FAKE_PLAIN_DEVICE /* without timelines */ };

// A new timeline: a file that clients give to the server. The caller closes it. Its points are counted on by
// its number, which is the file's inode.
int fake_syncobj_create(uint64_t *number);
void fake_syncobj_signal(uint64_t number, uint64_t point);
// The highest point that is signalled.
uint64_t fake_syncobj_signalled(uint64_t number);
// The highest point that a fence was put on, to be signalled by it.
uint64_t fake_syncobj_promised(uint64_t number);
void fake_syncobj_unplug(int device);
void fake_syncobj_plug(int device);

extern int fake_syncobj_calls;   // calls since the last reset
extern int fake_syncobj_handles; // that exist
extern int fake_syncobj_watches; // that were asked for and did not fire
// All is forgotten; the server is gone.
void fake_syncobj_reset(void);

#endif
