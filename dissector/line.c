/* SPDX-License-Identifier: BSD-2-Clause */
/* One record as one line of text. */
#include "dissector/line.h"

#include "dissector/inject.h"
#include "dissector/put.h"
#include "dissector/table.h"
#include "dissector/value.h"

enum {
	SESSION_MAX = 160,	/* bytes of a session's text that a line shows */
	PART_MAX = 160,		/* bytes of a part of a line that is written at once */
};

/* The keys are literals, " NAME=", that inlining turns into a store or two. */
static inline void key_dec(struct text *text, const char *key, uint64_t value)
{
	text_string(text, key);
	text_dec(text, value);
}

static inline void key_hex(struct text *text, const char *key, uint64_t value, unsigned int width)
{
	text_string(text, key);
	text_hex(text, value, width);
}

/* The name of a number, or the number in hexadecimal. */
static void add_name(struct text *text, const char *name, uint64_t number)
{
	if (name != NULL) {
		text_string(text, name);
		return;
	}
	text_add(text, "0x", 2);
	text_hex(text, number, 2);
}

static char *put_index(char *at, uint64_t seq)
{
	unsigned int digits = seq < 10 ? 1 : seq < 100 ? 2 : seq < 1000 ? 3 : 4;

	memcpy(at, "[   ", 4);
	at += 5 - digits;
	at = seq == 0 ? put_char(at, '-') : put_dec(at, seq);
	return put_string(at, "] ");
}

static char *put_proto(char *at, const struct record *rec)
{
	uint8_t event = rec->event == NVMETAP_EV_DOORBELL ? NVMETAP_EV_REGWRITE : rec->event;
	const char *proto = table_events[event].proto;

	if (proto == NULL)
		proto = "???";
	memcpy(at, proto, 2);
	at[2] = proto[2] != '\0' ? proto[2] : ' ';
	return at + 3;
}

static void add_access(struct text *text, const struct record *rec)
{
	uint64_t width = access_info_width_get(rec->info);
	uint64_t value = access_info_value_get(rec->info);
	bool is_read = rec->event == NVMETAP_EV_CFGREAD || rec->event == NVMETAP_EV_REGREAD ||
		       rec->event == NVMETAP_EV_MSIXREAD;

	text_char(text, ' ');
	text_hex(text, access_info_offset_get(rec->info), 4);
	text_string(text, is_read ? " -> " : " <- ");
	if (width <= 8) {
		text_hex(text, value, 2 * (unsigned int)width);
		return;
	}
	text_dec(text, width);
	text_string(text, " bytes");
}

static char *put_command_id(char *at, const struct record *rec)
{
	at = put_dec(put_string(at, " SQ="), rec->sqid);
	return put_hex(put_string(at, " CID="), rec->cid, 4);
}

static void add_command_id(struct text *text, const struct record *rec)
{
	char spare[PART_MAX], *begin = text_begin(text, spare, PART_MAX);

	text_end(text, spare, begin, put_command_id(begin, rec));
}

static char *put_pointers(char *at, const struct record *rec)
{
	uint64_t psdt;

	if (rec->caplen < sqe_cdw10_OFFSET)
		return at;
	psdt = sqe_psdt_get(rec->payload);
	if (psdt == NVME_PSDT_SGL_BUFFER || psdt == NVME_PSDT_SGL_SEGMENT) {
		at = put_hex(put_string(at, " sgl1="), sqe_sgl1_addr_get(rec->payload), 1);
		return put_dec(put_string(at, " len="), sqe_sgl1_len_get(rec->payload));
	}
	at = put_hex(put_string(at, " prp1="), sqe_prp1_get(rec->payload), 1);
	return put_hex(put_string(at, " prp2="), sqe_prp2_get(rec->payload), 1);
}

static bool has_lba(const struct record *rec, const struct table_command *command)
{
	return command != NULL && rec->caplen >= cmd_rw_nlb_OFFSET &&
	       (command->strct == S_cmd_rw || command->strct == S_cmd_write_zeroes);
}

