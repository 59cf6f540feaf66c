/* SPDX-License-Identifier: BSD-2-Clause */
/* The event loop of the controller's thread. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "emu/loop.h"
#include "emu/timers.h"

enum { NS_PER_S = 1000000000, NS_PER_MS = 1000000 };

struct source {
	int fd;
	int order;
	bool ready;
	loop_fd_fn *fn;
	void *ctx;
};

struct loop {
	struct source *sources;		/* from the lowest order to the highest */
	struct pollfd *polls;		/* one more than sources: the pipe */
	unsigned int nr_sources, max_sources;
	struct timers timers;
	void (*idle)(void *ctx, bool messages, bool sleeping);
	void *idle_ctx;
	int pipe[2];
	_Atomic(struct loop_msg *) mailbox;	/* newest first */
	atomic_bool sleeping;
	atomic_bool stop;
	uint64_t poll_max_ns, poll_ns;	/* how long it may look, and now does, before it sleeps */
};

uint64_t loop_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

uint64_t loop_in_ns(uint64_t ns)
{
	uint64_t now = loop_now_ns();

	return ns < UINT64_MAX - now ? now + ns : UINT64_MAX;
}

static int pipe_open(int fds[2])
{
	if (pipe(fds) != 0)
		return -errno;
	for (unsigned int i = 0; i < 2; i++) {
		fcntl(fds[i], F_SETFD, FD_CLOEXEC);
		fcntl(fds[i], F_SETFL, O_NONBLOCK);
	}
	return 0;
}

/* Async-signal-safe.  A full pipe wakes as well as one more byte would. */
static void pipe_kick(int fd)
{
	int saved = errno;
	ssize_t n = write(fd, "", 1);

	(void)n;
	errno = saved;
}

static void pipe_drain(int fd)
{
	char buf[64];

	while (read(fd, buf, sizeof(buf)) == (ssize_t)sizeof(buf))
		;
}

struct loop *loop_new(void)
{
	struct loop *loop = calloc(1, sizeof(*loop));
	int err;

	if (loop == NULL)
		return NULL;
	loop->polls = calloc(1, sizeof(*loop->polls));
	err = loop->polls == NULL ? -ENOMEM : pipe_open(loop->pipe);
	if (err != 0) {
		free(loop->polls);
		free(loop);
		errno = -err;
		return NULL;
	}
	return loop;
}

void loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
	close(loop->pipe[0]);
	close(loop->pipe[1]);
	free(loop->sources);
	free(loop->polls);
	timers_fini(&loop->timers);
	free(loop);
}

static int sources_grow(struct loop *loop)
{
	unsigned int max = loop->max_sources + 8;
	struct source *sources;
	struct pollfd *polls;

	if (loop->nr_sources < loop->max_sources)
		return 0;
	sources = realloc(loop->sources, max * sizeof(*sources));
	if (sources == NULL)
		return -ENOMEM;
	loop->sources = sources;
	polls = realloc(loop->polls, (max + 1) * sizeof(*polls));
	if (polls == NULL)
		return -ENOMEM;
	loop->polls = polls;
	loop->max_sources = max;
	return 0;
}

int loop_add(struct loop *loop, int fd, int order, loop_fd_fn *fn, void *ctx)
{
	unsigned int at = loop->nr_sources;
	int err = sources_grow(loop);

	if (err != 0)
		return err;
	while (at > 0 && loop->sources[at - 1].order > order)
		at--;
	memmove(&loop->sources[at + 1], &loop->sources[at],
		(loop->nr_sources - at) * sizeof(*loop->sources));
	loop->sources[at] = (struct source){ .fd = fd, .order = order, .fn = fn, .ctx = ctx };
	loop->nr_sources++;
	return 0;
}

void loop_remove(struct loop *loop, int fd)
{
	for (unsigned int i = 0; i < loop->nr_sources; i++) {
		if (loop->sources[i].fd != fd)
			continue;
		loop->nr_sources--;
		memmove(&loop->sources[i], &loop->sources[i + 1],
			(loop->nr_sources - i) * sizeof(*loop->sources));
		return;
	}
}

