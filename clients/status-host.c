// SPDX-License-Identifier: MIT
#include "status-host.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// Writes the address if it leads here from elsewhere, and from more than a cable's other end.
static int format_address(const struct ifaddrs *entry, int family, char *text, socklen_t size) {
	if (entry->ifa_addr == NULL || entry->ifa_addr->sa_family != family ||
		(entry->ifa_flags & IFF_LOOPBACK) != 0 || (entry->ifa_flags & IFF_UP) == 0) {
		return 0;
	}
	if (family == AF_INET) {
		const struct sockaddr_in *address = (const void *)entry->ifa_addr;
		return inet_ntop(family, &address->sin_addr, text, size) != NULL;
	}
	const struct sockaddr_in6 *address = (const void *)entry->ifa_addr;
	return !IN6_IS_ADDR_LINKLOCAL(&address->sin6_addr) &&
		inet_ntop(family, &address->sin6_addr, text, size) != NULL;
}

void status_host_read(struct status_host *host) {
	*host = (struct status_host){0};
	if (gethostname(host->name, sizeof(host->name) - 1) != 0) {
		host->name[0] = '\0';
	}
	struct ifaddrs *list;
	if (getifaddrs(&list) != 0) {
		return;
	}
	static const int families[] = {AF_INET, AF_INET6}; // the short ones first
	int n = 0;
	size_t len = 0;
	for (size_t f = 0; f < sizeof(families) / sizeof(families[0]); f++) {
		for (const struct ifaddrs *at = list; at != NULL; at = at->ifa_next) {
			char text[INET6_ADDRSTRLEN];
			if (n < STATUS_MAX_ADDRESSES &&
				format_address(at, families[f], text, sizeof(text)) != 0) {
				len += (size_t)snprintf(host->addresses + len, sizeof(host->addresses) - len,
					"%s%s", n > 0 ? ", " : "", text);
				n++;
			}
		}
	}
	freeifaddrs(list);
}

int status_host_watch(void) {
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	const struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR,
	};
	if (fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

void status_host_drain(int fd) {
	char bytes[8192];
	// A full queue (ENOBUFS) is told once, and says as much as its messages would.
	while (recv(fd, bytes, sizeof(bytes), 0) > 0) {
	}
}