static void add_command(struct text *text, const struct record *rec)
{
	const struct table_command *command = table_command(rec->qkind, rec->opc);
	char spare[PART_MAX], *begin = text_begin(text, spare, PART_MAX), *at;
	bool lba = has_lba(rec, command);

	at = put_string(put_command_id(begin, rec), " OPC=");
	text_end(text, spare, begin, at);
	add_name(text, command != NULL ? command->name : NULL, rec->opc);
	begin = text_begin(text, spare, PART_MAX);
	at = put_string(begin, " NSID=");
	at = put_hex(rec->nsid != 0 ? put_string(at, "0x") : at, rec->nsid, 1);
	if (lba)
		at = put_dec(put_string(at, " LBA="), cmd_rw_slba_get(rec->payload));
	at = put_pointers(at, rec);
	if (!lba)
		at = put_hex(put_string(at, " CDW10="), rec->cdw10, 8);
	text_end(text, spare, begin, at);
	if (rec->stage != NVMETAP_DECODE) {
		text_string(text, " stage=");
		add_name(text, table_value(SET_stage, rec->stage), rec->stage);
	}
}

static void add_completion(struct text *text, const struct record *rec)
{
	char spare[PART_MAX], *begin = text_begin(text, spare, PART_MAX), *at;
	bool whole = rec->caplen >= cqe_SIZE;

	at = put_command_id(begin, rec);
	if (whole)
		at = put_dec(put_string(at, " P="), cqe_p_get(rec->payload));
	at = put_hex(put_string(at, " STS=0x"), rec->status, 4);
	if (whole)
		at = put_hex(put_string(at, " CDW0=0x"), cqe_cdw0_get(rec->payload), 8);
	text_end(text, spare, begin, at);
	if (rec->status != 0 && value_status(rec->status) != NULL) {
		text_char(text, ' ');
		text_string(text, value_status(rec->status));
	}
}

static void add_interrupt(struct text *text, const struct record *rec)
{
	uint64_t result = interrupt_info_result_get(rec->info);

	if (interrupt_info_type_get(rec->info) == NVMETAP_IRQ_INTX)
		key_dec(text, " INTx=", interrupt_info_level_get(rec->info));
	else
		key_dec(text, " vector=", interrupt_info_vector_get(rec->info));
	if (interrupt_info_message_get(rec->info) == 1) {
		key_hex(text, " addr=", interrupt_info_addr_get(rec->info), 1);
		key_hex(text, " data=", interrupt_info_data_get(rec->info), 1);
	}
	if (rec->qkind != NVMETAP_QUEUE_NONE)
		key_dec(text, " CQ=", rec->cqid);
	key_dec(text, " count=", rec->count);
	text_char(text, ' ');
	add_name(text, table_value(SET_irqresult, result), result);
}

static void add_list(struct text *text, const struct record *rec)
{
	uint64_t type = list_info_type_get(rec->info);

	add_command_id(text, rec);
	text_char(text, ' ');
	add_name(text, table_value(SET_listtype, type), type);
	text_string(text, " list");
	key_hex(text, " iova=", list_info_iova_get(rec->info), 1);
	key_dec(text, " first=", list_info_first_get(rec->info));
	key_dec(text, " len=", rec->len);
}

static void add_data(struct text *text, const struct record *rec)
{
	uint64_t direction = data_info_direction_get(rec->info);

	add_command_id(text, rec);
	text_string(text, direction == NVMETAP_TO_DEVICE ? " data <- " : " data -> ");
	text_hex(text, data_info_iova_get(rec->info), 1);
	key_dec(text, " offset=", data_info_offset_get(rec->info));
	key_dec(text, " len=", rec->len);
	key_dec(text, " total=", data_info_total_get(rec->info));
	if (rec->caplen < rec->len)
		key_dec(text, " kept=", rec->caplen);
}

static void add_ctrl(struct text *text, const struct record *rec)
{
	uint64_t state = ctrl_info_state_get(rec->info), reason = ctrl_info_reason_get(rec->info);

	text_char(text, ' ');
	add_name(text, table_value(SET_ctrlstate, state), state);
	text_string(text, " by ");
	add_name(text, table_value(SET_ctrlreason, reason), reason);
	key_hex(text, " CC=", ctrl_info_cc_get(rec->info), 8);
	key_hex(text, " CSTS=", ctrl_info_csts_get(rec->info), 8);
	if (state == NVMETAP_CTRL_ENABLED) {
		key_hex(text, " AQA=", ctrl_info_aqa_get(rec->info), 8);
		key_hex(text, " ASQ=", ctrl_info_asq_get(rec->info), 1);
		key_hex(text, " ACQ=", ctrl_info_acq_get(rec->info), 1);
	}
	if (ctrl_info_lost_get(rec->info) != 0)
		key_dec(text, " lost=", ctrl_info_lost_get(rec->info));
}

