// SPDX-License-Identifier: MIT
// The server inside of wayland/: what the globals share. One creator a global; each global lives as
// long as the display.
#ifndef VITRINE_WAYLAND_SERVER_H
#define VITRINE_WAYLAND_SERVER_H

#include <sys/types.h>
#include <time.h>
#include <wayland-server-core.h>

#include "base/format.h"
#include "scene/scene.h"
#include "wayland/seat.h"
#include "wayland/surface.h"
#include "wayland/text_input.h"
#include "wayland/wayland.h"

// The dma-buf formats on offer, and their table as clients get it (zwp_linux_dmabuf_feedback_v1).
struct dmabuf_formats {
	struct format_set scanout;                         // what planes take and render/ can compose
	struct format_set composed;                        // all of what is on offer, scanout too
	int table_fd;                                      // sealed memfd: the pairs of `composed`
	uint32_t table_size;                               // bytes
	struct wl_array scanout_indices, composed_indices; // uint16_t into the table
};

// The display device's file, as far as clients' timelines are concerned.
struct sync_device {
	int fd;                    // borrowed; -1: there is no such device, or it has no timelines
	uint32_t carrier;          // an object that fences pass through; 0: not made yet
	struct wl_list timelines;  // struct sync_timeline.link
	struct wl_global *global;  // NULL while nothing is offered
	struct wl_global *retired; // the last one that was withdrawn, or NULL
};

// What one client may hold, and how many there may be (client.c).
struct client_limits {
	size_t fds, maps, clients;
	size_t buffer; // bytes that may pile up in either direction
};

enum { SERVER_TRUSTED_GLOBALS = 4, SERVER_PRIVATE_GLOBALS = 4 };

struct wayland_server {
	struct wl_display *display;
	struct wl_event_loop *loop;
	const struct wayland_policy *policy;
	void *data; // of policy
	char *socket;
	// That other users' clients do not get to see.
	const struct wl_global *private_globals[SERVER_PRIVATE_GLOBALS];
	int n_private_globals;
	// Of those that not every client gets to see (wayland_policy.client_is_trusted).
	const struct wl_global *trusted_globals[SERVER_TRUSTED_GLOBALS];
	int n_trusted_globals;
	clockid_t presentation_clock;
	dev_t main_device;
	struct format_set composed_formats;
	struct dmabuf_formats dmabuf;
	struct wl_list feedbacks; // zwp_linux_dmabuf_feedback_v1 of no surface, wl_resource_get_link
	bool guards_sigbus;
	int udmabuf;             // makes dma-bufs of shared memory; -1: nothing does
	struct idle *idle;       // of idle.c
	struct wl_list surfaces; // struct surface.link
	struct wl_list waiting;  // struct surface.waiting_link
	struct wl_list dirty;    // struct surface.dirty_link
	struct wl_list outputs;  // struct wayland_output.link
	struct wl_list retired;  // struct wayland_output.link, withdrawn, the last one first
	struct wl_event_source *waiting_timer;
	bool waiting_armed;
	struct wl_list commit_timers; // struct commit_timer.link
	int commit_fd;                // their timerfd; -1: none
	struct wl_event_source *commit_source;
	int64_t commit_next_ns; // that it is armed for, CLOCK_MONOTONIC; INT64_MAX: it is not
	struct sync_device sync;
	struct wl_list wishes; // struct dmabuf_wish.link: feedback to be sent anew
	struct wl_event_source *wishes_timer;
	struct wl_event_source *dirty_idle; // may be NULL
	uint64_t dirty_round;               // counts its runs
	uint64_t shape_serial;              // counts changes of any tree's size, place or order
	struct client_limits limits;
	size_t n_clients;
	struct wl_listener client_created;
	struct seat *seat;
	struct text_focus text;
	struct input_method *input_method; // may be NULL
};

// ---- client.c ----

// What a client holds. Lives as long as the client, and as buffers that outlive it.
struct client_account {
	struct wayland_server *server; // valid until the client is gone
	struct wl_client *client;      // likewise
	unsigned users;
	bool trusted;             // wayland_policy.client_is_trusted
	bool gone;                // its objects are being destroyed, or are
	size_t n_objects, n_maps; // created since they were counted, and those counted then
	uint64_t n_drawn;         // commits of new contents
	size_t n_fds, n_surfaces, n_held, n_rects, n_text, n_kept_pools, n_sync_waits;
	size_t copied, copied_this_second; // bytes
	size_t n_pool_files, n_shared;     // of wl_shm, for dma-bufs
	size_t shared;                     // bytes that are
	size_t n_unwanted;                 // that the device did not take
	bool wanted;                       // it took one
	time_t copy_second;
	struct wl_listener destroy, created;
	struct wl_event_source *refusal; // may be NULL
};

