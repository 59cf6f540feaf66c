/* SPDX-License-Identifier: BSD-2-Clause */
/* The rule engine on the test bench. */
#ifndef TESTS_RULE_BENCH_H
#define TESTS_RULE_BENCH_H

#include "tests/rig.h"
#include "tools/inject.h"

struct rule_bench {
	struct rig *rig;
	struct inject *inject;
	uint64_t block;			/* iova of a page for data */
};

/* CMocka setup and teardown; state is a struct rule_bench. */
int rule_bench_setup(void **state);		/* as rig_setup */
int rule_bench_setup_bare(void **state);	/* as rig_setup_bare */
int rule_bench_teardown(void **state);

/* Adds the rule; its number. */
unsigned int rule_bench_add(struct rule_bench *bench, const char *rule);
/* What is known of it. */
struct inject_rule rule_bench_look(struct rule_bench *bench, unsigned int id);
/* The status codes of nr reads of a block, one after the other, as one bit each: 1 failed. */
uint64_t rule_bench_reads(struct rule_bench *bench, unsigned int nr);
/* Where the data of these commands is, a page. */
uint64_t rule_bench_block(struct rule_bench *bench);
/* A command of this opcode for one block of nsid 1; its status code. */
uint16_t rule_bench_command(struct rule_bench *bench, uint8_t opc, uint64_t slba);
/* A Read of a block that is not waited for; its identifier. */
uint16_t rule_bench_submit_read(struct rule_bench *bench);

#endif
