/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nvmetap/plugin.h: all that a plug-in sees.  The tracer is written against
 * this header and nothing else.
 *
 * A plug-in is a shared library with setup() and teardown().  setup() attaches
 * functions to taps; a tap is a named point of the drive that every event of
 * its kind passes, and is called "module:component:stage" (nvmetap-taps(7)
 * lists them all).
 *
 * Threads.  Everything here is called on the controller's thread: from setup,
 * teardown and callbacks.  What is marked (T) may be called from any thread.
 * Callbacks run on the controller's thread and hold up the guest: be short.
 *
 * Errors.  Functions return 0 or a negative errno unless they say otherwise,
 * -EINVAL if plugin is NULL while no plug-in's code runs, and what is not marked
 * (T) -EPERM on a thread of the plug-in's own.
 *
 * Byte order.  Structures and numbers are in host byte order.  Data buffers
 * hold what the guest sees, little-endian.
 */
#ifndef NVMETAP_PLUGIN_H
#define NVMETAP_PLUGIN_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef NVMETAP_BUILD
#include "spec/nvme.h"
#else
#include <nvmetap/nvme.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What a callback of a modifier answers, the verdict; an observer's answer is
 * ignored.
 *   NVMETAP_GO       go on, with the event as it now is: a command is carried out,
 *                    whatever status has been set, and that status is posted
 *                    unless it fails; who refuses a command answers _HANDLED
 *   NVMETAP_HANDLED  done: use the completion (or value read) as it now is
 *   NVMETAP_LATER    hold the command until nvmetap_resume or nvmetap_complete;
 *                    at a tap whose events are no stage of a command: as
 *                    NVMETAP_GO, and a line in the trace says so
 *   NVMETAP_DROP     the command, write or interrupt is lost; the guest does
 *                    not hear of it
 */

/*
 * Orders.  Modifiers of a tap run from the lowest order to the highest, those
 * of equal order as they were attached; the first that answers other than
 * NVMETAP_GO ends the modifiers.  Observers (order NVMETAP_OBSERVE or more)
 * always run, after all modifiers, and must not change the event.
 */
enum {
	NVMETAP_MODIFY = 0,
	NVMETAP_OBSERVE = 1 << 16,
};

struct nvmetap_plugin;		/* a loaded plug-in; NULL: the one whose code runs */

/* An access to configuration space, a register, a doorbell or the MSI-X table. */
struct nvmetap_access {
	uint64_t offset;	/* bytes, in the space or region */
	uint64_t value;		/* read or written; a modifier may change it */
	uint64_t old;		/* doorbells: the value before */
	uint32_t width;		/* bytes: 1, 2, 4 or 8; a config read of the whole header at
				   once: more, value is its first 8 bytes, the event has text */
	uint8_t bar;
	uint8_t doorbell;	/* NVMETAP_DOORBELL_* */
	uint16_t vector;	/* doorbells: the queue; MSI-X: the vector, NVMETAP_VECTOR_PENDING */
};

struct nvmetap_irq {
	uint64_t addr;		/* message: valid if message is 1 */
	uint32_t data;
	uint32_t vector;
	uint8_t type;		/* NVMETAP_IRQ_INTX or _MSIX */
	uint8_t result;		/* NVMETAP_IRQ_SENT or why not */
	uint8_t level;		/* INTx: 1 asserted, 0 deasserted */
	uint8_t message;	/* 1: addr and data are known to the drive */
};

/* A command's data, on its way; nvmetap_data reads and writes it. */
struct nvmetap_xfer {
	uint64_t iova;		/* of its first byte in the guest's memory */
	uint32_t total;		/* bytes */
	uint8_t direction;	/* NVMETAP_TO_DEVICE or NVMETAP_TO_HOST */
};

/* A PRP list as it was walked: a page of entries at a time. */
struct nvmetap_list {
	uint64_t iova;		/* of entries[0] */
	const uint64_t *entries;
	uint32_t nr;
	uint32_t first;		/* index of entries[0] in the whole transfer's list */
	uint8_t type;		/* NVMETAP_LIST_PRP */
};

struct nvmetap_ctrl {
	uint8_t state;		/* NVMETAP_CTRL_* that was entered */
	uint8_t reason;		/* NVMETAP_BY_* */
	uint32_t lost;		/* outstanding commands given up by this step */
	uint32_t cc, csts, aqa;
	uint64_t asq, acq;
};

