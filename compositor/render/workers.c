// SPDX-License-Identifier: MIT
// Threads that compose beside the one that asked.
//
// They are made when work first comes that is worth it, and sleep on a condition until the next does.
// Whoever asks takes part, and waits at the end only for threads that have begun: one that the kernel
// did not get to wake in time finds the work closed and goes back to sleep.
#include "render/private.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>

struct worker {
	struct render_workers *workers;
	pthread_t thread;
	int number; // from 1 on; 0 is who asks
};

struct render_workers {
	int n_threads; // who asks counted
	int policy;    // of who asks, which the others take, as real-time policies are not inherited
	struct sched_param param;
	int n_started; // of `others`
	struct worker others[RENDER_MAX_THREADS];
	pthread_mutex_t mutex;
	pthread_cond_t wake, done;
	// All below under the mutex.
	void (*work)(void *data, int thread); // NULL: there is none
	void *data;
	uint64_t serial; // of the work
	int n_wanted;    // that may still begin
	int n_inside;    // that have begun
	bool ending;
};

static int count_cpus(void) {
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
	return n > 0 ? n : 1;
}

struct render_workers *render_workers_create(int n_threads) {
	struct render_workers *workers = calloc(1, sizeof(*workers));
	if (!workers) {
		return NULL;
	}
	if (n_threads <= 0) {
		n_threads = count_cpus();
	}
	workers->n_threads = n_threads < RENDER_MAX_THREADS ? n_threads : RENDER_MAX_THREADS;
	pthread_mutex_init(&workers->mutex, NULL);
	pthread_cond_init(&workers->wake, NULL);
	pthread_cond_init(&workers->done, NULL);
	return workers;
}

void render_workers_destroy(struct render_workers *workers) {
	if (!workers) {
		return;
	}
	pthread_mutex_lock(&workers->mutex);
	workers->ending = true;
	pthread_cond_broadcast(&workers->wake);
	pthread_mutex_unlock(&workers->mutex);
	for (int i = 0; i < workers->n_started; i++) {
		pthread_join(workers->others[i].thread, NULL);
	}
	pthread_cond_destroy(&workers->done);
	pthread_cond_destroy(&workers->wake);
	pthread_mutex_destroy(&workers->mutex);
	free(workers);
}

int render_workers_started(const struct render_workers *workers) {
	return workers ? workers->n_started : 0;
}

int render_workers_threads(const struct render_workers *workers) {
	return workers ? workers->n_threads : 1;
}

static void *worker_main(void *data) {
	struct worker *worker = data;
	struct render_workers *workers = worker->workers;
	uint64_t seen = 0;
	if (workers->policy != SCHED_OTHER) {
		sched_setscheduler(0, workers->policy, &workers->param);
	}
	pthread_mutex_lock(&workers->mutex);
	while (!workers->ending) {
		if (!workers->work || workers->serial == seen || workers->n_wanted == 0) {
			pthread_cond_wait(&workers->wake, &workers->mutex);
			continue;
		}
		seen = workers->serial;
		workers->n_wanted--;
		workers->n_inside++;
		void (*work)(void *, int) = workers->work;
		void *work_data = workers->data;
		pthread_mutex_unlock(&workers->mutex);
		work(work_data, worker->number);
		pthread_mutex_lock(&workers->mutex);
		if (--workers->n_inside == 0) {
			pthread_cond_signal(&workers->done);
		}
	}
	pthread_mutex_unlock(&workers->mutex);
	return NULL;
}

// Signals are for the main thread, but for those that an instruction of this one raises (SIGBUS of
// memory that a client truncated).
static void block_signals(sigset_t *former) {
	static const int own[] = {SIGBUS, SIGSEGV, SIGILL, SIGFPE, SIGABRT, SIGTRAP};
	sigset_t set;
	sigfillset(&set);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		sigdelset(&set, own[i]);
	}
	pthread_sigmask(SIG_SETMASK, &set, former);
}

// As many as the system gives, up to n.
static void start(struct render_workers *workers, int n) {
	if (workers->n_started >= n) {
		return;
	}
	sigset_t former;
	block_signals(&former);
	workers->policy = sched_getscheduler(0);
	sched_getparam(0, &workers->param);
	while (workers->n_started < n) {
		struct worker *worker = &workers->others[workers->n_started];
		*worker = (struct worker){.workers = workers, .number = workers->n_started + 1};
		if (pthread_create(&worker->thread, NULL, worker_main, worker) != 0) {
			workers->n_threads = workers->n_started + 1; // not to be tried with every frame
			break;
		}
		pthread_setname_np(worker->thread, "compose");
		workers->n_started++;
	}
	pthread_sigmask(SIG_SETMASK, &former, NULL);
}

void render_workers_run(struct render_workers *workers, int n_threads,
	void (*work)(void *data, int thread), void *data) {
	int n_others = n_threads < render_workers_threads(workers)
		? n_threads - 1
		: render_workers_threads(workers) - 1;
	if (n_others <= 0) {
		work(data, 0);
		return;
	}
	start(workers, n_others);
	pthread_mutex_lock(&workers->mutex);
	workers->work = work;
	workers->data = data;
	workers->serial++;
	workers->n_wanted = n_others;
	for (int i = 0; i < n_others; i++) {
		pthread_cond_signal(&workers->wake);
	}
	pthread_mutex_unlock(&workers->mutex);
	work(data, 0);
	pthread_mutex_lock(&workers->mutex);
	workers->work = NULL;
	while (workers->n_inside > 0) {
		pthread_cond_wait(&workers->done, &workers->mutex);
	}
	pthread_mutex_unlock(&workers->mutex);
}
