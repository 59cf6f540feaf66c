/* SPDX-License-Identifier: BSD-2-Clause */
/* The drive on the bench, on a thread of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <sys/socket.h>
#include "tests/rig_served.h"

enum { SETTLE_ROUNDS = 8 };

static void *serve(void *ctx)
{
	struct rig *rig = ctx;
	struct rig_served *way = rig->way_ctx;

	way->result = rig->transport->ops->start(rig->transport, rig->loop, rig->dev);
	if (way->result == 0)
		way->result = loop_run(rig->loop);
	return NULL;
}

int rig_served_open(struct rig *rig, struct rig_served *way)
{
	int fds[2];

	if (way == NULL || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		abort();
	way->fd = fds[1];
	rig->way_ctx = way;
	return fds[0];
}

void rig_served_start(struct rig *rig)
{
	struct rig_served *way = rig->way_ctx;

	if (pthread_create(&way->thread, NULL, serve, rig) != 0)
		abort();
}

void rig_served_stop(struct rig *rig, const char *(*last_error)(const struct transport *))
{
	struct rig_served *way = rig->way_ctx;
	bool by_itself;

	pthread_join(way->thread, NULL);
	by_itself = way->result == 0 && *last_error(rig->transport) == '\0';
	free(way);
	if (!by_itself)
		fail_msg("%s", last_error(rig->transport));
}

void rig_served_settle(struct rig *rig)
{
	for (int i = 0; i < SETTLE_ROUNDS; i++) {
		rig->access.reg_read(rig->access.ctx, NVME_REG_VS, 4);
		rig->access.wait(rig->access.ctx);
	}
}
