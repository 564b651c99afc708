// SPDX-License-Identifier: MIT
// xdg_activation_v1: a client asks for a token, hands it to another one, and that one comes to the
// front with it. A token is good for one activation within a minute; the last few of a client count.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/clock.h"
#include "wayland/server.h"
#include "wayland/xdg.h"
#include "xdg-activation-v1-server-protocol.h"

enum {
	TOKEN_BYTES = 16,
	TOKEN_LENGTH = 2 * TOKEN_BYTES, // in hexadecimal digits
	TOKEN_SECONDS = 60,
	MAX_TOKENS = 256,
	MAX_TOKENS_PER_CLIENT = 16,
};

struct token {
	char text[TOKEN_LENGTH + 1];
	struct wl_client *client; // who asked for it, only to be compared; NULL once it has left
	struct wl_listener client_destroy;
	time_t issued;       // s, monotonic
	struct wl_list link; // activation.tokens
};

struct activation {
	struct wayland_server *server;
	struct wl_list tokens; // token.link, oldest first
	struct wl_listener display_destroy;
};

// The object by which one token is asked for.
struct token_request {
	struct activation *activation;
	bool used;
};

// ---- Tokens ----

static time_t now(void) {
	return clock_now_ms() / 1000;
}

static void token_destroy(struct token *token) {
	wl_list_remove(&token->client_destroy.link);
	wl_list_remove(&token->link);
	free(token);
}

static void handle_client_destroy(struct wl_listener *listener, void *data) {
	(void)data;
	// The token stays valid: a launcher may leave as soon as it has started the other.
	struct token *token = wl_container_of(listener, token, client_destroy);
	token->client = NULL;
	wl_list_remove(&listener->link);
	wl_list_init(&listener->link);
}

// Makes room for another token of the client, the oldest first.
static void forget_tokens(struct activation *activation, const struct wl_client *client) {
	int n = 0, n_client = 0;
	struct token *token, *tmp;
	wl_list_for_each_reverse_safe(token, tmp, &activation->tokens, link) {
		bool same_client = client && token->client == client;
		if (now() - token->issued >= TOKEN_SECONDS || n + 1 >= MAX_TOKENS ||
			(same_client && n_client + 1 >= MAX_TOKENS_PER_CLIENT)) {
			token_destroy(token);
			continue;
		}
		n++;
		n_client += same_client;
	}
}

