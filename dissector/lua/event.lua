-- SPDX-License-Identifier: BSD-2-Clause
-- All other events: their lines, and what is done for each event.

local interrupt_info, list_info, data_info, data_offset, ctrl_info, queue_info, drop_line, how
local HOST, DRIVE

do	-- a chunk has room for 200 locals; these end here

-- The named numbers of the event's info, or nothing if it is too short.
local function info_reader(s, ...)
	local fmt = packing(s, ...)
	return function()
		if rec.info_len >= s.size then
			return unpack(fmt, raw, rec.info + 1)
		end
	end
end

interrupt_info = info_reader(struct.interrupt_info, "addr", "data", "vector", "type",
				   "result", "level", "message")

local function interrupt_line()
	local high, low, data, vector, kind, result, level, message = interrupt_info()
	local text
	if not high then
		return nil
	end
	text = names.irqtype[kind] or format("type %d", kind)
	if kind == number.NVMETAP_IRQ_INTX then
		text = text .. (level == 1 and " asserted" or " deasserted")
	else
		text = text .. format(" vector %d", vector)
	end
	text = text .. " " .. (names.irqresult[result] or format("result %d", result))
	if rec.count > 0 then
		text = text .. ", " .. plural(rec.count, "completion")
	end
	if message == 1 then
		text = text .. format(", %s <- %x", hex64(high, low), data)
	end
	return text
end

list_info = info_reader(struct.list_info, "iova", "first", "type")

local function list_line()
	local high, low, first, kind = list_info()
	local entry = kind == number.NVMETAP_LIST_SGL and struct.sgl_entry or struct.prp_entry
	local nr = floor(rec.len / entry.size)
	if not high then
		return nil
	end
	return format("%s list at %s: %s from %d", names.listtype[kind] or "?", hex64(high, low),
		      nr == 1 and "1 entry" or format("%d entries", nr), first)
end

local function add_list()
	local _, _, _, kind = list_info()
	if kind == number.NVMETAP_LIST_PRP then
		add_titled(struct.prp_list, rec.payload, rec.payload, rec.payload + rec.captured)
	elseif kind == number.NVMETAP_LIST_SGL then
		add_titled(struct.sgl_list, rec.payload, rec.payload, rec.payload + rec.captured)
	elseif visible then
		add_rest(tree, found.rest, rec.payload, rec.payload + rec.captured)
	end
end

-- Records of earlier versions have a data info that ends before its base.
local DATA = packing(struct.data_info, "iova", "offset", "total", "direction")
local DATA_BASE = struct.data_info.by_name.base

function data_info()
	if rec.info_len >= DATA_BASE.offset then
		return unpack(DATA, raw, rec.info + 1)
	end
end

-- Where in its structure the payload begins, or nil.
function data_offset()
	local _, _, offset = data_info()
	local high, low = 0, 0
	if rec.info_len >= struct.data_info.size then
		high, low = unpack(">I4I4", raw, rec.info + DATA_BASE.offset + 1)
	end
	return offset and high == 0 and offset + low < 4294967296 and offset + low or nil
end

local function chars_at(f, at)
	return printable(raw:sub(at + f.offset + 1, at + f.offset + f.length):gsub("[ %z]+$", ""))
end

local MAX_NAMED = 8		-- namespaces of a list that a line names

-- What the line of a whole structure says of it, by structure.
local gist = {
	[struct.id_ctrl] = function(at)
		local of = struct.id_ctrl.by_name
		return format(", %s, serial %s, firmware %s", chars_at(of.mn, at), chars_at(of.sn, at),
			      chars_at(of.fr, at))
	end,
	[struct.id_ns] = function(at)
		local format_at = at + struct.id_ns.lbaf_offset + struct.lbaf.size *
				  (number_at(struct.id_ns.by_name.flbas, at) % 16)
		local low, high = unpack("<I4I4", raw, at + struct.id_ns.by_name.nsze.offset + 1)
		return format(", %s blocks of %.0f bytes", dec64(high, low),
			      2 ^ number_at(struct.lbaf.by_name.lbads, format_at))
	end,
	[struct.ns_list] = function(at)
		local text, nr = "", 0
		for from = at, at + rec.captured - struct.ns_list_entry.size, struct.ns_list_entry.size do
			local nsid = unpack("<I4", raw, from + 1)
			if nsid == 0 then
				break
			elseif nr == MAX_NAMED then
				return text .. ", …"
			end
			text, nr = text .. (nr == 0 and ": " or ", ") .. format("%.0f", nsid), nr + 1
		end
		return nr == 0 and ", empty" or text
	end,
}

