// SPDX-License-Identifier: MIT
#include "shared/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <linux/udmabuf.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "shared/report.h"

#define MAX_CARDS 64

static const char *const kind_names[] = {
	[CLIENT_MEMORY_AUTO] = "auto",
	[CLIENT_MEMORY_UDMABUF] = "udmabuf",
	[CLIENT_MEMORY_DMA_HEAP] = "dma-heap",
	[CLIENT_MEMORY_DUMB] = "dumb",
	[CLIENT_MEMORY_SHM] = "shm",
};

const char *client_memory_name(enum client_memory_kind kind) {
	return kind_names[kind];
}

bool client_memory_parse(const char *text, enum client_memory_kind *kind, const char **heap) {
	static const char heap_prefix[] = "dma-heap:";
	if (strncmp(text, heap_prefix, strlen(heap_prefix)) == 0) {
		const char *name = text + strlen(heap_prefix);
		if (!*name || strchr(name, '/')) {
			return false;
		}
		*kind = CLIENT_MEMORY_DMA_HEAP;
		*heap = name;
		return true;
	}
	for (size_t i = 0; i < sizeof(kind_names) / sizeof(kind_names[0]); i++) {
		if (strcmp(text, kind_names[i]) == 0) {
			*kind = (enum client_memory_kind)i;
			*heap = NULL;
			return true;
		}
	}
	return false;
}

static void report_device(const char *path, const char *module, int error) {
	if (error == EACCES || error == EPERM) {
		client_report("%s: permission denied: give the user access with a udev rule or its group "
					  "('ls -l %s'), or choose another --memory",
			path, path);
	} else if (error == ENOENT || error == ENODEV) {
		client_report("%s: not there: the kernel lacks %s ('modprobe' it if it is a module), or "
					  "choose another --memory",
			path, module);
	} else {
		client_report("%s: %s: choose another --memory", path, strerror(error));
	}
}

static bool open_node(struct client_allocator *allocator, const char *module, bool quiet) {
	allocator->fd = open(allocator->path, O_RDWR | O_CLOEXEC);
	if (allocator->fd < 0) {
		if (!quiet) {
			report_device(allocator->path, module, errno);
		}
		return false;
	}
	return true;
}

// A primary node that is opened first becomes master, which is the compositor's place.
static int open_card(const char *path) {
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd >= 0 && drmIsMaster(fd)) {
		drmDropMaster(fd);
	}
	return fd;
}

static bool has_dumb_buffers(int fd) {
	uint64_t dumb = 0, prime = 0;
	return drmGetCap(fd, DRM_CAP_DUMB_BUFFER, &dumb) == 0 && dumb &&
		drmGetCap(fd, DRM_CAP_PRIME, &prime) == 0 && (prime & DRM_PRIME_CAP_EXPORT);
}

// How well a card serves for dumb buffers: vgem disturbs nobody, then the compositor's own device,
// whose planes take what it allocates. 0 for a card that cannot.
static int rate_card(int fd, dev_t main_device) {
	if (!has_dumb_buffers(fd)) {
		return 0;
	}
	drmVersion *version = drmGetVersion(fd);
	bool vgem = version && strcmp(version->name, "vgem") == 0;
	drmFreeVersion(version);
	if (vgem) {
		return 3;
	}
	struct stat st;
	return main_device != 0 && fstat(fd, &st) == 0 && st.st_rdev == main_device ? 2 : 1;
}

static bool open_best_card(struct client_allocator *allocator, dev_t main_device, bool quiet) {
	int best = 0, error = ENOENT;
	for (int i = 0; i < MAX_CARDS && best < 3; i++) {
		char path[sizeof(allocator->path)];
		snprintf(path, sizeof(path), "/dev/dri/card%d", i);
		int fd = open_card(path);
		if (fd < 0) {
			error = errno == EACCES ? EACCES : error;
			continue;
		}
		int rating = rate_card(fd, main_device);
		if (rating <= best) {
			close(fd);
			continue;
		}
		if (allocator->fd >= 0) {
			close(allocator->fd);
		}
		best = rating;
		allocator->fd = fd;
		memcpy(allocator->path, path, sizeof(path));
	}
	if (best == 0 && !quiet) {
		client_report(error == EACCES
				? "no DRM device for dumb buffers: permission denied for /dev/dri/card*: add the "
				  "user "
				  "to the group 'video', or choose another --memory"
				: "no DRM device with dumb buffers under /dev/dri: 'modprobe vgem' makes one, or "
				  "choose another --memory");
	}
	return best > 0;
}