// From now on every client of the display has an account and is kept within the limits.
void client_watch(struct wayland_server *server);
struct client_account *client_account(struct wl_client *client);
struct client_account *client_account_ref(struct client_account *account);
void client_account_unref(struct client_account *account);
// Each takes one more; false if the client has too many, who is told so by the caller.
bool client_take_fd(struct client_account *account);
void client_return_fd(struct client_account *account);
bool client_take_surface(struct client_account *account);
void client_return_surface(struct client_account *account);
bool client_take_copy(struct client_account *account, size_t size);
void client_return_copy(struct client_account *account, size_t size);
bool client_take_pool(struct client_account *account);
void client_return_pool(struct client_account *account);
// The same where it is just done without: the file of a wl_shm pool, and a dma-buf of `size` bytes in one.
bool client_take_pool_file(struct client_account *account);
void client_return_pool_file(struct client_account *account);
bool client_take_shared(struct client_account *account, size_t size);
void client_return_shared(struct client_account *account, size_t size);
// An object whose regions had *held rectangles has n of them now. False if the client has too many.
bool client_hold_rects(struct client_account *account, size_t *held, size_t n);
// The same for bytes of text that is kept for other clients.
bool client_hold_text(struct client_account *account, size_t *held, size_t n);
// It has not read much of what it was sent: more of what others ask of it could end it.
bool client_is_behind(struct wl_client *client);

// ---- socket.c ----

// Opens the socket and sets server->socket. On failure writes one line into error.
bool socket_open(struct wayland_server *server, const char *name, char error[256]);

// ---- server.c ----

// Only clients that are trusted get to see the global from now on. False if it is NULL.
bool server_add_trusted_global(struct wayland_server *server, const struct wl_global *global);

// ---- resource.c: what most protocols have in common ----

// For requests called "destroy" that do no more than that.
void resource_handle_destroy(struct wl_client *client, struct wl_resource *resource);
// The object of a client that binds a global, with `data` as its user data. NULL when out of memory, which was
// posted.
struct wl_resource *resource_bind(struct wl_client *client, const struct wl_interface *interface,
	uint32_t version, uint32_t id, const void *implementation, void *data);

// A global, of version 1, whose objects add something to one surface each, which has one at most. An object
// outlives its surface without effect.
struct surface_extension {
	enum surface_extension_slot slot;
	const struct wl_interface *manager, *interface;
	const void *manager_impl; // whose request for an object is surface_extension_get
	const void *impl; // of the object, whose user data is the surface, NULL once that is gone
	uint32_t exists;  // the manager's error for a second object
	void (*made)(struct surface *surface); // may be NULL
	void (*destroyed)(
		struct surface *surface); // the object is, and the surface is not; may be NULL
};

// The extension is used for as long as the display. NULL when out of memory.
struct wl_global *surface_extension_create(
	struct wayland_server *server, const struct surface_extension *extension);
void surface_extension_get(struct wl_client *client, struct wl_resource *manager, uint32_t id,
	struct wl_resource *surface_resource);
// The surface of an object; NULL if it is gone, which is the object's `error`: it was posted.
struct surface *surface_extension_require(struct wl_resource *resource, uint32_t error);
// The surface goes.
void surface_extensions_orphan(struct surface *surface);

// ---- Creators of the globals; false when out of memory ----

bool compositor_create(struct wayland_server *server);
bool subcompositor_create(struct wayland_server *server);
// `udmabuf`: what makes dma-bufs of shared memory, NULL for nothing.
bool shm_create(struct wayland_server *server, const char *udmabuf);
bool xdg_output_create(struct wayland_server *server);
bool viewporter_create(struct wayland_server *server);
bool alpha_modifier_create(struct wayland_server *server);
bool tearing_control_create(struct wayland_server *server);
bool content_type_create(struct wayland_server *server);
// Without its XML at build time color_representation-none.c has nothing of it.
bool color_representation_create(struct wayland_server *server);
bool fifo_create(struct wayland_server *server);
bool commit_timing_create(struct wayland_server *server);
void commit_timing_destroy(struct wayland_server *server); // after the clients
bool shortcuts_inhibit_create(struct wayland_server *server);
bool idle_create(struct wayland_server *server);
void idle_destroy(struct wayland_server *server); // after the clients
bool fractional_scale_create(struct wayland_server *server);
// Tells the surface's wp_fractional_scale_v1, if it has one, of the scale of its output.
void fractional_scale_send(struct surface *surface);
bool presentation_create(struct wayland_server *server);
bool single_pixel_create(struct wayland_server *server);
bool dmabuf_create(struct wayland_server *server, const struct format_set *scanout);
bool data_device_create(struct wayland_server *server);
bool primary_selection_create(struct wayland_server *server);
bool relative_pointer_create(struct wayland_server *server);
bool pointer_constraints_create(struct wayland_server *server);
bool pointer_gestures_create(struct wayland_server *server);
bool cursor_shape_create(struct wayland_server *server);
bool seat_create(struct wayland_server *server);
bool xdg_wm_base_create(struct wayland_server *server);
bool xdg_decoration_create(struct wayland_server *server);
bool xdg_activation_create(struct wayland_server *server);
bool text_input_create(struct wayland_server *server);
// osk.c: what on-screen keyboards need. Without its XML at build time osk-none.c has none of it.
bool osk_create(struct wayland_server *server);
bool layer_shell_create(struct wayland_server *server);
bool virtual_keyboard_create(struct wayland_server *server);
bool input_method_create(struct wayland_server *server);