struct nvmetap_queue {
	uint64_t base;
	uint16_t qid, cqid;	/* cqid: of a submission queue */
	uint32_t size;		/* entries */
	uint32_t head, tail;
	uint8_t type;		/* NVMETAP_SQ or NVMETAP_CQ */
	uint8_t state;		/* NVMETAP_QUEUE_CREATED or _DELETED */
	uint8_t phase, ien;	/* of a completion queue */
	uint16_t vector;
};

struct nvmetap_dma {
	uint64_t iova, size, offset;	/* bytes; offset in the memory file */
	uint8_t readable, writable;
	uint8_t mapped;		/* with a memory file; 0: reached by messages only */
};

struct nvmetap_async {
	uint8_t type, info, page;	/* NVME_AER_*, section 5.2.1 */
};

/* What of an event differs, as it was or as it is; NULL: that did not change. */
struct nvmetap_state {
	const struct nvme_command *cmd;
	const struct nvme_completion *cpl;
	const void *info;	/* access, interrupt, …: what the event's info points to */
	const uint8_t *data;	/* data_len bytes from offset on */
};

/*
 * What a modifier, a request of a plug-in's or a fault did to an event.  It has
 * an event of its own, of nvmetap:inject:writeback, after the observers of the
 * one that was altered, which is its cause; cmd, cmd_id, sqid and cqid are that
 * event's, text is who did it.  A modifier that answers NVMETAP_GO and changes
 * nothing raises none.
 */
struct nvmetap_inject {
	uint64_t count;		/* firings of the same name so far, this one included */
	uint64_t arg;		/* of the fault */
	uint32_t offset;	/* of the first byte of data that differs */
	uint32_t data_len;	/* bytes of was.data and now.data; at most NVMETAP_INJECT_DATA */
	uint32_t changed;	/* bytes of data that were changed, also beyond those */
	uint16_t tap;		/* NVMETAP_TAP_* of the altered event, or NVMETAP_NR_TAPS */
	uint8_t event;		/* NVMETAP_EV_* of the altered event */
	uint8_t how;		/* NVMETAP_INJECT_ALTERED and so on */
	uint8_t verdict;	/* NVMETAP_GO and so on */
	uint8_t fault;		/* NVMETAP_FAULT_*, or 0 */
	struct nvmetap_state was, now;
};
enum {
	NVMETAP_FAULT_ARG_none,	/* 0 */
	NVMETAP_FAULT_ARG_ns,	/* nanoseconds, an hour at most */
	NVMETAP_FAULT_ARG_count,	/* up to 65535 */
	NVMETAP_FAULT_ARG_event,	/* type | info << 8 | log page << 16 */
	NVMETAP_INJECT_DATA = 64,	/* bytes of data in an injection event */
	NVMETAP_WHO_MAX = 120,	/* bytes of a name of nvmetap_blame */
};

/* What a batch event says, in its count. */
enum {
	NVMETAP_BATCH_MESSAGE,	/* a message of the transport has been worked off */
	NVMETAP_BATCH_COMPLETIONS,	/* results of the back ends have been posted */
	NVMETAP_BATCH_SLEEP,	/* the controller's thread is about to wait */
	NVMETAP_BATCH_DETACH,	/* this function has just been detached; nothing follows */
};

/* One event.  Valid, with all that it points to, during the call only. */
struct nvmetap_event {
	uint32_t size;		/* of this structure in the host; it only grows */
	uint16_t tap;		/* NVMETAP_TAP_* */
	uint8_t event;		/* NVMETAP_EV_*: what it is */
	uint8_t stage;		/* NVMETAP_FETCH to NVMETAP_WRITEBACK */
	uint8_t flags;		/* NVMETAP_ALTERED, _SNAPSHOT, _HAS_COMMAND */
	uint8_t qkind;		/* NVMETAP_QUEUE_*; | NVMETAP_CQ_ONLY: sqid means nothing */
	uint8_t csi;		/* command set of the command */
	uint64_t ticks;		/* read once, at the tap; nvmetap_ns converts */
	uint64_t seq;		/* 1, 2, … of this controller; 0: batches and snapshots */
	uint64_t cause;		/* seq of the event that it belongs to, or 0 */
	uint64_t cmd_id;	/* names a command until its completion is posted, or 0 */
	uint64_t latency_ns;	/* completions: since the command was fetched */
	uint32_t bdf;		/* segment << 16 | bus << 8 | device << 3 | function */
	uint32_t count;		/* interrupts: completions announced; batches: which */
	uint16_t sqid, cqid;
	struct nvme_command *cmd;	/* with NVMETAP_HAS_COMMAND, else NULL */
	struct nvme_completion *cpl;	/* admin and io, all stages, else NULL */
	__extension__ union {		/* by event; NULL when there is none */
		void *info;
		struct nvmetap_access *acc;	/* CFG*, REG*, DOORBELL, MSIX* */
		struct nvmetap_irq *irq;	/* INTERRUPT */
		struct nvmetap_xfer *xfer;	/* DATA */
		struct nvmetap_list *list;	/* LIST */
		struct nvmetap_ctrl *ctrl;	/* CTRL */
		struct nvmetap_queue *queue;	/* QUEUE */
		struct nvmetap_dma *dma;	/* DMAMAP, DMAUNMAP */
		struct nvmetap_async *async;	/* ASYNC */
		struct nvmetap_inject *inject;	/* INJECT */
	};
	const struct nvmetap_event *was;	/* observers: before the modifiers, if ALTERED */
	const void *text;	/* SESSION, CONSOLE, MARK, LOG, INJECT: UTF-8;
				   REGISTERS, CFGREAD: bytes */
	size_t text_len;	/* bytes; no NUL */
};

