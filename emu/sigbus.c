/* SPDX-License-Identifier: BSD-2-Clause */
/* Copies that survive a file being shrunk under its mapping. */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include "emu/sigbus.h"

enum { FAULT_GRAIN = 4096 };	/* the address of a fault may be rounded down to a page */

/* ThreadSanitizer has every signal blocked in a handler, whatever the handler's flags say. */
#ifdef __SANITIZE_THREAD__
enum { SAVE_MASK = 1 };
#else
enum { SAVE_MASK = 0 };
#endif

struct guard {
	sigjmp_buf env;
	uintptr_t from;
	size_t len;
};

/* Volatile, so that the handler finds what stood there at the fault. */
static _Thread_local struct guard *volatile guard;
static struct sigaction before;
static int init_error;

static void pass_on(int sig, siginfo_t *info, void *context)
{
	if (before.sa_flags & SA_SIGINFO) {
		before.sa_sigaction(sig, info, context);
	} else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
		before.sa_handler(sig);
	} else {
		/* A fault happens again on return and is then the kernel's;
		 * a signal that someone sent has to be sent again. */
		sigaction(SIGBUS, &before, NULL);
		if (info->si_code <= 0)
			raise(sig);
	}
}

void sigbus_take(const siginfo_t *info)
{
	struct guard *g = guard;

	if (g == NULL || info->si_code <= 0 || (uintptr_t)info->si_addr - g->from >= g->len)
		return;
	guard = NULL;
	siglongjmp(g->env, 1);
}

static void on_sigbus(int sig, siginfo_t *info, void *context)
{
	sigbus_take(info);
	pass_on(sig, info, context);
}

static void install(void)
{
	/* SA_NODEFER: the mask is as before after the jump, without a system
	 * call for each copy. */
	struct sigaction sa = { .sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO | SA_NODEFER };

	sigemptyset(&sa.sa_mask);
	if (sigaction(SIGBUS, &sa, &before) != 0)
		init_error = -errno;
}

int sigbus_init(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, install);
	return init_error;
}

/* A load or store of one word where mem is aligned to it. */
#define WORD_COPY(type) do { \
	_Atomic(type) *there = (_Atomic(type) *)mem; \
	type word; \
	if (write) { \
		memcpy(&word, buf, sizeof(word)); \
		atomic_store_explicit(there, word, memory_order_relaxed); \
	} else { \
		word = atomic_load_explicit(there, memory_order_relaxed); \
		memcpy(buf, &word, sizeof(word)); \
	} \
} while (0)

/* memcpy may move the two bytes of a ring's index one after the other, and the
 * guest moves the index between them. */
static void copy(void *mem, void *buf, size_t len, bool write)
{
	bool aligned = (uintptr_t)mem % (len == 0 ? 1 : len) == 0;

	if (aligned && len == sizeof(uint16_t))
		WORD_COPY(uint16_t);
	else if (aligned && len == sizeof(uint32_t))
		WORD_COPY(uint32_t);
	else if (aligned && len == sizeof(uint64_t))
		WORD_COPY(uint64_t);
	else if (write)
		memcpy(mem, buf, len);
	else
		memcpy(buf, mem, len);
}

int sigbus_copy(void *mem, void *buf, size_t len, bool write)
{
	uintptr_t in_page = (uintptr_t)mem % FAULT_GRAIN;
	struct guard g = { .from = (uintptr_t)mem - in_page, .len = len + in_page };

	if (sigsetjmp(g.env, SAVE_MASK) != 0)
		return -EFAULT;
	guard = &g;
	/* The fences keep the copy between the two stores (with on_sigbus),
	 * and accesses to shared memory in the order of the calls (with the
	 * guest's own barriers). */
	atomic_thread_fence(memory_order_seq_cst);
	copy(mem, buf, len, write);
	atomic_thread_fence(memory_order_seq_cst);
	guard = NULL;
	return 0;
}
