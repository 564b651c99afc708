// SPDX-License-Identifier: MIT
// The DRM device and nothing else. Knows no client and draws no pixel.
//
// Everything here follows the kernel's KMS uAPI (drm_mode.h, Documentation/gpu/drm-kms.rst). A device
// is opened with universal planes and the atomic interface; devices without atomic are refused.
// All functions are called from one thread.
#ifndef VITRINE_KMS_KMS_H
#define VITRINE_KMS_KMS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <wayland-util.h>
#include <xf86drmMode.h>

#include "base/format.h"

struct kms_device;

// An object property: its id (0 if the driver has none), and what the kernel holds for it as far as
// our own commits tell. `staged` is the value of the request being built.
struct kms_property {
	uint32_t id;
	bool immutable;
	bool is_staged;
	uint64_t value;
	uint64_t staged;
	uint64_t initial; // when the device was opened; restored at close
};

enum kms_connector_property {
	KMS_CONNECTOR_CRTC_ID,
	KMS_CONNECTOR_EDID,
	KMS_CONNECTOR_NON_DESKTOP,
	KMS_CONNECTOR_MAX_BPC,
	KMS_CONNECTOR_CONTENT_TYPE,
	KMS_CONNECTOR_PANEL_ORIENTATION,
	KMS_CONNECTOR_VRR_CAPABLE,
	KMS_CONNECTOR_LINK_STATUS, // DRM_MODE_LINK_STATUS_BAD: only a modeset brings the picture back
	KMS_CONNECTOR_WRITEBACK_FB_ID,
	KMS_CONNECTOR_WRITEBACK_OUT_FENCE_PTR,
	KMS_CONNECTOR_WRITEBACK_PIXEL_FORMATS,
	KMS_CONNECTOR_PROPERTY_COUNT,
};

enum kms_crtc_property {
	KMS_CRTC_ACTIVE,
	KMS_CRTC_MODE_ID,
	KMS_CRTC_VRR_ENABLED,
	KMS_CRTC_GAMMA_LUT,
	KMS_CRTC_GAMMA_LUT_SIZE,
	KMS_CRTC_DEGAMMA_LUT,
	KMS_CRTC_CTM,
	KMS_CRTC_OUT_FENCE_PTR,
	KMS_CRTC_PROPERTY_COUNT,
};

enum kms_plane_property {
	KMS_PLANE_TYPE,
	KMS_PLANE_FB_ID,
	KMS_PLANE_CRTC_ID,
	KMS_PLANE_SRC_X, // 16.16 fixed point px, as SRC_Y, SRC_W and SRC_H
	KMS_PLANE_SRC_Y,
	KMS_PLANE_SRC_W,
	KMS_PLANE_SRC_H,
	KMS_PLANE_CRTC_X, // px
	KMS_PLANE_CRTC_Y,
	KMS_PLANE_CRTC_W,
	KMS_PLANE_CRTC_H,
	KMS_PLANE_IN_FORMATS,
	KMS_PLANE_SIZE_HINTS,
	KMS_PLANE_ALPHA,
	KMS_PLANE_BLEND_MODE,
	KMS_PLANE_ROTATION,
	KMS_PLANE_ZPOS,
	KMS_PLANE_COLOR_ENCODING,
	KMS_PLANE_COLOR_RANGE,
	KMS_PLANE_FB_DAMAGE_CLIPS,
	KMS_PLANE_IN_FENCE_FD,
	KMS_PLANE_PROPERTY_COUNT,
};

enum kms_plane_type { // the kernel's DRM_PLANE_TYPE_*
	KMS_PLANE_OVERLAY,
	KMS_PLANE_PRIMARY,
	KMS_PLANE_CURSOR,
};

// How a built-in panel is mounted, as the kernel knows it from firmware or its list of quirks.
enum kms_orientation {
	KMS_ORIENTATION_NORMAL, // also where nobody knows
	KMS_ORIENTATION_BOTTOM_UP,
	KMS_ORIENTATION_LEFT_UP, // the left side of its picture is at the top
	KMS_ORIENTATION_RIGHT_UP,
};

// What a connector says its picture is (HDMI's content type).
enum kms_content {
	KMS_CONTENT_NONE,
	KMS_CONTENT_PHOTO,
	KMS_CONTENT_CINEMA,
	KMS_CONTENT_GAME,
	KMS_CONTENT_COUNT,
	KMS_CONTENT_KEEP = KMS_CONTENT_COUNT, // to stage: none of them
};

