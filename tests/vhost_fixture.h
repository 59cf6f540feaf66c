/* SPDX-License-Identifier: BSD-2-Clause */
/* A vhost-user server with a device double on its own thread, and its client. */
#ifndef TESTS_VHOST_FIXTURE_H
#define TESTS_VHOST_FIXTURE_H

#include <linux/virtio_pcidev.h>
#include <linux/virtio_ring.h>
#include <pthread.h>
#include "emu/vhost_user.h"
#include "tests/device_double.h"
#include "tests/vhost_client.h"

enum {
	VH_IOVA = 1 << 20,	/* the test's memory */
	VH_SIZE = 1 << 20,
};

struct vhost_fixture {
	struct loop *loop;
	struct device dev;
	struct transport *server;
	struct vhost_client c;
	pthread_t thread;
	bool running;
};

/* A server on its own thread, and a client that has said nothing yet. */
int vh_setup_silent(void **state);
/* As before, and the client has said all that user-mode Linux says; the other
 * one is called by eventfds. */
int vh_setup(void **state);
int vh_setup_eventfd(void **state);
int vh_teardown(void **state);

uint32_t vh_reg(struct vhost_fixture *f, uint32_t off);
void vh_set_reg(struct vhost_fixture *f, uint32_t off, uint32_t value);

/* Something wrong that a guest does, and the word that it is disconnected with. */
struct vh_row {
	const char *name;
	void (*bad)(struct vhost_fixture *f);
	const char *word;
};

/* One test a row.  How many failed. */
int vh_run_rows(const struct vh_row *rows, size_t nr);
/* Since CMocka replaces the handler for each test. */
void vh_keep_from_bus_errors(void);

#endif
