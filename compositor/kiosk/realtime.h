// SPDX-License-Identifier: MIT
// Real-time scheduling of the main thread: what else wants the processor waits while a frame is made.
#ifndef VITRINE_KIOSK_REALTIME_H
#define VITRINE_KIOSK_REALTIME_H

#include <stdbool.h>
#include <sys/resource.h>

struct wl_event_loop;
struct realtime;

// Gives the calling thread, which must be the main one, SCHED_RR at its lowest priority, that of no child
// (sched(7)). A thread that does not wait for anything for half a second, in which all others wait, loses it for
// ten. The kernel grants it to whoever has RLIMIT_RTPRIO or CAP_SYS_NICE; where it is refused the log says so, and
// all is as before. So it is, in silence, where the thread has another policy than SCHED_OTHER already. One at a
// time. NULL when out of memory.
struct realtime *realtime_create(struct wl_event_loop *loop);
void realtime_destroy(struct realtime *realtime); // may be NULL
// True while it is so.
bool realtime_is_on(const struct realtime *realtime); // may be NULL

// The soft limit of RLIMIT_RTTIME without that half second, for what is started.
rlim_t realtime_first_limit(void);

#endif