static bool random_text(char text[TOKEN_LENGTH + 1]) {
	static const char digits[] = "0123456789abcdef";
	uint8_t bytes[TOKEN_BYTES];
	ssize_t n;
	do {
		n = getrandom(bytes, sizeof(bytes), 0);
	} while (n < 0 && errno == EINTR);
	if (n != (ssize_t)sizeof(bytes)) {
		return false;
	}
	for (int i = 0; i < TOKEN_BYTES; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	text[TOKEN_LENGTH] = '\0';
	return true;
}

static struct token *token_issue(struct activation *activation, struct wl_client *client) {
	forget_tokens(activation, client);
	struct token *token = calloc(1, sizeof(*token));
	if (!token || !random_text(token->text)) {
		free(token);
		return NULL;
	}
	token->client = client;
	token->client_destroy.notify = handle_client_destroy;
	wl_client_add_destroy_listener(client, &token->client_destroy);
	token->issued = now();
	// The analyzer does not know that wl_list_remove took what was freed out of the list.
	// NOLINTNEXTLINE(clang-analyzer-unix.Malloc)
	wl_list_insert(activation->tokens.prev, &token->link);
	return token;
}

// True at most once for a token.
static bool token_consume(struct activation *activation, const char *text) {
	struct token *token;
	wl_list_for_each(token, &activation->tokens, link) {
		if (strcmp(token->text, text) == 0) {
			bool valid = now() - token->issued < TOKEN_SECONDS;
			token_destroy(token);
			return valid;
		}
	}
	return false;
}

// ---- xdg_activation_token_v1 ----

static bool is_unused(struct wl_resource *resource) {
	const struct token_request *request = wl_resource_get_user_data(resource);
	if (request->used) {
		wl_resource_post_error(resource, XDG_ACTIVATION_TOKEN_V1_ERROR_ALREADY_USED,
			"the token has been issued already");
	}
	return !request->used;
}

// Who asks, why and for whom does not matter to us: the three hints are optional.
static void handle_set_serial(struct wl_client *client, struct wl_resource *resource,
	uint32_t serial, struct wl_resource *seat) {
	(void)client;
	(void)serial;
	(void)seat;
	is_unused(resource);
}

static void handle_set_app_id(
	struct wl_client *client, struct wl_resource *resource, const char *app_id) {
	(void)client;
	(void)app_id;
	is_unused(resource);
}

static void handle_set_surface(
	struct wl_client *client, struct wl_resource *resource, struct wl_resource *surface) {
	(void)client;
	(void)surface;
	is_unused(resource);
}

static void handle_commit(struct wl_client *client, struct wl_resource *resource) {
	if (!is_unused(resource)) {
		return;
	}
	struct token_request *request = wl_resource_get_user_data(resource);
	request->used = true;
	struct token *token = token_issue(request->activation, client);
	// A token that nobody knows is how the protocol says no.
	xdg_activation_token_v1_send_done(resource, token ? token->text : "none");
}

static const struct xdg_activation_token_v1_interface token_impl = {
	.set_serial = handle_set_serial,
	.set_app_id = handle_set_app_id,
	.set_surface = handle_set_surface,
	.commit = handle_commit,
	.destroy = resource_handle_destroy,
};

static void handle_request_destroy(struct wl_resource *resource) {
	free(wl_resource_get_user_data(resource));
}

// ---- xdg_activation_v1 ----

static void handle_get_activation_token(
	struct wl_client *client, struct wl_resource *manager, uint32_t id) {
	struct token_request *request = calloc(1, sizeof(*request));
	int version = wl_resource_get_version(manager);
	struct wl_resource *resource = request
		? wl_resource_create(client, &xdg_activation_token_v1_interface, version, id)
		: NULL;
	if (!resource) {
		free(request);
		wl_client_post_no_memory(client);
		return;
	}
	request->activation = wl_resource_get_user_data(manager);
	wl_resource_set_implementation(resource, &token_impl, request, handle_request_destroy);
}

static void handle_activate(struct wl_client *client, struct wl_resource *manager, const char *text,
	struct wl_resource *surface_resource) {
	(void)client;
	struct activation *activation = wl_resource_get_user_data(manager);
	struct surface *surface = surface_from_resource(surface_resource);
	struct toplevel *toplevel = surface ? toplevel_from_surface(surface) : NULL;
	if (token_consume(activation, text) && toplevel && toplevel->xdg->initialized) {
		struct wayland_server *server = activation->server;
		server->policy->toplevel_activate(server->data, toplevel);
	}
}

static const struct xdg_activation_v1_interface activation_impl = {
	.destroy = resource_handle_destroy,
	.get_activation_token = handle_get_activation_token,
	.activate = handle_activate,
};

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	resource_bind(client, &xdg_activation_v1_interface, version, id, &activation_impl, data);
}

static void handle_display_destroy(struct wl_listener *listener, void *data) {
	(void)data;
	struct activation *activation = wl_container_of(listener, activation, display_destroy);
	struct token *token, *tmp;
	wl_list_for_each_safe(token, tmp, &activation->tokens, link) {
		token_destroy(token);
	}
	free(activation);
}

bool xdg_activation_create(struct wayland_server *server) {
	struct activation *activation = calloc(1, sizeof(*activation));
	if (!activation ||
		!wl_global_create(
			server->display, &xdg_activation_v1_interface, 1, activation, handle_bind)) {
		free(activation);
		return false;
	}
	activation->server = server;
	wl_list_init(&activation->tokens);
	activation->display_destroy.notify = handle_display_destroy;
	wl_display_add_destroy_listener(server->display, &activation->display_destroy);
	return true;
}
