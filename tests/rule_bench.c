/* SPDX-License-Identifier: BSD-2-Clause */
/* The rule engine on the test bench. */
#include "tests/rule_bench.h"

#include <stdio.h>
#include <stdlib.h>

static int begin(struct rule_bench *bench, void **state)
{
	struct drive_plugin plugin;
	struct plugin_code code;

	bench->rig = *state;
	bench->inject = inject_new(NULL);
	plugin = inject_plugin(bench->inject);
	code = (struct plugin_code){ plugin.name, plugin.setup, plugin.teardown, plugin.ctx };
	if (plugin_add(bench->rig->taps, &code, NULL) != 0)
		abort();
	*state = bench;
	return 0;
}

int rule_bench_setup(void **state)
{
	struct rule_bench *bench = calloc(1, sizeof(*bench));

	return rig_setup(state) != 0 ? -1 : begin(bench, state);
}

int rule_bench_setup_bare(void **state)
{
	struct rule_bench *bench = calloc(1, sizeof(*bench));

	return rig_setup_bare(state) != 0 ? -1 : begin(bench, state);
}

int rule_bench_teardown(void **state)
{
	struct rule_bench *bench = *state;
	void *rig = bench->rig;
	int rc = rig_teardown(&rig);

	inject_free(bench->inject);
	free(bench);
	return rc;
}

unsigned int rule_bench_add(struct rule_bench *bench, const char *rule)
{
	char err[512];
	int id = inject_add(bench->inject, rule, err, sizeof(err));

	if (id <= 0) {
		fprintf(stderr, "%s: %s\n", rule, err);
		abort();
	}
	return (unsigned int)id;
}

struct look {
	unsigned int id;
	struct inject_rule rule;
};

static void look_at(void *ctx, const struct inject_rule *rule)
{
	struct look *look = ctx;

	if (rule->id == look->id)
		look->rule = *rule;
}

struct inject_rule rule_bench_look(struct rule_bench *bench, unsigned int id)
{
	struct look look = { .id = id };

	inject_each(bench->inject, look_at, &look);
	return look.rule;
}

uint64_t rule_bench_block(struct rule_bench *bench)
{
	if (bench->block == 0)
		bench->block = driver_alloc(&bench->rig->driver, 4096);
	return bench->block;
}

uint16_t rule_bench_command(struct rule_bench *bench, uint8_t opc, uint64_t slba)
{
	struct nvme_driver *driver = &bench->rig->driver;
	struct nvme_command cmd = {
		.opc = opc, .nsid = 1, .prp1 = rule_bench_block(bench),
		.cdw10 = (uint32_t)slba, .cdw11 = (uint32_t)(slba >> 32),
	};

	return driver_command(driver, 1, &cmd);
}

uint16_t rule_bench_submit_read(struct rule_bench *bench)
{
	struct nvme_command cmd = rig_read_command(1, rule_bench_block(bench));

	return driver_submit(&bench->rig->driver, 1, &cmd);
}

uint64_t rule_bench_reads(struct rule_bench *bench, unsigned int nr)
{
	uint64_t failed = 0;

	for (unsigned int i = 0; i < nr; i++)
		failed |= (uint64_t)(rule_bench_command(bench, NVME_OPC_READ, 0) != 0) << i;
	return failed;
}
