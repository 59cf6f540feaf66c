/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stands between QEMU and the drive and records their messages, without what
 * is in the guest's memory: record_stream LISTEN DRIVE FILE NR_IO.  The
 * recording ends with the doorbell of an I/O queue that is the NR_IOth.
 */
#include <config.h>
#include <errno.h>
#include <linux/vfio.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "emu/loop.h"
#include "emu/unix_socket.h"
#include "emu/vfio_user_proto.h"
#include "spec/bytes.h"
#include "tests/stream.h"

enum {
	SEND_S = 10,
	FIRST_IO_DOORBELL = 0x1008,	/* with a doorbell stride of 4 bytes */
};

struct recorder {
	struct conn client, drive;
	FILE *file;		/* NULL: the recording has ended */
	unsigned long nr_left;	/* doorbells of I/O queues */
};

static void put(struct recorder *r, uint64_t value, size_t len)
{
	uint8_t bytes[8];

	bytes_set_le(bytes, len, value);
	fwrite(bytes, 1, len, r->file);
}

static uint64_t file_size(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
}

static bool is_io_doorbell(const struct conn_msg *msg)
{
	return msg->command == VU_REGION_WRITE && msg->len > VU_RW_LEN &&
	       VU_RW_REGION_get(msg->body) == VFIO_PCI_BAR0_REGION_INDEX &&
	       VU_RW_OFFSET_get(msg->body) >= FIRST_IO_DOORBELL;
}

static void record(struct recorder *r, const struct conn_msg *msg, const uint8_t *hdr, bool client)
{
	bool memory = msg->command == VU_DMA_READ || msg->command == VU_DMA_WRITE;
	size_t len = memory ? 0 : msg->len;

	if (r->file == NULL)
		return;
	put(r, client ? STREAM_FROM_CLIENT : STREAM_FROM_DRIVE, 1);
	put(r, msg->nr_fds, 1);
	for (unsigned int i = 0; i < msg->nr_fds; i++)
		put(r, file_size(msg->fds[i]), 8);
	put(r, VU_HDR_LEN + len, 4);
	fwrite(hdr, 1, VU_HDR_LEN, r->file);
	fwrite(msg->body, 1, len, r->file);
	if (client && is_io_doorbell(msg) && --r->nr_left == 0) {
		fclose(r->file);
		r->file = NULL;
	}
}

/* 1, or what conn_recv and conn_send said. */
static int pass_on(struct recorder *r, struct conn *from, struct conn *to)
{
	uint64_t until = loop_now_ns() + SEND_S * UINT64_C(1000000000);
	uint8_t hdr[VU_HDR_LEN] = { 0 };
	struct conn_msg *msg;
	struct iovec body;
	int rc = conn_recv(from, &msg);

	if (rc != 1)
		return rc;
	VU_HDR_ID_set(hdr, msg->id);
	VU_HDR_COMMAND_set(hdr, msg->command);
	VU_HDR_SIZE_set(hdr, VU_HDR_LEN + msg->len);
	VU_HDR_FLAGS_set(hdr, msg->flags);
	VU_HDR_ERROR_set(hdr, msg->error);
	record(r, msg, hdr, from == &r->client);
	body = (struct iovec){ msg->body, msg->len };
	rc = conn_send(to, hdr, &body, 1, msg->fds, msg->nr_fds, until);
	conn_msg_free(msg);
	return rc == 0 ? 1 : rc;
}

static int pass_on_all(struct recorder *r)
{
	struct pollfd fds[2] = { { r->client.fd, POLLIN, 0 }, { r->drive.fd, POLLIN, 0 } };
	int rc = 0;

	while (rc >= 0 || rc == -EAGAIN) {
		if (poll(fds, 2, -1) < 0)
			return -errno;
		rc = fds[1].revents != 0 ? pass_on(r, &r->drive, &r->client) :
					   pass_on(r, &r->client, &r->drive);
	}
	return rc == -ENOTCONN ? 0 : rc;
}

static int connect_to(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	return connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) == 0 ? fd : -1;
}

static int accept_one(const char *path)
{
	struct unix_socket listener;
	struct pollfd p = { .events = POLLIN };
	char err[200];
	int fd;

	if (unix_socket_listen(&listener, path, err, sizeof(err)) != 0) {
		fprintf(stderr, "record_stream: %s\n", err);
		return -1;
	}
	p.fd = listener.fd;
	poll(&p, 1, -1);
	fd = unix_socket_accept(&listener);
	unix_socket_close(&listener);
	return fd;
}

int main(int argc, char **argv)
{
	struct recorder r = { .nr_left = argc == 5 ? strtoul(argv[4], NULL, 10) : 0 };
	int client, drive, rc;

	if (r.nr_left == 0) {
		fprintf(stderr, "usage: record_stream LISTEN DRIVE FILE NR_IO\n");
		return 2;
	}
	client = accept_one(argv[1]);
	drive = connect_to(argv[2]);
	r.file = fopen(argv[3], "wb");
	if (client < 0 || drive < 0 || r.file == NULL) {
		perror("record_stream");
		return 1;
	}
	fwrite(STREAM_MAGIC, 1, STREAM_MAGIC_LEN, r.file);
	conn_init(&r.client, &vu_proto, client);
	conn_init(&r.drive, &vu_proto, drive);
	rc = pass_on_all(&r);
	if (r.file != NULL)
		fclose(r.file);
	conn_fini(&r.client);
	conn_fini(&r.drive);
	if (rc != 0)
		fprintf(stderr, "record_stream: %s\n", strerror(-rc));
	return rc != 0;
}
