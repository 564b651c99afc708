// SPDX-License-Identifier: MIT
// Shared memory as dma-bufs, by the kernel's udmabuf: it pins the pages of a memfd, so that planes can show
// them where they are.
//
// The file must not shrink, which its seals tell. Many clients seal theirs, and of the others we seal those
// that can be: who shrinks a pool's file that is in use has asked for a SIGBUS so far, and is refused from now
// on. Growing, which wl_shm_pool.resize is for, goes on.
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/udmabuf.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "wayland/shm.h"

// Devices see what CPUs write, caches or not: the kernel then has nothing to do when a CPU's access ends (it does
// not choose ARCH_HAS_SYNC_DMA_FOR_DEVICE), and to ask it with each frame would be a system call for nothing.
#if defined(__x86_64__) || defined(__i386__)
static const bool coherent = true;
#else
static const bool coherent = false;
#endif

int udmabuf_open(const char *path) {
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		log_info("%s: %s: shared memory of apps is composed, never shown where it is", path,
			errno == EACCES ? "permission denied (its group is what the user lacks)"
							: strerror(errno));
	}
	return fd;
}

bool udmabuf_can_seal(int fd) {
	int seals = fcntl(fd, F_GET_SEALS);
	if (seals < 0 || (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))) {
		return false; // no memfd, or one that devices may not write to either
	}
	return (seals & F_SEAL_SHRINK) || !(seals & F_SEAL_SEAL);
}

bool udmabuf_seal(int fd) {
	int seals = fcntl(fd, F_GET_SEALS);
	return seals >= 0 && ((seals & F_SEAL_SHRINK) || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) == 0);
}

static int create(int device, int fd, size_t offset, size_t size) {
	struct udmabuf_create create = {
		.memfd = (uint32_t)fd,
		.flags = UDMABUF_FLAGS_CLOEXEC,
		.offset = offset,
		.size = size,
	};
	return ioctl(device, UDMABUF_CREATE, &create);
}

// Framebuffers could begin amid a page, but drivers are known that do not show those rightly.
int udmabuf_create(int device, int fd, size_t offset, size_t size) {
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const size_t whole = (size + page - 1) / page * page;
	struct stat stat;
	if (offset % page != 0) {
		errno = EDOM;
		return -1;
	}
	if (fstat(fd, &stat) != 0) {
		return -1;
	}
	if ((size_t)stat.st_size < offset + size) {
		errno = EINVAL; // the pool is larger than its file
		return -1;
	}
	int dmabuf = create(device, fd, offset, whole);
	// Since Linux 6.11 the last page has to lie in the file wholly; what is added to it nobody sees.
	if (dmabuf < 0 && errno == EINVAL && (size_t)stat.st_size < offset + whole) {
		if (ftruncate(fd, (off_t)(offset + whole)) != 0) {
			errno = EDOM;
			return -1;
		}
		dmabuf = create(device, fd, offset, whole);
	}
	if (dmabuf >= 0 && !coherent) {
		// Maps it for the device that udmabuf_flush is about.
		dmabuf_sync(dmabuf, DMA_BUF_SYNC_START | DMA_BUF_SYNC_WRITE);
	}
	return dmabuf;
}

// Nothing but the end of an access: its beginning would throw away what the client's CPU has in its caches.
void udmabuf_flush(int dmabuf) {
	if (!coherent) {
		dmabuf_sync(dmabuf, DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE);
	}
}
