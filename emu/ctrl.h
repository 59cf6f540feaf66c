/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The NVMe controller: registers, queues, commands in flight, features, logs
 * and asynchronous events.  NVM Express 1.4.  All on the controller's thread.
 * This header is shared by the files that make up the controller: ctrl (states,
 * resets), reg (registers), queue (queues, doorbells), queue_admin (their
 * commands), work (turns), cmd (the stages of a command), cmd_slot (their slots),
 * hold (commands that plug-ins hold), fault (what goes wrong below the taps), prp
 * (data), admin, identify, feature, log, aer and io (the commands), snapshot,
 * ctrl_status (for who asks); everybody else uses emu/device.h.
 */
#ifndef EMU_CTRL_H
#define EMU_CTRL_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "emu/buffer.h"
#include "emu/loop.h"
#include "emu/ns.h"
#include "emu/status.h"
#include "emu/tap.h"
#include "emu/turns.h"

enum {
	CTRL_NR_IO_QUEUES = 64,
	CTRL_NR_QUEUES = CTRL_NR_IO_QUEUES + 1,
	CTRL_NR_VECTORS = CTRL_NR_QUEUES,
	CTRL_MAX_ENTRIES = 4096,	/* of a queue; CAP.MQES is one less */
	CTRL_PAGE_SHIFT = 12,		/* the one memory page size: CAP.MPSMIN and MPSMAX 0 */
	CTRL_PAGE = 1 << CTRL_PAGE_SHIFT,
	CTRL_MDTS = 7,
	CTRL_MAX_TRANSFER = CTRL_PAGE << CTRL_MDTS,	/* bytes */
	CTRL_MAX_PAGES = (1 << CTRL_MDTS) + 1,
	CTRL_NR_CMDS = 512,		/* in flight */
	CTRL_CID_WORDS = 0x10000 / 64,	/* a bit for each command identifier */
	CTRL_NR_ADMIN_CMDS = 32,	/* of these, kept free for the admin queue */
	CTRL_NR_AERS = 4,		/* Asynchronous Event Requests */
	CTRL_NR_ABORTS = 4,		/* Abort commands; all are executed at once */
	CTRL_NR_EVENTS = 8,		/* asynchronous events that wait for a request */
	CTRL_NR_ERRORS = 64,		/* entries of the Error Information log */
	CTRL_CNTLID = 1,
	CTRL_VERSION = 0x00010400,
	CTRL_TIMEOUT_500MS = 20,	/* CAP.TO */
	CTRL_REG_SIZE = 0x5c,		/* registers before the reserved range, bytes */
	CTRL_TEMPERATURE_K = 300,
	CTRL_WCTEMP_K = 343,
	CTRL_CCTEMP_K = 353,
};
static_assert((int)CTRL_NR_QUEUES <= (int)TURNS_MAX, "not all queues can wait");

struct ctrl;
struct drive_status;
struct cmd;
struct late;
struct op;

/* What a stage or a handler answers. */
enum cmd_next {
	CMD_NEXT,	/* go on with the next stage */
	CMD_DONE,	/* cpl is complete: to the writeback */
	CMD_WAIT,	/* somebody will call cmd_finish or done, or the command is gone */
	CMD_AGAIN,	/* guest memory cannot be reached now: the same stage in a later turn */
};

/* What the controller needs of the PCI function that it sits in. */
struct ctrl_host {
	/* Guest memory, as transport_ops.  0 or -errno. */
	int (*read)(void *ctx, uint64_t iova, void *buf, size_t len);
	int (*write)(void *ctx, uint64_t iova, const void *buf, size_t len);
	bool (*bus_master)(void *ctx);
	bool (*msix)(void *ctx);	/* MSI-X is enabled; otherwise INTx */
	/* count completions, the last of them event cause, wait for vector's listener. */
	void (*irq)(void *ctx, unsigned int vector, uint64_t cause, uint32_t count);
	void (*intx)(void *ctx, bool level, uint64_t cause, uint32_t count);
	/* Fires the session text. */
	void (*session)(void *ctx);
	/* The fault gone; and what by has delayed happens now. */
	void (*gone)(void *ctx, struct inject_name *name, uint64_t ns);
	void (*abandon)(void *ctx, struct nvmetap_plugin *by);
};

