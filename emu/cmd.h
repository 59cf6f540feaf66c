/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands on their way through the stages: fetch, decode, memory, execute,
 * memory, writeback.  Controller's thread.
 */
#ifndef EMU_CMD_H
#define EMU_CMD_H

#include "emu/ctrl.h"
#include "spec/queue_entry.h"

/*
 * One opcode: a row of admin_ops or io_ops.  prepare checks the command's
 * fields and says in direction and data_len what data it has; it answers a
 * status code, 0 for success.  execute does it, with the data in place.
 */
struct op {
	uint16_t (*prepare)(struct cmd *cmd);		/* NULL: nothing to check, no data */
	enum cmd_next (*execute)(struct cmd *cmd);	/* NULL: not supported */
	uint32_t effects;	/* section 5.14.1.5, bit 0 excepted */
};

extern const struct op admin_ops[256], io_ops[256];

/* A free slot for a command of that queue, or NULL: wait. */
struct cmd *cmd_new(struct ctrl *ctrl, uint16_t sqid);
void cmd_free(struct cmd *cmd);
/* It has been fetched: its CID is in flight, unless it was already. */
void cmd_take_cid(struct cmd *cmd);
/* Runs a command from the stage that it is at. */
void cmd_run(struct cmd *cmd);
/* After CMD_WAIT: has its completion posted by the next work. */
void cmd_finish(struct cmd *cmd);

/* Hands cmd->req, all but its message, to the back end; done is called with
 * the result and answers as a handler.  Answers CMD_WAIT. */
enum cmd_next cmd_submit(struct cmd *cmd, enum cmd_next (*done)(struct cmd *cmd, int result));
/* Puts a command that waits among those that the next work runs. */
void cmd_make_ready(struct cmd *cmd);

/* Sets the status; keeps an entry in the error log for what was in error.
 * Answers CMD_DONE. */
enum cmd_next cmd_fail(struct cmd *cmd, uint16_t code);
/* A status code that is none: guest memory answered -EAGAIN. */
#define STATUS_AGAIN UINT16_MAX

/* CMD_NEXT for success, CMD_AGAIN for STATUS_AGAIN, else as cmd_fail. */
enum cmd_next cmd_status(struct cmd *cmd, uint16_t code);

/* Notes for the error log where the field that is wrong begins, STRUCT_FIELD_PLACE;
 * answers code. */
static inline uint16_t cmd_wrong(struct cmd *cmd, unsigned int place, uint16_t code)
{
	cmd->wrong = (uint16_t)place;
	return code;
}

/* The command's namespace, as ctrl_ns. */
static inline uint16_t cmd_ns(struct cmd *cmd, struct ns **ns)
{
	return cmd_wrong(cmd, sqe_nsid_PLACE, ctrl_ns(cmd->ctrl, cmd->sqe.nsid, ns));
}

/* Gives a command up without completion.  In the back end it becomes a zombie. */
void cmd_revoke(struct cmd *cmd);
/* Completes with code a command that a plug-in holds or that waits for an event.
 * false: it is elsewhere, or a fault holds it back, and cannot be stopped. */
bool cmd_abort(struct cmd *cmd, uint16_t code);

/* The command in flight, not given up, or NULL. */
struct cmd *cmd_find(struct ctrl *ctrl, uint16_t sqid, uint16_t cid);
/* An event of this command at the tap, with everything but its info. */
struct nvmetap_event cmd_event(struct cmd *cmd, unsigned int tap);
/* The event that was fired last, as the command is now; for injections. */
struct nvmetap_event cmd_tapped_event(struct cmd *cmd);

/* tap_host */
int cmd_host_resume(void *ctrl, struct nvmetap_plugin *by, uint64_t cmd_id, uint64_t after_ns);
int cmd_host_complete(void *ctrl, struct nvmetap_plugin *by, uint64_t cmd_id,
		      const struct nvme_completion *cpl);
void cmd_host_abandon(void *ctrl, struct nvmetap_plugin *by);
struct nvme_command *cmd_host_find(void *ctrl, uint16_t sqid, uint16_t cid);

#endif