/* Returns a verdict.  ctx is what nvmetap_attach was given. */
typedef int nvmetap_fn(void *ctx, struct nvmetap_event *ev);

/*
 * Attaches fn to the tap of that name ("nvme:io:decode").  fn is called for
 * every event of the tap until it is detached or the plug-in is unloaded; if it
 * is attached by a callback of that tap, perhaps for the present event already.
 * A tap with nobody attached costs nothing and its events get no number.
 *   -ENOENT  no such tap, which the user is told with the nearest names
 *                              -EEXIST  fn and ctx are attached there already
 *   -ENOMEM                    -EINVAL  no name or no function
 */
int nvmetap_attach(struct nvmetap_plugin *plugin, const char *tap, nvmetap_fn *fn, void *ctx,
		   int order);

/* Undoes it, also for the present event.  ctx NULL: whatever fn was attached with,
 * if not with NULL.  Commands that the plug-in holds end with Internal Error if it
 * was its last function.  -ENOENT: not attached. */
int nvmetap_detach(struct nvmetap_plugin *plugin, const char *tap, nvmetap_fn *fn, void *ctx);

/* The plug-in whose code runs, or NULL: what its other threads hand to functions
 * marked (T), where NULL names nobody. */
struct nvmetap_plugin *nvmetap_self(void);

/* The value of "key=value" among the plug-in's options, "" for a bare "key",
 * NULL if it is not there.  Lives as long as the plug-in.  What a setup does not
 * ask for is no option: the user is told so, and the plug-in refused; and so is
 * one that is given twice. */
const char *nvmetap_option(struct nvmetap_plugin *plugin, const char *key);

/* (T) Ticks as nanoseconds since 1970-01-01 (the wall clock at the start plus
 * monotonic time since then), and the ticks of now. */
uint64_t nvmetap_ns(uint64_t ticks);
uint64_t nvmetap_ticks(void);

/*
 * Copies len bytes of the event's data at byte off: from the drive to buf, or
 * with store != 0 from buf to the drive (modifiers only).  Memory stage: what
 * came from the guest, or is about to go to it.
 *   -ENODATA the event has no data    -ERANGE beyond its total
 *   -EPERM   stored by an observer
 */
int nvmetap_data(const struct nvmetap_event *ev, uint64_t off, void *buf, size_t len, int store);

/*
 * (T) Lets a held command go on with the stage it was held at, after_ns from
 * now; or completes it with cpl (cid, sqid and sqhd are filled in).  A callback
 * that will answer NVMETAP_LATER may ask for it already.
 *   -ENOENT  no such command, or it is not held (any longer): a reset or the
 *            deletion of its queue revokes what is held
 *   -ENOMEM
 * From another thread, or from a callback for the command whose event passes,
 * the answer is 0 and such a command is silently ignored.
 */
int nvmetap_resume(struct nvmetap_plugin *plugin, uint64_t cmd_id, uint64_t after_ns);
int nvmetap_complete(struct nvmetap_plugin *plugin, uint64_t cmd_id,
		     const struct nvme_completion *cpl);

/* (T) Calls fn once, on the controller's thread, after_ns from now (0: as soon
 * as possible) with ctx and an event whose tap is NVMETAP_NR_TAPS.  Unloading
 * revokes it.  -ENOMEM, -EINVAL: no function */
int nvmetap_call(struct nvmetap_plugin *plugin, uint64_t after_ns, nvmetap_fn *fn, void *ctx);

