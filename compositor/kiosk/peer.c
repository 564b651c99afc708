// SPDX-License-Identifier: MIT
#include "kiosk/peer.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 // Linux 6.5; the C library's headers may be older
#endif

struct peer peer_get(int fd) {
	struct peer peer = {-1};
	socklen_t size = sizeof(peer.pidfd);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &peer.pidfd, &size) != 0) {
		peer.pidfd = -1;
	}
	return peer;
}

void peer_put(struct peer *peer) {
	if (peer->pidfd >= 0) {
		close(peer->pidfd);
	}
	peer->pidfd = -1;
}

bool peer_lives(const struct peer *peer) {
	struct pollfd pollfd = {.fd = peer->pidfd, .events = POLLIN};
	return peer->pidfd < 0 || poll(&pollfd, 1, 0) == 0;
}
