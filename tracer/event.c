/* SPDX-License-Identifier: BSD-2-Clause */
/* From the tap to the ring: an event becomes one entry or several. */
#include <assert.h>
#include <string.h>
#include "tracer/encode.h"
#include "tracer/event.h"

/* Where the payload comes from, by the table's payload structure. */
enum event_payload {
	EVENT_none,
	EVENT_sqe,
	EVENT_cqe,
	EVENT_prp_list,
	EVENT_raw,
	EVENT_text,
	EVENT_inject,
	EVENT_registers = EVENT_text,
	EVENT_config = EVENT_text,
};

static const struct {
	uint16_t info_len;
	uint8_t payload;
} event_shape[] = {
#define EVENT(cname, number, info, payload, proto, name) [cname] = {info##_HOST, EVENT_##payload},
#include "spec/nvme.def"
};

enum {
	EVENT_NR = sizeof(event_shape) / sizeof(event_shape[0]),
	EVENT_FLAGS = NVMETAP_ALTERED | NVMETAP_SNAPSHOT,
	/* What stands in the ring with a payload, at most: the entry of what was
	 * dropped before, and its own. */
	EVENT_OVERHEAD = 2 * RING_HEADER + EVENT_DROP_LEN + sizeof(struct entry) + EVENT_INFO_MAX,
	/* What an entry of a transfer is besides its payload. */
	EVENT_DATA_ROOM = sizeof(struct entry) + data_info_HOST,
};