local function data_line()
	local high, low, offset, total, direction = data_info()
	local c = rec.has_command and command[rec.qkind][rec.opc]
	local s = selected(data_of)
	local text
	if not high then
		return nil
	end
	text = format("%s%s, ", c and c.name .. " data " or "Data ",
		      names.direction[direction] or "")
	if rec.len > 0 and (offset > 0 or total ~= rec.len) then
		text = text .. format("bytes %.0f to %.0f of %.0f", offset, offset + rec.len - 1,
				      total)
	else
		text = text .. plural(rec.len, "byte")
	end
	text = text .. " at " .. hex64(high, low)
	if not s then
		return text
	elseif gist[s] and offset == 0 and rec.captured > 0 and rec.captured >= s.size then
		return text .. ": " .. s.title .. gist[s](rec.payload)
	end
	return text .. ": " .. s.title
end

-- Descriptors one after the other, each as long as it says; length 0 ends them.
local function add_items(item_of, at, high)
	local s = struct.ns_desc
	while at + s.size <= high do
		local kind, len = number_at(s.by_name.nidt, at), number_at(s.by_name.nidl, at)
		local stop = math.min(at + s.size + len, high)
		local item
		if len == 0 then
			break
		end
		item = subtree(tree, s.pf, at, stop - at,
			       format("%s: %s", s.title, names.nidt[kind] or "?"))
		add_struct(item, s, at, at, high)
		if item_of[kind] then
			add_struct(item, item_of[kind], at + s.size, at + s.size, stop)
		end
		if visible then
			add_rest(item, found.rest, at + s.size + (item_of[kind] and item_of[kind].size or 0),
				 stop)
		end
		at = at + s.size + len
	end
	if visible then
		add_rest(tree, found.rest, at, high)
	end
end

local function add_data()
	local at, high = rec.payload, rec.payload + rec.captured
	local offset = data_offset()
	local s = offset and selected(data_of)
	if rec.captured == 0 then
		return
	elseif s and items[s] then
		if offset == 0 then
			add_items(items[s], at, high)
		elseif visible then
			add_rest(tree, found.rest, at, high)
		end
	elseif s then
		add_titled(s, at - offset, at, high)
		if visible and s.size > 0 then
			add_rest(tree, found.rest, math.max(at, at - offset + s.size), high)
		end
	elseif visible and data_shown > 0 then
		Dissector.get("data"):call(tvb(at, math.min(rec.captured, data_shown)):tvb(), pinfo,
					   tree)
	end
end

ctrl_info = info_reader(struct.ctrl_info, "state", "reason", "lost", "cc", "csts")

local function ctrl_line()
	local state, reason, lost, cc, csts = ctrl_info()
	return state and format("Controller %s (%s) CC=%08x CSTS=%08x%s",
				names.ctrlstate[state] or "?", names.ctrlreason[reason] or "?",
				cc, csts,
				lost > 0 and ", " .. plural(lost, "command") .. " given up" or "")
end

queue_info = info_reader(struct.queue_info, "base", "qid", "cqid", "size", "head", "tail",
			       "type", "state", "phase", "ien", "vector")

local function queue_line()
	local high, low, qid, cqid, size, head, tail, kind, state, _, ien, vector = queue_info()
	local is_cq = kind == number.NVMETAP_CQ
	local text
	if not high then
		return nil
	end
	text = format("%s %d %s: %s at %s, head %d, tail %d", is_cq and "CQ" or "SQ", qid,
		      names.queuestate[state] or "?", plural(size, "slot"), hex64(high, low), head,
		      tail)
	if not is_cq then
		return text .. format(", CQ %d", cqid)
	end
	return text .. (ien == 1 and format(", vector %d", vector) or ", no interrupts")
end

local async_info = info_reader(struct.async_info, "page", "info", "type")

local function async_line()
	local page, info, kind = async_info()
	return page and format("%s: info %02x, log page %02x %s", names.aertype[kind % 8] or "?",
			       info, page, names.lid[page] or "")
end

local dma_info = info_reader(struct.dma_info, "iova", "size", "readable", "writable", "mapped")

