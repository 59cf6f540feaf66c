-- SPDX-License-Identifier: BSD-2-Clause
-- Commands and completions: their lines and what depends on the opcode.

local sqe, cqe = struct.sqe, struct.cqe
local SQE = packing(sqe, "opc", "fuse", "cid", "nsid", "prp1", "prp2", "cdw10", "cdw11", "cdw12")
local CQE = packing(cqe, "cdw0", "sqhd", "sqid", "cid", "status")

local function lies_in(f, other)
	local from, to = 8 * f.offset + f.shift, 8 * f.offset + f.shift + f.width
	local low = 8 * other.offset + other.shift
	return f ~= other and f.width < other.width and from >= low and to <= low + other.width
end

-- The fields of a command that its line shows, and the last of them that is
-- shown even when it is zero: the first one.
local function line_fields(s)
	local list = {}
	for _, f in ipairs(s.fields) do
		local part = f.name:match("^rsvd")
		for _, other in ipairs(s.fields) do
			part = part or lies_in(f, other)
		end
		if not part then
			list[#list + 1] = f
		end
	end
	return list
end

local LINE_NAME = {slba = "LBA"}
for _, s in pairs(struct) do
	s.line = line_fields(s)
	s.tail_from = s.size
	for i, f in ipairs(s.line) do
		f.line_name = LINE_NAME[f.name] or f.name:upper()
		if i > 1 and f.kind ~= "ZERO" then
			s.tail_from = math.min(s.tail_from, f.offset)
		end
	end
	s.tail = ("\0"):rep(s.size - s.tail_from)
	s.short_line = {}
	for i, f in ipairs(s.line) do
		if i == 1 or f.kind == "ZERO" then
			s.short_line[#s.short_line + 1] = f
		end
	end
end

-- " NAME=value" for what is worth a word in the structure at the end of raw.
local function words(s, at)
	local text = ""
	local plain = raw:sub(at + s.tail_from + 1, at + s.size) == s.tail
	local line = plain and s.short_line or s.line
	for i = 1, #line do
		local value, zero = text_at(raw, at, line[i])
		if i == 1 or not zero then
			text = text .. " " .. line[i].line_name .. "=" .. value
		end
	end
	return text
end

local function sqe_line()
	local at = rec.payload
	local opc, flags, cid, nsid, prp1l, prp1h, prp2l, prp2h, cdw10, cdw11, cdw12
	local c, text
	if rec.captured < sqe.size then
		return nil
	end
	opc, flags, cid, nsid, prp1l, prp1h, prp2l, prp2h, cdw10, cdw11, cdw12 =
		unpack(SQE, raw, at + 1)
	c = command[rec.qkind][opc]
	text = format("%s SQ=%d CID=%04x NSID=%x", c and c.name or format("OPC=%02x", opc),
		      rec.sqid, cid, nsid)
	if c and #c.struct.line > 0 then
		text = text .. words(c.struct, at)
	elseif cdw10 ~= 0 or cdw11 ~= 0 or cdw12 ~= 0 then
		text = text .. format(" CDW10=%08x CDW11=%08x CDW12=%08x", cdw10, cdw11, cdw12)
	end
	if rec.qkind == number.NVMETAP_QUEUE_ADMIN and opc == number.NVME_OPC_SET_FEATURES
	   and feature[cdw10 % 256] then
		text = text .. words(feature[cdw10 % 256], at + sqe.by_name.cdw11.offset)
	end
	if (prp1l ~= 0 or prp1h ~= 0)
	   and bits(sqe.by_name.psdt, 0, flags) == number.NVME_PSDT_PRP then
		text = text .. format(" prp1=%s prp2=%s", hex64(prp1h, prp1l), hex64(prp2h, prp2l))
	end
	return text
end

local function feature_of_command()
	return rec.qkind == number.NVMETAP_QUEUE_ADMIN and feature[rec.cdw10 % 256] or nil
end

local function selected(index)
	local of_queue = rec.has_command and index[rec.qkind]
	local of_opcode = of_queue and of_queue[rec.opc]
	return of_opcode and (of_opcode[rec.cdw10 % 256] or of_opcode[ANY_SELECTOR])
end

local function add_sqe()
	local at, high = rec.payload, rec.payload + rec.captured
	local c = rec.has_command and command[rec.qkind][rec.opc]
	if not c then
		return
	end
	add_titled(c.struct, at, at, high)
	if rec.opc == number.NVME_OPC_SET_FEATURES and feature_of_command() then
		local from = at + sqe.by_name.cdw11.offset
		add_titled(feature_of_command(), from, from, high)
	end
end

local COMPLETION = packing(struct.completion_info, "latency")

local function latency_ns()
	local high, low
	if rec.info_len < struct.completion_info.size then
		return nil
	end
	high, low = unpack(COMPLETION, raw, rec.info + 1)
	return high * 4294967296 + low
end

local function cqe_line()
	local c = rec.has_command and command[rec.qkind][rec.opc]
	local ns = latency_ns()
	local text = format("Completion SQ=%d CID=%04x %s%s", rec.sqid, rec.cid,
			    c and c.name .. ": " or "", status_name(rec.status))
	if floor(rec.status / 16384) % 2 == 1 then
		text = text .. ", do not retry"
	end
	if ns then
		text = text .. ", " .. duration(ns)
	end
	if rec.captured >= cqe.size then
		local cdw0, sqhd, _, _, status = unpack(CQE, raw, rec.payload + 1)
		text = text .. format(" P=%d SQHD=%d", status % 2, sqhd)
		if cdw0 ~= 0 then
			text = text .. format(" CDW0=%08x", cdw0)
		end
	end
	return text
end

local function add_cqe()
	local at, high = rec.payload, rec.payload + rec.captured
	local ns = wanted(pf_latency) and latency_ns()
	local s
	if ns then
		local range = tvb(rec.info, struct.completion_info.size)
		tree:add(pf_latency, range, ns / 1000000):set_generated()
	end
	if not rec.has_command or rec.status % 2048 ~= 0 then
		return
	end
	s = selected(result_of)
	if rec.opc == number.NVME_OPC_GET_FEATURES and feature_of_command()
	   and floor(rec.cdw10 / 256) % 8 ~= number.NVME_SEL_SUPPORTED then
		s = feature_of_command()
	end
	if s then
		add_titled(s, at, at, high)
	end
end