struct kms_connector {
	struct kms_device *device;
	uint32_t id;
	uint32_t type; // DRM_MODE_CONNECTOR_*
	char name[32]; // "HDMI-A-1"
	bool connected;
	unsigned displays; // how often another display was found on it, or none any more
	bool writeback;
	bool non_desktop;
	bool vrr_capable;        // the display and its driver can wait for frames
	bool off;                // not to be lit: set by whoever asks for routes
	uint32_t possible_crtcs; // bit i = device->crtcs[i], over all its encoders
	uint32_t width_mm, height_mm;
	drmModeModeInfo *modes; // owned
	int n_modes;
	void *edid; // owned; NULL without one
	size_t edid_size;
	enum kms_orientation orientation;
	int min_bpc, max_bpc;                      // range of the property "max bpc"; 0 without it
	uint64_t content_types[KMS_CONTENT_COUNT]; // values of the property; UINT64_MAX: it has none
	struct kms_property props[KMS_CONNECTOR_PROPERTY_COUNT];
};

// One completed page flip.
struct kms_flip {
	uint64_t sequence; // vblank counter, 32 bit of the kernel extended to 64
	int64_t time_ns;   // CLOCK_MONOTONIC
};

struct kms_crtc {
	struct kms_device *device;
	uint32_t id;
	int index;
	bool flip_pending;    // a commit with an event is on its way
	uint64_t flip_serial; // of the last such commit, see kms_device.flip_serial
	uint64_t lost_serial; // events of commits up to this one count for nothing
	uint64_t last_sequence;
	// Called from kms_device_dispatch for each completed flip; may be NULL.
	void (*on_flip)(struct kms_crtc *crtc, const struct kms_flip *flip, void *data);
	void *on_flip_data;
	struct kms_property props[KMS_CRTC_PROPERTY_COUNT];
	uint32_t mode_blob;           // MODE_ID blob that we made, 0 if none
	uint32_t gamma_blob;          // GAMMA_LUT blob that we made last, 0 if none
	drmModeModeInfo mode;         // what the kernel holds as far as our own commits tell
	bool mode_valid;              // false: MODE_ID is 0
	drmModeModeInfo initial_mode; // what ran when the device was opened
	bool initial_active;
	drmModeModeInfo staged_mode; // of staged_blob, or of the request being built
	uint32_t staged_blob;        // made for a request, not yet in use by the kernel; 0 if none
};

enum { KMS_MAX_SIZE_HINTS = 8 };

// An entry of a SIZE_HINTS blob: the kernel's struct drm_plane_size_hint, which libdrm lacks as yet.
struct kms_size_hint {
	uint16_t width, height; // px
};

struct kms_plane {
	struct kms_device *device;
	uint32_t id;
	int index;
	enum kms_plane_type type;
	uint32_t possible_crtcs;
	struct format_set formats; // IN_FORMATS, or the plain list with DRM_FORMAT_MOD_INVALID
	// Cursor planes: sizes that it takes, the driver's favourite first, at most so many of them. None if
	// the driver does not tell: any up to the device's cursor_width and cursor_height then, perhaps.
	struct kms_size_hint size_hints[KMS_MAX_SIZE_HINTS];
	int n_size_hints;
	uint64_t zpos_min, zpos_max; // without the property both are the place in the kernel's list
	bool zpos_mutable;
	uint64_t rotations;           // DRM_MODE_ROTATE_* | DRM_MODE_REFLECT_* that the property takes
	uint64_t blend_premultiplied; // enum value, valid when the property exists
	uint64_t encodings[FORMAT_MATRICES]; // enum values by enum format_matrix, UINT64_MAX if absent
	uint64_t ranges[2];                  // likewise by format_coding.full_range
	struct kms_property props[KMS_PLANE_PROPERTY_COUNT];
	bool ours;            // shows a framebuffer that we put there
	uint32_t outgoing_fb; // on screen until the flip of crtcs[outgoing_crtc]; 0 if none
	int outgoing_crtc;
};

enum { KMS_DAMAGES = 16, KMS_DAMAGE_BOXES = 8 };

// A list of boxes as the kernel wants it.
struct kms_damage {
	uint32_t blob; // 0: none
	struct drm_mode_rect boxes[KMS_DAMAGE_BOXES];
	int n;
	uint64_t used; // kms_device.n_requests when it last was
};