local function dma_line()
	local high, low, size_high, size, readable, writable, mapped = dma_info()
	if high and rec.event == number.NVMETAP_EV_DMAUNMAP then
		return format("Unmap %s, %s bytes", hex64(high, low), dec64(size_high, size))
	end
	return high and format("Map %s, %s bytes, %s%s%s",
			       hex64(high, low), dec64(size_high, size), readable == 1 and "r" or "-",
			       writable == 1 and "w" or "-", mapped == 1 and "" or ", by messages only")
end

-- The first line of the payload.
local function text_line()
	return printable(raw:sub(rec.payload + 1, rec.payload + math.min(rec.captured, 4096))
			 :match("^[^\r\n]*"))
end

local function session_line()
	return "Session: " .. text_line()
end

local REGISTERS = packing(struct.registers, "cap", "vs", "cc", "csts", "aqa", "asq", "acq")

local function registers_line()
	local capl, caph, vs, cc, csts, aqa, asql, asqh, acql, acqh
	if rec.captured < struct.registers.size then
		return nil
	end
	capl, caph, vs, cc, csts, aqa, asql, asqh, acql, acqh =
		unpack(REGISTERS, raw, rec.payload + 1)
	return format("CAP=%08x%08x VS=%08x CC=%08x CSTS=%08x AQA=%08x ASQ=%s ACQ=%s", caph, capl,
		      vs, cc, csts, aqa, hex64(asqh, asql), hex64(acqh, acql))
end

-- The registers that the snapshot holds, bit by bit.
local function add_snapshot()
	local at = rec.payload
	for _, reg in ipairs(bar0) do
		if reg.offset + reg.size <= rec.captured then
			add_titled(reg.struct, at + reg.offset, at, at + rec.captured)
		end
	end
end

local drop_info = info_reader(struct.drop_info, "count", "first", "last")

function drop_line()
	local count_high, count, first_high, first, last_high, last = drop_info()
	return count and format("%s events not recorded, %s to %s", dec64(count_high, count),
				dec64(first_high, first), dec64(last_high, last))
end

local clock_info = info_reader(struct.clock_info, "step")

local function clock_line()
	local high, low = clock_info()
	local ns
	if not high then
		return nil
	end
	ns = (high < 2147483648 and high or high - 4294967296) * 4294967296 + low
	return format("Wall clock stepped by %s%s", ns < 0 and "-" or "+", duration(math.abs(ns)))
end

HOST, DRIVE = "host", "drive"
local TRACER = "tracer"

-- By event: its line, or nil; who it comes from; what is added besides info and
-- payload; what is decoded before all that.
how = {}
local function on(name, line, from, add, decode)
	how[EV[name]] = {line = line, from = from, add = add, decode = decode}
end

local function reads()
	return access_line("->")
end
local function writes()
	return access_line("<-")
end
local function reads_vector()
	return access_line("->", true)
end
local function writes_vector()
	return access_line("<-", true)
end

on("SESSION", session_line, TRACER)
on("CFGREAD", reads, DRIVE, add_registers, decode_access)
on("CFGWRITE", writes, HOST, add_registers, decode_access)
on("REGREAD", reads, DRIVE, add_registers, decode_access)
on("REGWRITE", writes, HOST, add_registers, decode_access)
on("DOORBELL", doorbell_line, HOST, nil, decode_access)
on("MSIXREAD", reads_vector, DRIVE, nil, decode_access)
on("MSIXWRITE", writes_vector, HOST, nil, decode_access)
on("INTERRUPT", interrupt_line, DRIVE)
on("ADMIN", sqe_line, HOST, add_sqe, decode_sqe)
on("IO", sqe_line, HOST, add_sqe, decode_sqe)
on("COMPLETION", cqe_line, DRIVE, add_cqe, decode_cqe)
on("LIST", list_line, HOST, add_list)
on("DATA", data_line, nil, add_data)
on("CTRL", ctrl_line, DRIVE)
on("QUEUE", queue_line, DRIVE)
on("ASYNC", async_line, DRIVE)
on("DMAMAP", dma_line, HOST)
on("DMAUNMAP", dma_line, HOST)
on("CONSOLE", text_line, HOST)
on("MARK", text_line, TRACER)
on("LOG", text_line, TRACER)
on("REGISTERS", registers_line, DRIVE, add_snapshot)
on("DROP", drop_line, TRACER)
on("CLOCK", clock_line, TRACER)
on("INJECT", inject_line, TRACER, add_inject)

end
