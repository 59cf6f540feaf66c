/* SPDX-License-Identifier: BSD-2-Clause */
/* The change of a field in what an event carries. */
#include "tools/rule_place.h"

#include <errno.h>
#include <string.h>

static uint64_t combine(const struct rule_set *set, uint64_t old)
{
	switch (set->op) {
	case '+':
		return old + set->number;
	case '-':
		return old - set->number;
	case '^':
		return old ^ set->number;
	default:
		return set->number;
	}
}

/* The field's own bytes, little-endian. */
static void change_bytes(const struct rule_set *set, const struct table_row *row, uint8_t *at)
{
	uint64_t value;

	if (row->kind == KIND_U128) {
		memset(at, 0, row->length);
		bytes_set_le(at, 8, set->number);
	} else if (row->kind > KIND_BINT) {
		memcpy(at, set->bytes, row->length);
	} else {
		value = bytes_get_le(at, row->length);
		value = bits_set(value, row->shift, row->width,
				 combine(set, bits_get(value, row->shift, row->width)));
		bytes_set_le(at, row->length, value);
	}
}

static uint8_t selector(const struct nvmetap_event *ev)
{
	return ev->cmd->cdw10 & 0xff;
}

static bool is_admin(const struct nvmetap_event *ev, uint8_t opc)
{
	return ev->qkind == NVMETAP_QUEUE_ADMIN && ev->cmd->opc == opc;
}

static bool is_feature(const struct nvmetap_event *ev, unsigned int strct)
{
	const struct table_command *feature = table_feature(selector(ev));

	return feature != NULL && feature->strct == strct;
}

static bool command_applies(const struct rule_place *place, const struct nvmetap_event *ev)
{
	const struct table_command *command;

	if (ev->cmd == NULL)
		return false;
	switch (place->where) {
	case PLACE_COMMAND:
		command = table_command(ev->qkind, ev->cmd->opc);
		return command != NULL && command->strct == place->strct;
	case PLACE_FEATURE:
		return is_admin(ev, NVME_OPC_SET_FEATURES) && is_feature(ev, place->strct);
	default:
		return true;
	}
}

static bool completion_applies(const struct rule_place *place, const struct nvmetap_event *ev)
{
	if (ev->cpl == NULL)
		return false;
	switch (place->where) {
	case PLACE_RESULT:
		return ev->cmd != NULL &&
		       table_result(ev->qkind, ev->cmd->opc, selector(ev)) == place->strct;
	case PLACE_FEATURE_RESULT:
		return ev->cmd != NULL && is_admin(ev, NVME_OPC_GET_FEATURES) &&
		       is_feature(ev, place->strct);
	default:
		return true;
	}
}

/* Where the descriptor with the field begins in the list.  false: it has none. */
static bool find_item(const struct rule_place *place, const struct nvmetap_event *ev,
		      uint64_t *at)
{
	const struct table_row *row = &table_rows[place->row];
	uint8_t head[ns_desc_SIZE];

	for (uint64_t off = 0; nvmetap_data(ev, off, head, sizeof(head), 0) == 0;
	     off += ns_desc_SIZE + head[ns_desc_nidl_OFFSET]) {
		if (head[ns_desc_nidl_OFFSET] == 0)
			return false;
		*at = off + ns_desc_SIZE + row->offset;
		if (table_item(place->strct, head[ns_desc_nidt_OFFSET]) == row->strct)
			return row->offset + row->length <= head[ns_desc_nidl_OFFSET];
	}
	return false;
}

/* Where the field begins in the event's data.  false: it is not there. */
static bool find_data(const struct rule_place *place, const struct nvmetap_event *ev,
		      uint64_t *at)
{
	const struct table_row *row = &table_rows[place->row];
	uint64_t start = 0;

	if (ev->cmd == NULL || ev->xfer == NULL ||
	    table_data(ev->qkind, ev->cmd->opc, selector(ev)) != place->strct)
		return false;
	if (place->where == PLACE_ITEM)
		return find_item(place, ev, at);
	if (is_admin(ev, NVME_OPC_GET_LOG_PAGE))
		start = ev->cmd->cdw12 | (uint64_t)ev->cmd->cdw13 << 32;
	*at = (uint64_t)place->base + row->offset;
	if (*at < start)
		return false;
	*at -= start;
	return *at <= ev->xfer->total && row->length <= ev->xfer->total - *at;
}

/* A bit of the access that is number bit of the register's space.  -1: none. */
static int access_bit(const struct nvmetap_access *acc, uint64_t bit)
{
	if (acc->width > 8 || bit / 8 < acc->offset || bit / 8 - acc->offset >= acc->width)
		return -1;
	return (int)(bit - acc->offset * 8);
}

static uint64_t first_bit(const struct rule_place *place)
{
	const struct table_row *row = &table_rows[place->row];

	return ((uint64_t)place->base + row->offset) * 8 + row->shift;
}

/* Any of the field's bits; a header at once: all its bytes. */
static bool access_applies(const struct rule_place *place, const struct nvmetap_event *ev)
{
	const struct table_row *row = &table_rows[place->row];
	uint64_t at = (uint64_t)place->base + row->offset;

	if (ev->acc == NULL || ev->event == NVMETAP_EV_DOORBELL)
		return false;
	if (ev->acc->width > 8)
		return at + row->length <= ev->acc->width;
	for (unsigned int i = 0; i < row->width; i++) {
		if (access_bit(ev->acc, first_bit(place) + i) >= 0)
			return true;
	}
	return false;
}