static void add_queue(struct text *text, const struct record *rec)
{
	bool is_sq = queue_info_type_get(rec->info) == NVMETAP_SQ;
	uint64_t state = queue_info_state_get(rec->info);

	key_dec(text, is_sq ? " SQ=" : " CQ=", queue_info_qid_get(rec->info));
	text_char(text, ' ');
	add_name(text, table_value(SET_queuestate, state), state);
	key_hex(text, " base=", queue_info_base_get(rec->info), 1);
	key_dec(text, " size=", queue_info_size_get(rec->info));
	key_dec(text, " head=", queue_info_head_get(rec->info));
	key_dec(text, " tail=", queue_info_tail_get(rec->info));
	if (is_sq) {
		key_dec(text, " CQ=", queue_info_cqid_get(rec->info));
	} else {
		key_dec(text, " P=", queue_info_phase_get(rec->info));
		key_dec(text, " IEN=", queue_info_ien_get(rec->info));
		key_dec(text, " vector=", queue_info_vector_get(rec->info));
	}
}

static void add_async(struct text *text, const struct record *rec)
{
	uint64_t type = async_info_type_get(rec->info), page = async_info_page_get(rec->info);

	text_char(text, ' ');
	add_name(text, table_value(SET_aertype, type), type);
	key_hex(text, " info=", async_info_info_get(rec->info), 2);
	key_hex(text, " LID=", page, 2);
	if (table_value(SET_lid, page) != NULL) {
		text_char(text, ' ');
		text_string(text, table_value(SET_lid, page));
	}
}

static void add_dma(struct text *text, const struct record *rec)
{
	text_string(text, rec->event == NVMETAP_EV_DMAMAP ? " map" : " unmap");
	key_hex(text, " iova=", dma_info_iova_get(rec->info), 1);
	key_hex(text, " size=", dma_info_size_get(rec->info), 1);
	if (rec->event == NVMETAP_EV_DMAUNMAP)
		return;
	text_string(text, " access=");
	text_char(text, dma_info_readable_get(rec->info) != 0 ? 'r' : '-');
	text_char(text, dma_info_writable_get(rec->info) != 0 ? 'w' : '-');
	if (dma_info_mapped_get(rec->info) != 0)
		key_hex(text, " offset=", dma_info_offset_get(rec->info), 1);
}

static void add_drop(struct text *text, const struct record *rec)
{
	text_string(text, " Drop");
	key_dec(text, " count=", drop_info_count_get(rec->info));
	key_dec(text, " first=", drop_info_first_get(rec->info));
	key_dec(text, " last=", drop_info_last_get(rec->info));
}

static void add_clock(struct text *text, const struct record *rec)
{
	text_string(text, " Clock step");
	text_string(text, " ns=");
	text_signed(text, (int64_t)clock_info_step_get(rec->info));
}

static void add_console(struct text *text, const struct record *rec)
{
	text_char(text, ' ');
	text_escaped(text, rec->payload, rec->caplen);
}

static void add_words(struct text *text, const struct record *rec)
{
	text_char(text, ' ');
	text_string(text, table_events[rec->event].name);
	text_string(text, ": ");
	text_escaped(text, rec->payload, rec->caplen);
}

/* The lines of a session's text, one after the other. */
static void add_session(struct text *text, const struct record *rec)
{
	uint32_t len = rec->caplen < SESSION_MAX ? rec->caplen : SESSION_MAX;

	text_string(text, " Session: ");
	for (uint32_t i = 0, begin = 0; i < len; i++) {
		if (rec->payload[i] != '\n' && i + 1 < len)
			continue;
		text_escaped(text, rec->payload + begin, i + (rec->payload[i] != '\n') - begin);
		if (i + 1 < len)
			text_string(text, "; ");
		begin = i + 1;
	}
	if (len < rec->caplen)
		text_string(text, "…");
}

