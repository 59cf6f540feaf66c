/* SPDX-License-Identifier: BSD-2-Clause */
/* Functions that other threads want run on the controller's thread. */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include "emu/calls.h"

/* On the stack of who waits for it. */
struct call {
	struct call *next;
	int (*fn)(void *ctx);
	void *ctx;
	int answer;
	bool answered;
};

struct calls {
	pthread_mutex_t lock;	/* of all below */
	pthread_cond_t changed;	/* an answer is there, or somebody has left */
	pthread_t owner;	/* the controller's thread */
	struct loop *loop;	/* NULL before calls_run */
	bool ended;
	bool posted;		/* msg is in the loop's mailbox */
	struct loop_msg msg;
	struct call *first, **last;
	unsigned int nr_waiting;
};

static void answer(struct calls *calls, struct call *call, int with)
{
	call->answer = with;
	call->answered = true;
	pthread_cond_broadcast(&calls->changed);
}

static struct call *take_all(struct calls *calls)
{
	struct call *first = calls->first;

	calls->first = NULL;
	calls->last = &calls->first;
	return first;
}

/* Those that are there, and not those that come meanwhile, so that callers
 * that never rest cannot keep the guest waiting. */
static void arrived(struct loop_msg *msg)
{
	struct calls *calls = (struct calls *)((char *)msg - offsetof(struct calls, msg));
	struct call *call, *next;
	int with;

	pthread_mutex_lock(&calls->lock);
	calls->posted = false;
	for (call = take_all(calls); call != NULL; call = next) {
		next = call->next;
		pthread_mutex_unlock(&calls->lock);
		with = call->fn(call->ctx);
		pthread_mutex_lock(&calls->lock);
		answer(calls, call, with);
	}
	pthread_mutex_unlock(&calls->lock);
}

struct calls *calls_new(void)
{
	struct calls *calls = calloc(1, sizeof(*calls));

	if (calls == NULL)
		return NULL;
	pthread_mutex_init(&calls->lock, NULL);
	pthread_cond_init(&calls->changed, NULL);
	calls->owner = pthread_self();
	calls->last = &calls->first;
	calls->msg.fn = arrived;
	return calls;
}

void calls_free(struct calls *calls)
{
	if (calls == NULL)
		return;
	calls_end(calls);
	pthread_mutex_lock(&calls->lock);
	while (calls->nr_waiting > 0)
		pthread_cond_wait(&calls->changed, &calls->lock);
	pthread_mutex_unlock(&calls->lock);
	pthread_cond_destroy(&calls->changed);
	pthread_mutex_destroy(&calls->lock);
	free(calls);
}

/* Has the loop come to what waits, if there is a loop and it does not come yet. */
static void post(struct calls *calls)
{
	if (calls->loop == NULL || calls->posted || calls->first == NULL)
		return;
	calls->posted = true;
	loop_post(calls->loop, &calls->msg);
}

void calls_run(struct calls *calls, struct loop *loop)
{
	pthread_mutex_lock(&calls->lock);
	calls->owner = pthread_self();
	calls->loop = loop;
	post(calls);
	pthread_mutex_unlock(&calls->lock);
}

void calls_end(struct calls *calls)
{
	struct call *call, *next;

	pthread_mutex_lock(&calls->lock);
	calls->ended = true;
	for (call = take_all(calls); call != NULL; call = next) {
		next = call->next;
		answer(calls, call, -ESHUTDOWN);
	}
	pthread_mutex_unlock(&calls->lock);
}

static void wait_for_answer(struct calls *calls, struct call *call)
{
	*calls->last = call;
	calls->last = &call->next;
	post(calls);
	calls->nr_waiting++;
	while (!call->answered)
		pthread_cond_wait(&calls->changed, &calls->lock);
	if (--calls->nr_waiting == 0)
		pthread_cond_broadcast(&calls->changed);
}

int calls_call(struct calls *calls, int (*fn)(void *ctx), void *ctx)
{
	struct call call = { .fn = fn, .ctx = ctx, .answer = -ESHUTDOWN };
	bool here;

	pthread_mutex_lock(&calls->lock);
	here = !calls->ended && pthread_equal(calls->owner, pthread_self());
	if (!calls->ended && !here)
		wait_for_answer(calls, &call);
	pthread_mutex_unlock(&calls->lock);
	return here ? fn(ctx) : call.answer;
}