// ---- color_representation.c ----

// What the client told of its pixels goes with the buffer that the pending commit leaves the surface with.
// False after an error.
bool color_representation_check(struct surface *surface);

// ---- seat_constraint.c: for a surface that has one ----

// Its state is committed, and takes effect. `reshaped`: with another size or input region.
void seat_constraint_commit(struct surface *surface);
void seat_constraint_apply(struct surface *surface, bool reshaped);

// ---- seat.c ----

void seat_destroy(struct seat *seat); // after the clients; NULL is fine

// ---- buffer.c: a client's wl_buffer ----

struct client_buffer;

struct client_buffer_hooks { // each may be NULL
	// It is about to be locked for a commit that brings it.
	void (*committed)(struct client_buffer *buffer);
	// The wl_buffer goes; the buffer is dropped next.
	void (*destroyed)(struct client_buffer *buffer);
};

struct client_buffer {
	struct scene_buffer base;
	struct wl_resource *resource;            // NULL once destroyed
	const struct client_buffer_hooks *hooks; // may be NULL
};

// The buffer of a wl_buffer of any kind.
struct scene_buffer *buffer_from_resource(struct wl_resource *resource);
// The same for a commit that brings it: locked.
struct scene_buffer *buffer_commit(struct wl_resource *resource);
// Implements wl_buffer for a buffer of ours: the resource's destruction drops the buffer.
void buffer_set_resource(struct client_buffer *buffer, struct wl_resource *resource);
// For scene_buffer_ops.release.
void buffer_release(struct scene_buffer *buffer);

// ---- sigbus.c: memory that its owner may truncate while it is read ----

struct sigbus_guard {
	const void *data;
	size_t size; // bytes
	volatile bool faulted;
	unsigned users;
	struct sigbus_guard *next;
};

// Installs and removes the handler of SIGBUS; calls nest.
bool sigbus_install(void);
void sigbus_remove(void);
// Between begin and end, reads of missing pages of [data, data + size) give zeroes; the pages stay
// zero. Several guards may be in force at once, and each may be begun more than once.
void sigbus_guard_begin(struct sigbus_guard *guard, const void *data, size_t size);
// False if pages were missing.
bool sigbus_guard_end(struct sigbus_guard *guard);

// ---- region.c ----

void region_create(struct wl_client *client, uint32_t version, uint32_t id);
const pixman_region32_t *region_from_resource(struct wl_resource *resource);

// ---- surface.c ----

struct surface *surface_create(
	struct wayland_server *server, struct wl_client *client, uint32_t version, uint32_t id);

// ---- surface_frame.c ----

// Timer of server->waiting; data is the server.
int surface_handle_waiting(void *data);

// ---- commit_timing.c ----

// Something that is due at a time; at the beginning in no list (wl_list_init).
struct commit_timer {
	struct wl_list link;                     // wayland_server.commit_timers, or alone
	int64_t due_ns;                          // CLOCK_MONOTONIC
	void (*due)(struct commit_timer *timer); // disarmed already; must not change other timers
};

void commit_timer_arm(struct wayland_server *server, struct commit_timer *timer, int64_t due_ns);
void commit_timer_disarm(struct wayland_server *server, struct commit_timer *timer);
// When contents of the surface that are not to be seen before present_ns have to take effect, so that
// the frame which takes them then is seen as near to that time as can be. CLOCK_MONOTONIC.
int64_t commit_timing_due(const struct surface *surface, int64_t present_ns, int64_t now_ns);
// A frame of the output (may be NULL) was seen.
void commit_timing_note_flip(
	struct wayland_output *output, const struct scene_presentation *presentation);

