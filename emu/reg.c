/* SPDX-License-Identifier: BSD-2-Clause */
/* The controller's registers below the doorbells.  NVM Express 1.4 section 3.1. */
#include <string.h>
#include "emu/ctrl.h"
#include "spec/table.h"

static uint64_t cap(void)
{
	uint8_t value[reg_cap_SIZE] = { 0 };

	reg_cap_mqes_set(value, CTRL_MAX_ENTRIES - 1);
	reg_cap_cqr_set(value, 1);
	reg_cap_to_set(value, CTRL_TIMEOUT_500MS);
	reg_cap_css_set(value, 1);
	reg_cap_mpsmin_set(value, CTRL_PAGE_SHIFT - 12);
	reg_cap_mpsmax_set(value, CTRL_PAGE_SHIFT - 12);
	return bytes_get_le(value, sizeof(value));
}

void reg_image(const struct ctrl *ctrl, uint8_t image[CTRL_REG_SIZE])
{
	memset(image, 0, CTRL_REG_SIZE);
	bytes_set_le(image + NVME_REG_CAP, 8, cap());
	bytes_set_le(image + NVME_REG_VS, 4, CTRL_VERSION);
	bytes_set_le(image + NVME_REG_INTMS, 4, ctrl->intms);
	bytes_set_le(image + NVME_REG_INTMC, 4, ctrl->intms);
	bytes_set_le(image + NVME_REG_CC, 4, ctrl->cc);
	bytes_set_le(image + NVME_REG_CSTS, 4, ctrl->csts);
	bytes_set_le(image + NVME_REG_AQA, 4, ctrl->aqa);
	bytes_set_le(image + NVME_REG_ASQ, 8, ctrl->asq);
	bytes_set_le(image + NVME_REG_ACQ, 8, ctrl->acq);
}

/* Reserved registers and doorbells read as 0. */
uint64_t reg_read(const struct ctrl *ctrl, uint64_t off, uint32_t width)
{
	uint8_t image[CTRL_REG_SIZE + 8] = { 0 };

	if (off >= CTRL_REG_SIZE)
		return 0;
	reg_image(ctrl, image);
	return bytes_get_le(image + off, width);
}

static void write_half(uint64_t *reg, unsigned int high, uint32_t value)
{
	*reg = bits_set(*reg, high * 32, 32, value) & ~(uint64_t)(CTRL_PAGE - 1);
}

/* A dword at a multiple of 4; what of it was not written has its old value,
 * or 0 where only ones count. */
static void write_dword(struct ctrl *ctrl, uint64_t off, uint32_t value)
{
	switch (off) {
	case NVME_REG_INTMS:
		ctrl->intms |= value;
		break;
	case NVME_REG_INTMC:
		ctrl->intms &= ~value;
		break;
	case NVME_REG_CC:
		ctrl_cc_write(ctrl, value);
		break;
	case NVME_REG_AQA:
		ctrl->aqa = value & 0x0fff0fff;
		break;
	case NVME_REG_ASQ:
	case NVME_REG_ASQ + 4:
		write_half(&ctrl->asq, off != NVME_REG_ASQ, value);
		break;
	case NVME_REG_ACQ:
	case NVME_REG_ACQ + 4:
		write_half(&ctrl->acq, off != NVME_REG_ACQ, value);
		break;
	default:
		break;
	}
}

void reg_write(struct ctrl *ctrl, uint64_t off, uint32_t width, uint64_t value)
{
	uint8_t image[CTRL_REG_SIZE + 8];
	uint64_t at = off & ~UINT64_C(3);

	if (off >= CTRL_REG_SIZE)
		return;
	memset(image, 0, sizeof(image));
	reg_image(ctrl, image);
	bytes_set_le(image + NVME_REG_INTMS, 8, 0);
	bytes_set_le(image + off, width, value);
	for (; at < off + width; at += 4)
		write_dword(ctrl, at, (uint32_t)bytes_get_le(image + at, 4));
}
