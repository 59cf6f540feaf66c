/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages that have to wait, bounded in number and bytes. */
#include <config.h>

#include <errno.h>
#include "emu/vfio_user_server.h"

void vu_queue_init(struct vu_queue *q)
{
	*q = (struct vu_queue){ .first = NULL };
	q->last = &q->first;
}

static bool wants_reply(const struct conn_msg *msg)
{
	return (msg->flags & VU_NO_REPLY) == 0;
}

int vu_queue_push(struct vu_queue *q, struct conn_msg *msg)
{
	if (q->nr == VU_MAX_WAITING || msg->len > VU_MAX_WAITING_BYTES - q->bytes)
		return -ENOBUFS;
	msg->next = NULL;
	*q->last = msg;
	q->last = &msg->next;
	q->nr++;
	q->bytes += msg->len;
	q->nr_unanswered += wants_reply(msg);
	return 0;
}

struct conn_msg *vu_queue_pop(struct vu_queue *q)
{
	struct conn_msg *msg = q->first;

	if (msg == NULL)
		return NULL;
	q->first = msg->next;
	if (q->first == NULL)
		q->last = &q->first;
	q->nr--;
	q->bytes -= msg->len;
	q->nr_unanswered -= wants_reply(msg);
	return msg;
}

void vu_queue_clear(struct vu_queue *q)
{
	struct conn_msg *msg;

	while ((msg = vu_queue_pop(q)) != NULL)
		conn_msg_free(msg);
}
