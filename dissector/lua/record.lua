-- SPDX-License-Identifier: BSD-2-Clause
-- The record as a whole: its header, the columns, and the take-over of USER0.

local header = struct.record
local HEADER_LEN = header.size

-- Fills rec.  False if the packet is not a record of this version.
local function decode_header()
	local len = tvb:captured_len()
	local magic, version, seq_high, seq_low, cause_high, cause_low
	if len < HEADER_LEN then
		return false
	end
	raw = tvb:raw(0, math.min(len, 512 + sqe.size))
	magic, rec.event, rec.stage, version, rec.flags, rec.header_len, rec.info_len, seq_high,
		seq_low, cause_high, cause_low, rec.bdf, rec.nsid, rec.cdw10, rec.sqid, rec.cqid,
		rec.cid, rec.opc, rec.status, rec.qkind, rec.len, rec.count = unpack(HEADER, raw)
	if magic ~= MAGIC or version ~= VERSION or rec.header_len < HEADER_LEN
	   or rec.header_len + rec.info_len > tvb:reported_len() then
		return false
	end
	rec.seq = seq_high * 4294967296 + seq_low
	rec.cause = cause_high * 4294967296 + cause_low
	rec.info = rec.header_len
	rec.payload = rec.info + rec.info_len
	rec.info_len = math.max(math.min(rec.info_len, len - rec.info), 0)
	rec.captured = math.max(math.min(len - rec.payload, rec.len), 0)
	rec.has_command = floor(rec.flags / number.NVMETAP_HAS_COMMAND) % 2 == 1
	if not command[rec.qkind] then
		rec.qkind = number.NVMETAP_QUEUE_NONE
	end
	return true
end

local suffixes = {}	-- by event, flags and stage

local function suffix()
	local key = (rec.event * 256 + rec.flags) * 256 + rec.stage
	local text = suffixes[key] or ""
	if suffixes[key] then
		return text
	end
	if rec.stage ~= number.NVMETAP_DECODE and (rec.event == number.NVMETAP_EV_ADMIN
						   or rec.event == number.NVMETAP_EV_IO) then
		text = format(" [%s]", names.stage[rec.stage] or "?")
	end
	for bit, name in pairs(names.flags) do
		if bit ~= number.NVMETAP_HAS_COMMAND and floor(rec.flags / bit) % 2 == 1 then
			text = text .. " [" .. name .. "]"
		end
	end
	suffixes[key] = text
	return text
end

local function set_columns(e, h)
	local cols = pinfo.cols
	local from = h and h.from
	local line = h and h.line() or e.name
	if rec.event == number.NVMETAP_EV_DATA then
		local _, _, _, _, direction = data_info()
		from = direction == number.NVMETAP_TO_DEVICE and HOST or DRIVE
	end
	if rec.flags ~= 0 or rec.stage ~= number.NVMETAP_DECODE then
		line = line .. suffix()
	end
	cols.protocol = e.word
	cols.info = line
	if from then
		cols.src = from
		cols.dst = from == HOST and DRIVE or HOST
	end
end

local function add_header()
	local item = tree
	if visible then
		item = tree:add(header.pf, tvb(0, HEADER_LEN)):set_text(header.title)
	end
	add_struct(item, header, 0, 0, HEADER_LEN)
	if rec.has_command and command[rec.qkind][rec.opc] and wanted(pf_command) then
		tree:add(pf_command, tvb(header.by_name.opc.offset, 1),
			 command[rec.qkind][rec.opc].name):set_generated()
	end
end

local function add_all(e, h, frame)
	add_header()
	add_titled(e.info, rec.info, rec.info, rec.info + rec.info_len)
	if e.payload ~= struct.prp_list then
		add_titled(e.payload, rec.payload, rec.payload, rec.payload + rec.captured)
	end
	if h and h.add then
		h.add()
	end
	add_link(frame)
end

local UNKNOWN = {info = struct.none, payload = struct.raw, word = "TAP", name = "Unknown event"}

local previous = DissectorTable.get("wtap_encap"):get_dissector(wtap.USER0)

function nvmetap.dissector(buffer, packet, root)
	local e, h
	tvb, pinfo = buffer, packet
	if not decode_header() then
		(previous or Dissector.get("data")):call(buffer, packet, root)
		return 0
	end
	e, h = event[rec.event] or UNKNOWN, how[rec.event]
	tree = root:add(nvmetap, buffer())
	visible, referenced = root.visible, root.referenced
	begin_record(packet.number)
	if not packet.visited then
		remember(packet.number)
	end
	set_columns(e, h)
	if visible then
		tree:set_text(format("NVMe trace: %s, sequence number %.0f", e.name, rec.seq))
	end
	if not quiet then
		add_all(e, h, packet.number)
	end
	return buffer:len()
end

DissectorTable.get("wtap_encap"):add(wtap.USER0, nvmetap)
