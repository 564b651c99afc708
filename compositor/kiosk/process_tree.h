// SPDX-License-Identifier: MIT
// Which processes stem from which, by /proc: for where there are no cgroups.
#ifndef VITRINE_KIOSK_PROCESS_TREE_H
#define VITRINE_KIOSK_PROCESS_TREE_H

#include <stdbool.h>
#include <sys/types.h>

// `pid` is `ancestor` or descends from it, or is in the process group that it leads.
bool process_tree_has(pid_t ancestor, pid_t pid);
// Kills all that descends from `ancestor`, and children of this process whose environment holds
// `variable` (NAME=VALUE, which they inherited): orphans come to the subreaper that this process is.
void process_tree_kill(pid_t ancestor, const char *variable);

#endif
