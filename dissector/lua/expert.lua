-- SPDX-License-Identifier: BSD-2-Clause
-- What is wrong or odd, by severity, with the section of the specification.

local add_oddities

do	-- a chunk has room for 200 locals; these end here

local experts = {}	-- by code: the ProtoExpert, and the text before the details

local function expert_row(code, severity, group, section, text)
	text = section and format("%s (section %s)", text, section) or text
	experts[code] = {
		field = ProtoExpert.new("nvmetap.expert." .. code, text, expert.group[group],
					expert.severity[severity]),
		text = text,
	}
end

expert_row("doorbell_range", "ERROR", "PROTOCOL", "3.1.24", "Doorbell out of range")
expert_row("doorbell_same", "WARN", "PROTOCOL", "5.2.1",
	   "Doorbell written with the value that it had")
expert_row("no_queue", "ERROR", "PROTOCOL", "3.1.24", "Doorbell of a queue that does not exist")
expert_row("doorbell_disabled", "NOTE", "PROTOCOL", "3.1.5",
	   "Doorbell of a controller that is disabled")
expert_row("cid_in_use", "ERROR", "PROTOCOL", "4.2", "Command identifier in use")
expert_row("no_command", "NOTE", "SEQUENCE", nil, "The command is not in this capture")
expert_row("completed_twice", "ERROR", "SEQUENCE", "4.6", "Second completion of a command")
expert_row("no_completion", "WARN", "SEQUENCE", nil, "No completion in this capture")
expert_row("waiting", "CHAT", "SEQUENCE", "5.2", "Still waiting for an event when the capture ends")
expert_row("given_up", "NOTE", "SEQUENCE", "7.3.2", "Given up, by a reset or with its queue")
expert_row("wrong_phase", "ERROR", "PROTOCOL", "4.6", "Wrong phase tag")
expert_row("wrong_ids", "ERROR", "PROTOCOL", "4.6", "Completion with another command's identifiers")
expert_row("sqhd", "ERROR", "PROTOCOL", "4.6", "SQ head pointer does not fit")
expert_row("fatal", "ERROR", "RESPONSE_CODE", "3.1.6", "Controller fatal status")
expert_row("masked", "NOTE", "PROTOCOL", "7.5", "Interrupt not sent")
expert_row("prp_offset", "ERROR", "PROTOCOL", "4.3", "PRP entry with a wrong offset")
expert_row("reserved", "WARN", "PROTOCOL", "4.2", "Reserved field is not zero")
expert_row("access", "WARN", "PROTOCOL", "3.1", "Register access of an unusual width or alignment")
expert_row("msix_access", "WARN", "PROTOCOL", "6.8.2 of PCI 3.0",
	   "MSI-X access of an unusual width or alignment")
expert_row("read_only", "WARN", "PROTOCOL", "3.1", "Write to a read-only register")
expert_row("config_read_only", "WARN", "PROTOCOL", "6.2 of PCI 3.0",
	   "Write to a read-only register of configuration space")
expert_row("status", "WARN", "RESPONSE_CODE", "4.6.1", "Command failed")
expert_row("media", "ERROR", "RESPONSE_CODE", "4.6.1", "Media or data integrity error")
expert_row("altered", "NOTE", "COMMENTS_GROUP", nil, "Altered by a plug-in")
expert_row("injected", "NOTE", "COMMENTS_GROUP", nil, "Injected")
expert_row("drop", "WARN", "SEQUENCE", nil, "Events were not recorded")
expert_row("slow", "NOTE", "PROTOCOL", nil, "Slow")

