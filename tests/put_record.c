/* SPDX-License-Identifier: BSD-2-Clause */
/* Records of one kind each, to standard output. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "spec/nvme.h"
#include "tests/put_record.h"

enum {
	PACKET_MAX = 8192,
};

static uint64_t next_random(struct maker *m)
{
	m->random ^= m->random << 13;
	m->random ^= m->random >> 7;
	m->random ^= m->random << 17;
	return m->random;
}

static void put(const void *data, size_t len)
{
	static const uint8_t zeros[4];

	fwrite(data, 1, len, stdout);
	fwrite(zeros, 1, -len & 3, stdout);
}

static void put32(uint32_t value)
{
	uint8_t bytes[4];

	bytes_set_le(bytes, 4, value);
	put(bytes, 4);
}

/* The size of an option with its head; and the option. */
static uint32_t text_size(const char *text)
{
	return 4 + (((uint32_t)strlen(text) + 3) & ~3u);
}

static void put_text_option(uint16_t code, const char *text)
{
	put32(code | (uint32_t)strlen(text) << 16);
	put(text, strlen(text));
}

void put_section(void)
{
	put32(0x0a0d0d0a), put32(28), put32(0x1a2b3c4d), put32(1), put32(UINT32_MAX);
	put32(UINT32_MAX), put32(28);
}

void put_interface(uint16_t linktype, const char *name)
{
	uint32_t size = 20 + text_size(name) + 8 + 4;

	put32(1), put32(size), put32(linktype), put32(0);
	put_text_option(2, name);			/* if_name */
	put32(9 | 1 << 16), put("\11", 1), put32(0);	/* if_tsresol: ns */
	put32(size);
}

void put_packet(struct maker *m, uint32_t interface, const uint8_t *data, uint32_t caplen,
		uint32_t len)
{
	uint32_t options = m->comment != NULL ? text_size(m->comment) + 4 : 0;
	uint32_t size = 32 + ((caplen + 3) & ~3u) + options;
	uint64_t time_ns = m->time_ns;

	if (m->shuffled)
		time_ns += next_random(m) % 1000000000;
	put32(6), put32(size), put32(interface);
	put32((uint32_t)(time_ns >> 32)), put32((uint32_t)time_ns);
	put32(caplen), put32(len), put(data, caplen);
	if (m->comment != NULL)
		put_text_option(1, m->comment), put32(0);
	put32(size);
	m->comment = NULL;
	m->time_ns += m->step_ns;
}

static void change(struct maker *m, uint8_t *data, uint32_t *caplen, uint32_t *len)
{
	for (uint64_t n = next_random(m) % 6; n > 0; n--)
		data[next_random(m) % *len] = (uint8_t)next_random(m);
	for (uint64_t n = next_random(m) % 4; n > 0 && *len > record_SIZE; n--)
		data[record_SIZE + next_random(m) % (*len - record_SIZE)] = (uint8_t)next_random(m);
	if (next_random(m) % 4 == 0)
		*caplen = (uint32_t)(next_random(m) % *len) + 1;
	if (next_random(m) % 8 == 0)
		*len = *caplen;
}

static bool has_number(const struct record *rec)
{
	return (rec->flags & NVMETAP_SNAPSHOT) == 0 && rec->event != NVMETAP_EV_DROP &&
	       rec->event != NVMETAP_EV_CLOCK;
}

void put_record(struct maker *m, struct record *rec)
{
	uint8_t packet[PACKET_MAX] = { 0 };
	uint32_t len = (uint32_t)record_SIZE + rec->info_len + rec->len, caplen;

	rec->seq = has_number(rec) ? ++m->seq : 0;
	rec->bdf = 6 << 3;
	record_encode(packet, rec);
	if (rec->info_len > 0)
		memcpy(packet + record_SIZE, rec->info, rec->info_len);
	if (rec->len > 0)
		memcpy(packet + record_SIZE + rec->info_len, rec->payload, rec->len);
	caplen = len;
	if (m->random != 0)
		change(m, packet, &caplen, &len);
	put_packet(m, 0, packet, caplen, len);
}

void put_event(struct maker *m, uint8_t event, uint8_t stage, const void *info,
	       uint8_t info_len, const void *payload, uint32_t len)
{
	struct record rec = {
		.event = event, .stage = stage, .info = info, .info_len = info_len,
		.payload = payload, .len = len,
	};

	put_record(m, &rec);
}

