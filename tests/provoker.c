/* SPDX-License-Identifier: BSD-2-Clause */
/* A plug-in that provokes what a test asks for, and what the driver then finds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "spec/bytes.h"
#include "tests/provoker.h"

enum { CQE = 16 };

static int provoke(void *ctx, struct nvmetap_event *ev)
{
	struct provoker *p = ctx;
	int verdict;

	if (atomic_load(&p->tap) != ev->tap + 1u)
		return NVMETAP_GO;
	if (p->skip > 0) {
		p->skip--;
		return NVMETAP_GO;
	}
	if (p->change != NULL)
		p->change(ev);
	if (p->fault != 0 && nvmetap_fault(NULL, p->fault, p->arg) != 0)
		return NVMETAP_GO;
	verdict = p->fault != 0 ? NVMETAP_GO : p->verdict;
	atomic_store(&p->tap, 0);
	return verdict;
}

static int attach_provoker(struct nvmetap_plugin *self, void *ctx)
{
	static const char *const taps[] = {
		"nvme:io:fetch", "nvme:io:decode", "nvme:io:memory", "nvme:io:execute",
		"nvme:io:writeback", "pci:msix:writeback", "nvme:queue:execute",
		"nvme:ctrl:execute", "nvme:regread:writeback", "nvme:regwrite:decode",
	};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(taps) / sizeof(taps[0]); i++)
		rc = nvmetap_attach(self, taps[i], provoke, ctx, NVMETAP_MODIFY);
	return rc;
}

static void add_provoker(struct rig *rig)
{
	struct plugin_code code = { "provoker", attach_provoker, NULL, NULL };

	rig->own = code.ctx = calloc(1, sizeof(struct provoker));
	if (rig->own == NULL || plugin_add(rig->taps, &code, NULL) != 0)
		abort();
}

int provoker_setup(void **state)
{
	return rig_setup_with(state, add_provoker);
}

/* What an earlier command still has on its way must not be hit.  The first look at
 * tap pairs with the drive's last store: it is done with the order before. */
static void give_order(struct rig *rig, unsigned int tap, const struct provoker *order)
{
	struct provoker *p = rig->own;

	if (tap == NVMETAP_TAP_INTERRUPT || tap == NVMETAP_TAP_REGWRITE)
		rig_settle(rig);
	(void)atomic_load(&p->tap);
	p->fault = order->fault;
	p->arg = order->arg;
	p->verdict = order->verdict;
	p->change = order->change;
	atomic_store(&p->tap, tap + 1);
}

void provoker_fault(struct rig *rig, unsigned int tap, unsigned int fault, uint64_t arg)
{
	give_order(rig, tap, &(struct provoker){ .fault = fault, .arg = arg });
}

void provoker_change(struct rig *rig, unsigned int tap, void (*change)(struct nvmetap_event *ev))
{
	give_order(rig, tap, &(struct provoker){ .change = change });
}

void provoker_answer(struct rig *rig, unsigned int tap, int verdict)
{
	give_order(rig, tap, &(struct provoker){ .verdict = verdict });
}

void provoker_wait_done(struct rig *rig)
{
	struct provoker *p = rig->own;

	while (atomic_load(&p->tap) != 0)
		assert_true(rig->access.wait(rig->access.ctx));
}

const uint8_t *provoker_cqe(struct rig *rig, uint32_t n)
{
	const struct driver_queue *q = &rig->driver.queue[1];

	return (const uint8_t *)driver_ptr(&rig->driver, q->cq) +
	       (size_t)((q->head + n) % q->cq_size) * CQE;
}

unsigned int provoker_phase(struct rig *rig, uint32_t n)
{
	return (unsigned int)bytes_get_le(provoker_cqe(rig, n) + 14, 2) & 1;
}

uint16_t provoker_cid(struct rig *rig, uint32_t n)
{
	return (uint16_t)bytes_get_le(provoker_cqe(rig, n) + 12, 2);
}

uint16_t provoker_flush(struct rig *rig)
{
	struct nvme_command cmd = { .opc = NVME_OPC_FLUSH, .nsid = 1 };

	return driver_submit(&rig->driver, 1, &cmd);
}

void provoker_flush_well(struct rig *rig)
{
	struct nvme_completion cpl;
	uint16_t cid = provoker_flush(rig);

	assert_true(driver_wait(&rig->driver, 1, &cpl));
	assert_int_equal(cpl.cid, cid);
	assert_int_equal(status_code(&cpl), 0);
}

void provoker_wait_phase(struct rig *rig, uint32_t n, unsigned int phase)
{
	for (int i = 0; i < 20000 && provoker_phase(rig, n) != phase; i++)
		assert_true(rig->access.wait(rig->access.ctx));
	assert_int_equal(provoker_phase(rig, n), phase);
}

void provoker_wait_irqs(struct rig *rig, unsigned int nr)
{
	unsigned int seen = 0;

	for (int i = 0; i < 20000 && (seen += rig_nr_irqs(rig, 1)) < nr; i++)
		assert_true(rig->access.wait(rig->access.ctx));
	rig_settle(rig);
	assert_int_equal(seen + rig_nr_irqs(rig, 1), nr);
}

uint16_t provoker_delete(struct rig *rig, uint8_t opc, uint16_t qid)
{
	struct nvme_command cmd = { .opc = opc, .cdw10 = qid };

	return driver_command(&rig->driver, 0, &cmd);
}

void provoker_recreate(struct rig *rig, uint32_t entries)
{
	assert_int_equal(provoker_delete(rig, NVME_OPC_DELETE_IO_SQ, 1), 0);
	assert_int_equal(provoker_delete(rig, NVME_OPC_DELETE_IO_CQ, 1), 0);
	assert_int_equal(driver_create(&rig->driver, 1, entries, 1), 0);
}