#define EVENT(cname, number, info, payload, proto, name) \
	static_assert((int)info##_HOST <= (int)EVENT_INFO_MAX, #cname ": info is too long");
#include "spec/nvme.def"
static_assert(EVENT_OVERHEAD % 8 == 0, "payloads are cut between PRP entries");
static_assert(data_info_HOST % 8 == 0, "the payload follows without padding");

static void event_drop(struct event_feed *feed, const struct nvmetap_event *ev)
{
	struct event_drops *drops = &feed->drops;

	drops->info.count++;
	if (ev->seq != 0) {	/* a snapshot's records have none */
		if (drops->info.first == 0)
			drops->info.first = ev->seq;
		drops->info.last = ev->seq;
	}
	drops->ticks = ev->ticks;
	drops->bdf = ev->bdf;
	feed->nr_dropped++;
}

void event_drop_entry(struct entry *entry, const struct event_drops *drops)
{
	*entry = (struct entry){
		.ticks = drops->ticks,
		.bdf = drops->bdf,
		.event = NVMETAP_EV_DROP,
		.stage = NVMETAP_WRITEBACK,
		.info_len = drop_info_HOST,
	};
	memcpy(entry_info(entry), &drops->info, sizeof(drops->info));
}

/* event_reserve where there may be no room, or an entry goes in before. */
static struct entry *event_make_room(struct event_feed *feed, const struct nvmetap_event *ev,
				     size_t len)
{
	size_t need = len;
	unsigned int nr = 0;
	struct entry *entry;

	if (feed->drops.info.count != 0)
		need += EVENT_DROP_LEN + RING_HEADER;
	while ((entry = ring_reserve(feed->ring, need)) == NULL) {
		ring_publish(feed->ring);
		if (!feed->lossless || !ring_holds(feed->ring, need)) {
			event_drop(feed, ev);
			return NULL;
		}
		feed->wait(feed->wait_ctx, nr++);
	}
	if (feed->drops.info.count != 0) {
		event_drop_entry(entry, &feed->drops);
		ring_commit(feed->ring, EVENT_DROP_LEN);
		memset(&feed->drops, 0, sizeof(feed->drops));
		entry = ring_reserve(feed->ring, len);
	}
	return entry;
}

/* Room for len bytes, the entry of what was dropped before being committed. */
static inline struct entry *event_reserve(struct event_feed *feed, const struct nvmetap_event *ev,
					  size_t len)
{
	struct entry *entry = NULL;

	if (feed->drops.info.count == 0)
		entry = ring_reserve(feed->ring, len);
	return entry != NULL ? entry : event_make_room(feed, ev, len);
}

/* The longest payload of one entry: no longer than that it has a chance. */
static uint32_t event_chunk(const struct event_feed *feed)
{
	size_t half = ring_size(feed->ring) / 2 - EVENT_OVERHEAD;

	return half < EVENT_CHUNK ? (uint32_t)half : EVENT_CHUNK;
}

static inline __attribute__((always_inline)) void
event_header(struct entry *entry, const struct nvmetap_event *ev)
{
	entry->ticks = ev->ticks;
	entry->seq = ev->seq;
	entry->cause = ev->cause;
	entry->bdf = ev->bdf;
	entry->count = ev->count;
	entry->sqid = ev->sqid;
	entry->cqid = ev->cqid;
	entry->event = ev->event;
	entry->stage = ev->stage;
	entry->flags = ev->flags & EVENT_FLAGS;
	entry->qkind = ev->qkind;
	entry->csi = ev->csi;
	entry->status = 0;
	if (ev->cmd != NULL) {
		entry->flags |= NVMETAP_HAS_COMMAND;
		entry->nsid = ev->cmd->nsid;
		entry->cdw10 = ev->cmd->cdw10;
		entry->cid = ev->cmd->cid;
		entry->opc = ev->cmd->opc;
	} else {
		entry->nsid = entry->cdw10 = 0;
		entry->cid = 0;
		entry->opc = 0;
	}
	entry->info_len = event_shape[ev->event].info_len;
	entry->len = entry->caplen = 0;
}

/* Most are a command or a completion, which the compiler knows how to copy. */
static inline void event_copy(void *to, const void *from, size_t len)
{
	if (len == sizeof(struct nvme_command))
		memcpy(to, from, sizeof(struct nvme_command));
	else if (len == sizeof(struct nvme_completion))
		memcpy(to, from, sizeof(struct nvme_completion));
	else if (len != 0)
		memcpy(to, from, len);
}

static void event_info(struct entry *entry, const struct nvmetap_event *ev)
{
	if (ev->event == NVMETAP_EV_COMPLETION) {
		memcpy(entry_info(entry), &ev->latency_ns, sizeof(ev->latency_ns));
		if (ev->cpl != NULL) {
			entry->cid = ev->cpl->cid;
			entry->status = ev->cpl->status >> 1;
		}
	} else if (ev->info != NULL) {
		memcpy(entry_info(entry), ev->info, entry->info_len);
	} else {
		memset(entry_info(entry), 0, entry->info_len);
	}
}

/* The payload's address in the drive and its whole length; data has none. */
static const void *event_payload(const struct nvmetap_event *ev, size_t *len)
{
	switch (event_shape[ev->event].payload) {
	case EVENT_sqe:
		*len = ev->cmd != NULL ? sizeof(*ev->cmd) : 0;
		return ev->cmd;
	case EVENT_cqe:
		*len = ev->cpl != NULL ? sizeof(*ev->cpl) : 0;
		return ev->cpl;
	case EVENT_prp_list:
		*len = ev->list != NULL ? ev->list->nr * sizeof(ev->list->entries[0]) : 0;
		return ev->list != NULL ? ev->list->entries : NULL;
	case EVENT_text:
		*len = ev->text_len < UINT32_MAX ? ev->text_len : UINT32_MAX;
		return ev->text;
	default:
		*len = 0;
		return NULL;
	}
}

/* An event but data, of whose payload, payload_len bytes long, caplen are kept.
 * Inline, because every event passes here. */
static inline __attribute__((always_inline)) void
event_fill(struct entry *entry, const struct nvmetap_event *ev, const void *payload,
	   size_t payload_len, size_t caplen)
{
	uint32_t info_room = entry_info_room(event_shape[ev->event].info_len);

	event_header(entry, ev);
	if (info_room != 0)
		event_info(entry, ev);
	entry->len = (uint32_t)payload_len;
	entry->caplen = (uint32_t)caplen;
	if (caplen < payload_len)
		entry->flags |= NVMETAP_TRUNCATED;
	event_copy((uint8_t *)(entry + 1) + info_room, payload, caplen);
}

/* An injection's info and payload, as they are in the ring. */
struct event_inject {
	struct entry_inject info;
	size_t len;		/* of payload */
	uint8_t payload[NVMETAP_WHO_MAX + 2 * ENCODE_STATE_MAX];
};

static uint8_t event_parts(const struct nvmetap_state *state)
{
	return (uint8_t)((state->cmd != NULL) | (state->cpl != NULL) << 1 |
			 (state->info != NULL) << 2 | (state->data != NULL) << 3);
}

static void event_make_inject(struct event_inject *made, const struct nvmetap_event *ev)
{
	const struct nvmetap_inject *inject = ev->inject;
	size_t who_len = ev->text_len < NVMETAP_WHO_MAX ? ev->text_len : NVMETAP_WHO_MAX;
	size_t state_len;

	memcpy(made->payload, ev->text, who_len);
	state_len = encode_state(made->payload + who_len, inject, &inject->was);
	(void)encode_state(made->payload + who_len + state_len, inject, &inject->now);
	made->len = who_len + 2 * state_len;
	made->info = (struct entry_inject){
		.count = inject->count,
		.arg = inject->arg,
		.offset = inject->offset,
		.changed = inject->changed,
		.who_len = (uint16_t)who_len,
		.state_len = (uint16_t)state_len,
		.tap = (uint8_t)inject->tap,
		.event = inject->event,
		.how = inject->how,
		.verdict = inject->verdict,
		.fault = inject->fault,
		.parts = event_parts(&inject->now),
	};
}

static void event_fill_inject(struct entry *entry, const struct nvmetap_event *ev,
			      const struct event_inject *made, size_t caplen)
{
	event_header(entry, ev);
	memcpy(entry_info(entry), &made->info, sizeof(made->info));
	entry->len = (uint32_t)made->len;
	entry->caplen = (uint32_t)caplen;
	if (caplen < made->len)
		entry->flags |= NVMETAP_TRUNCATED;
	memcpy(entry_payload(entry), made->payload, caplen);
}

static void event_push_inject(struct event_feed *feed, const struct nvmetap_event *ev)
{
	size_t room = entry_info_room(inject_info_HOST);
	struct event_inject made;
	struct entry *entry;

	event_make_inject(&made, ev);
	entry = event_reserve(feed, ev, sizeof(*entry) + room + made.len);
	if (entry == NULL)
		return;
	event_fill_inject(entry, ev, &made, made.len);
	ring_commit(feed->ring, sizeof(*entry) + room + made.len);
}

static void event_push_one(struct event_feed *feed, const struct nvmetap_event *ev)
{
	size_t len, caplen, info_room = entry_info_room(event_shape[ev->event].info_len);
	const void *payload = event_payload(ev, &len);
	struct entry *entry;

	caplen = payload != NULL ? len : 0;
	if (caplen > sizeof(struct nvme_command) && caplen > event_chunk(feed))
		caplen = event_chunk(feed);
	entry = event_reserve(feed, ev, sizeof(*entry) + info_room + caplen);
	if (entry == NULL)
		return;
	event_fill(entry, ev, payload, len, caplen);
	ring_commit(feed->ring, sizeof(*entry) + info_room + caplen);
}

/* One entry of a transfer, from offset on, of whose len bytes caplen are kept. */
static void event_fill_data(struct entry *entry, const struct nvmetap_event *ev, uint32_t offset,
			    uint32_t len, uint32_t caplen)
{
	struct entry_data info = {.xfer = *ev->xfer, .offset = offset};

	event_header(entry, ev);
	memcpy(entry_info(entry), &info, sizeof(info));
	if (caplen != 0 && nvmetap_data(ev, offset, entry_payload(entry), caplen, 0) != 0)
		caplen = 0;
	entry->len = len;
	entry->caplen = caplen;
	if (caplen < len)
		entry->flags |= NVMETAP_TRUNCATED;
}

void event_entry(struct entry *entry, const struct nvmetap_event *ev, size_t room)
{
	struct event_inject made;
	const void *payload;
	size_t len, caplen;

	if (ev->event == NVMETAP_EV_DATA && ev->xfer != NULL) {
		caplen = ev->xfer->total < room ? ev->xfer->total : room;
		event_fill_data(entry, ev, 0, ev->xfer->total, (uint32_t)caplen);
		return;
	}
	if (ev->event == NVMETAP_EV_INJECT) {
		event_make_inject(&made, ev);
		event_fill_inject(entry, ev, &made, made.len < room ? made.len : room);
		return;
	}
	payload = event_payload(ev, &len);
	caplen = payload != NULL ? len : 0;
	event_fill(entry, ev, payload, len, caplen < room ? caplen : room);
}

/* The room for all entries of len bytes of a transfer, one behind the other. */
static size_t event_data_need(uint32_t len, uint32_t chunk)
{
	size_t nr = len > chunk ? (len + chunk - 1) / chunk : 1;

	return nr * (EVENT_DATA_ROOM + RING_HEADER) + ((len + 7) & ~UINT32_C(7)) - RING_HEADER;
}

/*
 * A transfer is in the capture with all its entries, or it counts as dropped:
 * so there is room for all before the first, unless they may wait for theirs.
 */
static void event_push_data(struct event_feed *feed, const struct nvmetap_event *ev)
{
	uint32_t snap = ev->qkind == NVMETAP_QUEUE_IO ? feed->snap_io : feed->snap_admin;
	uint32_t total = ev->xfer->total, chunk = event_chunk(feed);
	uint32_t end = total < snap ? total : snap;
	uint32_t offset = 0, caplen, len;
	struct entry *entry;
	size_t need;

	if (snap == 0)
		return;
	if (!feed->lossless && event_data_need(end, chunk) + EVENT_OVERHEAD > ring_size(feed->ring))
		end = chunk;
	do {
		caplen = end - offset < chunk ? end - offset : chunk;
		/* The last record also says what was left out. */
		len = caplen == end - offset ? total - offset : caplen;
		need = feed->lossless ? EVENT_DATA_ROOM + caplen : event_data_need(end, chunk);
		if (feed->lossless || offset == 0)
			entry = event_reserve(feed, ev, need);
		else
			entry = ring_reserve(feed->ring, EVENT_DATA_ROOM + caplen);
		if (entry == NULL)
			return;
		event_fill_data(entry, ev, offset, len, caplen);
		ring_commit(feed->ring, EVENT_DATA_ROOM + entry->caplen);
		offset += caplen;
	} while (offset < end);
}

void event_push(struct event_feed *feed, const struct nvmetap_event *ev)
{
	if (ev->event >= EVENT_NR)
		return;
	if (ev->event == NVMETAP_EV_DATA && ev->xfer != NULL)
		event_push_data(feed, ev);
	else if (ev->event == NVMETAP_EV_INJECT)
		event_push_inject(feed, ev);
	else
		event_push_one(feed, ev);
}