struct ctrl_config {
	struct loop *loop;
	struct pool *pool;
	struct taps *taps;
	struct ns *const *ns;		/* nsid 1, 2, …; the caller's */
	unsigned int nr_ns;
	const char *serial, *model, *firmware;	/* the caller's */
	uint16_t vendor, subsystem_vendor;
	const struct ctrl_host *host;
	void *host_ctx;
};

enum cmd_state {
	CMD_FREE,
	CMD_RUNNING,	/* on the stack, or between two stages */
	CMD_READY,	/* resumed; the controller's work will run it */
	CMD_POOL,	/* in the back end */
	CMD_HELD,	/* by a plug-in */
	CMD_WAITING,	/* for room in its completion queue */
	CMD_AER,	/* an Asynchronous Event Request without event */
	CMD_DELETING,	/* a Delete I/O SQ whose queue still has commands */
};

enum cmd_step {
	STEP_FETCH,
	STEP_DECODE,
	STEP_COPY_IN,
	STEP_MEMORY_IN,
	STEP_EXECUTE,
	STEP_MEMORY_OUT,
	STEP_WRITEBACK,
};

/* A command in flight. */
struct cmd {
	struct cmd *next;		/* of the one list that it is in */
	struct ctrl *ctrl;
	struct nvme_command sqe;	/* as the plug-ins left it */
	struct nvme_completion cpl;
	const struct op *op;
	uint64_t tap_seq;		/* of the last event that was fired */
	uint64_t id;			/* nvmetap_event.cmd_id */
	uint64_t seq;			/* of the event that its later events belong to */
	uint64_t ticks;			/* when it was fetched; 0: nobody asked */
	uint64_t error;			/* its number in the Error Information log, or 0 */
	uint8_t *data;			/* bounce buffer of data_len bytes, or NULL */
	uint32_t data_len;
	uint32_t index;			/* of the namespace or range that is worked at */
	uint16_t sqid, cqid, cid;	/* as fetched */
	uint16_t wrong;			/* where the field that is wrong begins: cmd_wrong */
	uint8_t state;			/* CMD_* */
	uint8_t step;			/* STEP_* */
	uint8_t direction;		/* NVMETAP_NO_DATA, _TO_DEVICE, _TO_HOST */
	bool tapped;			/* this step's tap has been passed */
	bool zombie;			/* given up while in the back end */
	bool has_cid;			/* ctrl->cids has it; otherwise another has the CID */
	uint16_t tap;			/* of event tap_seq */
	bool resumed;			/* tap_seq goes on with the modifiers behind held */
	bool own_sqhd;			/* a plug-in has chosen it */
	uint8_t late;			/* NVMETAP_FAULT_* that holds it back, or 0 */
	bool faulty;			/* of the next five some are set: emu/fault.h */
	bool torn, twice, wrong_phase;
	bool quiet;			/* its interrupt has been sent */
	struct ns_req req;
	enum cmd_next (*done)(struct cmd *cmd, int result);	/* of the back end */
	struct loop_timer timer;	/* of a delayed resume */
	uint32_t nr_pages;
	/* What follows is not cleared with the rest. */
	uint64_t page[CTRL_MAX_PAGES];	/* the data's PRP entries */
	struct tap_answer held;		/* by whom, or whose fault holds it back */
	uint64_t torn_ns, late_ns;	/* of the faults */
};

struct cmd_list {
	struct cmd *first, **end;
};

struct sq {
	uint64_t base;
	uint32_t size;		/* entries; 0: there is no such queue */
	uint32_t head, tail;
	uint32_t nr_cmds;	/* fetched and not yet completed */
	uint16_t cqid;
	struct cmd *closing;	/* the Delete I/O SQ that waits for nr_cmds to reach 0 */
};