static void add_registers(struct text *text, const struct record *rec)
{
	text_string(text, " Registers");
	if (rec->caplen < registers_SIZE)
		return;
	key_hex(text, " CAP=", registers_cap_get(rec->payload), 16);
	key_hex(text, " VS=", registers_vs_get(rec->payload), 8);
	key_hex(text, " CC=", registers_cc_get(rec->payload), 8);
	key_hex(text, " CSTS=", registers_csts_get(rec->payload), 8);
	key_hex(text, " AQA=", registers_aqa_get(rec->payload), 8);
	key_hex(text, " ASQ=", registers_asq_get(rec->payload), 1);
	key_hex(text, " ACQ=", registers_acq_get(rec->payload), 1);
}

static void add_unknown(struct text *text, const struct record *rec)
{
	key_dec(text, " event=", rec->event);
	key_dec(text, " len=", rec->len);
}

/* What a line says of an event, and the info that it needs for it. */
static const struct {
	void (*add)(struct text *text, const struct record *rec);
	uint8_t info_len;
} forms[256] = {
	[NVMETAP_EV_SESSION] = { add_session, 0 },
	[NVMETAP_EV_CFGREAD] = { add_access, access_info_bar_OFFSET },
	[NVMETAP_EV_CFGWRITE] = { add_access, access_info_bar_OFFSET },
	[NVMETAP_EV_REGREAD] = { add_access, access_info_bar_OFFSET },
	[NVMETAP_EV_REGWRITE] = { add_access, access_info_bar_OFFSET },
	[NVMETAP_EV_DOORBELL] = { add_access, access_info_bar_OFFSET },
	[NVMETAP_EV_MSIXREAD] = { add_access, access_info_bar_OFFSET },
	[NVMETAP_EV_MSIXWRITE] = { add_access, access_info_bar_OFFSET },
	[NVMETAP_EV_INTERRUPT] = { add_interrupt, interrupt_info_SIZE },
	[NVMETAP_EV_ADMIN] = { add_command, 0 },
	[NVMETAP_EV_IO] = { add_command, 0 },
	[NVMETAP_EV_COMPLETION] = { add_completion, 0 },
	[NVMETAP_EV_LIST] = { add_list, list_info_SIZE },
	[NVMETAP_EV_DATA] = { add_data, data_info_rsvd17_OFFSET },
	[NVMETAP_EV_CTRL] = { add_ctrl, ctrl_info_SIZE },
	[NVMETAP_EV_QUEUE] = { add_queue, queue_info_rsvd30_OFFSET },
	[NVMETAP_EV_ASYNC] = { add_async, async_info_SIZE },
	[NVMETAP_EV_DMAMAP] = { add_dma, dma_info_rsvd27_OFFSET },
	[NVMETAP_EV_DMAUNMAP] = { add_dma, dma_info_rsvd27_OFFSET },
	[NVMETAP_EV_CONSOLE] = { add_console, 0 },
	[NVMETAP_EV_MARK] = { add_words, 0 },
	[NVMETAP_EV_LOG] = { add_words, 0 },
	[NVMETAP_EV_REGISTERS] = { add_registers, 0 },
	[NVMETAP_EV_DROP] = { add_drop, drop_info_SIZE },
	[NVMETAP_EV_CLOCK] = { add_clock, clock_info_SIZE },
	[NVMETAP_EV_INJECT] = { inject_line, inject_info_rsvd34_OFFSET },
};

static void add_beginning(struct text *text, const struct record *rec)
{
	char spare[PART_MAX], *begin = text_begin(text, spare, PART_MAX), *at;

	at = put_time(put_index(begin, rec->seq), rec->time_ns, ':');
	at = put_bdf(put_char(at, ' '), rec->bdf);
	at = put_proto(put_char(at, ' '), rec);
	text_end(text, spare, begin, at);
}

void line_record(struct text *text, const struct record *rec)
{
	add_beginning(text, rec);
	if (forms[rec->event].add == NULL || rec->info_len < forms[rec->event].info_len)
		add_unknown(text, rec);
	else
		forms[rec->event].add(text, rec);
	if (rec->flags & NVMETAP_SNAPSHOT)
		text_string(text, " [snapshot]");
	if (rec->flags & NVMETAP_ALTERED)
		text_string(text, " [altered]");
}
