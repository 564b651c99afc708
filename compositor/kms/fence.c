// SPDX-License-Identifier: MIT
// A fence that is signalled already, for IN_FENCE_FD: with it the kernel does not look for fences in the memory that a
// plane is to show (drm_gem_plane_helper_prepare_fb), and so waits for nobody.
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "kms/internal.h"

// Of memory that nobody draws into the fences of now are one that is signalled.
int kms_fence_create(int device_fd) {
	uint32_t handle, stride;
	uint64_t size;
	if (drmModeCreateDumbBuffer(device_fd, 1, 1, 32, 0, &handle, &stride, &size) != 0) {
		return -1;
	}
	struct dma_buf_export_sync_file sync = {.flags = DMA_BUF_SYNC_READ, .fd = -1};
	int dmabuf;
	if (drmPrimeHandleToFD(device_fd, handle, DRM_CLOEXEC, &dmabuf) == 0) {
		if (ioctl(dmabuf, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &sync) != 0) {
			sync.fd = -1;
		}
		close(dmabuf);
	}
	drmModeDestroyDumbBuffer(device_fd, handle);
	return sync.fd;
}
