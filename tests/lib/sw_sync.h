// SPDX-License-Identifier: MIT
// The kernel's software timeline (debugfs, sync/sw_sync): fences that are signalled when its file is told so, or
// closed. No header of the kernel's has these: drivers/dma-buf/sw_sync.c.
#ifndef VITRINE_TESTS_LIB_SW_SYNC_H
#define VITRINE_TESTS_LIB_SW_SYNC_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define SW_SYNC_PATH "/sys/kernel/debug/sync/sw_sync"

struct sw_sync_fence {
	__u32 value;
	char name[32];
	__s32 fence;
};
#define SW_SYNC_CREATE_FENCE _IOWR('W', 0, struct sw_sync_fence)
#define SW_SYNC_INC _IOW('W', 1, __u32)

#endif
