/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guests that change what they have handed over while the drive looks at it:
 * descriptors, messages, commands and PRP lists, each for a moment and back
 * again, so that a value that is checked in one copy and used in another one is
 * met.  The drive disconnects such a guest or serves it, and serves the next
 * one.  What it must not do only a sanitizer may see.
 */
#include <config.h>

#include <linux/virtio_pcidev.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>
#include <unistd.h>
#include "tests/served_drive.h"
#include "tests/unix_connect.h"
#include "tests/vhost_access.h"

enum {
	SIZE = 8 << 20,
	NR_GUESTS = 40,
	NR_COMMANDS = 300,
	QUEUE = 1,
	PAGE = 4096,
	READ_PAGES = 8,		/* of each command, so that it has a PRP list */
	NR_DESCS = 128,		/* of the client's messages */
	NR_SLOTS = 64,		/* for these */
	SLOT_SIZE = 64,
	SQ_SIZE = 64,
	NR_PARTS = 6,
	DESC_LEN = 8,		/* where things are */
	MESSAGE_SIZE = 4,
	SQE_CDW12 = 48,
};

/* Where the guest's other processor is at work: words, so many bytes from each other. */
struct part {
	uint8_t *at;
	uint32_t nr, stride;
};

struct fixture {
	struct served_drive served;
	struct vhost_access way;
	struct nvme_driver driver;
	char dir[64], path[80];
	uint64_t list;			/* the PRP list of all commands */
	struct part parts[NR_PARTS];
	uint8_t *other;			/* the guest's memory, as its other processor sees it */
	atomic_bool done;
	uint32_t dice;
};

static uint32_t roll(struct fixture *f, uint32_t sides)
{
	f->dice = f->dice * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)f->dice * sides >> 32);
}

/* Lengths, addresses, flags and codes that are wrong in their own way each. */
static void *scribble(void *arg)
{
	static const uint32_t words[] = { 0, 1, 16, 0x10000, 0x10001, 0x7fffffff, UINT32_MAX };
	struct fixture *f = arg;

	while (!f->done) {
		const struct part *part = &f->parts[roll(f, NR_PARTS)];
		size_t at = (size_t)(part->at - f->way.client.mem) +
			    (size_t)roll(f, part->nr) * part->stride;
		_Atomic(uint32_t) *word = (_Atomic(uint32_t) *)(void *)(f->other + at);
		uint32_t was = *word;

		*word = roll(f, 2) ? words[roll(f, 7)] : was ^ UINT32_C(1) << roll(f, 32);
		for (unsigned int wait = roll(f, 100); wait > 0; wait--)
			atomic_thread_fence(memory_order_seq_cst);
		*word = was;
	}
	return NULL;
}

static void start_guest(struct fixture *f)
{
	struct nvme_driver *d = &f->driver;

	f->way = (struct vhost_access){ .failed = served_drive_failed };
	assert_int_equal(vhost_access_take(&f->way, unix_connect(f->path), SIZE), 0);
	driver_init(d, &f->way.access, true);
	served_drive_enable(d);
}

static void name_parts(struct fixture *f)
{
	struct nvme_driver *d = &f->driver;
	uint64_t data = driver_alloc(d, READ_PAGES * PAGE);
	uint8_t *own = f->way.client.own, *sq;

	f->list = driver_alloc(d, PAGE);
	for (uint64_t i = 0; i + 1 < READ_PAGES; i++)
		((uint64_t *)driver_ptr(d, f->list))[i] = data + (i + 1) * PAGE;
	sq = driver_ptr(d, d->queue[QUEUE].sq);
	f->parts[0] = (struct part){ own + VHOST_DESC + DESC_LEN, NR_DESCS, VHU_DESC_LEN };
	f->parts[1] = (struct part){ own + VHOST_SLOTS + MESSAGE_SIZE, NR_SLOTS, SLOT_SIZE };
	f->parts[2] = (struct part){ sq + SQE_CDW12, SQ_SIZE, NVME_SQE_SIZE };
	f->parts[3] = (struct part){ driver_ptr(d, f->list), (READ_PAGES - 1) * 2, 4 };
	f->parts[4] = (struct part){ own + VHOST_SLOTS, NR_SLOTS * SLOT_SIZE / 4, 4 };
	f->parts[5] = (struct part){ sq, SQ_SIZE * NVME_SQE_SIZE / 4, 4 };
}

static int ring(struct fixture *f, uint64_t doorbell, uint32_t value)
{
	return vhost_client_post(&f->way.client, VIRTIO_PCIDEV_OP_MMIO_WRITE, 0,
				 NVME_REG_DOORBELLS + doorbell, &value, 4);
}

/* 0, or -errno when the drive has had enough. */
static int command(struct fixture *f, uint32_t number)
{
	struct nvme_driver *d = &f->driver;
	struct driver_queue *q = &d->queue[QUEUE];
	struct nvme_command cmd = {
		.opc = number % 2 ? NVME_OPC_READ : NVME_OPC_WRITE,
		.nsid = 1,
		.prp1 = f->list - READ_PAGES * PAGE,
		.prp2 = f->list,
		.cdw12 = READ_PAGES * PAGE / 512 - 1,
	};
	int err;

	driver_write(d, QUEUE, &cmd);
	err = ring(f, 8 * QUEUE, q->tail);
	while (err == 0 && driver_peek(d, QUEUE)) {
		if (++q->head == q->cq_size) {
			q->head = 0;
			q->phase = !q->phase;
		}
		err = ring(f, 8 * QUEUE + 4, q->head);
	}
	return err;
}

/* How many commands it came to. */
static unsigned int race(struct fixture *f)
{
	const struct vhost_client *c = &f->way.client;
	size_t size = c->size + VHOST_OWN_SIZE;
	unsigned int nr = 0;
	pthread_t other;

	/* A mapping of its own, so that what is meant to race is no race of the test's. */
	f->other = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, c->memfd, 0);
	assert_ptr_not_equal(f->other, MAP_FAILED);
	f->done = false;
	assert_int_equal(pthread_create(&other, NULL, scribble, f), 0);
	while (nr < NR_COMMANDS && command(f, nr) == 0)
		nr++;
	f->done = true;
	pthread_join(other, NULL);
	munmap(f->other, size);
	vhost_access_close(&f->way);
	return nr;
}

static void test_a_drive_outlives_guests_that_change_what_it_looks_at(void **state)
{
	struct fixture *f = *state;
	unsigned int nr, total = 0, nr_left = 0;

	f->dice = 1;
	for (unsigned int i = 0; i < NR_GUESTS; i++) {
		start_guest(f);
		name_parts(f);
		nr = race(f);
		nr_left += nr < NR_COMMANDS;
		total += nr;
	}
	print_message("%u commands; disconnected %u times\n", total, nr_left);
	start_guest(f);
	served_drive_write_read(&f->driver);
	vhost_access_close(&f->way);
	assert_true(total > NR_GUESTS);
}

static int drive_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct drive_config config = { .once = false };

	strcpy(f->dir, "/tmp/nvmetap-vhost-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/nvme.sock", f->dir);
	config.vhost_user = f->path;
	served_drive_start(&f->served, &config, NULL);
	*state = f;
	return 0;
}

static int drive_teardown(void **state)
{
	struct fixture *f = *state;

	drive_stop(f->served.drive);
	served_drive_join(&f->served);
	drive_free(f->served.drive);
	rmdir(f->dir);
	free(f);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_a_drive_outlives_guests_that_change_what_it_looks_at, drive_setup,
			drive_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
