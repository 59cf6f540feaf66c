/* SPDX-License-Identifier: BSD-2-Clause */
/* Get Log Page: error information, health, firmware, changes, effects. */
#include <config.h>

#include <string.h>
#include "emu/admin.h"
#include "spec/table.h"

enum {
	PAGE_MAX = 4096,
	SPARE_PERCENT = 100,
	SPARE_THRESHOLD_PERCENT = 10,
	SECTORS_PER_UNIT = 1000,
	NO_COMMAND = 0xffff,
	NO_PARAMETER = 0xffff,
	CW_TEMPERATURE = 1 << 1,
	EFFECT_SUPPORTED = 1,
};

#define NS_PER_MIN UINT64_C(60000000000)
#define NS_PER_HOUR UINT64_C(3600000000000)

static_assert(CTRL_NR_ERRORS * error_entry_SIZE <= PAGE_MAX, "the error log is one page");

/* Section 5.14.1.2, byte 0. */
uint8_t log_critical_warning(const struct ctrl *ctrl)
{
	if (CTRL_TEMPERATURE_K >= ctrl->temperature[0] ||
	    CTRL_TEMPERATURE_K <= ctrl->temperature[1])
		return CW_TEMPERATURE;
	return 0;
}

static bool has_slba(const struct cmd *cmd)
{
	return cmd->sqid != 0 &&
	       (cmd->sqe.opc == NVME_OPC_READ || cmd->sqe.opc == NVME_OPC_WRITE ||
		cmd->sqe.opc == NVME_OPC_WRITE_ZEROES);
}

/* Section 5.14.1.1, bytes 15:14: where the parameter that was wrong begins; by
 * the status, where that leaves no other. */
static uint16_t parameter_of(const struct cmd *cmd, uint16_t code)
{
	static const struct {
		uint16_t code, location;
	} rows[] = {
		{ ST(INVALID_OPCODE), sqe_opc_PLACE },
		{ ST(COMMAND_ID_CONFLICT), sqe_cid_PLACE },
		{ ST(INVALID_NAMESPACE_OR_FORMAT), sqe_nsid_PLACE },
		{ ST(FEATURE_NOT_NS_SPECIFIC), sqe_nsid_PLACE },
		{ ST(FEATURE_NOT_SAVEABLE), cmd_set_features_sv_PLACE },
		{ ST(INVALID_LOG_PAGE), cmd_get_log_page_lid_PLACE },
		{ ST(INVALID_QUEUE_DELETION), cmd_delete_queue_qid_PLACE },
		{ ST(INVALID_QUEUE_SIZE), cmd_create_cq_qsize_PLACE },
		{ ST(INVALID_INTERRUPT_VECTOR), cmd_create_cq_iv_PLACE },
		{ ST(COMPLETION_QUEUE_INVALID), cmd_create_sq_cqid_PLACE },
	};

	if (code == ST(INVALID_FIELD) || code == ST(PRP_OFFSET_INVALID) ||
	    code == ST(INVALID_QUEUE_IDENTIFIER))
		return cmd->wrong;
	if (code == ST(LBA_OUT_OF_RANGE) && has_slba(cmd))
		return cmd_rw_slba_PLACE;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].code == code)
			return rows[i].location;
	}
	return NO_PARAMETER;
}

static uint8_t *error_at(struct ctrl *ctrl, uint64_t number)
{
	return ctrl->errors.entry[(number - 1) % CTRL_NR_ERRORS];
}

