/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * latency: a model of how long commands take, beyond what the drive needs.
 *   read=MODEL
 *   write=MODEL
 *   flush=MODEL  fixed:US       so many microseconds, always
 *                normal:US:DEV  on the average, with that standard deviation
 *                tail:US:N      one in N takes twice that, one in N of these
 *                               twice that again, and so on
 *   seed=N       of the lots (1)
 */
#include <nvmetap/plugin.h>

static struct model {
	char kind;
	uint64_t us, arg;
} models[256];
static uint64_t lots = 1;

static uint64_t draw_us(const struct model *model)
{
	uint64_t us = model->us, dice = 0;

	while (model->kind == 't' && us < 1000000 && nvmetap_random(&lots) % model->arg == 0)
		us *= 2;
	if (model->kind != 'n')
		return us;
	/* The sum of twelve dice is normal enough: average 6000, deviation 1000. */
	for (int i = 0; i < 12; i++)
		dice += nvmetap_random(&lots) % 1001;
	us += dice * model->arg / 1000;
	return us > 6 * model->arg ? us - 6 * model->arg : 0;
}

static int hold(void *ctx, struct nvmetap_event *ev)
{
	const struct model *model = &models[ev->cmd->opc];

	(void)ctx;
	if (model->kind == '\0' || nvmetap_resume(NULL, ev->cmd_id, draw_us(model) * 1000) != 0)
		return NVMETAP_GO;
	return NVMETAP_LATER;
}

static int take(const char *key, struct model *model)
{
	const char *text = nvmetap_option(NULL, key);
	char rest;	/* there is none */

	if (text == NULL)
		return 0;
	model->kind = *text;
	if (sscanf(text, "fixed:%ju%c", &model->us, &rest) == 1 ||
	    sscanf(text, "normal:%ju:%ju%c", &model->us, &model->arg, &rest) == 2 ||
	    (sscanf(text, "tail:%ju:%ju%c", &model->us, &model->arg, &rest) == 2 && model->arg > 1))
		return 0;
	nvmetap_log(NULL, "a model is fixed:US, normal:US:DEV or tail:US:N, N more than 1");
	return -EINVAL;
}

int setup(void)
{
	if (take("read", &models[NVME_OPC_READ]) != 0 || take("write", &models[NVME_OPC_WRITE]) != 0 ||
	    take("flush", &models[NVME_OPC_FLUSH]) != 0 ||
	    nvmetap_option_number(NULL, "seed", &lots) != 0)
		return -EINVAL;
	return nvmetap_attach(NULL, "nvme:io:execute", hold, NULL, NVMETAP_MODIFY);
}
