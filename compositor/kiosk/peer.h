// SPDX-License-Identifier: MIT
// The process at the other end of a client's socket.
#ifndef VITRINE_KIOSK_PEER_H
#define VITRINE_KIOSK_PEER_H

#include <stdbool.h>

struct peer {
	int pidfd; // -1: the kernel does not tell (before Linux 6.5)
};

struct peer peer_get(int fd);
void peer_put(struct peer *peer);
// It is still the process that connected, as far as the kernel tells: a process id may be used again. To be
// asked after /proc was.
bool peer_lives(const struct peer *peer);

#endif
