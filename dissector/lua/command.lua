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

-- Most commands read or write; their lines need no loop over fields.
local RW = struct.cmd_rw
assert(RW.by_name.slba.offset == sqe.by_name.cdw10.offset
       and RW.by_name.nlb.offset == sqe.by_name.cdw12.offset)

local function selected(index)
	local of_queue = rec.has_command and index[rec.qkind]
	local of_opcode = of_queue and of_queue[rec.opc]
	return of_opcode and (of_opcode[rec.cdw10 % 256] or of_opcode[ANY_SELECTOR])
end

local sqe_line, cqe_line, feature_of_command, result_of_command

do	-- a chunk has room for 200 locals; these end here

-- What is no field of a command is one of the queue entry.
for _, commands in pairs(command) do
	for _, c in pairs(commands) do
		c.struct.gaps = {}
	end
end

-- What stands before and after the numbers of those that read and write.
local on_queue = memo(256, function(name)
	return memo(256, function(sqid)
		return format("%s SQ=%d CID=", name, sqid)
	end)
end)
local in_namespace = memo(256, function(nsid)
	return format(" NSID=%x LBA=", nsid)
end)
local with_blocks = memo(4096, function(nr)
	return format(" NLB=%d prp1=", nr)
end)

local function is_plain(q)
	return q.cdw12 < 65536 and q.cdw13 == 0 and q.cdw14 == 0 and q.cdw15 == 0 and q.flags < 64
	       and q.cdw11 < 2097152 and q.prp1h < 2097152 and q.prp2h < 2097152
end

local function rw_line(c)
	local q = sqe_now
	local prp2 = q.prp2h * 4294967296 + q.prp2l
	if not is_plain(q) then
		return nil
	end
	return on_queue[c.name][rec.sqid] .. hex4[q.cid] .. in_namespace[q.nsid] ..
	       format("%d", q.cdw11 * 4294967296 + q.cdw10) .. with_blocks[q.cdw12 + 1] ..
	       format("%x", q.prp1h * 4294967296 + q.prp1l) ..
	       (prp2 == 0 and " prp2=0" or format(" prp2=%x", prp2))
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

function sqe_line()
	local c
	if not sqe_now.ok then
		return nil
	end
	c = command[rec.qkind][sqe_now.opc]
	return c and c.struct == RW and rw_line(c) or any_line(c)
end

local function outcome(key)
	local c = rec.has_command and command[rec.qkind][rec.opc]
	local text = (c and c.name .. ": " or "") .. status_name(rec.status) ..
		     (floor(rec.status / 16384) % 2 == 1 and ", do not retry" or "")
	outcomes[key] = text
	return text
end

local phase_and_head = memo(4096, function(key)
	return format(" P=%d SQHD=%d", key % 2, floor(key / 2))
end)

function feature_of_command()
	return rec.qkind == number.NVMETAP_QUEUE_ADMIN and feature[rec.cdw10 % 256] or nil
end

-- The structure that Dword 0 of the present completion is, or nil.
function result_of_command()
	if not rec.has_command or rec.status % 2048 ~= 0 then
		return nil
	elseif rec.opc == number.NVME_OPC_GET_FEATURES and feature_of_command()
	       and floor(rec.cdw10 / 256) % 8 ~= number.NVME_SEL_SUPPORTED then
		return feature_of_command()
	end
	return selected(result_of)
end

function cqe_line()
	local key = rec.status * 1024 + rec.qkind * 256 + (rec.has_command and rec.opc or 768)
	local what = outcomes[key] or outcome(key)
	local begin = on_queue.Completion[rec.sqid]
	local q = cqe_now
	local ns = q.latency
	local text
	local s
	if ns and q.ok and q.cdw0 == 0 and rec.qkind == number.NVMETAP_QUEUE_IO then
		return begin .. hex4[rec.cid] .. " " .. what .. ", " .. duration(ns) ..
		       phase_and_head[q.sqhd * 2 + q.status % 2]
	end
	text = begin .. hex4[rec.cid] .. " " .. what .. (ns and ", " .. duration(ns) or "")
	if q.ok then
		text = text .. phase_and_head[q.sqhd * 2 + q.status % 2]
		s = result_of_command()
		if q.cdw0 ~= 0 or s then
			text = text .. format(" CDW0=%08x", q.cdw0) .. (s and words(s, rec.payload) or "")
		end
	end
	return text
end

end

local function add_sqe()
	local at, high = rec.payload, rec.payload + rec.captured
	local c = rec.has_command and command[rec.qkind][rec.opc]
	if not c then
		return
	end
	add_titled(c.struct, at, at, high, true)
	if rec.opc == number.NVME_OPC_SET_FEATURES and feature_of_command() then
		local from = at + sqe.by_name.cdw11.offset
		add_titled(feature_of_command(), from, from, high, true)
	end
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
	s = result_of_command()
	if s then
		add_titled(s, at, at, high, true)
	end
end
