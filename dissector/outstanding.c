/* SPDX-License-Identifier: BSD-2-Clause */
/* Outstanding commands: a hash table with linear probing. */
#include "dissector/outstanding.h"

#include <stdlib.h>

enum {
	SLOTS_MIN = 256,		/* powers of two */
	SLOTS_MAX = 1 << 21,
};

struct slot {
	uint32_t key;		/* sqid << 16 | cid */
	bool used;
	bool async;
};

struct outstanding {
	struct slot *slots;
	size_t nr_slots, nr_used, nr_async;
};

static uint32_t key_of(uint16_t sqid, uint16_t cid)
{
	return (uint32_t)sqid << 16 | cid;
}

static size_t home(const struct outstanding *set, uint32_t key)
{
	return (key * UINT32_C(2654435761) >> 8) & (set->nr_slots - 1);
}

/* The slot of the key, or the free one where it would go. */
static size_t find(const struct outstanding *set, uint32_t key)
{
	size_t at = home(set, key);

	while (set->slots[at].used && set->slots[at].key != key)
		at = (at + 1) & (set->nr_slots - 1);
	return at;
}

struct outstanding *outstanding_new(void)
{
	struct outstanding *set = calloc(1, sizeof(*set));

	if (set == NULL)
		return NULL;
	set->nr_slots = SLOTS_MIN;
	set->slots = calloc(set->nr_slots, sizeof(*set->slots));
	if (set->slots == NULL) {
		free(set);
		return NULL;
	}
	return set;
}

void outstanding_free(struct outstanding *set)
{
	if (set == NULL)
		return;
	free(set->slots);
	free(set);
}

static int grow(struct outstanding *set)
{
	struct outstanding bigger = *set;

	if (set->nr_slots == SLOTS_MAX)
		return -E2BIG;
	bigger.nr_slots = 2 * set->nr_slots;
	bigger.slots = calloc(bigger.nr_slots, sizeof(*bigger.slots));
	if (bigger.slots == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < set->nr_slots; i++)
		if (set->slots[i].used)
			bigger.slots[find(&bigger, set->slots[i].key)] = set->slots[i];
	free(set->slots);
	*set = bigger;
	return 0;
}

int outstanding_add(struct outstanding *set, const struct record *rec)
{
	uint32_t key = key_of(rec->sqid, rec->cid);
	struct slot *slot;
	int ret;

	if (2 * (set->nr_used + 1) > set->nr_slots) {
		ret = grow(set);
		if (ret != 0)
			return ret;
	}
	slot = &set->slots[find(set, key)];
	if (!slot->used)
		set->nr_used++;
	else if (slot->async)
		set->nr_async--;
	*slot = (struct slot){
		.key = key,
		.used = true,
		.async = rec->sqid == 0 && rec->opc == NVME_OPC_ASYNC_EVENT_REQUEST,
	};
	if (slot->async)
		set->nr_async++;
	return 0;
}

/* Closes the hole at a freed slot: moves back what was pushed past it. */
static void close_hole(struct outstanding *set, size_t hole)
{
	size_t mask = set->nr_slots - 1;

	for (size_t at = (hole + 1) & mask; set->slots[at].used; at = (at + 1) & mask) {
		size_t wanted = home(set, set->slots[at].key);

		if (((at - wanted) & mask) < ((at - hole) & mask))
			continue;
		set->slots[hole] = set->slots[at];
		set->slots[at].used = false;
		hole = at;
	}
}

static void remove_at(struct outstanding *set, size_t at)
{
	set->nr_used--;
	if (set->slots[at].async)
		set->nr_async--;
	set->slots[at].used = false;
	close_hole(set, at);
}

bool outstanding_remove(struct outstanding *set, uint16_t sqid, uint16_t cid)
{
	size_t at = find(set, key_of(sqid, cid));

	if (!set->slots[at].used)
		return false;
	remove_at(set, at);
	return true;
}

size_t outstanding_clear(struct outstanding *set)
{
	size_t nr = set->nr_used;

	for (size_t i = 0; i < set->nr_slots; i++)
		set->slots[i].used = false;
	set->nr_used = 0;
	set->nr_async = 0;
	return nr;
}

size_t outstanding_clear_queue(struct outstanding *set, uint16_t sqid)
{
	size_t before = set->nr_used;
	size_t i = 0;

	/* Removing at i may move another command into i. */
	while (i < set->nr_slots) {
		if (set->slots[i].used && set->slots[i].key >> 16 == sqid)
			remove_at(set, i);
		else
			i++;
	}
	return before - set->nr_used;
}

size_t outstanding_count(const struct outstanding *set, size_t *nr_async)
{
	if (nr_async != NULL)
		*nr_async = set->nr_async;
	return set->nr_used;
}
