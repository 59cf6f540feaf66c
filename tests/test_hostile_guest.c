/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest and a plug-in that do anything at any time: the drive outlives them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "spec/bytes.h"
#include "tests/rig.h"

enum {
	NR_HELD = 64,
	CC_SIZES = 4 << 20 | 6 << 16,
	QUEUES = MEM_BASE + (12 << 20),	/* where random queues lie */
};

struct chaos {
	struct rig *rig;
	uint64_t seed;
	struct nvmetap_plugin *plugin;
	uint64_t held[NR_HELD];
	unsigned int nr_held;
	bool attached;
};

static uint32_t dice(struct chaos *c, uint32_t sides)
{
	c->seed ^= c->seed << 13;
	c->seed ^= c->seed >> 7;
	c->seed ^= c->seed << 17;
	return (uint32_t)(c->seed >> 11) % sides;
}

static uint64_t any_address(struct chaos *c)
{
	static const uint64_t odd[] = { 0, UINT64_MAX, UINT64_MAX - 4095, MEM_BASE + MEM_SIZE,
					MEM_BASE + MEM_SIZE - 4096, MEM_BASE - 8, 1 };

	if (dice(c, 8) == 0)
		return odd[dice(c, sizeof(odd) / sizeof(odd[0]))];
	if (dice(c, 8) == 0)
		return MEM_BASE + dice(c, MEM_SIZE);
	return MEM_BASE + dice(c, MEM_SIZE / 4096) * UINT64_C(4096);
}

static uint32_t any_dword(struct chaos *c)
{
	switch (dice(c, 6)) {
	case 0:
		return 0;
	case 1:
		return UINT32_MAX;
	case 2:
		return UINT32_C(1) << dice(c, 32);
	case 3:
		return dice(c, UINT32_MAX);
	case 4:
		return dice(c, 16) << 16 | dice(c, 4);
	default:
		return dice(c, 12);
	}
}

static const char *const taps[] = {
	"nvme:admin:decode", "nvme:admin:execute", "nvme:admin:writeback", "nvme:io:fetch",
	"nvme:io:decode", "nvme:io:memory", "nvme:io:execute", "nvme:io:writeback",
	"pci:msix:writeback", "nvme:queue:execute", "nvme:regread:writeback",
};

enum { NR_TAPS = sizeof(taps) / sizeof(taps[0]) };

static void alter(struct chaos *c, struct nvmetap_event *ev)
{
	static const uint8_t bytes[16] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	switch (dice(c, 5)) {
	case 0:
		ev->cmd->cdw10 = any_dword(c);
		break;
	case 1:
		ev->cmd->cdw12 = any_dword(c);
		break;
	case 2:
		ev->cmd->opc = (uint8_t)dice(c, 16);
		break;
	case 3:
		ev->cmd->nsid = any_dword(c);
		break;
	default:
		nvmetap_data(ev, 0, (void *)(uintptr_t)bytes, sizeof(bytes), 1);
		break;
	}
}

/* Any that can be at the present event; seldom one that ends everything. */
static void any_fault(struct chaos *c)
{
	unsigned int fault = 1 + dice(c, NVMETAP_FAULT_ZOMBIE);
	uint64_t arg = dice(c, 2) == 0 ? 0 : dice(c, 4) * 20000;

	if (fault == NVMETAP_FAULT_GONE)
		arg = 1 + arg;
	if ((fault == NVMETAP_FAULT_CFS || fault == NVMETAP_FAULT_GONE) && dice(c, 20) != 0)
		return;
	nvmetap_blame(NULL, dice(c, 2) == 0 ? "one" : "another");
	nvmetap_fault(NULL, fault, arg);
}

static int any_verdict(void *ctx, struct nvmetap_event *ev)
{
	struct chaos *c = ctx;

	if (dice(c, 12) == 0)
		any_fault(c);
	if (ev->cmd_id == 0)
		return NVMETAP_GO;
	switch (dice(c, 24)) {
	case 0:
	case 1:
		c->held[c->nr_held++ % NR_HELD] = ev->cmd_id;
		return NVMETAP_LATER;
	case 2:
		return NVMETAP_DROP;
	case 3:
		return NVMETAP_HANDLED;
	case 4:
	case 5:
	case 6:
		alter(c, ev);
		return NVMETAP_GO;
	case 7:
		if (dice(c, 20) == 0)
			nvmetap_detach(NULL, taps[dice(c, NR_TAPS)], any_verdict, c);
		return dice(c, 2) == 0 ? NVMETAP_GO : NVMETAP_HANDLED;
	case 8:
		nvmetap_resume(NULL, c->held[dice(c, NR_HELD)], dice(c, 3) * 100000);
		return NVMETAP_GO;
	case 9:
		nvmetap_log(NULL, "chaos");
		return NVMETAP_GO;
	case 10:
		nvmetap_snapshot(NULL);
		return NVMETAP_GO;
	default:
		return NVMETAP_GO;
	}
}

