/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whose code runs, and for how long.  The controller's thread marks every call
 * of a loaded plug-in's code with two plain stores; a thread that is there as
 * long as there is a loaded plug-in looks at the mark now and then, and a
 * signal handler may.
 */
#ifndef EMU_WATCH_H
#define EMU_WATCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where in a plug-in: a tap's number, or one of these. */
enum {
	WATCH_CALL = 64,	/* what nvmetap_call was given */
	WATCH_SETUP,
	WATCH_TEARDOWN,
	WATCH_LOAD,		/* what the dynamic linker runs, as constructors */
	WATCH_UNLOAD,
};

/* The controller's thread writes it. */
struct watch_mark {
	/* 0: no such code runs; else the number of the call, the plug-in's
	 * (emu/library.h), and where; never the same twice. */
	_Atomic uint64_t word;
	uint64_t nr_calls;
};

/* A place as watch_enter takes it; a plug-in that is part of the program: 0. */
static inline uint32_t watch_place(unsigned int library, unsigned int where)
{
	return library << 8 | where;
}

static inline unsigned int watch_library(uint64_t word)
{
	return word >> 8 & 0xff;
}

static inline unsigned int watch_where(uint64_t word)
{
	return word & 0xff;
}

/* Brackets round every call; enter answers what leave takes back.  Relaxed:
 * nobody concludes anything from it about other memory. */
static inline uint64_t watch_enter(struct watch_mark *mark, uint32_t place)
{
	uint64_t before = atomic_load_explicit(&mark->word, memory_order_relaxed);

	atomic_store_explicit(&mark->word, ++mark->nr_calls << 16 | place, memory_order_relaxed);
	return before;
}

static inline void watch_leave(struct watch_mark *mark, uint64_t before)
{
	atomic_store_explicit(&mark->word, before, memory_order_relaxed);
}

/* "nvme:io:decode", "setup" and so on; for a signal handler, too. */
const char *watch_where_name(unsigned int where);

struct watch_config {
	uint64_t slow_ns;	/* a call that takes longer is told; 0: none is */
	uint64_t dead_ns;	/* one that takes longer ends the program; 0: none does */
	/* Both on the thread that watches.  A line for the user; done: also for
	 * the trace, the call has returned. */
	void (*say)(void *ctx, const char *line, bool done);
	/* The call that the mark still names.  false: it has returned meanwhile. */
	bool (*dead)(void *ctx, uint64_t word, const char *line);
	void *ctx;
};

struct watch;

/* Starts the thread, with all signals blocked.  NULL and errno. */
struct watch *watch_new(const struct watch_mark *mark, const struct watch_config *config);
/* Ends it; not from say or dead. */
void watch_free(struct watch *watch);

#endif
