// SPDX-License-Identifier: MIT
// How the machine can be reached.
#ifndef VITRINE_CLIENTS_STATUS_HOST_H
#define VITRINE_CLIENTS_STATUS_HOST_H

enum { STATUS_MAX_ADDRESSES = 4 };

struct status_host {
	char name[256];
	char addresses[256]; // with commas between them; "": none
};

void status_host_read(struct status_host *host);
// A file descriptor that becomes readable when addresses come or go; -1 if that cannot be had.
int status_host_watch(void);
// Reads what is to be read of it.
void status_host_drain(int fd);

#endif
