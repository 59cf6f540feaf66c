/* SPDX-License-Identifier: BSD-2-Clause */
/* One event of every kind with known values. */
#include "config.h"
#include <string.h>
#include "tests/every_event.h"

static uint8_t every_data[EVERY_DATA_LEN];
static uint8_t every_registers[64];
static const uint64_t every_entries[] = {0xbffc8000, 0xbffc9000, 0x1234567890abc000};
static const char every_session[] = "transport: fake\nevents: default\n";
static const char every_console[] = "nvme nvme0: 2/0/0 default/read/poll queues";

static struct nvme_command every_admin = {
	.opc = 0x06, .cid = 0x0101, .prp1 = 0xbfb24000, .cdw10 = 1,
};
static struct nvme_command every_io = {
	.opc = 0x02, .fuse = 0x01, .cid = 0x2345, .nsid = 1, .rsvd2 = 0x22222222,
	.rsvd3 = 0x33333333, .mptr = 0x4444444455555555, .prp1 = 0xbffc7000,
	.prp2 = 0xbffc6000, .cdw10 = 0x12345678, .cdw11 = 0x9abcdef0, .cdw12 = 7,
	.cdw13 = 13, .cdw14 = 14, .cdw15 = 15,
};
static struct nvme_completion every_completion = {
	.cdw0 = 0xddbebac0, .rsvd1 = 0x11111111, .sqhd = 5, .sqid = 1, .cid = 0x2345,
	.status = 0x4505,	/* phase 1, 02h/82h, more */
};
static struct nvmetap_access every_config = {.offset = 4, .value = 0x0406, .width = 2};
static struct nvmetap_access every_reg = {.offset = 0x14, .value = 0x00460001, .width = 4};
static struct nvmetap_access every_doorbell = {
	.offset = 0x1008, .value = 3, .old = 2, .width = 4,
	.doorbell = NVMETAP_DOORBELL_SQ, .vector = 1,
};
static struct nvmetap_access every_msix = {
	.offset = 0x2010, .value = 0xfee01004, .width = 4, .bar = 0, .vector = 1,
};
static struct nvmetap_irq every_irq = {
	.addr = 0xfee01004, .data = 0x4021, .vector = 1, .type = NVMETAP_IRQ_MSIX, .message = 1,
};
static struct nvmetap_list every_list = {
	.iova = 0xbffc6000, .entries = every_entries, .nr = 3, .first = 512,
};
static struct nvmetap_xfer every_xfer = {
	.iova = 0xbffc7000, .total = EVERY_DATA_LEN, .direction = NVMETAP_TO_HOST,
};
static struct nvmetap_ctrl every_ctrl = {
	.state = NVMETAP_CTRL_READY, .lost = 2, .cc = 0x00460001, .csts = 1,
	.aqa = 0x001f001f, .asq = 0xbfb20000, .acq = 0xbfb21000,
};
static struct nvmetap_queue every_queue = {
	.base = 0xbfb30000, .qid = 1, .cqid = 1, .size = 1024, .head = 3, .tail = 4,
	.type = NVMETAP_SQ, .state = NVMETAP_QUEUE_CREATED, .phase = 1, .ien = 1, .vector = 1,
};
static struct nvmetap_async every_async = {.type = NVME_AER_NOTICE, .info = 2, .page = 4};
static struct nvmetap_dma every_dma = {
	.iova = 0x100000000, .size = 0x40000000, .offset = 0x80000000,
	.readable = 1, .writable = 1, .mapped = 1,
};

static struct nvme_completion every_was = {
	.cdw0 = 0xddbebac0, .rsvd1 = 0x11111111, .sqhd = 5, .sqid = 1, .cid = 0x2345, .status = 1,
};
static struct nvmetap_inject every_inject = {
	.count = 3, .arg = 1000000, .tap = NVMETAP_TAP_IO_WRITEBACK,
	.event = NVMETAP_EV_COMPLETION, .fault = NVMETAP_FAULT_TORN,
	.was = {.cpl = &every_was}, .now = {.cpl = &every_completion},
};

