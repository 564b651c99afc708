// SPDX-License-Identifier: MIT
// --fence: pictures that are done some time after their commit, as a GPU's are.
#include "client.h"

#include "dmabuf.h"
#include "fence.h"

void client_fence_init(struct client *client) {
	static struct test_timeline timeline;
	if (client->options.fence_ms > 0) {
		test_timeline_init(&timeline);
		client->timeline = &timeline;
	}
}

void client_fence_attach(struct client *client, struct client_buffer *buffer) {
	if (!client->timeline) {
		return;
	}
	struct test_dmabuf dmabuf = {.fd = buffer->dmabuf};
	test_timeline_attach(client->timeline, &dmabuf);
	client->signal_ns =
		client_now_ns(CLOCK_MONOTONIC) + (int64_t)client->options.fence_ms * 1000000;
}

int64_t client_fence_run(struct client *client) {
	if (client->signal_ns == 0) {
		return -1;
	}
	if (client_now_ns(CLOCK_MONOTONIC) >= client->signal_ns) {
		test_timeline_signal(client->timeline);
		client->signal_ns = 0;
		return -1;
	}
	return client->signal_ns;
}