struct cq {
	uint64_t base;
	uint32_t size;
	uint32_t head, tail;
	uint16_t vector;
	bool phase, ien;
	uint32_t nr_sqs;
	struct cmd_list waiting;	/* for room */
	uint32_t nr_new;	/* completions not yet announced; 0: not in ctrl->posted */
	uint64_t last_seq;	/* of the last completion's event */
	uint32_t life;		/* a number of its own, since it was created */
	uint32_t overrun;	/* completions that do not wait for room; UINT32_MAX: all */
};

/* Where a queue was when it ended, for the fault stale-queue. */
struct old_queue {
	uint32_t head, tail;
	bool phase;
};

struct aer_event {
	uint8_t type, info, page;
};

struct error_log {
	uint64_t count;			/* of all entries ever made */
	uint8_t entry[CTRL_NR_ERRORS][64];	/* the newest at (count - 1) % CTRL_NR_ERRORS */
};

struct smart {
	uint64_t sectors_read, sectors_written;	/* units of 512 bytes */
	uint64_t host_reads, host_writes;
	uint64_t media_errors, unsafe_shutdowns, power_cycles;
	uint64_t busy_ns, busy_since;	/* busy_since: ticks; 0: no I/O command in flight */
	uint64_t start_ticks;
};

struct ctrl {
	struct taps *taps;
	struct loop *loop;
	struct pool *pool;
	const struct ctrl_host *host;
	void *host_ctx;
	struct ctrl_config config;
	uint32_t nn;			/* Identify Controller NN */

	uint32_t cc, csts, aqa, intms;
	uint64_t asq, acq;
	bool enabling;			/* CC.EN is set, CSTS.RDY waits for zombies */
	bool disabling;			/* CC.EN is clear, CSTS.RDY waits for zombies */
	uint32_t disable_lost;
	bool never_ready;		/* the fault no-ready; its timer ends it */
	struct loop_timer ready_timer;
	struct inject_name *ready_name;
	uint64_t ready_ns, ready_seq;

	struct sq sq[CTRL_NR_QUEUES];
	struct cq cq[CTRL_NR_QUEUES];
	struct old_queue old_sq[CTRL_NR_QUEUES], old_cq[CTRL_NR_QUEUES];
	uint32_t nr_sqs, nr_cqs;	/* I/O queues that the driver was granted */
	uint64_t rung[2];		/* bit qid: entries wait in the SQ */
	struct turns posted;		/* CQs whose completions wait to be announced, in the
					   order in which the first of each was posted */
	unsigned int turn;		/* the SQ whose turn is next */

	struct cmd *cmds;		/* CTRL_NR_CMDS */
	struct cmd_list free, ready;
	uint64_t *cids;			/* CTRL_CID_WORDS a submission queue: who is in flight */
	unsigned int nr_free, nr_zombies, nr_io;	/* nr_io: I/O commands in flight */
	uint32_t generation;
	struct buffers buffers;

	struct loop_msg kick;
	bool kicked, working;

	uint32_t features[256];
	uint32_t temperature[2];	/* thresholds over and under */
	bool coalescing_off[CTRL_NR_VECTORS];
	uint16_t *error_recovery;	/* TLER by namespace */

	struct cmd_list aers;
	unsigned int nr_aers;
	struct aer_event events[CTRL_NR_EVENTS];
	unsigned int nr_events;
	uint8_t aer_masked;		/* bit type: until its log page has been read */
	struct error_log errors;
	struct smart smart;
	bool shut_down;			/* a shutdown has completed since the last enable, or
					   there was none since power-on */

	struct late *lates;		/* emu/fault.c */
	uint32_t lives;			/* of completion queues so far */

	struct ns_req flush;		/* of a shutdown */
	uint32_t flush_ns;
	bool flushing;
};

struct ctrl *ctrl_new(const struct ctrl_config *config);	/* NULL and errno */
/* Gives up all commands; the back ends get no more requests. */
void ctrl_stop(struct ctrl *ctrl);
/* After ctrl_stop; the pool is gone and the loop has run its messages. */
void ctrl_free(struct ctrl *ctrl);

