/* SPDX-License-Identifier: BSD-2-Clause */
/* From the ring to the record, by the table's accessors. */
#include <string.h>
#include "spec/queue_entry.h"
#include "tracer/encode.h"
#include "tracer/pcapng.h"

/* Filled from the host structure at from; to holds the info's bytes. */
typedef void encode_info_fn(uint8_t *to, const void *from);
/* len bytes of payload, as many as in the entry. */
typedef void encode_payload_fn(uint8_t *to, const void *from, size_t len);

static void encode_access_info(uint8_t *to, const void *from)
{
	const struct nvmetap_access *acc = from;

	access_info_offset_set(to, acc->offset);
	access_info_value_set(to, acc->value);
	access_info_old_set(to, acc->old);
	access_info_width_set(to, acc->width);
	access_info_bar_set(to, acc->bar);
	access_info_doorbell_set(to, acc->doorbell);
	access_info_vector_set(to, acc->vector);
}

static void encode_interrupt_info(uint8_t *to, const void *from)
{
	const struct nvmetap_irq *irq = from;

	interrupt_info_addr_set(to, irq->addr);
	interrupt_info_data_set(to, irq->data);
	interrupt_info_vector_set(to, irq->vector);
	interrupt_info_type_set(to, irq->type);
	interrupt_info_result_set(to, irq->result);
	interrupt_info_level_set(to, irq->level);
	interrupt_info_message_set(to, irq->message);
}

static void encode_completion_info(uint8_t *to, const void *from)
{
	const struct entry_completion *completion = from;

	completion_info_latency_set(to, completion->latency_ns);
}

static void encode_list_info(uint8_t *to, const void *from)
{
	const struct nvmetap_list *list = from;

	list_info_iova_set(to, list->iova);
	list_info_first_set(to, list->first);
	list_info_type_set(to, list->type);
}

static void encode_data_info(uint8_t *to, const void *from)
{
	const struct entry_data *data = from;

	memset(to, 0, data_info_SIZE);
	data_info_iova_set(to, data->xfer.iova);
	data_info_offset_set(to, data->offset);
	data_info_total_set(to, data->xfer.total);
	data_info_direction_set(to, data->xfer.direction);
}

static void encode_ctrl_info(uint8_t *to, const void *from)
{
	const struct nvmetap_ctrl *ctrl = from;

	memset(to, 0, ctrl_info_SIZE);
	ctrl_info_state_set(to, ctrl->state);
	ctrl_info_reason_set(to, ctrl->reason);
	ctrl_info_lost_set(to, ctrl->lost);
	ctrl_info_cc_set(to, ctrl->cc);
	ctrl_info_csts_set(to, ctrl->csts);
	ctrl_info_aqa_set(to, ctrl->aqa);
	ctrl_info_asq_set(to, ctrl->asq);
	ctrl_info_acq_set(to, ctrl->acq);
}

static void encode_queue_info(uint8_t *to, const void *from)
{
	const struct nvmetap_queue *queue = from;

	memset(to, 0, queue_info_SIZE);
	queue_info_base_set(to, queue->base);
	queue_info_qid_set(to, queue->qid);
	queue_info_cqid_set(to, queue->cqid);
	queue_info_size_set(to, queue->size);
	queue_info_head_set(to, queue->head);
	queue_info_tail_set(to, queue->tail);
	queue_info_type_set(to, queue->type);
	queue_info_state_set(to, queue->state);
	queue_info_phase_set(to, queue->phase);
	queue_info_ien_set(to, queue->ien);
	queue_info_vector_set(to, queue->vector);
}

static void encode_dma_info(uint8_t *to, const void *from)
{
	const struct nvmetap_dma *dma = from;

	memset(to, 0, dma_info_SIZE);
	dma_info_iova_set(to, dma->iova);
	dma_info_size_set(to, dma->size);
	dma_info_offset_set(to, dma->offset);
	dma_info_readable_set(to, dma->readable);
	dma_info_writable_set(to, dma->writable);
	dma_info_mapped_set(to, dma->mapped);
}

static void encode_drop_info(uint8_t *to, const void *from)
{
	const struct entry_drop *drop = from;

	drop_info_count_set(to, drop->count);
	drop_info_first_set(to, drop->first);
	drop_info_last_set(to, drop->last);
}

static void encode_clock_info(uint8_t *to, const void *from)
{
	const struct entry_clock *clock = from;

	clock_info_step_set(to, (uint64_t)clock->step_ns);
}

static void encode_async_info(uint8_t *to, const void *from)
{
	const struct nvmetap_async *async = from;

	memset(to, 0, async_info_SIZE);
	async_info_type_set(to, async->type);
	async_info_info_set(to, async->info);
	async_info_page_set(to, async->page);
}

static void encode_inject_info(uint8_t *to, const void *from)
{
	const struct entry_inject *inject = from;

	memset(to, 0, inject_info_SIZE);
	inject_info_count_set(to, inject->count);
	inject_info_arg_set(to, inject->arg);
	inject_info_offset_set(to, inject->offset);
	inject_info_changed_set(to, inject->changed);
	inject_info_tap_set(to, inject->tap);
	inject_info_event_set(to, inject->event);
	inject_info_how_set(to, inject->how);
	inject_info_verdict_set(to, inject->verdict);
	inject_info_fault_set(to, inject->fault);
	inject_info_parts_set(to, inject->parts);
	inject_info_who_len_set(to, inject->who_len);
	inject_info_state_len_set(to, inject->state_len);
}

static void encode_sqe(uint8_t *to, const void *from, size_t len)
{
	(void)len;
	sqe_encode(from, to);
}

