/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of what goes wrong on purpose: a plug-in that provokes a fault or
 * answers a verdict at the next event of a tap, whatever thread the drive has,
 * and what a driver with queue pair 1 then finds in its memory.  Include after
 * cmocka.h.
 */
#ifndef TESTS_PROVOKER_H
#define TESTS_PROVOKER_H

#include <stdatomic.h>
#include "tests/suite.h"

#define SOON UINT64_C(1000000)		/* 1 ms */
#define HOUR (UINT64_C(3600) * 1000000000)

/* The test's thread writes it, the drive's reads it; rig->own. */
struct provoker {
	atomic_uint tap;	/* and one; 0: at none */
	unsigned int skip;	/* so many of its events */
	unsigned int fault;	/* 0: answers the verdict */
	int verdict;
	void (*change)(struct nvmetap_event *ev);	/* or NULL */
	uint64_t arg;
};

/* CMocka setup, as rig_setup. */
int provoker_setup(void **state);
/* At the next event of the tap for which it can be. */
void provoker_fault(struct rig *rig, unsigned int tap, unsigned int fault, uint64_t arg);
void provoker_answer(struct rig *rig, unsigned int tap, int verdict);
void provoker_change(struct rig *rig, unsigned int tap, void (*change)(struct nvmetap_event *ev));
/* Waits until it has been. */
void provoker_wait_done(struct rig *rig);

/* What the driver finds at its next place in completion queue 1, n further on. */
const uint8_t *provoker_cqe(struct rig *rig, uint32_t n);
unsigned int provoker_phase(struct rig *rig, uint32_t n);
uint16_t provoker_cid(struct rig *rig, uint32_t n);
void provoker_wait_phase(struct rig *rig, uint32_t n, unsigned int phase);
/* Waits for so many messages of vector 1, and sees that no more come. */
void provoker_wait_irqs(struct rig *rig, unsigned int nr);

/* Submits a Flush to queue 1: its CID; and one that ends well. */
uint16_t provoker_flush(struct rig *rig);
void provoker_flush_well(struct rig *rig);
uint16_t provoker_delete(struct rig *rig, uint8_t opc, uint16_t qid);
void provoker_recreate(struct rig *rig, uint32_t entries);

#define FAULT_TEST(name) cmocka_unit_test_setup_teardown(name, provoker_setup, rig_teardown)

#endif