/* FLR, bus reset, guest gone: everything as after power-on, at once. */
void ctrl_reset(struct ctrl *ctrl, uint8_t reason);
/* A write to CC: enable, disable, shutdown.  Section 3.1.5. */
void ctrl_cc_write(struct ctrl *ctrl, uint32_t value);
/* Queue memory that cannot be reached, or a fault: CSTS.CFS, nothing is processed
 * any more. */
void ctrl_fatal(struct ctrl *ctrl, uint8_t reason);
/* The plug-in ends: what it has kept from being ready is ready soon. */
void ctrl_abandon(struct ctrl *ctrl, struct nvmetap_plugin *by);
/* A zombie came back from the back end. */
void ctrl_zombie_gone(struct ctrl *ctrl);
bool ctrl_ready(const struct ctrl *ctrl);	/* enabled, ready and not fatal */
/* NSID to namespace: 0, Invalid Namespace or Format, or Invalid Field if it is
 * inactive (section 6.1.4). */
uint16_t ctrl_ns(const struct ctrl *ctrl, uint32_t nsid, struct ns **ns);

/* Registers below the doorbells; any offset and length.  reg.c */
uint64_t reg_read(const struct ctrl *ctrl, uint64_t off, uint32_t width);
void reg_write(struct ctrl *ctrl, uint64_t off, uint32_t width, uint64_t value);
void reg_image(const struct ctrl *ctrl, uint8_t image[CTRL_REG_SIZE]);

/* Guest memory.  0 or -errno. */
static inline int ctrl_dma_read(struct ctrl *ctrl, uint64_t iova, void *buf, size_t len)
{
	return ctrl->host->read(ctrl->host_ctx, iova, buf, len);
}

static inline int ctrl_dma_write(struct ctrl *ctrl, uint64_t iova, const void *buf, size_t len)
{
	return ctrl->host->write(ctrl->host_ctx, iova, buf, len);
}

/*
 * Does what is to be done: resumed commands, completions that have found room,
 * commands in queues whose doorbells were rung; then announces completions.
 * Bounded; what remains is done in a later turn of the loop.  Copies guest
 * memory.  work.c
 */
void ctrl_work(struct ctrl *ctrl);
/* Has ctrl_work called soon, when guest memory may be copied. */
void ctrl_kick(struct ctrl *ctrl);

/* Fills in what is the controller's.  ctrl_status.c */
void ctrl_status(const struct ctrl *ctrl, struct drive_status *status);

/* tap_host: fires what nvmetap_snapshot promises.  snapshot.c */
void ctrl_snapshot(void *ctrl);

static inline void bit_set(uint64_t set[2], unsigned int bit)
{
	set[bit / 64] |= UINT64_C(1) << bit % 64;
}

static inline void bit_clear(uint64_t set[2], unsigned int bit)
{
	set[bit / 64] &= ~(UINT64_C(1) << bit % 64);
}

static inline bool bit_test(const uint64_t set[2], unsigned int bit)
{
	return set[bit / 64] >> bit % 64 & 1;
}

static inline void cmd_list_init(struct cmd_list *list)
{
	list->first = NULL;
	list->end = &list->first;
}

static inline void cmd_list_push(struct cmd_list *list, struct cmd *cmd)
{
	cmd->next = NULL;
	*list->end = cmd;
	list->end = &cmd->next;
}

static inline struct cmd *cmd_list_pop(struct cmd_list *list)
{
	struct cmd *cmd = list->first;

	if (cmd != NULL) {
		list->first = cmd->next;
		if (list->first == NULL)
			list->end = &list->first;
	}
	return cmd;
}

/* Takes cmd from the list that it is in. */
static inline void cmd_list_remove(struct cmd_list *list, struct cmd *cmd)
{
	struct cmd **at = &list->first;

	while (*at != NULL && *at != cmd)
		at = &(*at)->next;
	if (*at == NULL)
		return;
	*at = cmd->next;
	if (*at == NULL)
		list->end = at;
}

#endif