/* (T) A line into the trace: an event of nvmetap:log:writeback, after the event
 * whose callback raised it.  -ENOMEM; -EDEADLK inside an event of that tap. */
int nvmetap_log(struct nvmetap_plugin *plugin, const char *line);

/*
 * Inside a callback: the injection events of what this call of the callback
 * does name who ("rule 3: nvme:io:decode if …") instead of the plug-in, and so
 * do those of the command that it holds.  who is copied, up to NVMETAP_WHO_MAX
 * bytes; each name has a count of its own.
 *   -EINVAL  no callback runs     -ENOMEM
 *   -ENOSPC  the plug-in has used 1024 names: it stands for itself
 */
int nvmetap_blame(struct nvmetap_plugin *plugin, const char *who);

/*
 * Provokes a fault, NVMETAP_FAULT_*: what lies below the taps.  nvmetap-taps(7)
 * says what each does and what its arg is.  One that belongs to a kind of event
 * is provoked by a modifier while such an event passes; any other anywhere on
 * the controller's thread, and happens after the present event's observers.  It
 * has an injection event.
 *   -EINVAL   no such fault, or arg out of its range
 *   -ENODATA  the present event is not of its kind, or there is none
 *   -EPERM    asked by an observer    -EBUSY  eight in one call of a callback
 *   -ENOMEM
 */
int nvmetap_fault(struct nvmetap_plugin *plugin, unsigned int fault, uint64_t arg);

/*
 * (T) Fires, at the plug-in's own observers only and with NVMETAP_SNAPSHOT,
 * what a reader needs who begins here: the session text, the registers, the
 * queues and the outstanding commands.  From another thread it happens soon.
 * -ENOMEM
 */
int nvmetap_snapshot(struct nvmetap_plugin *plugin);

/*
 * The number of "key=number", in C's notation (10, 0xa), to *value, which stays
 * as it is if the option is not there.
 *   -EINVAL  the option is no number, which has been logged
 */
static inline int nvmetap_option_number(struct nvmetap_plugin *plugin, const char *key,
					uint64_t *value)
{
	const char *text = nvmetap_option(plugin, key);
	unsigned long long number;
	char *end, line[120];

	if (text == NULL)
		return 0;
	errno = 0;
	number = strtoull(text, &end, 0);
	if (*text < '0' || *text > '9' || *end != '\0' || errno != 0) {
		snprintf(line, sizeof(line), "%s=%s is no number", key, text);
		nvmetap_log(plugin, line);
		return -EINVAL;
	}
	*value = number;
	return 0;
}

/* (T) The next number of a series: the same seed, which is what *state begins
 * with, gives the same numbers. */
static inline uint64_t nvmetap_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* The command in flight with these identifiers on the controller of the
 * running callback, or NULL.  Valid during the call only. */
struct nvme_command *find_cmd(uint32_t sqid, uint32_t cid);

/* A plug-in defines these.  setup answers 0, or anything else to be refused
 * and unloaded, without teardown.  teardown, which may be missing, is called
 * before unloading; threads of the plug-in's own have ended when it returns. */
__attribute__((visibility("default"))) int setup(void);
__attribute__((visibility("default"))) int teardown(void);

/* The version of all this, and the structures that only grow, at their ends. */
#define NVMETAP_ABI 1
#define NVMETAP_STRUCTS(one) \
	one(nvmetap_event) one(nvmetap_access) one(nvmetap_irq) one(nvmetap_xfer) \
	one(nvmetap_list) one(nvmetap_ctrl) one(nvmetap_queue) one(nvmetap_dma) \
	one(nvmetap_async) one(nvmetap_inject)
#ifndef NVMETAP_BUILTIN		/* the loader reads it before it calls setup */
#define NVMETAP_SIZE(name) sizeof(struct name),
__attribute__((weak, visibility("default"))) extern const uint32_t nvmetap_abi[];
const uint32_t nvmetap_abi[] = { NVMETAP_ABI, NVMETAP_STRUCTS(NVMETAP_SIZE) };
#undef NVMETAP_SIZE
#endif

/*
 * The short interface.  A callback of it is declared with its tap's macro
 * after static, attached with plugin_tap_attach, and answers 0 to go on or 1
 * for "handled: use the completion as I set it".  One callback a tap and
 * plug-in.  Arguments that it has no use for need no mention.
 */
