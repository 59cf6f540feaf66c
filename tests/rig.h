/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A drive on the test bench: a device with two namespaces in memory, a driver,
 * and plug-ins that note what they see.  The driver's way to it is the
 * transport in memory, or the one that the test's initial state names
 * (tests/suite.h): then the drive has a thread of its own, and mem, taps and
 * plug-ins are out of the test's reach.
 */
#ifndef TESTS_RIG_H
#define TESTS_RIG_H

#include "emu/device.h"
#include "emu/loop.h"
#include "emu/ns.h"
#include "emu/tap.h"
#include "tests/mem_transport.h"
#include "tests/nvme_driver.h"

enum {
	RIG_NS1_BLOCKS = 2048,	/* nsid 1: 1 MiB of 512-byte blocks */
	RIG_NS2_BLOCKS = 256,	/* nsid 2: 1 MiB of 4096-byte blocks, read-only */
	RIG_NR_SEEN = 512,
};

/* An event as an observer saw it. */
struct seen {
	struct nvmetap_event ev;
	struct nvme_command cmd;
	struct nvme_completion cpl;
	union tap_info info;
	char text[2048];	/* NUL ended */
};

struct rig;

/* How a guest of ours gets to the drive. */
struct rig_transport {
	const char *name;
	/* Makes rig->transport, the drive's end. */
	void (*open)(struct rig *rig);
	/* The device is there: serves it, and fills rig->access, whose memory
	 * are MEM_SIZE bytes at MEM_BASE. */
	void (*start)(struct rig *rig);
	/* The guest goes; the drive is the calling thread's. */
	void (*stop)(struct rig *rig);
	void (*reset)(struct rig *rig);		/* of the bus */
	/* Gives the drive time for whatever it has to do. */
	void (*settle)(struct rig *rig);
	/* How many MSI-X messages of vector came since it was asked last. */
	unsigned int (*nr_irqs)(struct rig *rig, unsigned int vector);
};

struct rig {
	const struct rig_transport *way;
	void *way_ctx;			/* the transport's */
	struct transport *transport;
	struct loop *loop;
	struct pool *pool;
	struct ns *ns[2];
	struct mem_transport *mem;	/* NULL over another transport */
	struct device *dev;
	struct taps *taps;
	struct nvme_access access;
	struct nvme_driver driver;
	struct nvmetap_plugin *watcher;
	void *own;			/* the test's; freed by rig_teardown */
	struct seen *seen;
	unsigned int nr_seen;
};

/* A command, and the status field, without phase and More, that it ends with. */
struct rig_row {
	const char *what;
	struct nvme_command cmd;
	uint16_t want;
};

/* CMocka setup and teardown: state is a struct rig, before that a struct
 * rig_transport or NULL. */
int rig_setup(void **state);		/* with MSI-X, enabled, queue pair 1 */
int rig_setup_bare(void **state);	/* nothing done yet */
int rig_setup_empty(void **state);	/* as rig_setup, of a drive without namespaces */
int rig_teardown(void **state);
/* The same, with what prepare does before the drive has a thread of its own:
 * where a plug-in comes in that hears of all. */
typedef void rig_prepare_fn(struct rig *rig);
int rig_setup_with(void **state, rig_prepare_fn *prepare);

/* Attaches an observer to the tap, which fills rig->seen. */
void rig_watch(struct rig *rig, const char *tap);
/* The nth event of that kind that was seen, or NULL. */
const struct seen *rig_seen(const struct rig *rig, unsigned int event, unsigned int n);
/* rig_setup, and fn observes the tap. */
int rig_setup_heard(void **state, const char *tap, nvmetap_fn *fn);
/* Adds a plug-in whose setup attaches fn to the tap as a modifier. */
struct nvmetap_plugin *rig_modify(struct rig *rig, const char *tap, nvmetap_fn *fn, void *ctx);
/* A Read of block 0 to iova, which has one block's room; and one that is carried
 * out: its status field. */
struct nvme_command rig_read_command(uint32_t nsid, uint64_t iova);
uint16_t rig_read_block(struct rig *rig);
/* An I/O command over queue pair 1: its status field. */
uint16_t rig_io(struct rig *rig, uint8_t opc, uint32_t nsid, uint64_t slba, uint32_t cdw12,
		uint64_t prp1);
/* Whether each byte of a block of namespace 1 is so, when it is read. */
bool rig_block_is(struct rig *rig, uint64_t slba, uint8_t byte);
/* Works until nothing more happens. */
void rig_settle(struct rig *rig);
/* Bus reset. */
void rig_reset(struct rig *rig);
unsigned int rig_nr_irqs(struct rig *rig, unsigned int vector);
/* Waits for a message of vector. */
bool rig_interrupted(struct rig *rig, unsigned int vector);

extern const struct rig_transport rig_in_memory;
/* Submits the commands to queue pair qid one after the other; says which did
 * not end as wanted, and how many. */
unsigned int rig_run_rows(struct rig *rig, uint16_t qid, const struct rig_row *rows,
			  size_t nr_rows);
#define RIG_RUN(rig, qid, rows) \
	assert_int_equal(rig_run_rows(rig, qid, rows, sizeof(rows) / sizeof((rows)[0])), 0)

#endif
