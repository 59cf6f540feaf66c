/* SPDX-License-Identifier: BSD-2-Clause */
/* An event as a record. */
#include "tools/inject_record.h"

#include "spec/queue_entry.h"

const struct record *inject_record_make(struct inject_record *record,
					const struct nvmetap_event *ev)
{
	event_entry(&record->entry, ev, INJECT_PAYLOAD_MAX);
	encode_entry(record->bytes, &record->entry, &record->rec);
	record->rec.time_ns = nvmetap_ns(ev->ticks);
	return &record->rec;
}

const struct record *inject_record_command(struct inject_record *record,
					   const struct nvmetap_event *ev)
{
	bool admin = ev->qkind == NVMETAP_QUEUE_ADMIN;

	if (ev->cmd == NULL || ev->event == NVMETAP_EV_ADMIN || ev->event == NVMETAP_EV_IO)
		return NULL;
	sqe_encode(ev->cmd, record->sqe);
	record->command = (struct record){
		.nsid = ev->cmd->nsid,
		.cdw10 = ev->cmd->cdw10,
		.cid = ev->cmd->cid,
		.opc = ev->cmd->opc,
		.csi = ev->csi,
		.qkind = ev->qkind,
		.sqid = ev->sqid,
		.cqid = ev->cqid,
		.event = admin ? NVMETAP_EV_ADMIN : NVMETAP_EV_IO,
		.stage = NVMETAP_DECODE,
		.flags = NVMETAP_HAS_COMMAND,
		.info = record->sqe,
		.payload = record->sqe,
		.len = NVME_SQE_SIZE,
		.caplen = NVME_SQE_SIZE,
	};
	return &record->command;
}