void log_error(struct ctrl *ctrl, struct cmd *cmd, uint16_t status)
{
	uint8_t *entry = error_at(ctrl, ++ctrl->errors.count);

	memset(entry, 0, error_entry_SIZE);
	error_entry_count_set(entry, ctrl->errors.count);
	error_entry_sqid_set(entry, cmd != NULL ? cmd->sqid : NO_COMMAND);
	error_entry_cid_set(entry, cmd != NULL ? cmd->cid : NO_COMMAND);
	error_entry_status_set(entry, status);
	error_entry_location_set(entry, cmd != NULL ? parameter_of(cmd, NVME_STATUS_CODE(status)) :
						      NO_PARAMETER);
	if (cmd == NULL)
		return;
	cmd->error = ctrl->errors.count;
	error_entry_nsid_set(entry, cmd->sqe.nsid);
	if (has_slba(cmd))
		error_entry_lba_set(entry, (uint64_t)cmd->sqe.cdw11 << 32 | cmd->sqe.cdw10);
}

void log_error_posted(struct ctrl *ctrl, const struct cmd *cmd)
{
	uint8_t *entry = error_at(ctrl, cmd->error);

	if (error_entry_count_get(entry) == cmd->error)
		error_entry_status_set(entry, (error_entry_status_get(entry) & ~1u) |
						      (cmd->cpl.status & 1));
}

/* The newest first. */
static uint32_t fill_error(struct ctrl *ctrl, uint8_t *page)
{
	uint64_t nr = ctrl->errors.count < CTRL_NR_ERRORS ? ctrl->errors.count : CTRL_NR_ERRORS;

	for (uint64_t i = 0; i < nr; i++)
		memcpy(page + i * error_entry_SIZE, error_at(ctrl, ctrl->errors.count - i),
		       error_entry_SIZE);
	return CTRL_NR_ERRORS * error_entry_SIZE;
}

static void put_counter(uint8_t *page, size_t off, uint64_t value)
{
	bytes_set_le(page + off, 8, value);
}

static uint64_t units(uint64_t sectors)
{
	return sectors / SECTORS_PER_UNIT + (sectors % SECTORS_PER_UNIT != 0);
}

static uint64_t busy_minutes(const struct smart *smart, uint64_t now)
{
	uint64_t busy = smart->busy_ns;

	if (smart->busy_since != 0)
		busy += now - smart->busy_since;
	return busy / NS_PER_MIN;
}

static uint32_t fill_smart(struct ctrl *ctrl, uint8_t *page)
{
	const struct smart *smart = &ctrl->smart;
	uint64_t now = nvmetap_ticks();

	log_smart_cw_set(page, log_critical_warning(ctrl));
	log_smart_temperature_set(page, CTRL_TEMPERATURE_K);
	log_smart_avail_spare_set(page, SPARE_PERCENT);
	log_smart_spare_thresh_set(page, SPARE_THRESHOLD_PERCENT);
	put_counter(page, log_smart_data_units_read_OFFSET, units(smart->sectors_read));
	put_counter(page, log_smart_data_units_written_OFFSET, units(smart->sectors_written));
	put_counter(page, log_smart_host_reads_OFFSET, smart->host_reads);
	put_counter(page, log_smart_host_writes_OFFSET, smart->host_writes);
	put_counter(page, log_smart_ctrl_busy_time_OFFSET, busy_minutes(smart, now));
	put_counter(page, log_smart_power_cycles_OFFSET, smart->power_cycles);
	put_counter(page, log_smart_power_on_hours_OFFSET,
		    (now - smart->start_ticks) / NS_PER_HOUR);
	put_counter(page, log_smart_unsafe_shutdowns_OFFSET, smart->unsafe_shutdowns);
	put_counter(page, log_smart_media_errors_OFFSET, smart->media_errors);
	put_counter(page, log_smart_num_err_log_entries_OFFSET, ctrl->errors.count);
	return log_smart_SIZE;
}

static uint32_t fill_firmware(struct ctrl *ctrl, uint8_t *page)
{
	log_firmware_afs_set(page, 1);
	memset(page + log_firmware_frs1_OFFSET, ' ', log_firmware_frs1_LENGTH);
	memcpy(page + log_firmware_frs1_OFFSET, ctrl->config.firmware,
	       strnlen(ctrl->config.firmware, log_firmware_frs1_LENGTH));
	return log_firmware_SIZE;
}