// ---- sync_timeline.c: timelines of clients ----

// Takes the client's file, which is in its account already. NULL with errno set, and the file is the caller's:
// ENOMEM, or else it is no synchronisation object.
struct sync_timeline *sync_timeline_import(struct client_account *account, int fd);
void sync_timeline_unref(struct sync_timeline *timeline); // NULL is fine
// Another device's file, or none (-1). False if it has no timelines.
bool sync_set_device(struct wayland_server *server, int fd);

void sync_point_set(struct sync_point *point, struct sync_timeline *timeline, uint64_t value);
void sync_point_clear(struct sync_point *point);
void sync_point_move(struct sync_point *to, struct sync_point *from);
// True of none. False also while there is no device to be asked.
bool sync_point_is_signalled(const struct sync_point *point);

// Somebody waits for a point; at the beginning in no list (wl_list_init).
struct sync_wait {
	struct wl_list link; // of the timeline, or alone
	uint64_t value;
	// The point is signalled, or there is reason to ask. Ended already; must not change other waits.
	void (*ready)(struct sync_wait *wait);
};

// False when the client waits for too much, or the system is out of memory.
bool sync_wait_begin(struct sync_wait *wait, const struct sync_point *point);
void sync_wait_end(struct sync_wait *wait);

// The point, whose reference it takes, is signalled with the last unlock. NULL when out of memory.
struct scene_release *sync_release_create(struct sync_point *point);

// ---- drm_syncobj.c ----

// A commit is about to take the pending buffer: it gets its points. False after a protocol error.
bool drm_syncobj_commit(struct surface *surface);
// What was set and not committed is not going to be.
void drm_syncobj_forget(struct surface *surface);

// ---- output.c ----

struct wayland_output {
	struct wayland_server *server;
	struct wayland_output_info info; // strings owned
	struct scene_output *scene;
	void *data; // of policy
	struct wl_global *global;
	struct wl_list resources;     // wl_output, wl_resource_get_link
	struct wl_list xdg_resources; // zxdg_output_v1, wl_resource_get_link
	int64_t flip_ns;              // CLOCK_MONOTONIC, of the last flip; 0: none is known
	int32_t flip_refresh_ns;      // from there to the next vblank; 0: that is not known
	struct wl_signal withdrawn;   // it goes
	struct wl_list link;          // wayland_server.outputs or .retired
};

// NULL for an inert resource.
struct wayland_output *wayland_output_from_resource(struct wl_resource *resource);
// The scale in a whole number, for those who know no other: not less than it is.
int32_t wayland_output_whole_scale(const struct wayland_output_info *info);
// Frees what outlived its withdrawal.
void wayland_output_free(struct wayland_output *output);

// ---- dmabuf.c, dmabuf_feedback.c, dmabuf_wish.c ----

// DMA_BUF_IOCTL_SYNC with DMA_BUF_SYNC_* in `flags`.
void dmabuf_sync(int fd, uint64_t flags);

bool dmabuf_formats_init(struct dmabuf_formats *formats, const struct format_set *scanout,
	const struct format_set *composed);
void dmabuf_formats_finish(struct dmabuf_formats *formats);
// Creates a zwp_linux_dmabuf_feedback_v1 and sends it; surface NULL for the default feedback.
void dmabuf_feedback_create(struct wayland_server *server, struct wl_resource *dmabuf, uint32_t id,
	struct surface *surface);
// To all feedback objects of the surface, as dmabuf_wish_sent says.
void dmabuf_feedback_send(struct surface *surface);

// What the feedback of a surface is to say; made with its first feedback object, ends with the surface.
// False when out of memory.
bool dmabuf_wish_create(struct surface *surface);
void dmabuf_wish_destroy(struct surface *surface); // nothing if there is none
// For scene_layer_ops.scanout_wish: sent when it has been so for a while.
void dmabuf_wish_take(struct surface *surface, const struct scene_wish *told);
// Sends what is due at that time (CLOCK_MONOTONIC). Returns ns until the next is, -1 if none.
int64_t dmabuf_wishes_send(struct wayland_server *server, int64_t now_ns);
// What planes of another device would take is not known yet.
void dmabuf_wish_forget(struct surface *surface);
// Timer of server->wishes; data is the server.
int dmabuf_wishes_handle_timer(void *data);
// The pairs that come first for this surface (uint16_t into the table); NULL: as by default.
const struct wl_array *dmabuf_wish_sent(const struct surface *surface);

#endif
