/* SPDX-License-Identifier: BSD-2-Clause */
/* Identify: what the controller and its namespaces are. */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include "emu/admin.h"
#include "spec/table.h"

enum {
	IDENTIFY_SIZE = 4096,
	OAES_NAMESPACE = 1 << 8,
	FRMW_ONE_SLOT_READ_ONLY = 1 << 1 | 1,
	LPA_EFFECTS = 1 << 1,
	LPA_EXTENDED = 1 << 2,
	VWC_FLUSH_ALL = 3,
	NSATTR_WRITE_PROTECTED = 1,
	DLFEAT_READS_ZEROES = 1,
	DLFEAT_WRITE_ZEROES_DEAC = 1 << 3,
	RTD3_US = 1000000,
	NSIDS_IN_LIST = IDENTIFY_SIZE / ns_list_entry_SIZE,
};

uint16_t identify_prepare(struct cmd *cmd)
{
	uint8_t sqe[NVME_SQE_SIZE];

	sqe_encode(&cmd->sqe, sqe);
	if (cmd_identify_cns_get(sqe) > NVME_CNS_NS_DESC_LIST)
		return cmd_wrong(cmd, cmd_identify_cns_PLACE, ST(INVALID_FIELD));
	cmd->direction = NVMETAP_TO_HOST;
	cmd->data_len = IDENTIFY_SIZE;
	return 0;
}

static void put_padded(uint8_t *to, size_t size, const char *text)
{
	size_t len = strnlen(text, size);

	memset(to, ' ', size);
	memcpy(to, text, len);
}

