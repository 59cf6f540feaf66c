/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An event as the record that a capture would have of it, for expressions; and
 * that of the command which a completion or data belongs to.
 */
#ifndef TOOLS_INJECT_RECORD_H
#define TOOLS_INJECT_RECORD_H

#include "emu/plugin.h"
#include "spec/record.h"
#include "tracer/encode.h"
#include "tracer/event.h"

enum {
	INJECT_PAYLOAD_MAX = 4096,	/* the longest structure; of more the rest is absent */
};

/* Room for one. */
struct inject_record {
	struct record rec;
	union {
		struct entry entry;
		uint8_t room[EVENT_ENTRY_ROOM + INJECT_PAYLOAD_MAX];
	};
	uint8_t bytes[record_SIZE + RECORD_INFO_MAX + INJECT_PAYLOAD_MAX];
	struct record command;
	uint8_t sqe[NVME_SQE_SIZE];
};

/* Valid until the next one is made.  In a callback. */
const struct record *inject_record_make(struct inject_record *record,
					const struct nvmetap_event *ev);
/* That of its command, as at the decode stage; NULL if it belongs to none, or is its command's
 * itself. */
const struct record *inject_record_command(struct inject_record *record,
					   const struct nvmetap_event *ev);

#endif
