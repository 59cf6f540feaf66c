/* SPDX-License-Identifier: BSD-2-Clause */
/* The way to the drive on the bench that is a vhost-user client's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "emu/vhost_user.h"
#include "tests/rig_served.h"
#include "tests/served_drive.h"
#include "tests/rig_vhost.h"
#include "tests/vhost_access.h"

enum {
	CAPABILITY_PCIE = 16,
	DEVICE_CONTROL = 8,	/* in the capability */
	INITIATE_FLR = 0x8000,
};

struct vhost_way {
	struct rig_served served;
	struct vhost_access access;
	unsigned int nr_told[VHOST_ACCESS_VECTORS];	/* interrupts that the test knows of */
};

static void failed(void *ctx, int err)
{
	const char *why = vhost_user_last_error(((struct rig *)ctx)->transport);

	if (*why != '\0')
		print_error("the drive says: %s\n", why);
	served_drive_failed(NULL, err);
}

static void open_pair(struct rig *rig)
{
	struct vhost_way *way = calloc(1, sizeof(*way));
	char err[256] = "";
	int fd = rig_served_open(rig, &way->served);

	rig->transport = vhost_user_new(NULL, fd, true, err, sizeof(err));
	if (rig->transport == NULL)
		abort();
}

static void start(struct rig *rig)
{
	struct vhost_way *way = rig->way_ctx;

	rig_served_start(rig);
	way->access.failed = failed;
	way->access.ctx = rig;
	if (vhost_access_take(&way->access, way->served.fd, MEM_SIZE) != 0 ||
	    way->access.access.iova != MEM_BASE)
		abort();
	rig->access = way->access.access;
}

static void stop(struct rig *rig)
{
	vhost_access_close(&((struct vhost_way *)rig->way_ctx)->access);
	rig_served_stop(rig, vhost_user_last_error);
}

static void reset(struct rig *rig)
{
	struct vhost_way *way = rig->way_ctx;
	uint64_t at = driver_capability(&rig->driver, CAPABILITY_PCIE) + DEVICE_CONTROL;
	uint64_t control = rig->access.config_read(rig->access.ctx, at, 2);

	rig->access.config_write(rig->access.ctx, at, 2, control | INITIATE_FLR);
	vhost_access_fill_table(&way->access);
}

static unsigned int nr_irqs(struct rig *rig, unsigned int vector)
{
	struct vhost_way *way = rig->way_ctx;
	unsigned int nr;

	vhost_access_hear(&way->access, 0);
	nr = way->access.nr_irqs[vector] - way->nr_told[vector];
	way->nr_told[vector] += nr;
	return nr;
}

const struct rig_transport rig_over_vhost_user = {
	"vhost-user", open_pair, start, stop, reset, rig_served_settle, nr_irqs,
};
