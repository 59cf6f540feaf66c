/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads that run requests, first come first served. */
#include "config.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include "emu/ns.h"

enum {
	DEFAULT_THREADS = 4,
	MAX_THREADS = 64,
};

/* Blocks that a request's next step touches. */
struct part {
	const struct ns *ns;	/* NULL: none */
	uint64_t slba;
	uint32_t nlb;
	bool changes;
};

struct worker {
	struct pool *pool;
	pthread_t thread;
	struct part running;
};

/* lock owns all but loop, nr_here and the number of workers. */
struct pool {
	struct loop *loop;
	atomic_uint nr_here;	/* requests submitted and not yet done by a worker */
	pthread_mutex_t lock;
	pthread_cond_t work;	/* the first in the queue can run, or the end has come */
	struct ns_req *first, **last;
	bool ending;
	unsigned int nr_workers;
	struct worker workers[];
};

static struct part part_of(const struct ns_req *req)
{
	struct part part = { .ns = req->ns };

	part.changes = ns_req_part(req, &part.slba, &part.nlb);
	return part;
}

static bool part_conflict(const struct part *a, const struct part *b)
{
	if (a->ns != b->ns || (!a->changes && !b->changes))
		return false;
	return a->slba < b->slba ? b->slba - a->slba < a->nlb : a->slba - b->slba < b->nlb;
}

static bool pool_can_run(const struct pool *pool, const struct part *part)
{
	for (unsigned int i = 0; i < pool->nr_workers; i++) {
		if (part_conflict(&pool->workers[i].running, part))
			return false;
	}
	return true;
}

static void pool_append(struct pool *pool, struct ns_req *req)
{
	req->next = NULL;
	*pool->last = req;
	pool->last = &req->next;
}

/* Whoever takes one wakes the next, for whom there may be something too. */
static struct ns_req *pool_take(struct pool *pool, struct worker *worker)
{
	struct ns_req *req = pool->first;
	struct part part;

	if (req == NULL)
		return NULL;
	part = part_of(req);
	if (!pool_can_run(pool, &part))
		return NULL;
	worker->running = part;
	pool->first = req->next;
	if (pool->first == NULL)
		pool->last = &pool->first;
	else
		pthread_cond_signal(&pool->work);
	return req;
}

/* Waits for one, lock held.  NULL: the end. */
static struct ns_req *pool_wait(struct pool *pool, struct worker *worker)
{
	struct ns_req *req;

	while ((req = pool_take(pool, worker)) == NULL) {
		if (pool->first == NULL && pool->ending)
			return NULL;
		pthread_cond_wait(&pool->work, &pool->lock);
	}
	return req;
}

static void *worker_run(void *arg)
{
	struct worker *self = arg;
	struct pool *pool = self->pool;
	struct ns_req *req;

	pthread_mutex_lock(&pool->lock);
	while ((req = pool_wait(pool, self)) != NULL) {
		bool done;

		pthread_mutex_unlock(&pool->lock);
		done = ns_req_step(req);
		pthread_mutex_lock(&pool->lock);
		self->running.ns = NULL;
		if (!done) {
			pool_append(pool, req);
			continue;
		}
		pthread_mutex_unlock(&pool->lock);
		/* Releases what the request did to the acquire in pool_submit. */
		atomic_fetch_sub_explicit(&pool->nr_here, 1, memory_order_release);
		loop_post(pool->loop, &req->msg);
		pthread_mutex_lock(&pool->lock);
	}
	pthread_cond_broadcast(&pool->work);
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

/* Signals are for the program's own threads. */
static int pool_start(struct pool *pool, unsigned int nr_threads)
{
	sigset_t all, before;
	int error = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (error == 0 && pool->nr_workers < nr_threads) {
		struct worker *worker = &pool->workers[pool->nr_workers];

		worker->pool = pool;
		error = pthread_create(&worker->thread, NULL, worker_run, worker);
		if (error == 0)
			pool->nr_workers++;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

struct pool *pool_new(struct loop *loop, unsigned int nr_threads)
{
	struct pool *pool;
	int error;

	if (nr_threads == 0)
		nr_threads = DEFAULT_THREADS;
	if (nr_threads > MAX_THREADS) {
		errno = EINVAL;
		return NULL;
	}
	pool = calloc(1, sizeof(*pool) + nr_threads * sizeof(pool->workers[0]));
	if (pool == NULL)
		return NULL;
	pool->loop = loop;
	pool->last = &pool->first;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->work, NULL);
	error = pool_start(pool, nr_threads);
	if (error != 0) {
		pool_free(pool);
		errno = error;
		return NULL;
	}
	return pool;
}

void pool_submit(struct pool *pool, struct ns_req *req)
{
	/* Acquires what the workers' last requests released. */
	if (atomic_load_explicit(&pool->nr_here, memory_order_acquire) == 0 && ns_req_now(req)) {
		loop_post(pool->loop, &req->msg);
		return;
	}
	atomic_fetch_add_explicit(&pool->nr_here, 1, memory_order_relaxed);
	req->nlb_done = 0;
	pthread_mutex_lock(&pool->lock);
	pool_append(pool, req);
	pthread_cond_signal(&pool->work);
	pthread_mutex_unlock(&pool->lock);
}

void pool_free(struct pool *pool)
{
	if (pool == NULL)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->ending = true;
	pthread_cond_broadcast(&pool->work);
	pthread_mutex_unlock(&pool->lock);
	for (unsigned int i = 0; i < pool->nr_workers; i++)
		pthread_join(pool->workers[i].thread, NULL);
	pthread_cond_destroy(&pool->work);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}
