/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * latency: a model of how long commands take, beyond what the drive needs.
 *   read=MODEL   of reads, in the same way write= and flush=; MODEL is one of
 *                  fixed:US        so many microseconds, always
 *                  normal:US:DEV   on the average, with that standard deviation
 *                  tail:US:N       one in N takes twice that, one in N of these
 *                                  twice that again, and so on
 *   write=MODEL
 *   flush=MODEL
 *   seed=N       of the lots (1)
 */
#include <nvmetap/plugin.h>
#include <stdio.h>
#include <string.h>

static struct model {
	char kind[8];
	uint64_t us, arg;
} models[256];
static uint64_t lots = 1;

static uint64_t draw_us(const struct model *model)
{
	uint64_t us = model->us, dice = 0;

	if (model->kind[0] == 't') {
		while (us < 1000000 && nvmetap_random(&lots) % model->arg == 0)
			us *= 2;
	} else if (model->kind[0] == 'n') {
		/* The sum of twelve dice is normal enough: average 6000, deviation 1000. */
		for (int i = 0; i < 12; i++)
			dice += nvmetap_random(&lots) % 1001;
		us = us + dice * model->arg / 1000;
		us = us > 6 * model->arg ? us - 6 * model->arg : 0;
	}
	return us;
}

static int hold(void *ctx, struct nvmetap_event *ev)
{
	const struct model *model = &models[ev->cmd->opc];

	(void)ctx;
	if (model->us == 0 || nvmetap_resume(NULL, ev->cmd_id, draw_us(model) * 1000) != 0)
		return NVMETAP_GO;
	return NVMETAP_LATER;
}

static int take(const char *key, struct model *model)
{
	const char *text = nvmetap_option(NULL, key);
	int nr = 0;

	if (text == NULL)
		return 0;
	nr = sscanf(text, "%7[a-z]:%ju:%ju", model->kind, &model->us, &model->arg);
	if (nr == 2)
		return strcmp(model->kind, "fixed");
	return nr != 3 || model->arg == 0 ||
	       (strcmp(model->kind, "normal") != 0 && strcmp(model->kind, "tail") != 0);
}

int setup(void)
{
	if (take("read", &models[NVME_OPC_READ]) || take("write", &models[NVME_OPC_WRITE]) ||
	    take("flush", &models[NVME_OPC_FLUSH]) ||
	    nvmetap_option_number(NULL, "seed", &lots) != 0)
		return -1;
	return nvmetap_attach(NULL, "nvme:io:execute", hold, NULL, NVMETAP_MODIFY);
}

int teardown(void)
{
	return 0;
}
