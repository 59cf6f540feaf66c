/* SPDX-License-Identifier: BSD-2-Clause */
/* A drive on the test bench. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/rig.h"

enum { WAIT_S = 30, NR_NS = 2 };

static void idle(void *ctx, bool messages, bool sleeping)
{
	device_idle(((struct rig *)ctx)->dev, messages, sleeping);
}

static int no_setup(struct nvmetap_plugin *self, void *ctx)
{
	*(struct nvmetap_plugin **)ctx = self;
	return 0;
}

static struct ns *new_ns(const char *option, uint32_t nsid)
{
	char err[256];
	struct ns *ns = ns_new(option, nsid, "SERIAL", err, sizeof(err));

	if (ns == NULL) {
		fprintf(stderr, "%s\n", err);
		abort();
	}
	return ns;
}

static int setup_bare(void **state, unsigned int nr_ns, rig_prepare_fn *prepare)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	struct plugin_code code = { "watcher", no_setup, NULL, &rig->watcher };
	struct device_config config = { .nr_ns = nr_ns, .bdf = 0x30 };

	rig->way = *state != NULL ? *state : &rig_in_memory;
	rig->seen = calloc(RIG_NR_SEEN, sizeof(*rig->seen));
	rig->loop = loop_new();
	rig->pool = pool_new(rig->loop, 1);
	rig->ns[0] = new_ns("mem=1M", 1);
	rig->ns[1] = new_ns("mem=1M,lbads=12,ro", 2);
	rig->way->open(rig);
	config.loop = rig->loop;
	config.pool = rig->pool;
	config.transport = rig->transport;
	config.ns = rig->ns;
	config.serial = "SERIAL";
	config.model = "Model";
	config.firmware = "1.0";
	config.program = "nvmetap test";
	rig->dev = device_new(&config);
	rig->taps = device_taps(rig->dev);
	loop_on_idle(rig->loop, idle, rig);
	if (plugin_add(rig->taps, &code, NULL) != 0)
		abort();
	if (prepare != NULL)
		prepare(rig);
	rig->way->start(rig);
	rig->driver.access = &rig->access;
	*state = rig;
	return 0;
}

static int setup_enabled(void **state, unsigned int nr_ns, rig_prepare_fn *prepare)
{
	struct rig *rig;

	setup_bare(state, nr_ns, prepare);
	rig = *state;
	driver_init(&rig->driver, &rig->access, true);
	if (!driver_enable(&rig->driver, 32))
		return -1;
	return driver_create(&rig->driver, 1, 64, 1);
}

int rig_setup_bare(void **state)
{
	return setup_bare(state, NR_NS, NULL);
}

int rig_setup_with(void **state, rig_prepare_fn *prepare)
{
	return setup_enabled(state, NR_NS, prepare);
}

int rig_setup(void **state)
{
	return setup_enabled(state, NR_NS, NULL);
}

int rig_setup_empty(void **state)
{
	return setup_enabled(state, 0, NULL);
}

int rig_teardown(void **state)
{
	struct rig *rig = *state;

	rig->way->stop(rig);
	device_stop(rig->dev);
	pool_free(rig->pool);
	loop_once(rig->loop, 0);
	device_free(rig->dev);
	transport_free(rig->transport);
	ns_free(rig->ns[0]);
	ns_free(rig->ns[1]);
	loop_free(rig->loop);
	free(rig->seen);
	free(rig->own);
	free(rig);
	return 0;
}

static int watch(void *ctx, struct nvmetap_event *ev)
{
	struct rig *rig = ctx;
	struct seen *seen = &rig->seen[rig->nr_seen];

	if (rig->nr_seen == RIG_NR_SEEN)
		return 0;
	memset(seen, 0, sizeof(*seen));
	seen->ev = *ev;
	if (ev->cmd != NULL)
		seen->cmd = *ev->cmd;
	if (ev->cpl != NULL)
		seen->cpl = *ev->cpl;
	if (ev->info != NULL)
		memcpy(&seen->info, ev->info, tap_info_size(ev->event));
	if (ev->text != NULL)
		memcpy(seen->text, ev->text,
		       ev->text_len < sizeof(seen->text) ? ev->text_len : sizeof(seen->text) - 1);
	rig->nr_seen++;
	return 0;
}

void rig_watch(struct rig *rig, const char *tap)
{
	if (nvmetap_attach(rig->watcher, tap, watch, rig, NVMETAP_OBSERVE) != 0)
		abort();
}

const struct seen *rig_seen(const struct rig *rig, unsigned int event, unsigned int n)
{
	for (unsigned int i = 0; i < rig->nr_seen; i++) {
		if (rig->seen[i].ev.event == event && n-- == 0)
			return &rig->seen[i];
	}
	return NULL;
}

int rig_setup_heard(void **state, const char *tap, nvmetap_fn *fn)
{
	struct rig *rig;

	if (rig_setup(state) != 0)
		return -1;
	rig = *state;
	return nvmetap_attach(rig->watcher, tap, fn, NULL, NVMETAP_OBSERVE);
}

struct nvmetap_plugin *rig_modify(struct rig *rig, const char *tap, nvmetap_fn *fn, void *ctx)
{
	struct nvmetap_plugin *plugin = NULL;
	struct plugin_code code = { "modifier", no_setup, NULL, &plugin };

	if (plugin_add(rig->taps, &code, NULL) != 0 ||
	    nvmetap_attach(plugin, tap, fn, ctx, NVMETAP_MODIFY) != 0)
		abort();
	return plugin;
}

struct nvme_command rig_read_command(uint32_t nsid, uint64_t iova)
{
	struct nvme_command cmd = { .opc = NVME_OPC_READ, .nsid = nsid, .prp1 = iova };

	return cmd;
}

uint16_t rig_read_block(struct rig *rig)
{
	struct nvme_command cmd = rig_read_command(1, driver_alloc(&rig->driver, 512));

	return driver_command(&rig->driver, 1, &cmd);
}

uint16_t rig_io(struct rig *rig, uint8_t opc, uint32_t nsid, uint64_t slba, uint32_t cdw12,
		uint64_t prp1)
{
	struct nvme_command cmd = { .opc = opc, .nsid = nsid, .prp1 = prp1, .cdw12 = cdw12 };

	cmd.cdw10 = (uint32_t)slba;
	cmd.cdw11 = (uint32_t)(slba >> 32);
	return driver_command(&rig->driver, 1, &cmd);
}

bool rig_block_is(struct rig *rig, uint64_t slba, uint8_t byte)
{
	uint64_t a = driver_alloc(&rig->driver, 512);
	const uint8_t *p = driver_ptr(&rig->driver, a);

	if (rig_io(rig, NVME_OPC_READ, 1, slba, 0, a) != 0)
		return false;
	for (unsigned int i = 0; i < 512; i++) {
		if (p[i] != byte)
			return false;
	}
	return true;
}

void rig_settle(struct rig *rig)
{
	rig->way->settle(rig);
}

void rig_reset(struct rig *rig)
{
	rig->way->reset(rig);
}

unsigned int rig_nr_irqs(struct rig *rig, unsigned int vector)
{
	return rig->way->nr_irqs(rig, vector);
}

bool rig_interrupted(struct rig *rig, unsigned int vector)
{
	uint64_t until_ns = loop_now_ns() + WAIT_S * UINT64_C(1000000000);

	while (rig_nr_irqs(rig, vector) == 0) {
		if (!rig->access.wait(rig->access.ctx) || loop_now_ns() > until_ns)
			return false;
	}
	return true;
}

unsigned int rig_run_rows(struct rig *rig, uint16_t qid, const struct rig_row *rows,
			  size_t nr_rows)
{
	unsigned int nr_wrong = 0;

	for (size_t i = 0; i < nr_rows; i++) {
		struct nvme_command cmd = rows[i].cmd;
		uint16_t code = driver_command(&rig->driver, qid, &cmd);

		if (code == rows[i].want)
			continue;
		fprintf(stderr, "%s: %03xh, not %03xh\n", rows[i].what, code, rows[i].want);
		nr_wrong++;
	}
	return nr_wrong;
}