int loop_timer_set(struct loop *loop, struct loop_timer *timer, uint64_t at_ns)
{
	return timers_set(&loop->timers, timer, at_ns);
}

void loop_timer_cancel(struct loop *loop, struct loop_timer *timer)
{
	timers_cancel(&loop->timers, timer);
}

void loop_post(struct loop *loop, struct loop_msg *msg)
{
	struct loop_msg *head = atomic_load_explicit(&loop->mailbox, memory_order_relaxed);

	/* Releases msg to the exchange in mailbox_run; its place in the single
	 * order of all seq_cst operations pairs with the load in mailbox_doze. */
	do {
		msg->next = head;
	} while (!atomic_compare_exchange_weak_explicit(&loop->mailbox, &head, msg,
							memory_order_seq_cst,
							memory_order_relaxed));
	/* Pairs with the store in mailbox_doze: either this sees the sleeper,
	 * or the sleeper sees msg. */
	if (atomic_load_explicit(&loop->sleeping, memory_order_seq_cst) &&
	    atomic_exchange_explicit(&loop->sleeping, false, memory_order_seq_cst))
		pipe_kick(loop->pipe[1]);
}

/* Announces that the loop goes to sleep.  False: there is a message already. */
static bool mailbox_doze(struct loop *loop)
{
	/* Pairs with the load of sleeping in loop_post. */
	atomic_store_explicit(&loop->sleeping, true, memory_order_seq_cst);
	/* Pairs with the compare-exchange in loop_post. */
	return atomic_load_explicit(&loop->mailbox, memory_order_seq_cst) == NULL;
}

/* Runs what has been posted so far, the oldest first. */
static bool mailbox_run(struct loop *loop)
{
	struct loop_msg *msg, *next, *oldest = NULL;

	if (atomic_load_explicit(&loop->mailbox, memory_order_relaxed) == NULL)
		return false;
	/* Acquires what the compare-exchange in loop_post released. */
	msg = atomic_exchange_explicit(&loop->mailbox, NULL, memory_order_acquire);
	for (; msg != NULL; msg = next) {
		next = msg->next;
		msg->next = oldest;
		oldest = msg;
	}
	for (; oldest != NULL; oldest = next) {
		next = oldest->next;
		oldest->fn(oldest);
	}
	return true;
}

void loop_on_idle(struct loop *loop, void (*fn)(void *ctx, bool messages, bool sleeping),
		  void *ctx)
{
	loop->idle = fn;
	loop->idle_ctx = ctx;
}

static void idle(struct loop *loop, bool messages, bool sleeping)
{
	if (loop->idle != NULL)
		loop->idle(loop->idle_ctx, messages, sleeping);
}

/* How long to wait in ns: until the first timer, at most timeout_ms.  UINT64_MAX: for ever. */
static uint64_t wait_ns(const struct loop *loop, int timeout_ms)
{
	uint64_t ns = timeout_ms < 0 ? UINT64_MAX : (uint64_t)timeout_ms * NS_PER_MS;
	uint64_t due = timers_due_ns(&loop->timers), now;

	if (ns == 0 || due == UINT64_MAX)
		return ns;
	now = loop_now_ns();
	due = due > now ? due - now : 0;
	return due < ns ? due : ns;
}

/*
 * The kernel looks at descriptors in the array's order, so the array runs from
 * the highest order to the lowest: what a lower one had to say before a higher
 * one became ready is seen in the same round.
 */
static int sources_poll(struct loop *loop, uint64_t ns)
{
	struct timespec ts = { (time_t)(ns / NS_PER_S), (long)(ns % NS_PER_S) };
	unsigned int nr = loop->nr_sources;
	int rc;

	for (unsigned int i = 0; i < nr; i++)
		loop->polls[nr - 1 - i] = (struct pollfd){ loop->sources[i].fd, POLLIN, 0 };
	loop->polls[nr] = (struct pollfd){ loop->pipe[0], POLLIN, 0 };
	rc = ppoll(loop->polls, nr + 1, ns == UINT64_MAX ? NULL : &ts, NULL);
	if (rc < 0)
		return errno == EINTR ? 0 : -errno;
	for (unsigned int i = 0; i < nr; i++)
		loop->sources[i].ready = loop->polls[nr - 1 - i].revents != 0;
	if (loop->polls[nr].revents != 0)
		pipe_drain(loop->pipe[0]);
	return rc;
}