struct kms_stats {       // totals since the device was opened
	uint64_t commits;    // that succeeded, without tests
	uint64_t modesets;   // of these with KMS_COMMIT_ALLOW_MODESET
	uint64_t tests;      // TEST_ONLY
	uint64_t failed;     // commits and tests that the kernel refused
	uint64_t props_sent; // property values in commits that succeeded
};

// Who opens device nodes. Copied; `data` has to outlive the devices.
struct kms_opener {
	int (*open)(void *data, const char *path); // a file that does not block, or a negative errno
	void (*close)(void *data, int fd);
	void *data;
};

struct kms_device {
	int fd;
	uint64_t serial; // of no other device that this process opens
	bool
		gone; // set by who finds out that it answers no more: nothing of it is waited for or restored
	struct kms_opener opener;
	dev_t rdev;
	char *path;            // "/dev/dri/card0"
	char *driver;          // "vkms"
	bool addfb2_modifiers; // DRM_CAP_ADDFB2_MODIFIERS
	bool close_fb;         // DRM_IOCTL_MODE_CLOSEFB works; tests clear it to have the other way
	bool async_flip;       // DRM_CAP_ATOMIC_ASYNC_PAGE_FLIP
	bool prime_import;     // DRM_PRIME_CAP_IMPORT: dma-bufs can become framebuffers
	bool prime_export;
	int idle_fence; // a sync_file that is signalled; -1: none can be had
	// DRM_CAP_DUMB_PREFER_SHADOW: dumb buffers are slow to read. Drivers with memory of their own say so, which
	// may hold what was in it before; the system's is cleared by the kernel, page by page when it is first touched.
	bool prefer_shadow;
	uint32_t cursor_width, cursor_height; // px, what DRM_CAP_CURSOR_* say
	// Connectors that turn up later (DisplayPort MST) are added by kms_device_probe; pointers to the others stay
	// valid. One that went away stays in the array, not connected, until another takes its place.
	struct kms_connector *connectors;
	struct kms_crtc *crtcs;
	struct kms_plane *planes;
	int n_connectors, n_crtcs, n_planes;
	int cap_connectors;
	struct wl_list dumbs;        // struct kms_dumb.link
	struct wl_list framebuffers; // struct kms_framebuffer.link, in use
	struct wl_list doomed;       // struct kms_framebuffer.link, RmFB put off until off screen
	uint64_t flip_serial;        // of the last commit with an event: its events carry it
	struct kms_stats stats;
	struct kms_request *request;
	struct kms_known_properties *known; // NULL but while objects are taken in
	uint64_t n_requests;                // begun
	struct kms_damage damages[KMS_DAMAGES];
};

// ---- device.c, object.c, connector.c: opening and what is there ----

enum kms_open_status {
	KMS_OPEN_OK,
	KMS_OPEN_NO_DEVICE, // no such node, or no KMS device at all
	KMS_OPEN_NO_PERMISSION,
	KMS_OPEN_BUSY,  // another process is DRM master
	KMS_OPEN_UNFIT, // no atomic, no dumb buffers, not a KMS device...
	KMS_OPEN_NO_MEMORY,
};

struct kms_open_error {
	enum kms_open_status status;
	char message[256]; // one line that names the thing and the remedy
};

// Opens `path`, or if NULL the first KMS device (by udev's order, seat's boot display first) that has
// a display; where none has one, and none is held by others, the first. Becomes DRM master. On failure returns NULL and fills `error`. The caller
// owns the device and ends it with kms_device_close. `opener` NULL: nodes are opened directly.
struct kms_device *kms_device_open(
	const char *path, const struct kms_opener *opener, struct kms_open_error *error);

// Turns off what we lit, gives CRTCs, planes and connectors the state they had at opening (where the
// kernel still takes it), frees every blob, framebuffer and handle, drops master. Waits for pending
// flips (bounded), calls no on_flip. Framebuffers and dumb buffers that the caller still holds become
// empty shells (device NULL, id 0, data NULL): destroying them later only frees them. NULL is fine.
void kms_device_close(struct kms_device *device);

// Reads pending DRM events and calls the CRTCs' on_flip. False when the device is gone (ENODEV, EIO).
// Never blocks when device->fd is readable.
bool kms_device_dispatch(struct kms_device *device);