static bool place_applies(const struct rule_place *place, const struct nvmetap_event *ev)
{
	uint64_t at;

	switch (place->where) {
	case PLACE_SQE:
	case PLACE_COMMAND:
	case PLACE_FEATURE:
		return command_applies(place, ev);
	case PLACE_CQE:
	case PLACE_RESULT:
	case PLACE_FEATURE_RESULT:
		return completion_applies(place, ev);
	case PLACE_ACCESS:
		return access_applies(place, ev);
	case PLACE_DATA:
	case PLACE_ITEM:
		return find_data(place, ev, &at);
	default:
		return ev->info != NULL;
	}
}

static void change_command(const struct rule_set *set, const struct rule_place *place,
			   struct nvme_command *cmd)
{
	const struct table_row *row = &table_rows[place->row];
	uint8_t bytes[NVME_SQE_SIZE];

	sqe_encode(cmd, bytes);
	change_bytes(set, row, bytes + place->base + row->offset);
	sqe_decode(bytes, cmd);
}

static void change_completion(const struct rule_set *set, const struct rule_place *place,
			      struct nvme_completion *cpl)
{
	const struct table_row *row = &table_rows[place->row];
	uint8_t bytes[NVME_CQE_SIZE];

	cqe_encode(cpl, bytes);
	change_bytes(set, row, bytes + place->base + row->offset);
	cqe_decode(bytes, cpl);
}

static int change_data(const struct rule_set *set, const struct nvmetap_event *ev,
		       const struct table_row *row, uint64_t at)
{
	uint8_t bytes[SET_BYTES_MAX];
	int rc = nvmetap_data(ev, at, bytes, row->length, 0);

	if (rc != 0)
		return rc;
	change_bytes(set, row, bytes);
	return nvmetap_data(ev, at, bytes, row->length, 1);
}

/* Bit by bit, because an access need not cover its register. */
static void change_value(const struct rule_set *set, const struct rule_place *place,
			 struct nvmetap_access *acc)
{
	uint64_t old = 0, value, first = first_bit(place);
	unsigned int width = table_rows[place->row].width;
	int bit;

	for (unsigned int i = 0; i < width; i++) {
		bit = access_bit(acc, first + i);
		if (bit >= 0)
			old |= (acc->value >> bit & 1) << i;
	}
	value = combine(set, old);
	for (unsigned int i = 0; i < width; i++) {
		bit = access_bit(acc, first + i);
		if (bit >= 0)
			acc->value = bits_set(acc->value, (unsigned int)bit, 1, value >> i);
	}
}

static int change_access(const struct rule_set *set, const struct rule_place *place,
			 struct nvmetap_event *ev)
{
	const struct table_row *row = &table_rows[place->row];
	uint8_t first[8];
	int rc;

	if (ev->acc->width <= 8) {
		change_value(set, place, ev->acc);
		return 0;
	}
	rc = change_data(set, ev, row, (uint64_t)place->base + row->offset);
	if (rc == 0 && nvmetap_data(ev, 0, first, sizeof(first), 0) == 0)
		ev->acc->value = bytes_get_le(first, sizeof(first));
	return rc;
}

static void change_irq(const struct rule_set *set, unsigned int row, struct nvmetap_irq *irq)
{
	if (row == F_interrupt_info_vector)
		irq->vector = (uint32_t)combine(set, irq->vector);
	else if (row == F_interrupt_info_addr)
		irq->addr = combine(set, irq->addr);
	else
		irq->data = (uint32_t)combine(set, irq->data);
}

static void change_async(const struct rule_set *set, unsigned int row,
			 struct nvmetap_async *async)
{
	if (row == F_async_info_type)
		async->type = combine(set, async->type) & 7;
	else if (row == F_async_info_info)
		async->info = (uint8_t)combine(set, async->info);
	else
		async->page = (uint8_t)combine(set, async->page);
}

static int change(const struct rule_set *set, const struct rule_place *place,
		  struct nvmetap_event *ev)
{
	uint64_t at;

	switch (place->where) {
	case PLACE_SQE:
	case PLACE_COMMAND:
	case PLACE_FEATURE:
		change_command(set, place, ev->cmd);
		return 0;
	case PLACE_CQE:
	case PLACE_RESULT:
	case PLACE_FEATURE_RESULT:
		change_completion(set, place, ev->cpl);
		return 0;
	case PLACE_ACCESS:
		return change_access(set, place, ev);
	case PLACE_VALUE:
		ev->acc->value = combine(set, ev->acc->value);
		return 0;
	case PLACE_IRQ:
		change_irq(set, place->row, ev->irq);
		return 0;
	case PLACE_ASYNC:
		change_async(set, place->row, ev->async);
		return 0;
	default:
		if (!find_data(place, ev, &at))
			return -ENODATA;
		return change_data(set, ev, &table_rows[place->row], at);
	}
}

static const struct rule_place *place_of(const struct rule_set *set,
					 const struct nvmetap_event *ev)
{
	for (unsigned int i = 0; i < set->nr_places; i++) {
		if (place_applies(&set->places[i], ev))
			return &set->places[i];
	}
	return NULL;
}

bool rule_set_applies(const struct rule_set *set, const struct nvmetap_event *ev)
{
	return place_of(set, ev) != NULL;
}

int rule_set_act(const struct rule_set *set, struct nvmetap_event *ev)
{
	const struct rule_place *place = place_of(set, ev);

	return place != NULL ? change(set, place, ev) : -ENODATA;
}