/* Callbacks have detached some of them already. */
static void attach_or_detach(struct chaos *c)
{
	for (unsigned int i = 0; i < NR_TAPS; i++) {
		if (c->attached)
			nvmetap_detach(c->plugin, taps[i], any_verdict, c);
		else
			nvmetap_attach(c->plugin, taps[i], any_verdict, c, NVMETAP_MODIFY);
	}
	c->attached = !c->attached;
}

/* Mostly what a driver might mean, so that it comes to the later stages. */
static void make_likely(struct chaos *c, uint16_t qid, struct nvme_command *cmd)
{
	if (qid != 0) {
		cmd->cdw10 = dice(c, RIG_NS1_BLOCKS);
		cmd->cdw11 = cmd->opc == NVME_OPC_DATASET_MANAGEMENT ? dice(c, 8) : 0;
		cmd->cdw12 = dice(c, 16);
		return;
	}
	switch (cmd->opc) {
	case NVME_OPC_CREATE_IO_CQ:
		cmd->cdw11 = dice(c, 66) << 16 | 3;
		break;
	case NVME_OPC_CREATE_IO_SQ:
		cmd->cdw11 = dice(c, 6) << 16 | 1;
		break;
	case NVME_OPC_DELETE_IO_SQ:
	case NVME_OPC_DELETE_IO_CQ:
		cmd->cdw10 = dice(c, 4);
		return;
	case NVME_OPC_ABORT:
		cmd->cdw10 = dice(c, 2) | ((uint32_t)c->rig->driver.next_cid - dice(c, 16)) << 16;
		return;
	default:
		return;
	}
	cmd->prp1 = QUEUES + dice(c, 64) * UINT64_C(4096);
	cmd->cdw10 = (1 + dice(c, 64)) << 16 | dice(c, 6);
}

static void any_command(struct chaos *c)
{
	static const uint8_t admin[] = { 0, 1, 2, 4, 5, 6, 8, 9, 10, 12 };
	struct nvme_driver *d = &c->rig->driver;
	uint16_t qid = dice(c, 4) == 0 ? 0 : 1;
	struct nvme_command cmd = {
		.opc = qid == 0 ? admin[dice(c, sizeof(admin))] : (uint8_t)dice(c, 10),
		.fuse = dice(c, 30) == 0 ? (uint8_t)dice(c, 256) : 0,
		.nsid = dice(c, 4) == 0 ? any_dword(c) : 1 + dice(c, 2),
		.prp1 = any_address(c),
		.prp2 = any_address(c),
		.cdw10 = any_dword(c),
		.cdw11 = any_dword(c),
		.cdw12 = any_dword(c),
		.cdw13 = dice(c, 8) == 0 ? any_dword(c) : 0,
	};

	if (dice(c, 4) != 0)
		make_likely(c, qid, &cmd);
	driver_write(d, qid, &cmd);
	if (dice(c, 3) == 0)
		driver_ring(d, qid);
}

static void any_register(struct chaos *c)
{
	static const uint16_t offsets[] = { 0xc, 0x10, 0x14, 0x20, 0x24, 0x28, 0x2c, 0x30 };
	uint64_t off = dice(c, 4) == 0 ? dice(c, 0x4000) : offsets[dice(c, 8)];
	unsigned int width = 1u << dice(c, 4);

	if (off + width <= 0x4000)
		c->rig->access.reg_write(c->rig, off, width, any_dword(c));
}

static void any_doorbell(struct chaos *c)
{
	c->rig->access.reg_write(c->rig, NVME_REG_DOORBELLS + 4 * dice(c, 12), 4, dice(c, 70));
}

static void any_reset(struct chaos *c)
{
	switch (dice(c, 3)) {
	case 0:
		c->rig->access.reg_write(c->rig, NVME_REG_CC, 4, CC_SIZES);
		break;
	case 1:
		device_reset(c->rig->dev);
		break;
	default:
		device_gone(c->rig->dev);
		break;
	}
	if (dice(c, 2) == 0)
		rig_settle(c->rig);
}

static void driver_queue(struct chaos *c, unsigned int qid, uint32_t size)
{
	struct nvme_driver *d = &c->rig->driver;

	d->queue[qid] = (struct driver_queue){
		.sq = driver_alloc(d, (size_t)size * NVME_SQE_SIZE),
		.cq = driver_alloc(d, (size_t)size * NVME_CQE_SIZE),
		.size = size, .cq_size = size, .phase = true,
	};
}