void put_text(struct maker *m, uint8_t event, uint8_t stage, const char *text)
{
	put_event(m, event, stage, NULL, 0, text, (uint32_t)strlen(text));
}

void put_snapshot(struct maker *m, uint8_t event, const void *payload, uint32_t len)
{
	struct record rec = {
		.event = event, .stage = NVMETAP_WRITEBACK, .flags = NVMETAP_SNAPSHOT,
		.payload = payload, .len = len,
	};

	put_record(m, &rec);
}

void put_access(struct maker *m, uint8_t event, uint64_t offset, uint32_t width,
		uint64_t value)
{
	put_entry_access(m, event, 0, offset, width, value);
}

void put_entry_access(struct maker *m, uint8_t event, uint16_t vector, uint64_t offset,
		      uint32_t width, uint64_t value)
{
	uint8_t info[access_info_SIZE] = { 0 };
	bool reads = event == NVMETAP_EV_CFGREAD || event == NVMETAP_EV_REGREAD ||
		     event == NVMETAP_EV_MSIXREAD;

	access_info_offset_set(info, offset);
	access_info_width_set(info, width);
	access_info_value_set(info, value);
	access_info_vector_set(info, vector);
	put_event(m, event, reads ? NVMETAP_WRITEBACK : NVMETAP_DECODE, info, sizeof(info), NULL,
		  0);
}

void put_doorbell(struct maker *m, uint8_t kind, uint16_t queue, uint32_t old,
		  uint32_t value)
{
	bool is_cq = kind == NVMETAP_DOORBELL_CQ;
	uint8_t info[access_info_SIZE] = { 0 };
	struct record rec = {
		.event = NVMETAP_EV_DOORBELL, .stage = NVMETAP_DECODE,
		.qkind = queue == ADMIN_QUEUE ? NVMETAP_QUEUE_ADMIN : NVMETAP_QUEUE_IO,
		.sqid = is_cq ? 0 : queue, .cqid = queue, .info = info, .info_len = sizeof(info),
	};

	rec.qkind |= is_cq ? NVMETAP_CQ_ONLY : 0;
	access_info_offset_set(info, NVME_REG_DOORBELLS + 8u * queue + is_cq * 4u);
	access_info_width_set(info, 4);
	access_info_value_set(info, value);
	access_info_old_set(info, old);
	access_info_doorbell_set(info, kind);
	access_info_vector_set(info, queue);
	put_record(m, &rec);
}

void put_state(struct maker *m, uint8_t state)
{
	uint8_t info[ctrl_info_SIZE] = { 0 };

	ctrl_info_state_set(info, state);
	ctrl_info_cc_set(info, 0x00460001);
	put_event(m, NVMETAP_EV_CTRL, NVMETAP_EXECUTE, info, sizeof(info), NULL, 0);
}

void put_queue(struct maker *m, uint8_t type, uint16_t qid, uint8_t state)
{
	uint8_t info[queue_info_SIZE] = { 0 };

	queue_info_qid_set(info, qid);
	queue_info_cqid_set(info, qid);
	queue_info_size_set(info, QUEUE_SLOTS);
	queue_info_type_set(info, type);
	queue_info_state_set(info, state);
	queue_info_phase_set(info, type == NVMETAP_CQ);
	queue_info_ien_set(info, type == NVMETAP_CQ);
	queue_info_vector_set(info, qid);
	put_event(m, NVMETAP_EV_QUEUE, NVMETAP_EXECUTE, info, sizeof(info), NULL, 0);
}

struct record put_command(struct maker *m, uint16_t queue, const uint8_t *cmd)
{
	struct record rec = {
		.event = queue == ADMIN_QUEUE ? NVMETAP_EV_ADMIN : NVMETAP_EV_IO,
		.stage = NVMETAP_DECODE, .flags = NVMETAP_HAS_COMMAND,
		.qkind = queue == ADMIN_QUEUE ? NVMETAP_QUEUE_ADMIN : NVMETAP_QUEUE_IO,
		.sqid = queue, .cqid = queue, .cid = (uint16_t)sqe_cid_get(cmd),
		.opc = (uint8_t)sqe_opc_get(cmd), .nsid = (uint32_t)sqe_nsid_get(cmd),
		.cdw10 = (uint32_t)sqe_cdw10_get(cmd), .payload = cmd, .len = sqe_SIZE,
	};

