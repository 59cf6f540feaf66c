-- SPDX-License-Identifier: BSD-2-Clause
-- Commands and completions: their lines and what depends on the opcode.

local sqe, cqe = struct.sqe, struct.cqe
local SQE = packing(sqe, "opc", "fuse", "cid", "nsid", "prp1", "prp2", "cdw10", "cdw11", "cdw12",
		    "cdw13", "cdw14", "cdw15")
local CQE = packing(cqe, "cdw0", "sqhd", "sqid", "cid", "status")

local sqe_now, cqe_now = {ok = false}, {ok = false}	-- the present entry

local function decode_sqe()
	local q = sqe_now
	q.ok = rec.captured >= sqe.size
	if q.ok then
		q.opc, q.flags, q.cid, q.nsid, q.prp1l, q.prp1h, q.prp2l, q.prp2h, q.cdw10, q.cdw11,
			q.cdw12, q.cdw13, q.cdw14, q.cdw15 = unpack(SQE, raw, rec.payload + 1)
	end
end

local COMPLETION = packing(struct.completion_info, "latency")
local WHOLE = COMPLETION .. CQE		-- the info, and the payload that follows it
local INFO_SIZE = struct.completion_info.size

-- Also the latency in ns, or nil.
local function decode_cqe()
	local q = cqe_now
	local high, low
	q.ok, q.latency = rec.captured >= cqe.size, nil
	if q.ok and rec.info_len == INFO_SIZE then
		high, low, q.cdw0, q.sqhd, q.sqid, q.cid, q.status = unpack(WHOLE, raw, rec.info + 1)
		q.latency = high * 4294967296 + low
		return
	elseif q.ok then
		q.cdw0, q.sqhd, q.sqid, q.cid, q.status = unpack(CQE, raw, rec.payload + 1)
	end
	if rec.info_len >= INFO_SIZE then
		high, low = unpack(COMPLETION, raw, rec.info + 1)
		q.latency = high * 4294967296 + low
	end
end

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

-- Most commands read or write; theirs need no loop over fields.
local RW = struct.cmd_rw
assert(RW.by_name.slba.offset == sqe.by_name.cdw10.offset
       and RW.by_name.nlb.offset == sqe.by_name.cdw12.offset)

local function rw_line(c)
	local q = sqe_now
	if q.cdw12 >= 65536 or q.cdw13 ~= 0 or q.cdw14 ~= 0 or q.cdw15 ~= 0 or q.flags >= 64
	   or q.cdw11 >= 2097152 or q.prp1h >= 2097152 or q.prp2h >= 2097152 then
		return nil
	end
	return format("%s SQ=%d CID=%04x NSID=%x LBA=%.0f NLB=%d prp1=%x prp2=%x", c.name, rec.sqid,
		      q.cid, q.nsid, q.cdw11 * 4294967296 + q.cdw10, q.cdw12 + 1,
		      q.prp1h * 4294967296 + q.prp1l, q.prp2h * 4294967296 + q.prp2l)
end

local function any_line(c)
	local q, at = sqe_now, rec.payload
	local text = format("%s SQ=%d CID=%04x NSID=%x", c and c.name or format("OPC=%02x", q.opc),
			    rec.sqid, q.cid, q.nsid)
	if c and #c.struct.line > 0 then
		text = text .. words(c.struct, at)
	elseif q.cdw10 ~= 0 or q.cdw11 ~= 0 or q.cdw12 ~= 0 then
		text = text .. format(" CDW10=%08x CDW11=%08x CDW12=%08x", q.cdw10, q.cdw11, q.cdw12)
	end
	if rec.qkind == number.NVMETAP_QUEUE_ADMIN and q.opc == number.NVME_OPC_SET_FEATURES
	   and feature[q.cdw10 % 256] then
		text = text .. words(feature[q.cdw10 % 256], at + sqe.by_name.cdw11.offset)
	end
	if (q.prp1l ~= 0 or q.prp1h ~= 0)
	   and bits(sqe.by_name.psdt, 0, q.flags) == number.NVME_PSDT_PRP then
		text = text .. format(" prp1=%s prp2=%s", hex64(q.prp1h, q.prp1l),
				      hex64(q.prp2h, q.prp2l))
	end
	return text
end

local function sqe_line()
	local c
	if not sqe_now.ok then
		return nil
	end
	c = command[rec.qkind][sqe_now.opc]
	return c and c.struct == RW and rw_line(c) or any_line(c)
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

local function outcome(key)
	local c = rec.has_command and command[rec.qkind][rec.opc]
	local text = (c and c.name .. ": " or "") .. status_name(rec.status) ..
		     (floor(rec.status / 16384) % 2 == 1 and ", do not retry" or "")
	outcomes[key] = text
	return text
end

local function cqe_line()
	local key = rec.status * 1024 + rec.qkind * 256 + (rec.has_command and rec.opc or 768)
	local text = outcomes[key] or outcome(key)
	local q = cqe_now
	local ns = q.latency
	if ns and q.ok and ns < 1000000 and q.cdw0 == 0 then
		return format(ns < 1000 and "Completion SQ=%d CID=%04x %s, %d ns P=%d SQHD=%d" or
			      "Completion SQ=%d CID=%04x %s, %.1f µs P=%d SQHD=%d", rec.sqid, rec.cid,
			      text, ns < 1000 and ns or ns / 1000, q.status % 2, q.sqhd)
	end
	text = format("Completion SQ=%d CID=%04x %s%s", rec.sqid, rec.cid, text,
		      ns and ", " .. duration(ns) or "")
	if q.ok then
		text = text .. format(" P=%d SQHD=%d", q.status % 2, q.sqhd)
		if q.cdw0 ~= 0 then
			text = text .. format(" CDW0=%08x", q.cdw0)
		end
	end
	return text
end

local function add_cqe()
	local at, high = rec.payload, rec.payload + rec.captured
	local ns = cqe_now.latency
	local s
	if ns and wanted(found.latency) then
		local range = tvb(rec.info, struct.completion_info.size)
		tree:add(found.latency, range, ns / 1000000):set_generated()
	end
	-- For graphs, beside counts; the tree says it in two units already.
	if ns and tree:referenced(found.latency_us) then
		tree:add(found.latency_us, tvb(rec.info, struct.completion_info.size),
			 floor(ns / 1000 + 0.5)):set_generated():set_hidden()
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