/* By event: what points to its info, and whether it belongs to the I/O command. */
static const struct {
	void *info;
	struct nvme_command *cmd;
	const void *text;
	size_t text_len;
} every_shape[EVERY_NR] = {
	[NVMETAP_EV_SESSION] = {.text = every_session, .text_len = sizeof(every_session) - 1},
	[NVMETAP_EV_CFGREAD] = {.info = &every_config},
	[NVMETAP_EV_CFGWRITE] = {.info = &every_config},
	[NVMETAP_EV_REGREAD] = {.info = &every_reg},
	[NVMETAP_EV_REGWRITE] = {.info = &every_reg},
	[NVMETAP_EV_DOORBELL] = {.info = &every_doorbell},
	[NVMETAP_EV_MSIXREAD] = {.info = &every_msix},
	[NVMETAP_EV_MSIXWRITE] = {.info = &every_msix},
	[NVMETAP_EV_INTERRUPT] = {.info = &every_irq},
	[NVMETAP_EV_ADMIN] = {.cmd = &every_admin},
	[NVMETAP_EV_IO] = {.cmd = &every_io},
	[NVMETAP_EV_COMPLETION] = {.cmd = &every_io},
	[NVMETAP_EV_LIST] = {.info = &every_list, .cmd = &every_io},
	[NVMETAP_EV_DATA] = {.info = &every_xfer, .cmd = &every_io},
	[NVMETAP_EV_CTRL] = {.info = &every_ctrl},
	[NVMETAP_EV_QUEUE] = {.info = &every_queue},
	[NVMETAP_EV_ASYNC] = {.info = &every_async},
	[NVMETAP_EV_DMAMAP] = {.info = &every_dma},
	[NVMETAP_EV_DMAUNMAP] = {.info = &every_dma},
	[NVMETAP_EV_CONSOLE] = {.text = every_console, .text_len = sizeof(every_console) - 1},
	[NVMETAP_EV_MARK] = {.text = "here it happens", .text_len = 15},
	[NVMETAP_EV_LOG] = {.text = "temperamental: refused", .text_len = 22},
	[NVMETAP_EV_REGISTERS] = {.text = every_registers, .text_len = sizeof(every_registers)},
	[NVMETAP_EV_INJECT] = {
		.info = &every_inject, .cmd = &every_io, .text = "rule 3", .text_len = 6,
	},
};

/* Of the taps with the same event the last one counts, but commands decode. */
static uint8_t every_stage(unsigned int event)
{
	static const struct {
		uint8_t event, stage;
	} taps[] = {
#define TAP(cname, number, event, stage, name) {event, stage},
#include "spec/nvme.def"
	};
	uint8_t stage = NVMETAP_DECODE;

	for (size_t i = 0; i < sizeof(taps) / sizeof(taps[0]); i++) {
		if (taps[i].event == event)
			stage = taps[i].stage;
	}
	return event == NVMETAP_EV_ADMIN || event == NVMETAP_EV_IO ? NVMETAP_DECODE : stage;
}

static void every_one(unsigned int event, struct nvmetap_event *ev)
{
	bool io = every_shape[event].cmd == &every_io;

	*ev = (struct nvmetap_event){
		.size = sizeof(*ev),
		.event = (uint8_t)event,
		.stage = every_stage(event),
		.ticks = EVERY_NS + event * 1000,
		.seq = event,
		.bdf = FAKE_BDF,
		.cmd = every_shape[event].cmd,
		.info = every_shape[event].info,
		.text = every_shape[event].text,
		.text_len = every_shape[event].text_len,
	};
	if (ev->cmd != NULL) {
		ev->flags = NVMETAP_HAS_COMMAND;
		ev->qkind = io ? NVMETAP_QUEUE_IO : NVMETAP_QUEUE_ADMIN;
		ev->sqid = ev->cqid = io;
		ev->cause = event != NVMETAP_EV_IO && io ? NVMETAP_EV_IO : 0;
	}
	if (event == NVMETAP_EV_COMPLETION) {
		ev->flags |= NVMETAP_ALTERED;
		ev->cpl = &every_completion;
		ev->latency_ns = 34050;
	}
	if (event == NVMETAP_EV_INTERRUPT) {
		ev->cause = NVMETAP_EV_COMPLETION;
		ev->count = 2;
		ev->cqid = 1;
	}
	if (event == NVMETAP_EV_INJECT)
		ev->cause = NVMETAP_EV_COMPLETION;
	if (event == NVMETAP_EV_SESSION || event == NVMETAP_EV_REGISTERS)
		ev->flags |= NVMETAP_SNAPSHOT;
}

void every_event(void (*fn)(void *ctx, struct nvmetap_event *ev), void *ctx)
{
	struct nvmetap_event ev;

	for (size_t i = 0; i < sizeof(every_data); i++)
		every_data[i] = (uint8_t)(i * 7);
	for (size_t i = 0; i < sizeof(every_registers); i++)
		every_registers[i] = (uint8_t)i;
	fake.data = every_data;
	fake.data_len = sizeof(every_data);
	for (unsigned int event = EVERY_FIRST; event < EVERY_NR; event++) {
		/* These two are the tracer's own. */
		if (event == NVMETAP_EV_DROP || event == NVMETAP_EV_CLOCK)
			continue;
		every_one(event, &ev);
		fn(ctx, &ev);
	}
}
