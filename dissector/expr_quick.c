/* SPDX-License-Identifier: BSD-2-Clause */
/* Which fields of the header are members of struct record. */
#include "dissector/expr_quick.h"

#include <stddef.h>
#include "dissector/table.h"

#define MEMBER(field, name) \
	{ F_record_##field, sizeof(((struct record *)0)->name), offsetof(struct record, name) }

static const struct {
	uint16_t row;
	uint8_t size, offset;
} members[] = {
	MEMBER(event, event), MEMBER(stage, stage), MEMBER(flags, flags),
	MEMBER(altered, flags), MEMBER(snapshot, flags), MEMBER(truncated, flags),
	MEMBER(has_command, flags), MEMBER(seq, seq), MEMBER(cause, cause), MEMBER(bdf, bdf),
	MEMBER(nsid, nsid), MEMBER(cdw10, cdw10), MEMBER(sqid, sqid), MEMBER(cqid, cqid),
	MEMBER(cid, cid), MEMBER(opc, opc), MEMBER(csi, csi), MEMBER(status, status),
	MEMBER(queues, qkind), MEMBER(qkind, qkind), MEMBER(cq_only, qkind),
	MEMBER(len, len), MEMBER(count, count),
};

enum { NR_MEMBERS = sizeof(members) / sizeof(members[0]) };

static bool find_member(unsigned int row, uint8_t *size, uint8_t *offset)
{
	for (unsigned int i = 0; i < NR_MEMBERS; i++)
		if (members[i].row == row) {
			*size = members[i].size;
			*offset = members[i].offset;
			return true;
		}
	return false;
}

struct expr_quick quick_find(unsigned int i)
{
	const struct expr_quick none = { .size = 0 };
	const struct table_row *row = &table_rows[i], *other;
	const struct table_only *only = &table_only[i];
	struct expr_quick quick = { .shift = row->shift };
	unsigned int last = record_SIZE - 8;
	uint8_t size;

	if (!find_member(i, &quick.size, &quick.offset))
		return none;
	quick.mask = UINT64_MAX >> (64 - row->width);
	quick.at = (uint8_t)(row->offset < last ? row->offset : last);
	quick.at_shift = (uint8_t)(8 * (quick.at + 8 - row->offset - row->length) + row->shift);
	if (only->other == 0)
		return quick;	/* low to high are 0, as any byte without bits is */
	other = &table_rows[only->other];
	if (!find_member(only->other, &size, &quick.other) || size != 1 || only->high > 255)
		return none;
	quick.other_at = (uint8_t)other->offset;
	quick.other_shift = other->shift;
	quick.other_mask = (uint8_t)(UINT64_MAX >> (64 - other->width));
	quick.low = (uint8_t)only->low;
	quick.high = (uint8_t)only->high;
	return quick;
}