static bool open_dumb(struct client_allocator *allocator,
	const struct client_allocator_options *options, bool quiet) {
	if (!options->device) {
		return open_best_card(allocator, options->main_device, quiet);
	}
	snprintf(allocator->path, sizeof(allocator->path), "%s", options->device);
	allocator->fd = open_card(options->device);
	if (allocator->fd < 0) {
		report_device(options->device, "a DRM driver for it", errno);
		return false;
	}
	if (!has_dumb_buffers(allocator->fd)) {
		client_report("%s: this device has no dumb buffers that can be shared: name a primary node "
					  "(/dev/dri/cardN) of another device with --device",
			options->device);
		close(allocator->fd);
		allocator->fd = -1;
		return false;
	}
	return true;
}

static bool open_kind(struct client_allocator *allocator,
	const struct client_allocator_options *options, enum client_memory_kind kind, bool quiet) {
	*allocator = (struct client_allocator){.kind = kind, .fd = -1};
	switch (kind) {
	case CLIENT_MEMORY_UDMABUF:
		snprintf(allocator->path, sizeof(allocator->path), "/dev/udmabuf");
		return open_node(allocator, "udmabuf (CONFIG_UDMABUF)", quiet);
	case CLIENT_MEMORY_DMA_HEAP:
		snprintf(allocator->path, sizeof(allocator->path), "/dev/dma_heap/%s",
			options->heap ? options->heap : "system");
		return open_node(allocator, "this dma-buf heap (CONFIG_DMABUF_HEAPS)", quiet);
	case CLIENT_MEMORY_DUMB:
		return open_dumb(allocator, options, quiet);
	case CLIENT_MEMORY_SHM:
		snprintf(allocator->path, sizeof(allocator->path), "shared memory");
		return true;
	case CLIENT_MEMORY_AUTO:
		break;
	}
	return false;
}

bool client_allocator_open(
	struct client_allocator *allocator, const struct client_allocator_options *options) {
	if (options->kind != CLIENT_MEMORY_AUTO) {
		return open_kind(allocator, options, options->kind, false);
	}
	// Naming a device says that its buffers are wanted.
	if (options->device) {
		return open_kind(allocator, options, CLIENT_MEMORY_DUMB, false);
	}
	static const enum client_memory_kind kinds[] = {
		CLIENT_MEMORY_UDMABUF, CLIENT_MEMORY_DMA_HEAP, CLIENT_MEMORY_DUMB};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (open_kind(allocator, options, kinds[i], true)) {
			return true;
		}
	}
	if (options->allow_shm) {
		return open_kind(allocator, options, CLIENT_MEMORY_SHM, true);
	}
	client_report("nothing here allocates dma-bufs: /dev/udmabuf, /dev/dma_heap/system and "
				  "/dev/dri/card* are missing or not permitted: load udmabuf or vgem, or give the "
				  "user access");
	return false;
}

void client_allocator_close(struct client_allocator *allocator) {
	if (allocator->fd >= 0) {
		close(allocator->fd);
	}
	*allocator = (struct client_allocator){.fd = -1};
}

static size_t page_align(size_t size) {
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	return (size + page - 1) / page * page;
}