/* FNV-1a, for an NQN that is always the same for a serial and a model. */
static uint64_t hash(uint64_t seed, const char *text)
{
	uint64_t value = UINT64_C(0xcbf29ce484222325) ^ seed;

	for (; *text != '\0'; text++)
		value = (value ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
	return value;
}

/* Section 7.9: the form with a UUID, here of version 8. */
static void put_subnqn(const struct ctrl *ctrl, uint8_t *id)
{
	uint64_t high = hash(hash(1, ctrl->config.serial), ctrl->config.model);
	uint64_t low = hash(hash(2, ctrl->config.serial), ctrl->config.model);

	snprintf((char *)id + id_ctrl_subnqn_OFFSET, id_ctrl_subnqn_LENGTH,
		 "nqn.2014-08.org.nvmexpress:uuid:%08x-%04x-8%03x-%04x-%012llx",
		 (unsigned int)(high >> 32), (unsigned int)(high >> 16 & 0xffff),
		 (unsigned int)(high & 0xfff), (unsigned int)(low >> 48 & 0x3fff) | 0x8000,
		 (unsigned long long)(low & UINT64_C(0xffffffffffff)));
}

static void put_limits(const struct ctrl *ctrl, uint8_t *id)
{
	id_ctrl_mdts_set(id, CTRL_MDTS);
	id_ctrl_cntlid_set(id, CTRL_CNTLID);
	id_ctrl_ver_set(id, CTRL_VERSION);
	id_ctrl_rtd3r_set(id, RTD3_US);
	id_ctrl_rtd3e_set(id, RTD3_US);
	id_ctrl_oaes_set(id, OAES_NAMESPACE);
	id_ctrl_cntrltype_set(id, NVME_CNTRLTYPE_IO);
	id_ctrl_acl_set(id, CTRL_NR_ABORTS - 1);
	id_ctrl_aerl_set(id, CTRL_NR_AERS - 1);
	id_ctrl_frmw_set(id, FRMW_ONE_SLOT_READ_ONLY);
	id_ctrl_lpa_set(id, LPA_EFFECTS | LPA_EXTENDED);
	id_ctrl_elpe_set(id, CTRL_NR_ERRORS - 1);
	id_ctrl_wctemp_set(id, CTRL_WCTEMP_K);
	id_ctrl_cctemp_set(id, CTRL_CCTEMP_K);
	id_ctrl_nn_set(id, ctrl->nn);
}

static void put_ctrl(const struct ctrl *ctrl, uint8_t *id)
{
	id_ctrl_vid_set(id, ctrl->config.vendor);
	id_ctrl_ssvid_set(id, ctrl->config.subsystem_vendor);
	put_padded(id + id_ctrl_sn_OFFSET, id_ctrl_sn_LENGTH, ctrl->config.serial);
	put_padded(id + id_ctrl_mn_OFFSET, id_ctrl_mn_LENGTH, ctrl->config.model);
	put_padded(id + id_ctrl_fr_OFFSET, id_ctrl_fr_LENGTH, ctrl->config.firmware);
	put_limits(ctrl, id);
	id_ctrl_sqes_min_set(id, 6);
	id_ctrl_sqes_max_set(id, 6);
	id_ctrl_cqes_min_set(id, 4);
	id_ctrl_cqes_max_set(id, 4);
	id_ctrl_oncs_dsm_set(id, 1);
	id_ctrl_oncs_write_zeroes_set(id, 1);
	id_ctrl_oncs_save_set(id, 1);
	id_ctrl_vwc_present_set(id, 1);
	id_ctrl_vwc_flush_set(id, VWC_FLUSH_ALL);
	put_subnqn(ctrl, id);
}

static void put_ns(const struct ns *ns, uint8_t *id)
{
	id_ns_nsze_set(id, ns->nr_blocks);
	id_ns_ncap_set(id, ns->nr_blocks);
	id_ns_nuse_set(id, ns->nr_blocks);
	id_ns_dlfeat_set(id, DLFEAT_READS_ZEROES | DLFEAT_WRITE_ZEROES_DEAC);
	id_ns_nsattr_set(id, ns->read_only ? NSATTR_WRITE_PROTECTED : 0);
	memcpy(id + id_ns_nguid_OFFSET, ns->nguid, sizeof(ns->nguid));
	memcpy(id + id_ns_eui64_OFFSET, ns->eui64, sizeof(ns->eui64));
	lbaf_lbads_set(id + id_ns_lbaf_OFFSET, ns->lba_shift);
}

static uint8_t *put_descriptor(uint8_t *to, uint8_t type, const uint8_t *id, uint8_t len)
{
	ns_desc_nidt_set(to, type);
	ns_desc_nidl_set(to, len);
	memcpy(to + ns_desc_SIZE, id, len);
	return to + ns_desc_SIZE + len;
}

static void put_descriptors(const struct ns *ns, uint8_t *list)
{
	list = put_descriptor(list, NVME_NIDT_EUI64, ns->eui64, sizeof(ns->eui64));
	list = put_descriptor(list, NVME_NIDT_NGUID, ns->nguid, sizeof(ns->nguid));
	put_descriptor(list, NVME_NIDT_UUID, ns->uuid, sizeof(ns->uuid));
}

static uint16_t put_ns_list(const struct ctrl *ctrl, uint32_t after, uint8_t *list)
{
	uint32_t nr = 0;

	if (after >= UINT32_MAX - 1)
		return ST(INVALID_NAMESPACE_OR_FORMAT);
	for (uint32_t nsid = after + 1; nsid <= ctrl->config.nr_ns && nr < NSIDS_IN_LIST; nsid++)
		ns_list_entry_nsid_set(list + (size_t)nr++ * ns_list_entry_SIZE, nsid);
	return 0;
}

/* Section 5.15.2.1: an inactive namespace is all zeroes. */
static uint16_t identify_ns(struct cmd *cmd)
{
	struct ns *ns;
	uint16_t code = ctrl_ns(cmd->ctrl, cmd->sqe.nsid, &ns);

	if (code == ST(INVALID_FIELD))
		return 0;
	if (code == 0)
		put_ns(ns, cmd->data);
	return code;
}

static uint16_t identify_descriptors(struct cmd *cmd)
{
	struct ns *ns;

	if (ctrl_ns(cmd->ctrl, cmd->sqe.nsid, &ns) != 0)
		return ST(INVALID_NAMESPACE_OR_FORMAT);
	put_descriptors(ns, cmd->data);
	return 0;
}

enum cmd_next identify_execute(struct cmd *cmd)
{
	uint8_t sqe[NVME_SQE_SIZE];

	sqe_encode(&cmd->sqe, sqe);
	memset(cmd->data, 0, cmd->data_len);
	switch (cmd_identify_cns_get(sqe)) {
	case NVME_CNS_NS:
		return cmd_status(cmd, identify_ns(cmd));
	case NVME_CNS_CTRL:
		put_ctrl(cmd->ctrl, cmd->data);
		return CMD_NEXT;
	case NVME_CNS_NS_LIST:
		return cmd_status(cmd, put_ns_list(cmd->ctrl, cmd->sqe.nsid, cmd->data));
	default:
		return cmd_status(cmd, identify_descriptors(cmd));
	}
}