/* Each function may add and remove sources, so the search begins anew. */
static bool sources_run(struct loop *loop)
{
	bool worked = false;
	unsigned int i = 0;

	while (i < loop->nr_sources) {
		struct source *s = &loop->sources[i++];

		if (!s->ready)
			continue;
		s->ready = false;
		s->fn(s->ctx, s->fd);
		worked = true;
		i = 0;
	}
	return worked;
}

void loop_poll_max(struct loop *loop, uint64_t max_ns)
{
	loop->poll_max_ns = max_ns;
	loop->poll_ns = 0;
}

static bool must_not_wait(struct loop *loop)
{
	return atomic_load_explicit(&loop->mailbox, memory_order_relaxed) != NULL ||
	       atomic_load_explicit(&loop->stop, memory_order_relaxed);
}

/* Looks again and again until until_ns.  What sources_poll answered at last. */
static int look(struct loop *loop, uint64_t until_ns)
{
	int rc = 0;

	while (rc == 0 && !must_not_wait(loop) && loop_now_ns() < until_ns)
		rc = sources_poll(loop, 0);
	return rc;
}

/* Looking longer would have paid if the wait was short, and did not if it was long. */
static void poll_adapt(struct loop *loop, uint64_t waited_ns)
{
	if (waited_ns > loop->poll_max_ns)
		loop->poll_ns /= 2;
	else if (waited_ns > loop->poll_ns)
		loop->poll_ns = 2 * waited_ns < loop->poll_max_ns ? 2 * waited_ns :
								    loop->poll_max_ns;
}

static int sleep_until_woken(struct loop *loop, int timeout_ms)
{
	uint64_t ns;
	int rc;

	idle(loop, false, true);
	ns = wait_ns(loop, timeout_ms);
	if (!mailbox_doze(loop) || atomic_load_explicit(&loop->stop, memory_order_relaxed))
		ns = 0;
	rc = sources_poll(loop, ns);
	atomic_store_explicit(&loop->sleeping, false, memory_order_relaxed);
	return rc;
}

/* What is ready now, or the first to become so. */
static int wait_for_work(struct loop *loop, int timeout_ms)
{
	uint64_t ns = wait_ns(loop, timeout_ms), from;
	int rc;

	if (ns == 0 || must_not_wait(loop))
		return sources_poll(loop, 0);
	if (loop->poll_max_ns == 0)
		return sleep_until_woken(loop, timeout_ms);
	from = loop_now_ns();
	rc = look(loop, from + (ns < loop->poll_ns ? ns : loop->poll_ns));
	if (rc == 0 && !must_not_wait(loop))
		rc = sleep_until_woken(loop, timeout_ms);
	poll_adapt(loop, loop_now_ns() - from);
	return rc;
}

int loop_once(struct loop *loop, int timeout_ms)
{
	bool messages, worked;
	int rc;

	rc = wait_for_work(loop, timeout_ms);
	if (rc < 0)
		return rc;
	worked = rc > 0 && sources_run(loop);
	messages = mailbox_run(loop);
	worked = timers_run(&loop->timers) || messages || worked;
	if (worked)
		idle(loop, messages, false);
	return 0;
}

int loop_run(struct loop *loop)
{
	int rc = 0;

	while (rc == 0 && !atomic_load_explicit(&loop->stop, memory_order_acquire))
		rc = loop_once(loop, -1);
	atomic_store_explicit(&loop->stop, false, memory_order_relaxed);
	return rc;
}

void loop_stop(struct loop *loop)
{
	/* Pairs with the load in loop_run; the byte wakes a loop that had
	 * looked before. */
	atomic_store_explicit(&loop->stop, true, memory_order_release);
	pipe_kick(loop->pipe[1]);
}