/* Like a driver that has got stuck and begins anew, without waiting for anything. */
static void start_again(struct chaos *c)
{
	struct nvme_driver *d = &c->rig->driver;
	struct nvme_access *access = &c->rig->access;
	struct nvme_command cq = { .opc = NVME_OPC_CREATE_IO_CQ, .cdw10 = 63 << 16 | 1,
				   .cdw11 = 3 };
	struct nvme_command sq = { .opc = NVME_OPC_CREATE_IO_SQ, .cdw10 = 63 << 16 | 1,
				   .cdw11 = 1 << 16 | 1 };

	any_reset(c);
	driver_init(d, access, dice(c, 4) != 0);
	driver_queue(c, 0, 16);
	driver_queue(c, 1, 64);
	access->reg_write(c->rig, NVME_REG_AQA, 4, 15 << 16 | 15);
	access->reg_write(c->rig, NVME_REG_ASQ, 8, d->queue[0].sq);
	access->reg_write(c->rig, NVME_REG_ACQ, 8, d->queue[0].cq);
	access->reg_write(c->rig, NVME_REG_CC, 4, CC_SIZES | 1);
	rig_settle(c->rig);
	cq.prp1 = d->queue[1].cq;
	sq.prp1 = d->queue[1].sq;
	driver_write(d, 0, &cq);
	driver_write(d, 0, &sq);
	driver_ring(d, 0);
}

static void guest_step(struct chaos *c)
{
	struct rig *rig = c->rig;
	struct nvme_completion cpl;

	switch (dice(c, 32)) {
	case 0:
		any_register(c);
		break;
	case 1:
		any_doorbell(c);
		break;
	case 2:
		if (dice(c, 4) == 0)
			start_again(c);
		break;
	case 3:	/* bus master on or off */
		rig->access.config_write(rig, 4, 2, dice(c, 3) == 0 ? 2 : 6);
		break;
	case 4:
		rig->mem->bad_start = any_address(c);
		rig->mem->bad_end = dice(c, 2) == 0 ? rig->mem->bad_start + 8192 : 0;
		break;
	case 5:
	case 6:
	case 7:
	case 8:
		driver_poll(&rig->driver, 0, &cpl);
		driver_poll(&rig->driver, 1, &cpl);
		break;
	default:
		any_command(c);
		break;
	}
}

static void other_step(struct chaos *c)
{
	static const struct nvme_completion cpl;

	switch (dice(c, 8)) {
	case 0:
		c->rig->mem->irq_result = dice(c, 3) == 0 ? -EAGAIN : 0;
		break;
	case 1:
		if (dice(c, 8) == 0)
			attach_or_detach(c);
		break;
	case 2:
		nvmetap_complete(c->plugin, c->held[dice(c, NR_HELD)], &cpl);
		break;
	case 3:
	case 4:
	case 5:
		nvmetap_resume(c->plugin, c->held[dice(c, NR_HELD)], dice(c, 3) * 50000);
		break;
	default:
		loop_once(c->rig->loop, 0);
		break;
	}
}

static uint64_t number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text != NULL ? strtoull(text, NULL, 0) : otherwise;
}

static void test_a_drive_outlives_what_guest_and_plug_in_do(void **state)
{
	struct rig *rig = *state;
	struct chaos c = { .rig = rig, .seed = number("NVMETAP_TEST_SEED", 20261122) };
	struct nvme_command get = { .opc = NVME_OPC_GET_FEATURES, .cdw10 = 1 };

	c.plugin = rig_modify(rig, "nvme:ctrl:execute", any_verdict, &c);
	rig_watch(rig, "nvmetap:inject:writeback");
	start_again(&c);
	for (uint64_t i = number("NVMETAP_TEST_STEPS", 20000); i > 0; i--) {
		guest_step(&c);
		if (dice(&c, 3) == 0)
			other_step(&c);
		rig->mem->nr_irqs = 0;
		rig->nr_seen = 0;
	}
	nvmetap_detach(c.plugin, "nvme:ctrl:execute", any_verdict, &c);
	c.attached = true;
	attach_or_detach(&c);
	rig->mem->bad_end = 0;
	rig->mem->irq_result = 0;
	device_gone(rig->dev);		/* and with the guest what a plug-in took from it */
	device_reset(rig->dev);
	driver_init(&rig->driver, &rig->access, true);
	assert_true(driver_enable(&rig->driver, 8));
	assert_int_equal(driver_command(&rig->driver, 0, &get), 0);
	assert_int_equal(driver_create(&rig->driver, 1, 8, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_drive_outlives_what_guest_and_plug_in_do,
						rig_setup_bare, rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
