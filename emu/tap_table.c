/* SPDX-License-Identifier: BSD-2-Clause */
/* What each tap's events are before they happen. */
#include <errno.h>
#include <string.h>
#include "emu/tap.h"

static const char *const names[] = {
#define TAP(cname, number, ev, stg, text) [number] = text,
#include "spec/nvme.def"
};

const struct nvmetap_event tap_blank[NVMETAP_NR_TAPS + 1] = {
#define TAP(cname, number, ev, stg, text) \
	[number] = { .size = sizeof(tap_blank[0]), .tap = number, .event = ev, .stage = stg },
#include "spec/nvme.def"
	[NVMETAP_NR_TAPS] = { .size = sizeof(tap_blank[0]), .tap = NVMETAP_NR_TAPS },
};

static const uint8_t info_size[256] = {
	[NVMETAP_EV_CFGREAD] = sizeof(struct nvmetap_access),
	[NVMETAP_EV_CFGWRITE] = sizeof(struct nvmetap_access),
	[NVMETAP_EV_REGREAD] = sizeof(struct nvmetap_access),
	[NVMETAP_EV_REGWRITE] = sizeof(struct nvmetap_access),
	[NVMETAP_EV_DOORBELL] = sizeof(struct nvmetap_access),
	[NVMETAP_EV_MSIXREAD] = sizeof(struct nvmetap_access),
	[NVMETAP_EV_MSIXWRITE] = sizeof(struct nvmetap_access),
	[NVMETAP_EV_INTERRUPT] = sizeof(struct nvmetap_irq),
	[NVMETAP_EV_DATA] = sizeof(struct nvmetap_xfer),
	[NVMETAP_EV_LIST] = sizeof(struct nvmetap_list),
	[NVMETAP_EV_CTRL] = sizeof(struct nvmetap_ctrl),
	[NVMETAP_EV_QUEUE] = sizeof(struct nvmetap_queue),
	[NVMETAP_EV_DMAMAP] = sizeof(struct nvmetap_dma),
	[NVMETAP_EV_DMAUNMAP] = sizeof(struct nvmetap_dma),
	[NVMETAP_EV_ASYNC] = sizeof(struct nvmetap_async),
};

int tap_find(const char *name)
{
	for (int tap = 0; tap < NVMETAP_NR_TAPS; tap++) {
		if (strcmp(names[tap], name) == 0)
			return tap;
	}
	return -ENOENT;
}

size_t tap_info_size(uint8_t event)
{
	return info_size[event];
}

const char *tap_name(unsigned int tap)
{
	return names[tap];
}