static int create_memfd(size_t size) {
	int fd = memfd_create("vitrine-client", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0) {
		return -1;
	}
	// udmabuf demands the seal: pages must not vanish under a device. wl_shm profits from it too.
	if (ftruncate(fd, (off_t)size) < 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static int alloc_udmabuf(struct client_allocator *allocator, size_t size) {
	int memfd = create_memfd(size);
	if (memfd < 0) {
		return -1;
	}
	struct udmabuf_create create = {
		.memfd = (uint32_t)memfd, .flags = UDMABUF_FLAGS_CLOEXEC, .size = size};
	int fd = ioctl(allocator->fd, UDMABUF_CREATE, &create);
	int error = errno;
	close(memfd);
	errno = error;
	return fd;
}

static int alloc_heap(struct client_allocator *allocator, size_t size) {
	struct dma_heap_allocation_data data = {.len = size, .fd_flags = O_RDWR | O_CLOEXEC};
	return ioctl(allocator->fd, DMA_HEAP_IOCTL_ALLOC, &data) < 0 ? -1 : (int)data.fd;
}

// As rows of bytes: what the picture's format makes of them is no matter of the allocating device,
// which only has to agree with the length of a row.
static int alloc_dumb(struct client_allocator *allocator, struct client_memory *memory) {
	uint32_t rows = (uint32_t)((memory->size + memory->pitch - 1) / memory->pitch);
	uint64_t size = 0;
	if (drmModeCreateDumbBuffer(allocator->fd, memory->pitch, rows, 8, 0, &memory->handle,
			&memory->pitch, &size) != 0) {
		return -1;
	}
	int fd = -1;
	if (drmPrimeHandleToFD(allocator->fd, memory->handle, DRM_CLOEXEC | DRM_RDWR, &fd) != 0) {
		int error = errno;
		drmModeDestroyDumbBuffer(allocator->fd, memory->handle);
		memory->handle = 0;
		errno = error;
		return -1;
	}
	memory->size = (size_t)size;
	memory->drm_fd = allocator->fd;
	return fd;
}

bool client_memory_alloc(
	struct client_allocator *allocator, size_t size, uint32_t pitch, struct client_memory *memory) {
	*memory = (struct client_memory){
		.fd = -1, .drm_fd = -1, .size = page_align(size), .pitch = pitch, .is_dmabuf = true};
	switch (allocator->kind) {
	case CLIENT_MEMORY_UDMABUF:
		memory->fd = alloc_udmabuf(allocator, memory->size);
		break;
	case CLIENT_MEMORY_DMA_HEAP:
		memory->fd = alloc_heap(allocator, memory->size);
		break;
	case CLIENT_MEMORY_DUMB:
		memory->fd = alloc_dumb(allocator, memory);
		break;
	case CLIENT_MEMORY_SHM:
	case CLIENT_MEMORY_AUTO:
		memory->fd = create_memfd(memory->size);
		memory->is_dmabuf = false;
		break;
	}
	if (memory->fd < 0) {
		client_report("cannot allocate %zu bytes from %s: %s%s", memory->size, allocator->path,
			strerror(errno),
			allocator->kind == CLIENT_MEMORY_UDMABUF && errno == EINVAL
				? ": the module parameter size_limit_mb of udmabuf may be too small"
				: "");
		return false;
	}
	return true;
}

bool client_memory_map(struct client_memory *memory) {
	int flags = PROT_READ | PROT_WRITE;
	void *map = mmap(NULL, memory->size, flags, MAP_SHARED, memory->fd, 0);
	// Not every driver maps its exported buffers; the dumb buffer itself can always be mapped.
	uint64_t offset = 0;
	if (map == MAP_FAILED && memory->handle != 0 &&
		drmModeMapDumbBuffer(memory->drm_fd, memory->handle, &offset) == 0) {
		map = mmap(NULL, memory->size, flags, MAP_SHARED, memory->drm_fd, (off_t)offset);
	}
	if (map == MAP_FAILED) {
		client_report("cannot map a buffer of %zu bytes: %s", memory->size, strerror(errno));
		return false;
	}
	memory->map = map;
	return true;
}

void client_memory_free(struct client_memory *memory) {
	if (memory->map) {
		munmap(memory->map, memory->size);
	}
	if (memory->fd >= 0) {
		close(memory->fd);
	}
	if (memory->handle != 0) {
		drmModeDestroyDumbBuffer(memory->drm_fd, memory->handle);
	}
	*memory = (struct client_memory){.fd = -1, .drm_fd = -1};
}

static void sync_memory(struct client_memory *memory, uint64_t flags) {
	if (!memory->is_dmabuf) {
		return;
	}
	struct dma_buf_sync sync = {.flags = flags};
	while (
		ioctl(memory->fd, DMA_BUF_IOCTL_SYNC, &sync) < 0 && (errno == EINTR || errno == EAGAIN)) {
	}
}

void client_memory_begin(struct client_memory *memory, bool write) {
	sync_memory(memory, DMA_BUF_SYNC_START | (write ? DMA_BUF_SYNC_RW : DMA_BUF_SYNC_READ));
}

void client_memory_end(struct client_memory *memory, bool write) {
	sync_memory(memory, DMA_BUF_SYNC_END | (write ? DMA_BUF_SYNC_RW : DMA_BUF_SYNC_READ));
}

bool client_layout_init(struct client_layout *layout, const struct format_info *info,
	uint32_t width, uint32_t height, uint32_t align, uint32_t pitch) {
	*layout = (struct client_layout){.planes = info->planes};
	uint64_t least = format_min_stride(info, 0, width);
	uint64_t size = 0;
	for (int i = 0; i < info->planes; i++) {
		uint64_t own = format_min_stride(info, i, width);
		if (least == 0 || own == 0) {
			return false;
		}
		uint64_t stride = pitch != 0 ? ((uint64_t)pitch * own + least - 1) / least
									 : (own + align - 1) / align * align;
		if (size > UINT32_MAX || stride > UINT32_MAX) {
			return false;
		}
		layout->strides[i] = (uint32_t)stride;
		layout->offsets[i] = (uint32_t)size;
		size += stride * format_plane_height(info, i, height);
	}
	layout->size = (size_t)size;
	return size <= UINT32_MAX;
}