// The flip on its way, if there is one, is not waited for any more: should its event come after all, nobody
// hears of it, and it is not taken for that of a later commit.
void kms_crtc_lose_flip(struct kms_crtc *crtc);

// Becomes DRM master again after it was lost. 0 (also if it is), or a negative errno: -EBUSY or -EACCES
// while another process is.
int kms_device_acquire(struct kms_device *device);
bool kms_device_is_master(const struct kms_device *device);
// Reads anew what the kernel holds for everything: another master may have changed all of it. Planes count as
// not ours until they are taken into use again. 0, or a negative errno. No flip may be pending.
int kms_device_resync(struct kms_device *device);

// Probes all connectors anew (drmModeGetConnector: slow, real hardware is asked). True when what is
// connected, its EDID or its modes changed. A connector whose driver cannot tell (status unknown)
// counts as connected only when no other one is.
bool kms_device_probe(struct kms_device *device);

// Something is plugged in that a picture can be shown on.
bool kms_connector_has_display(const struct kms_connector *connector);
bool kms_device_has_display(const struct kms_device *device); // on one of its connectors

// A connector, the CRTC that feeds it, and how.
struct kms_pipe {
	struct kms_connector *connector;
	struct kms_crtc *crtc;
	drmModeModeInfo mode;
	int max_bpc; // bits a colour at most, 0: as it was when the device was opened
	bool vrr;    // variable refresh, see kms_request_vrr
};

// Gives every connected, desktop, non-writeback connector that is not off a CRTC, keeping what the firmware routed
// where that is possible and finding the assignment that lights the most connectors otherwise.
// The mode is the running one if it is the preferred (or the only sensible) one, else the preferred,
// else the largest. Returns the number of pipes written, at most `max`.
int kms_device_route(struct kms_device *device, struct kms_pipe *pipes, int max);

// The mode of a connector that matches; refresh 0 mHz means the highest, else the nearest within
// 0.5 Hz. Interlaced and doublescan modes are never chosen. False if it has none.
bool kms_connector_find_mode(const struct kms_connector *connector, int width, int height,
	int refresh_mhz, drmModeModeInfo *mode);

// The largest of its modes that is at most max_width x max_height px (0: of any size); of several the one
// whose rate is nearest to refresh_mhz (0: the highest). Interlaced and doublescan modes are never
// chosen. False if it has none.
bool kms_connector_mode_within(const struct kms_connector *connector, int max_width, int max_height,
	int refresh_mhz, drmModeModeInfo *mode);

// A mode that is in no list: VESA CVT 1.2 timings with reduced blanking of exactly width x height px;
// refresh 0 mHz means 60000. False when out of memory or out of range (1 to 16384 px, 1 to 1000 Hz).
bool kms_mode_custom(int width, int height, int refresh_mhz, drmModeModeInfo *mode);

// Same timings; name, type and the rounded vrefresh do not count.
bool kms_mode_equal(const drmModeModeInfo *a, const drmModeModeInfo *b);

// Refresh rate in mHz, from the pixel clock.
int32_t kms_mode_refresh_mhz(const drmModeModeInfo *mode);

// The writeback connector that can read back `crtc`; NULL if there is none.
struct kms_connector *kms_crtc_writeback(struct kms_crtc *crtc);

// What the plane shows of YUV, format_coding_bit each. Without properties for it, what is coded by default.
uint32_t kms_plane_codings(const struct kms_plane *plane);

// ---- monitor.c: devices and displays that come and go (udev, subsystem "drm") ----

struct kms_monitor;
// `action` as udev says it ("add", "remove", "change"), `path` of the device node, may be NULL. A
// display that comes or goes is a "change": probe then.
typedef void (*kms_monitor_handler)(void *data, const char *action, dev_t rdev, const char *path);

// NULL when out of memory or udev cannot be reached.
struct kms_monitor *kms_monitor_create(kms_monitor_handler handler, void *data);
void kms_monitor_destroy(struct kms_monitor *monitor); // NULL is fine
// Who hears of it from now on, also of what has come and was not dispatched yet.
void kms_monitor_set_handler(struct kms_monitor *monitor, kms_monitor_handler handler, void *data);
int kms_monitor_fd(struct kms_monitor *monitor);
void kms_monitor_dispatch(struct kms_monitor *monitor);

// ---- framebuffer.c ----

struct kms_framebuffer {
	struct kms_device *device; // NULL once the device was closed
	uint32_t id;
	struct wl_list link; // kms_device.framebuffers or .doomed
};

