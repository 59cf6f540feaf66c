/* SPDX-License-Identifier: BSD-2-Clause */
/* The ways to the drive on the bench that are a vfio-user client's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <pthread.h>
#include <sys/socket.h>
#include "emu/vfio_user.h"
#include "tests/rig_vfio.h"
#include "tests/vfio_access.h"

enum { SETTLE_ROUNDS = 8 };

struct vfio_way {
	struct vfio_access access;
	pthread_t thread;
	int fd;			/* the guest's end, until it is the client's */
	int result;		/* of the drive's loop */
};

static void failed(void *ctx, int err)
{
	(void)ctx;
	fail_msg("the drive does not answer: %s", strerror(-err));
}

static void *serve(void *ctx)
{
	struct rig *rig = ctx;
	struct vfio_way *way = rig->way_ctx;

	way->result = rig->transport->ops->start(rig->transport, rig->loop, rig->dev);
	if (way->result == 0)
		way->result = loop_run(rig->loop);
	return NULL;
}

static void open_pair(struct rig *rig)
{
	struct vfio_way *way = calloc(1, sizeof(*way));
	char err[256] = "";
	int fds[2];

	if (way == NULL || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		abort();
	way->fd = fds[1];
	rig->way_ctx = way;
	rig->transport = vfio_user_new(NULL, fds[0], true, err, sizeof(err));
	if (rig->transport == NULL)
		abort();
}

static void connect_guest(struct rig *rig, bool shared)
{
	struct vfio_way *way = rig->way_ctx;

	if (pthread_create(&way->thread, NULL, serve, rig) != 0)
		abort();
	way->access.failed = failed;
	way->access.polls = true;
	if (vfio_access_take(&way->access, way->fd, MEM_SIZE, shared) != 0 ||
	    way->access.access.iova != MEM_BASE)
		abort();
	rig->access = way->access.access;
}

static void start_shared(struct rig *rig)
{
	connect_guest(rig, true);
}

static void start_by_message(struct rig *rig)
{
	connect_guest(rig, false);
}

static void stop(struct rig *rig)
{
	struct vfio_way *way = rig->way_ctx;
	bool by_itself;

	vfio_access_close(&way->access);
	pthread_join(way->thread, NULL);
	by_itself = way->result == 0 && *vfio_user_last_error(rig->transport) == '\0';
	free(way);
	if (!by_itself)
		fail_msg("%s", vfio_user_last_error(rig->transport));
}

static void reset(struct rig *rig)
{
	struct vfio_way *way = rig->way_ctx;
	int err = vfio_client_reset(way->access.client);

	if (err != 0)
		failed(NULL, err);
}

/* What was written is worked off before the answer to what is read after it. */
static void settle(struct rig *rig)
{
	for (int i = 0; i < SETTLE_ROUNDS; i++) {
		rig->access.reg_read(rig->access.ctx, NVME_REG_VS, 4);
		rig->access.wait(rig->access.ctx);
	}
}

static unsigned int nr_irqs(struct rig *rig, unsigned int vector)
{
	struct vfio_way *way = rig->way_ctx;
	unsigned int nr = way->access.nr_irqs[vector];

	way->access.nr_irqs[vector] = 0;
	return nr;
}

const struct rig_transport rig_over_vfio_user = {
	"vfio-user", open_pair, start_shared, stop, reset, settle, nr_irqs,
};

const struct rig_transport rig_over_vfio_user_messages = {
	"vfio-user by message", open_pair, start_by_message, stop, reset, settle, nr_irqs,
};
