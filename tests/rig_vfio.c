/* SPDX-License-Identifier: BSD-2-Clause */
/* The ways to the drive on the bench that are a vfio-user client's. */
#include <stdlib.h>
#include "emu/vfio_user.h"
#include "tests/rig_served.h"
#include "tests/served_drive.h"
#include "tests/rig_vfio.h"
#include "tests/vfio_access.h"

struct vfio_way {
	struct rig_served served;
	struct vfio_access access;
};

static void open_pair(struct rig *rig)
{
	struct vfio_way *way = calloc(1, sizeof(*way));
	char err[256] = "";
	int fd = rig_served_open(rig, &way->served);

	rig->transport = vfio_user_new(NULL, fd, true, err, sizeof(err));
	if (rig->transport == NULL)
		abort();
}

static void connect_guest(struct rig *rig, bool shared)
{
	struct vfio_way *way = rig->way_ctx;

	rig_served_start(rig);
	way->access.failed = served_drive_failed;
	way->access.polls = true;
	if (vfio_access_take(&way->access, way->served.fd, MEM_SIZE, shared) != 0 ||
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
	vfio_access_close(&((struct vfio_way *)rig->way_ctx)->access);
	rig_served_stop(rig, vfio_user_last_error);
}

static void reset(struct rig *rig)
{
	struct vfio_way *way = rig->way_ctx;
	int err = vfio_client_reset(way->access.client);

	if (err != 0)
		served_drive_failed(NULL, err);
}

static unsigned int nr_irqs(struct rig *rig, unsigned int vector)
{
	struct vfio_way *way = rig->way_ctx;
	unsigned int nr = way->access.nr_irqs[vector];

	way->access.nr_irqs[vector] = 0;
	return nr;
}

const struct rig_transport rig_over_vfio_user = {
	"vfio-user", open_pair, start_shared, stop, reset, rig_served_settle, nr_irqs,
};

const struct rig_transport rig_over_vfio_user_messages = {
	"vfio-user by message", open_pair, start_by_message, stop, reset, rig_served_settle, nr_irqs,
};