#define NVMETAP_ARG __attribute__((unused))
#define NVMETAP_CPL_ARGS \
	NVMETAP_ARG uint32_t bdf, NVMETAP_ARG struct nvme_completion *cpl, NVMETAP_ARG uint32_t sqid
#define NVMETAP_DECODE_ARGS \
	NVMETAP_ARG uint32_t bdf, NVMETAP_ARG struct nvme_command *cmd, \
	NVMETAP_ARG struct nvme_completion *cpl, NVMETAP_ARG uint32_t sqid
#define NVMETAP_REG_ARGS \
	NVMETAP_ARG uint32_t bdf, NVMETAP_ARG uint64_t offset, NVMETAP_ARG uint32_t width, \
	NVMETAP_ARG uint64_t *value

#define DECL_NPLUGIN_ADMIN_DECODE(fn) int fn(NVMETAP_DECODE_ARGS)
#define DECL_NPLUGIN_IO_DECODE(fn) int fn(NVMETAP_DECODE_ARGS)
#define DECL_NPLUGIN_ADMIN_WRITEBACK(fn) int fn(NVMETAP_CPL_ARGS)
#define DECL_NPLUGIN_IO_WRITEBACK(fn) int fn(NVMETAP_CPL_ARGS)
#define DECL_NPLUGIN_PCI_REGREAD_WRITEBACK(fn) int fn(NVMETAP_REG_ARGS)
#define DECL_NPLUGIN_PCI_REGWRITE_DECODE(fn) int fn(NVMETAP_REG_ARGS)
#define DECL_NPLUGIN_PCI_MSIX_WRITEBACK(fn) int fn(NVMETAP_REG_ARGS)
#define DECL_NPLUGIN_NVME_REGREAD_WRITEBACK(fn) int fn(NVMETAP_REG_ARGS)
#define DECL_NPLUGIN_NVME_REGWRITE_DECODE(fn) int fn(NVMETAP_REG_ARGS)
#define DECL_NPLUGIN_NVME_MSIXREAD_WRITEBACK(fn) int fn(NVMETAP_REG_ARGS)
#define DECL_NPLUGIN_NVME_MSIXWRITE_DECODE(fn) int fn(NVMETAP_REG_ARGS)

/* Calls a callback of the short interface; cb is its address. */
static inline int nvmetap_short(void *cb, struct nvmetap_event *ev)
{
	union {
		void *any;
		int (*decode)(NVMETAP_DECODE_ARGS);
		int (*cpl)(NVMETAP_CPL_ARGS);
		int (*reg)(NVMETAP_REG_ARGS);
	} u;
	uint64_t value;

	u.any = cb;
	if (ev->event == NVMETAP_EV_INTERRUPT) {
		value = ev->irq->data;
		return u.reg(ev->bdf, ev->irq->vector, 4, &value);
	}
	if (ev->event == NVMETAP_EV_COMPLETION)
		return u.cpl(ev->bdf, ev->cpl, ev->sqid);
	if (ev->cmd != NULL)
		return u.decode(ev->bdf, ev->cmd, ev->cpl, ev->sqid);
	return u.reg(ev->bdf, ev->acc->offset, ev->acc->width, &ev->acc->value);
}

/* cb is a function; what it takes depends on the tap.  As nvmetap_attach, and
 *   -EINVAL  a tap whose events have no arguments here, which the user is told */
static inline int plugin_tap_attach(const char *name, void *cb)
{
	static const char *const others[] = {
		"nvme:list:", "nvme:ctrl:", "nvme:queue:", "nvme:async:", "host:", "nvmetap:",
	};

	for (size_t i = 0; name != NULL && i < sizeof(others) / sizeof(others[0]); i++) {
		if (strncmp(name, others[i], strlen(others[i])) != 0)
			continue;
		nvmetap_log(NULL, "plugin_tap_attach has no callback for such a tap; nvmetap_attach has");
		return -EINVAL;
	}
	return nvmetap_attach(NULL, name, nvmetap_short, cb, NVMETAP_MODIFY);
}

/* Detaches this plug-in's one callback of the short interface from the tap. */
static inline int plugin_tap_detach(const char *name)
{
	return nvmetap_detach(NULL, name, nvmetap_short, NULL);
}

#ifdef __cplusplus
}

template <typename function> static inline int plugin_tap_attach(const char *name, function *cb)
{
	return plugin_tap_attach(name, reinterpret_cast<void *>(cb));
}
#else
/* C has no pointer for any function, and pedantic compilers mind void *. */
#define plugin_tap_attach(name, cb) (__extension__(plugin_tap_attach)(name, cb))
#endif

#endif
