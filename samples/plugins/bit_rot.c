/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bit_rot: flips bits in what is read, on its way to the guest; the disk stays
 * as it is.  The same seed flips the same bits of the same reads.
 *   one_in=N  how many KiB there are to one that gets a wrong bit (1000)
 *   seed=N    of the lots (1)
 */
#include <nvmetap/plugin.h>

static uint64_t one_in = 1000, lots = 1;

static void flip(struct nvmetap_event *ev, uint64_t bit)
{
	uint8_t byte;

	if (nvmetap_data(ev, bit / 8, &byte, 1, 0) != 0)
		return;
	byte ^= (uint8_t)(1u << bit % 8);
	nvmetap_data(ev, bit / 8, &byte, 1, 1);
}

static int rot(void *ctx, struct nvmetap_event *ev)
{
	(void)ctx;
	if (ev->cmd->opc != NVME_OPC_READ || ev->xfer->direction != NVMETAP_TO_HOST)
		return NVMETAP_GO;
	for (uint64_t at = 0; at + 512 <= ev->xfer->total; at += 512) {
		if (nvmetap_random(&lots) % (2 * one_in) == 0)
			flip(ev, at * 8 + nvmetap_random(&lots) % (512 * 8));
	}
	return NVMETAP_GO;
}

int setup(void)
{
	if (nvmetap_option_number(NULL, "one_in", &one_in) != 0 || one_in == 0 ||
	    nvmetap_option_number(NULL, "seed", &lots) != 0)
		return -EINVAL;
	return nvmetap_attach(NULL, "nvme:io:memory", rot, NULL, NVMETAP_MODIFY);
}