struct kms_framebuffer_desc {
	uint32_t width, height; // px
	uint32_t format;        // DRM fourcc
	uint64_t modifier;      // DRM_FORMAT_MOD_INVALID: implicit
	int n_planes;
	int fd[FORMAT_MAX_PLANES]; // dma-bufs; borrowed for the call
	uint32_t offset[FORMAT_MAX_PLANES];
	uint32_t stride[FORMAT_MAX_PLANES];
};

// PRIME import and AddFB2. Each unique GEM handle is closed before this returns (never one of our own
// dumb buffers'): the framebuffer keeps the memory. Returns NULL with errno set when the device does
// not take the buffer, which is no error of the client's.
struct kms_framebuffer *kms_framebuffer_import(
	struct kms_device *device, const struct kms_framebuffer_desc *desc);

// The memory that another process left on a plane which is not ours yet, as a framebuffer of our own: that one goes
// with its owner, and the picture with it. NULL: what the plane shows is no picture of width x height px that is on
// all of the CRTC as it is, or it cannot be had.
struct kms_framebuffer *kms_framebuffer_adopt(
	const struct kms_plane *plane, const struct kms_crtc *crtc, uint32_t width, uint32_t height);

// The framebuffer may still be on screen: the picture stays (CloseFB), or the removal waits until it
// has left every plane. NULL is fine.
void kms_framebuffer_destroy(struct kms_framebuffer *framebuffer);

// ---- dumb.c ----

struct kms_dumb {
	struct kms_device *device; // NULL once the device was closed
	uint32_t width, height, stride, format;
	uint32_t handle;
	size_t size;   // bytes
	uint8_t *data; // mapped, write-combined on many devices: do not read
	struct kms_framebuffer *framebuffer;
	struct kms_framebuffer *alpha; // of kms_dumb_alpha; may be NULL
	struct wl_list link;           // kms_device.dumbs
};

// A mapped, zeroed dumb buffer with its framebuffer; one-plane formats of 16, 24 or 32 bit. NULL with
// errno set.
struct kms_dumb *kms_dumb_create(
	struct kms_device *device, uint32_t width, uint32_t height, uint32_t format);
void kms_dumb_destroy(struct kms_dumb *dumb); // may be on screen; NULL is fine
// The same memory with its alpha channel looked at: made when first asked for, owned by the dumb
// buffer. NULL with errno set: the format has no twin with alpha, or the device did not take it.
struct kms_framebuffer *kms_dumb_alpha(struct kms_dumb *dumb);
// A new dma-buf of the buffer's memory; the caller closes it. -1 with errno set.
int kms_dumb_export(struct kms_dumb *dumb);

// ---- atomic.c: one request at a time, only what changed is sent ----

// What a plane is to show. All of it is written whenever a plane is taken into use; afterwards only
// the properties whose value differs from the kernel's.
struct kms_plane_state {
	struct kms_framebuffer *framebuffer;
	uint32_t src_x, src_y, src_w, src_h; // 16.16 px of the buffer
	int32_t crtc_x, crtc_y;              // px
	uint32_t crtc_w, crtc_h;
	uint64_t rotation;           // DRM_MODE_ROTATE_* | DRM_MODE_REFLECT_*, 0 = DRM_MODE_ROTATE_0
	struct format_coding coding; // of YUV: one of kms_plane_codings
	uint16_t fade; // 0xffff - alpha of all of it; not 0 only for planes with that property
	bool set_zpos; // write zpos (mutable planes only)
	uint64_t zpos;
	// Px of the framebuffer, within it, where it may differ from what the plane showed of another one, or of
	// this one, at the same place: at most KMS_DAMAGE_BOXES. 0: anywhere.
	struct drm_mode_rect damage[KMS_DAMAGE_BOXES];
	int n_damage;
};

// Forgets what is staged.
void kms_request_begin(struct kms_device *device);
// Stages a plane; state NULL turns it off.
void kms_request_plane(
	struct kms_plane *plane, struct kms_crtc *crtc, const struct kms_plane_state *state);
// Stages the CRTC on with `mode` on `connector`. When it already runs exactly that mode, and the link to the
// display is good, nothing is added (no MODE_ID, so no modeset). Otherwise other connectors leave the CRTC unless they are staged
// on it already, and a CRTC that loses its last connector is staged off. False when out of memory or
// blobs.
bool kms_request_enable(
	struct kms_crtc *crtc, struct kms_connector *connector, const drmModeModeInfo *mode);