static void encode_cqe(uint8_t *to, const void *from, size_t len)
{
	(void)len;
	cqe_encode(from, to);
}

static void encode_prp_list(uint8_t *to, const void *from, size_t len)
{
	const uint64_t *entries = from;

	for (size_t i = 0; i < len / sizeof(*entries); i++)
		bytes_set_le(to + i * sizeof(*entries), sizeof(*entries), entries[i]);
}

static void encode_raw(uint8_t *to, const void *from, size_t len)
{
	memcpy(to, from, len);
}

#define encode_none NULL
#define encode_text encode_raw
#define encode_registers encode_raw
#define encode_config encode_raw
#define encode_inject encode_raw

static const struct {
	encode_info_fn *info;
	uint8_t info_len;
	encode_payload_fn *payload;
} encode_how[] = {
#define EVENT(cname, number, info, payload, proto, name) \
	[cname] = {encode_##info, info##_SIZE, encode_##payload},
#include "spec/nvme.def"
};

#define EVENT(cname, number, info, payload, proto, name) \
	static_assert((int)info##_SIZE <= (int)RECORD_INFO_MAX, #cname ": info is too long");
#include "spec/nvme.def"
static_assert(sizeof(struct nvme_command) == sqe_SIZE, "a command is as long in the ring");
static_assert(sizeof(struct nvme_completion) == cqe_SIZE, "a completion is as long in the ring");

static_assert((int)NVMETAP_INJECT_DATA + (int)sqe_SIZE + (int)cqe_SIZE + (int)RECORD_INFO_MAX <=
	      (int)ENCODE_STATE_MAX, "room for all parts");

size_t encode_state(uint8_t *to, const struct nvmetap_inject *inject,
		    const struct nvmetap_state *state)
{
	const uint8_t *begin = to;

	if (state->cmd != NULL) {
		sqe_encode(state->cmd, to);
		to += sqe_SIZE;
	}
	if (state->cpl != NULL) {
		cqe_encode(state->cpl, to);
		to += cqe_SIZE;
	}
	if (state->info != NULL && encode_how[inject->event].info != NULL) {
		encode_how[inject->event].info(to, state->info);
		to += encode_how[inject->event].info_len;
	}
	if (state->data != NULL) {
		memcpy(to, state->data, inject->data_len);
		to += inject->data_len;
	}
	return (size_t)(to - begin);
}

static void encode_header(const struct entry *entry, struct record *rec)
{
	rec->seq = entry->seq;
	rec->cause = entry->cause;
	rec->bdf = entry->bdf;
	rec->nsid = entry->nsid;
	rec->cdw10 = entry->cdw10;
	rec->len = entry->len;
	rec->count = entry->count;
	rec->sqid = entry->sqid;
	rec->cqid = entry->cqid;
	rec->cid = entry->cid;
	rec->status = entry->status;
	rec->event = entry->event;
	rec->stage = entry->stage;
	rec->flags = entry->flags;
	rec->qkind = entry->qkind;
	rec->opc = entry->opc;
	rec->csi = entry->csi;
	rec->caplen = entry->caplen;
}

size_t encode_entry(uint8_t *to, const struct entry *entry, struct record *rec)
{
	uint8_t *info = to + record_SIZE, *payload;

	encode_header(entry, rec);
	rec->info_len = encode_how[entry->event].info_len;
	record_encode(to, rec);
	if (rec->info_len != 0)
		encode_how[entry->event].info(info, entry_info_const(entry));
	payload = info + rec->info_len;
	if (entry->caplen != 0)
		encode_how[entry->event].payload(payload, entry_payload_const(entry),
						 entry->caplen);
	rec->info = info;
	rec->payload = payload;
	return record_SIZE + rec->info_len + entry->caplen;
}

uint32_t encode_direction(const struct entry *entry)
{
	static const uint8_t directions[] = {
		[NVMETAP_EV_CFGREAD] = PCAPNG_OUTBOUND,
		[NVMETAP_EV_CFGWRITE] = PCAPNG_INBOUND,
		[NVMETAP_EV_REGREAD] = PCAPNG_OUTBOUND,
		[NVMETAP_EV_REGWRITE] = PCAPNG_INBOUND,
		[NVMETAP_EV_DOORBELL] = PCAPNG_INBOUND,
		[NVMETAP_EV_MSIXREAD] = PCAPNG_OUTBOUND,
		[NVMETAP_EV_MSIXWRITE] = PCAPNG_INBOUND,
		[NVMETAP_EV_INTERRUPT] = PCAPNG_OUTBOUND,
		[NVMETAP_EV_ADMIN] = PCAPNG_INBOUND,
		[NVMETAP_EV_IO] = PCAPNG_INBOUND,
		[NVMETAP_EV_COMPLETION] = PCAPNG_OUTBOUND,
		[NVMETAP_EV_LIST] = PCAPNG_INBOUND,
		[NVMETAP_EV_ASYNC] = PCAPNG_OUTBOUND,
		[NVMETAP_EV_DMAMAP] = PCAPNG_INBOUND,
		[NVMETAP_EV_DMAUNMAP] = PCAPNG_INBOUND,
		[NVMETAP_EV_CONSOLE] = PCAPNG_INBOUND,
	};
	const struct entry_data *data = entry_info_const(entry);

	if (entry->event == NVMETAP_EV_DATA)
		return data->xfer.direction == NVMETAP_TO_DEVICE ? PCAPNG_INBOUND : PCAPNG_OUTBOUND;
	return entry->event < sizeof(directions) ? directions[entry->event] : 0;
}
