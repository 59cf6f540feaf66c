/* SPDX-License-Identifier: BSD-2-Clause */
/* The model of the boot's phases, fed while a rule asks for one. */
#include <errno.h>
#include "tools/inject_engine.h"

/* All that phases follow from. */
static const char *const fed[] = {
	"nvme:regread:writeback", "nvme:regwrite:decode", "nvme:ctrl:execute",
	"nvme:queue:execute", "nvme:admin:writeback", "nvme:io:writeback",
	"nvmetap:registers:writeback",
};

enum { NR_FED = sizeof(fed) / sizeof(fed[0]) };

static int feed(void *ctx, struct nvmetap_event *ev)
{
	struct inject *inject = ctx;

	(void)model_feed(inject->model, inject_record_make(&inject->record, ev));
	return NVMETAP_GO;
}

int inject_phase_begin(struct inject *inject)
{
	int rc = 0;

	if (inject->model != NULL)
		return 0;
	inject->model = model_new();
	if (inject->model == NULL)
		return -ENOMEM;
	for (unsigned int i = 0; i < NR_FED && rc == 0; i++)
		rc = nvmetap_attach(inject->plugin, fed[i], feed, inject, NVMETAP_OBSERVE);
	if (rc == 0)
		rc = nvmetap_snapshot(inject->plugin);
	return rc;
}

void inject_phase_end(struct inject *inject)
{
	if (inject->model == NULL || inject->nr_phased != 0)
		return;
	for (unsigned int i = 0; i < NR_FED; i++)
		(void)nvmetap_detach(inject->plugin, fed[i], feed, inject);
	model_free(inject->model);
	inject->model = NULL;
}