// True if anything of the plane is staged.
bool kms_request_has_plane(const struct kms_plane *plane);
// Stages that the commit does not wait for whoever draws into the memory that the plane shows: the whole CRTC would.
// What is to be shown was waited for before. Nothing where the driver has no such property, nor with KMS_COMMIT_TEST
// or _ASYNC.
void kms_request_no_wait(struct kms_plane *plane);
// Stages a fence of the commit: *out_fence becomes a sync_file, which the caller closes, that is signalled when what
// the CRTC showed before is off the screen; -1 until then. Nothing where the driver has no such property, nor with
// KMS_COMMIT_TEST or _ASYNC.
void kms_request_out_fence(struct kms_crtc *crtc, int32_t *out_fence);
// Stages how many bits a colour the connector gets at most, within its range; 0: as when the device was
// opened. What that changes may be a modeset. Nothing where the driver has no such property.
void kms_request_max_bpc(struct kms_connector *connector, int max_bpc);
// Stages what the connector says its picture is. Nothing where the driver does not know that; what it changes
// may be a modeset.
void kms_request_content(struct kms_connector *connector, enum kms_content content);
// Stages whether the CRTC waits for frames, within what its display can do. Nothing where the driver has no
// such property; what that changes may be a modeset.
void kms_request_vrr(struct kms_crtc *crtc, bool vrr);
// Stages the CRTC, its connectors (a writeback connector too) and its planes off.
void kms_request_disable(struct kms_crtc *crtc);
// Stages a writeback job of the CRTC into `framebuffer`. *out_fence becomes a sync_file fd at commit,
// which the caller closes; -1 until then; NULL for a job that nobody waits for (and for a TEST, which
// makes no fence). The first job of a connector attaches it to the CRTC and so
// needs KMS_COMMIT_ALLOW_MODESET; it stays attached, later jobs need it no more. kms_request_detach
// gives it back.
void kms_request_writeback(struct kms_connector *writeback, struct kms_crtc *crtc,
	struct kms_framebuffer *framebuffer, int32_t *out_fence);
// Stages a connector dark: it leaves its CRTC, which is staged off unless another connector is on it.
void kms_request_dark(struct kms_connector *connector);
// Stages a writeback connector off its CRTC; needs KMS_COMMIT_ALLOW_MODESET if it was attached.
void kms_request_detach(struct kms_connector *writeback);
// Stages ACTIVE alone: an inactive CRTC keeps mode and connector and shows nothing. Needs
// KMS_COMMIT_ALLOW_MODESET.
void kms_request_active(struct kms_crtc *crtc, bool active);
// Stages a gamma table that makes the picture darker: `level` of 0 to 1 of what it is; 1 for no table.
// False if the CRTC has none, or when out of memory or blobs.
bool kms_request_gamma(struct kms_crtc *crtc, double level);
// What would be sent if the request were committed now: number of property values.
int kms_request_count(const struct kms_device *device);
// True if the plane gets another framebuffer, with or without its damage, and that is all but for fences.
bool kms_request_is_flip(const struct kms_plane *plane);

enum kms_commit_flags {
	KMS_COMMIT_TEST = 1 << 0, // TEST_ONLY; the other flags but ALLOW_MODESET do not count
	KMS_COMMIT_ALLOW_MODESET = 1 << 1,
	KMS_COMMIT_BLOCK = 1 << 2, // default is NONBLOCK
	KMS_COMMIT_EVENT = 1 << 3, // page-flip event for each CRTC touched
	// At once, not with the next refresh. Devices with async_flip take it for some requests of which
	// kms_request_is_flip is true; EINVAL for others.
	KMS_COMMIT_ASYNC = 1 << 4,
};

// Sends what is staged; whatever comes of it, nothing is staged afterwards. With KMS_COMMIT_EVENT,
// `crtc` must be in the request: when nothing of it changed, an unchanged property is sent so that
// its event comes all the same. Without, `crtc` may be NULL, and a request of nothing is 0 without
// asking the kernel. 0 or a negative errno (EINTR and EAGAIN are retried); on failure the kernel's
// values are what they were.
int kms_request_commit(struct kms_device *device, struct kms_crtc *crtc, uint32_t flags);

#endif
