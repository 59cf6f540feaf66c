/* SPDX-License-Identifier: BSD-2-Clause */
/* The script's end of the socket. */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "tests/fuzz/wire.h"

void wire_close(struct wire *w)
{
	w->over = true;
	conn_fini(&w->conn);
}

/* The drive reads nothing meanwhile, so what does not fit at once never will. */
static void message_send(struct wire *w, uint16_t id, uint16_t command, uint32_t flags,
			 const void *body, size_t len, const int *fds, unsigned int nr_fds)
{
	struct iovec iov = { (void *)(uintptr_t)body, len };
	uint8_t hdr[VU_HDR_LEN] = { 0 };

	if (w->over)
		return;
	VU_HDR_ID_set(hdr, id);
	VU_HDR_COMMAND_set(hdr, command);
	VU_HDR_FLAGS_set(hdr, flags);
	if (flags & VU_ERROR)
		VU_HDR_ERROR_set(hdr, EFAULT);
	if (conn_send(&w->conn, hdr, &iov, 1, fds, nr_fds, 0) != 0) {
		wire_close(w);
		return;
	}
	w->counts->nr_messages++;
}

static void reply_await(struct wire *w, uint16_t id)
{
	if (w->nr_awaited == WIRE_MAX_AWAITED)
		w->raw = true;
	else
		w->awaited[(w->first + w->nr_awaited++) % WIRE_MAX_AWAITED] = id;
}

void wire_request(struct wire *w, uint16_t command, uint32_t flags, const void *body, size_t len,
		  const int *fds, unsigned int nr_fds)
{
	uint16_t id = w->next_id++;

	if ((flags & (VU_NO_REPLY | VU_TYPE_MASK)) == 0)
		reply_await(w, id);
	message_send(w, id, command, flags, body, len, fds, nr_fds);
}

void wire_raw(struct wire *w, const void *bytes, size_t len)
{
	w->raw = true;
	if (!w->over && send(w->conn.fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		wire_close(w);
}

/* Replies come in the order of the requests, each once. */
static void reply_take(struct wire *w, const struct conn_msg *msg)
{
	w->counts->nr_replies++;
	w->counts->nr_errors += (msg->flags & VU_ERROR) != 0;
	if (w->raw)
		return;
	if (w->nr_awaited == 0 || w->awaited[w->first] != msg->id)
		abort();
	if ((msg->flags & VU_ERROR) && (msg->error == 0 || msg->len != 0))
		abort();
	w->first = (w->first + 1) % WIRE_MAX_AWAITED;
	w->nr_awaited--;
}

static bool in_memory(uint64_t iova, uint64_t len)
{
	return iova >= SCRIPT_MESSAGES && len <= SCRIPT_SIZE &&
	       iova - SCRIPT_MESSAGES <= SCRIPT_SIZE - len;
}

/* A DMA message of the drive's: never more than it may send. */
static void dma_answer(struct wire *w, const struct conn_msg *msg)
{
	static uint8_t body[VU_DMA_LEN + SCRIPT_SIZE];
	bool write = msg->command == VU_DMA_WRITE;
	uint64_t iova, len;
	bool good;

	if ((!write && msg->command != VU_DMA_READ) || msg->len < VU_DMA_LEN)
		abort();
	iova = VU_DMA_ADDRESS_get(msg->body);
	len = VU_DMA_COUNT_get(msg->body);
	if (len == 0 || len > VU_MAX_XFER || msg->len != VU_DMA_LEN + (write ? len : 0))
		abort();
	w->counts->nr_dma++;
	good = in_memory(iova, len) && w->answer != SCRIPT_ANSWER_ERROR;
	memcpy(body, msg->body, VU_DMA_LEN);
	if (good && write)
		memcpy(w->memory + (iova - SCRIPT_MESSAGES), msg->body + VU_DMA_LEN, len);
	else if (good)
		memcpy(body + VU_DMA_LEN, w->memory + (iova - SCRIPT_MESSAGES), len);
	if (w->answer == SCRIPT_ANSWER_NONE)
		return;
	message_send(w, (uint16_t)(msg->id + (w->answer == SCRIPT_ANSWER_OTHER_ID)), msg->command,
		     VU_TYPE_REPLY | (good ? 0 : VU_ERROR), body,
		     !good || w->answer == SCRIPT_ANSWER_SHORT ? 8 : VU_DMA_LEN + (write ? 0 : len),
		     NULL, 0);
}

bool wire_drain(struct wire *w)
{
	struct conn_msg *msg;
	bool some = false;
	int rc = 1;

	while (!w->over && (rc = conn_recv(&w->conn, &msg)) == 1) {
		some = true;
		if ((msg->flags & VU_TYPE_MASK) == VU_TYPE_REPLY)
			reply_take(w, msg);
		else
			dma_answer(w, msg);
		conn_msg_free(msg);
	}
	if (w->over || rc == -EAGAIN)
		return some;
	if (rc != -ENOTCONN && rc != -EPROTO)
		abort();
	w->counts->nr_left++;
	wire_close(w);
	return true;
}
