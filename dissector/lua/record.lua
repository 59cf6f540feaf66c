-- SPDX-License-Identifier: BSD-2-Clause
-- The record as a whole: its header, the columns, and the take-over of USER0.

local header = struct.record
local HEADER_LEN = header.size

local NO_QUEUE = number.NVMETAP_QUEUE_NONE

-- Fills rec.  False if the packet is not a record of this version.
local function decode_header()
	local magic, version, header_len, info_len, seq_high, seq_low, cause_high, cause_low, len
	local payload, captured
	raw = tvb:raw()
	len = #raw
	if len < HEADER_LEN then
		return false
	end
	magic, rec.event, rec.stage, version, rec.flags, header_len, info_len, seq_high,
		seq_low, cause_high, cause_low, rec.bdf, rec.nsid, rec.cdw10, rec.sqid, rec.cqid,
		rec.cid, rec.opc, rec.status, rec.qkind, rec.len, rec.count = unpack(HEADER, raw)
	if magic ~= MAGIC or version ~= VERSION or header_len < HEADER_LEN then
		return false
	end
	payload = header_len + info_len
	captured = len - payload
	if captured < 0 then
		if payload > tvb:reported_len() then
			return false
		end
		info_len = len > header_len and len - header_len or 0
		captured = 0
	end
	rec.seq = seq_high * 4294967296 + seq_low
	rec.cause = cause_high * 4294967296 + cause_low
	rec.info, rec.info_len, rec.payload = header_len, info_len, payload
	rec.captured = captured < rec.len and captured or rec.len
	rec.has_command = has_command[rec.flags]
	rec.is_snapshot = is_snapshot[rec.flags]
	if not command[rec.qkind] then
		rec.qkind = NO_QUEUE
	end
	return true
end

local suffixes = {}	-- by event, flags and stage

local function suffix(key)
	local text = ""
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
	local key = (rec.event * 256 + rec.flags) * 256 + rec.stage
	if not from and rec.event == EV.DATA then
		local _, _, _, _, direction = data_info()
		from = direction == number.NVMETAP_TO_DEVICE and HOST or DRIVE
	end
	cols.protocol = e.word
	cols.info = line .. (suffixes[key] or suffix(key))
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
	if rec.has_command and command[rec.qkind][rec.opc] and wanted(found.command) then
		tree:add(found.command, tvb(header.by_name.opc.offset, 1),
			 command[rec.qkind][rec.opc].name):set_generated()
	end
end

local UNKNOWN = {info = struct.none, payload = struct.raw, word = "TAP", name = "Unknown event"}

local function add_all(e, h, frame)
	add_header()
	add_titled(e.info, rec.info, rec.info, rec.info + rec.info_len)
	if visible and e.payload.size > 0 then
		add_rest(tree, found.rest, rec.payload + e.payload.size, rec.payload + rec.captured)
	elseif visible and e == UNKNOWN then
		add_rest(tree, found.rest, rec.payload, rec.payload + rec.captured)
	end
	if e.payload ~= struct.prp_list then
		add_titled(e.payload, rec.payload, rec.payload, rec.payload + rec.captured)
	end
	if h and h.add then
		h.add()
	end
	add_links(frame)
end

local previous = DissectorTable.get("wtap_encap"):get_dissector(wtap.USER0)

do	-- a chunk has room for 200 locals; these end here

-- Records leave garbage by the hundred bytes, and little of what lives is new.
-- So the collector is called when so much has come together that it pays; its
-- own pace is for what other scripts leave.
local GARBAGE_KIB = 256
local ASK_EVERY = 128
local since, collect_at = 0, 0

if _VERSION == "Lua 5.2" then
	collectgarbage("setpause", 400)
else
	collectgarbage("incremental", 400, 400)
end

local function collect()
	local count = collectgarbage("count")
	since = 0
	if count > collect_at then
		collectgarbage()
		count = collectgarbage("count")
		collect_at = count * 1.2 + GARBAGE_KIB
	end
end

function nvmetap.dissector(buffer, packet, root)
	local e, h, frame
	tvb, pinfo = buffer, packet
	if not decode_header() then
		(previous or Dissector.get("data")):call(buffer, packet, root)
		return 0
	end
	since = since + 1
	if since >= ASK_EVERY then
		collect()
	end
	frame = packet.number
	rec.frame = frame
	e, h = event[rec.event] or UNKNOWN, how[rec.event]
	visible = root.visible
	referenced = referenced or root.referenced
	tree = root:add(nvmetap, buffer())
	begin_record(frame)
	if h and h.decode then
		h.decode()
	end
	if not packet.visited then
		follow(frame)
	end
	set_columns(e, h)
	if visible then
		tree:set_text(format("NVMe trace: %s, sequence number %.0f", e.name, rec.seq))
	end
	if not quiet then
		add_all(e, h, frame)
	end
	add_oddities(frame)
end

DissectorTable.get("wtap_encap"):add(wtap.USER0, nvmetap)

end