/* Namespaces do not change while the drive runs. */
static uint32_t fill_changed(struct ctrl *ctrl, uint8_t *page)
{
	(void)ctrl;
	(void)page;
	return PAGE_MAX;
}

static void put_effects(uint8_t *to, const struct op *ops)
{
	for (unsigned int opc = 0; opc < log_effects_acs_COUNT; opc++) {
		if (ops[opc].execute != NULL)
			bytes_set_le(to + (size_t)opc * effect_SIZE, effect_SIZE,
				     ops[opc].effects | EFFECT_SUPPORTED);
	}
}

static uint32_t fill_effects(struct ctrl *ctrl, uint8_t *page)
{
	(void)ctrl;
	put_effects(page + log_effects_acs_OFFSET, admin_ops);
	put_effects(page + log_effects_iocs_OFFSET, io_ops);
	return log_effects_SIZE;
}

/* fill answers the page's size; the caller has zeroed PAGE_MAX bytes. */
static uint32_t (*const pages[256])(struct ctrl *ctrl, uint8_t *page) = {
	[NVME_LOG_ERROR] = fill_error,
	[NVME_LOG_HEALTH_INFORMATION] = fill_smart,
	[NVME_LOG_FIRMWARE_SLOT] = fill_firmware,
	[NVME_LOG_CHANGED_NAMESPACE] = fill_changed,
	[NVME_LOG_COMMAND_EFFECT] = fill_effects,
};

uint16_t log_prepare(struct cmd *cmd)
{
	uint8_t sqe[NVME_SQE_SIZE];
	uint64_t len;

	sqe_encode(&cmd->sqe, sqe);
	len = (cmd_get_log_page_numd_get(sqe) + 1) * 4;
	if (pages[cmd_get_log_page_lid_get(sqe)] == NULL)
		return ST(INVALID_LOG_PAGE);
	if (cmd_get_log_page_lpo_get(sqe) % 4 != 0 || cmd_get_log_page_lpo_get(sqe) > PAGE_MAX)
		return cmd_wrong(cmd, cmd_get_log_page_lpo_PLACE, ST(INVALID_FIELD));
	/* Figure 191: all of them are the controller's, not of one namespace. */
	if (cmd->sqe.nsid != 0 && cmd->sqe.nsid != (uint32_t)NVME_NSID_BROADCAST)
		return cmd_wrong(cmd, sqe_nsid_PLACE, ST(INVALID_FIELD));
	if (len > CTRL_MAX_TRANSFER)
		return cmd_wrong(cmd, cmd_get_log_page_numd_PLACE, ST(INVALID_FIELD));
	cmd->direction = NVMETAP_TO_HOST;
	cmd->data_len = (uint32_t)len;
	return 0;
}

enum cmd_next log_execute(struct cmd *cmd)
{
	uint8_t sqe[NVME_SQE_SIZE], page[PAGE_MAX] = { 0 };
	uint64_t off, size;
	uint8_t lid;

	sqe_encode(&cmd->sqe, sqe);
	lid = (uint8_t)cmd_get_log_page_lid_get(sqe);
	off = cmd_get_log_page_lpo_get(sqe);
	/* A plug-in may have changed the command since it was prepared. */
	if (pages[lid] == NULL)
		return cmd_fail(cmd, ST(INVALID_LOG_PAGE));
	size = pages[lid](cmd->ctrl, page);
	if (off > size)
		return cmd_fail(cmd, cmd_wrong(cmd, cmd_get_log_page_lpo_PLACE, ST(INVALID_FIELD)));
	memset(cmd->data, 0, cmd->data_len);
	memcpy(cmd->data, page + off, size - off < cmd->data_len ? size - off : cmd->data_len);
	if (!cmd_get_log_page_rae_get(sqe))
		aer_unmask(cmd->ctrl, lid);
	return CMD_NEXT;
}
