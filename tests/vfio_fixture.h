/* SPDX-License-Identifier: BSD-2-Clause */
/* A vfio-user server with a device double on its own thread, and its client. */
#ifndef TESTS_VFIO_FIXTURE_H
#define TESTS_VFIO_FIXTURE_H

#include <linux/vfio.h>
#include <pthread.h>
#include <stdbool.h>
#include "emu/vfio_user.h"
#include "tests/device_double.h"
#include "tests/vfio_client.h"

struct loop;

enum {
	TRIGGER_FD = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
	TRIGGER = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER,
	UNMASK = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK,
	MASK = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_MASK,
	INTX = VFIO_PCI_INTX_IRQ_INDEX,
	MSIX = VFIO_PCI_MSIX_IRQ_INDEX,
};

struct vfio_fixture {
	struct loop *loop;
	struct device dev;
	struct transport *server;
	struct vfio_client *c;
	pthread_t thread;
	bool running;
};

/* A server on its own thread, and a client that has said nothing yet. */
int fx_setup_silent(void **state);
/* As before, and VERSION has been spoken. */
int fx_setup(void **state);
/* Waits for the server's thread, which ends once its client has gone. */
void fx_join(struct vfio_fixture *f);
int fx_teardown(void **state);
uint32_t fx_reg(struct vfio_fixture *f, uint32_t off);
void fx_set_reg(struct vfio_fixture *f, uint32_t off, uint32_t value);
/* A call whose reply does not matter. */
int fx_call(struct vfio_fixture *f, uint16_t command, const void *body, size_t len);
void fx_raw(struct vfio_fixture *f, const void *bytes, size_t len);
void fx_header(uint8_t hdr[VU_HDR_LEN], uint16_t command, uint32_t size, uint32_t flags);
/* The server closed the connection and says why. */
void fx_assert_disconnected(struct vfio_fixture *f, const char *why);
/* How often the device heard that the guest is gone; after fx_join. */
unsigned int fx_nr_gone(const struct vfio_fixture *f);
int fx_eventfd(void);

#endif