	put_record(m, &rec);
	rec.cause = rec.seq;
	return rec;
}

struct record put_part(struct maker *m, struct record of, uint8_t event, const void *info,
		       uint8_t info_len, const void *payload, uint32_t len)
{
	of.event = event;
	of.stage = event == NVMETAP_EV_COMPLETION ? NVMETAP_WRITEBACK : NVMETAP_MEMORY;
	of.info = info;
	of.info_len = info_len;
	of.payload = payload;
	of.len = len;
	put_record(m, &of);
	return of;
}

void put_data(struct maker *m, struct record rec, const uint8_t *bytes, uint32_t from,
	      uint32_t len, uint32_t total)
{
	uint8_t info[data_info_SIZE] = { 0 };

	data_info_iova_set(info, 0xbfb24000 + from);
	data_info_offset_set(info, from);
	data_info_total_set(info, total);
	data_info_direction_set(info, NVMETAP_TO_HOST);
	put_part(m, rec, NVMETAP_EV_DATA, info, sizeof(info), bytes + from, len);
}

struct record put_completion(struct maker *m, struct record rec, uint16_t status, uint32_t cdw0)
{
	uint8_t info[completion_info_SIZE], entry[cqe_SIZE] = { 0 };

	completion_info_latency_set(info, m->latency_ns);
	cqe_cdw0_set(entry, cdw0);
	cqe_sqhd_set(entry, 3);
	cqe_sqid_set(entry, rec.sqid);
	cqe_cid_set(entry, rec.cid);
	cqe_status_set(entry, (uint64_t)status << 1 | 1);
	rec.status = status;
	return put_part(m, rec, NVMETAP_EV_COMPLETION, info, sizeof(info), entry, sizeof(entry));
}

struct record put_cqe(struct maker *m, struct record rec, struct put_cqe entry)
{
	uint8_t info[completion_info_SIZE], cqe[cqe_SIZE] = { 0 };

	completion_info_latency_set(info, m->latency_ns);
	cqe_sqhd_set(cqe, entry.sqhd);
	cqe_sqid_set(cqe, rec.sqid);
	cqe_cid_set(cqe, rec.cid);
	cqe_status_set(cqe, (uint64_t)entry.status << 1 | entry.phase);
	rec.status = entry.status;
	return put_part(m, rec, NVMETAP_EV_COMPLETION, info, sizeof(info), cqe, sizeof(cqe));
}

void put_interrupt(struct maker *m, struct record completion, uint32_t vector, uint8_t type)
{
	uint8_t info[interrupt_info_SIZE] = { 0 };
	struct record rec = {
		.event = NVMETAP_EV_INTERRUPT, .stage = NVMETAP_WRITEBACK,
		.qkind = completion.qkind, .cqid = completion.cqid, .cause = completion.seq,
		.count = 1, .info = info, .info_len = sizeof(info),
	};

	interrupt_info_addr_set(info, 0xfee01000);
	interrupt_info_data_set(info, 0x4021);
	interrupt_info_vector_set(info, vector);
	interrupt_info_type_set(info, type);
	interrupt_info_message_set(info, type == NVMETAP_IRQ_MSIX);
	put_record(m, &rec);
}

struct record put_simple(struct maker *m, uint16_t queue, uint8_t opc, uint32_t nsid,
			 uint32_t cdw10, uint32_t cdw11, uint32_t cdw12)
{
	uint8_t cmd[sqe_SIZE] = { 0 };

	sqe_opc_set(cmd, opc);
	sqe_cid_set(cmd, m->cid++);
	sqe_nsid_set(cmd, nsid);
	sqe_prp1_set(cmd, 0xbfb24000);
	sqe_cdw10_set(cmd, cdw10);
	sqe_cdw11_set(cmd, cdw11);
	sqe_cdw12_set(cmd, cdw12);
	return put_command(m, queue, cmd);
}

struct record put_admin(struct maker *m, uint8_t opc, uint32_t cdw10, uint32_t cdw11)
{
	return put_simple(m, ADMIN_QUEUE, opc, 0, cdw10, cdw11, 0);
}