local list = {}
for _, row in pairs(experts) do
	list[#list + 1] = row.field
end
nvmetap.experts = list

local function add_expert(code, details)
	local row = experts[code]
	tree:add_proto_expert_info(row.field, details and row.text .. ": " .. details or row.text)
end

-- Registers are accessed as they are long, or in halves of 4 bytes.
local function is_usual()
	local reg, first
	if acc.width == 4 then
		return acc.offset % 4 == 0
	end
	reg, first = touched(map_of_access())()
	return acc.width == 8 and acc.offset % 8 == 0 and (not reg or first == 0 and reg.size == 8)
end

local function check_access()
	if acc.ok and acc.bar == 0 and not is_usual() then
		add_expert("access", format("%d bytes at %x", acc.width, acc.offset))
	end
end

local function check_msix_access()
	if acc.ok and (acc.width ~= 4 and acc.width ~= 8 or acc.offset % acc.width ~= 0) then
		add_expert("msix_access", format("%d bytes at %x", acc.width, acc.offset))
	end
end

local function set_of(...)
	local set = {}
	for _, name in ipairs({...}) do
		set[name] = true
	end
	return set
end

local READ_ONLY = set_of("CAP", "VS", "CMBLOC", "CMBSZ", "BPINFO", "CMBSTS", "PMRCAP", "PMRSTS",
			 "PMREBS", "PMRSWTP")
local CONFIG_READ_ONLY = set_of("VID", "DID", "RID", "CC", "HTYPE", "CCPTR", "SS", "CAPP", "MGNT",
				"MLAT", "PID", "PC", "MXID", "MTAB", "MPBA", "PXID", "PXCAP", "PXDCAP",
				"PXLCAP", "PXDCAP2", "PXLCAP2")

-- What is written together with something else is not meant.
local function check_read_only(code, set)
	local regs = {}
	for reg in touched(map_of_access()) do
		if not set[reg.name] then
			return
		end
		regs[#regs + 1] = reg.name
	end
	if #regs > 0 then
		add_expert(code, table.concat(regs, " and "))
	end
end

local function check_write()
	check_access()
	if acc.ok and acc.bar == 0 then
		check_read_only("read_only", READ_ONLY)
	end
end

local function check_config_write()
	if acc.ok then
		check_read_only("config_read_only", CONFIG_READ_ONLY)
	end
end

local function check_doorbell()
	if acc.ok and (acc.width ~= 4 or acc.offset % 4 ~= 0) then
		add_expert("access", format("%d bytes at %x", acc.width, acc.offset))
	end
end

-- The runs of bits from Dword 10 on, each in one Dword, that are no field of a command.
local function unnamed_bits(s)
	local named, runs = {}, {}
	local run
	for _, f in ipairs(s.fields) do
		if not f.name:find("^rsvd") then
			local first = 8 * f.offset + f.shift
			for bit = first, first + (f.width > 0 and f.width or 8 * f.length) - 1 do
				named[bit] = true
			end
		end
	end
	for bit = 8 * sqe.by_name.cdw10.offset, 8 * sqe.size - 1 do
		if named[bit] then
			run = nil
		elseif run and bit % 32 ~= 0 then
			run.width = run.width + 1
		else
			run = {dword = floor(bit / 32), shift = bit % 32, width = 1}
			runs[#runs + 1] = run
		end
	end
	return runs
end

-- What features make of Dwords 11 to 15 is theirs.
local FREE = {[number.NVME_OPC_SET_FEATURES] = true, [number.NVME_OPC_GET_FEATURES] = true}

local function check_reserved(c)
	local runs = c.struct.reserved or unnamed_bits(c.struct)
	local last = rec.qkind == number.NVMETAP_QUEUE_ADMIN and FREE[rec.opc] and 10 or 15
	c.struct.reserved = runs
	for i = 1, #runs do
		local run = runs[i]
		local dword = unpack("<I4", raw, rec.payload + 4 * run.dword + 1)
		if run.dword <= last and floor(dword / 2 ^ run.shift) % 2 ^ run.width ~= 0 then
			add_expert("reserved", format("Dword %d of %s", run.dword, c.name))
		end
	end
end

-- Of commands that read or write, few have more than a place and a length.
local function may_have_reserved(c, q)
	if c.struct == RW then
		return q.cdw12 >= 65536 or q.cdw13 ~= 0
	end
	return q.cdw10 ~= 0 or q.cdw11 ~= 0 or q.cdw12 ~= 0 or q.cdw13 ~= 0 or q.cdw14 ~= 0
	       or q.cdw15 ~= 0
end

-- PRP entry 1 may begin at any dword; PRP entry 2 is a page or a list, whose
-- entries are 8 bytes long.
local function check_prps(c)
	local q = sqe_now
	if q.flags >= 64 or c == nil then
		return
	elseif q.prp1l % 4 ~= 0 then
		add_expert("prp_offset", "PRP entry 1")
	elseif q.prp2l % 8 ~= 0 and c.struct == RW then
		add_expert("prp_offset", "PRP entry 2")
	end
end

local function is_event_request()
	return rec.opc == number.NVME_OPC_ASYNC_EVENT_REQUEST
	       and rec.qkind == number.NVMETAP_QUEUE_ADMIN
end

local function check_end(frame)
	local given_up = lost[frame]
	if given_up and not is_event_request() then
		add_expert("given_up", format("frame %d", given_up))
	elseif visited and not given_up and rec.cause == 0 and pair_of(links, frame) == 0
	       and recorded.completions(controllers[rec.bdf], rec.event == EV.IO) then
		add_expert(is_event_request() and "waiting" or "no_completion")
	end
end

local function check_command(frame)
	local q = sqe_now
	local c = command[rec.qkind][rec.opc]
	if not q.ok then
		return
	end
	if q.flags % 64 >= 4 then
		add_expert("reserved", "byte 1 of the command")
	end
	if c and c.struct ~= struct.cmd_other and may_have_reserved(c, q) then
		check_reserved(c)
	end
	if q.prp1l % 4 ~= 0 or q.prp2l % 8 ~= 0 then
		check_prps(c)
	end
	check_end(frame)
end

local function check_completion()
	local code = rec.status % 2048
	local ns = cqe_now.latency
	if code ~= 0 then
		add_expert(floor(code / 256) == number.NVME_SCT_MEDIA_ERROR and "media" or "status",
			   status_name(rec.status))
	end
	if ns and ns > slow_ns and not is_event_request() then
		add_expert("slow", duration(ns))
	end
end

local function check_interrupt()
	local _, _, _, _, _, result = interrupt_info()
	if result and result ~= number.NVMETAP_IRQ_SENT then
		add_expert("masked", names.irqresult[result])
	end
end

local function check_drop()
	add_expert("drop", drop_line())
end

local function check_entries()
	local _, _, _, kind = list_info()
	local page = current and current.page or 4096
	local low
	if kind ~= number.NVMETAP_LIST_PRP then
		return
	end
	for at = rec.payload, rec.payload + rec.captured - struct.prp_entry.size,
		struct.prp_entry.size do
		low = unpack("<I4", raw, at + 1)
		if low % page ~= 0 and (low % 8 ~= 0 or at + 16 <= rec.payload + rec.captured) then
			add_expert("prp_offset", format("entry %d of the list",
							(at - rec.payload) / struct.prp_entry.size))
			return
		end
	end
end

local function check_inject()
	add_expert("injected", inject_line())
end

local checks = {
	[EV.CFGWRITE] = check_config_write,
	[EV.MSIXREAD] = check_msix_access,
	[EV.MSIXWRITE] = check_msix_access,
	[EV.REGREAD] = check_access,
	[EV.REGWRITE] = check_write,
	[EV.DOORBELL] = check_doorbell,
	[EV.ADMIN] = check_command,
	[EV.IO] = check_command,
	[EV.COMPLETION] = check_completion,
	[EV.INTERRUPT] = check_interrupt,
	[EV.LIST] = check_entries,
	[EV.DROP] = check_drop,
	[EV.INJECT] = check_inject,
}

function add_oddities(frame)
	local noted, check = oddities[frame], checks[rec.event]
	if noted then
		for i = 1, #noted, 2 do
			add_expert(noted[i], noted[i + 1])
		end
	end
	if check then
		check(frame)
	end
	if rec.flags % 2 == 1 then
		add_expert("altered")
	end
end

end
