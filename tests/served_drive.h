/* SPDX-License-Identifier: BSD-2-Clause */
/* A whole drive with two namespaces, as a program makes it, on a thread of its own. */
#ifndef TESTS_SERVED_DRIVE_H
#define TESTS_SERVED_DRIVE_H

#include <pthread.h>
#include "emu/drive.h"
#include "tests/nvme_driver.h"

struct served_drive {
	struct drive *drive;	/* after served_drive_join the caller's to free */
	pthread_t thread;
	int result;		/* of drive_run */
};

/* Namespaces and address are ours, the rest of config is the caller's. */
void served_drive_start(struct served_drive *s, struct drive_config *config,
			const struct drive_plugin *plugin);
/* The guest's end of a connection to a drive that ends with it; served is the
 * member of config that is the drive's end. */
int served_drive_connect(struct served_drive *s, struct drive_config *config, int *served,
			 const struct drive_plugin *plugin);
/* Waits for the end of drive_run, which must be a good one. */
void served_drive_join(struct served_drive *s);

/* For an access that did not get its answer. */
void served_drive_failed(void *ctx, int err);
/* Enables the controller of a driver that is initialized, with one queue pair. */
void served_drive_enable(struct nvme_driver *driver);
/* 8 KiB that are written and read back by two commands are the same. */
void served_drive_write_read(struct nvme_driver *driver);

#endif
