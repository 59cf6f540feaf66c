-- SPDX-License-Identifier: BSD-2-Clause
-- The record as a whole: its header, the columns, and the take-over of USER0.

local header = struct.record
local HEADER_LEN = header.size

local NO_QUEUE = number.NVMETAP_QUEUE_NONE

local decode_header
local UNKNOWN = {info = struct.none, payload = struct.raw, word = "TAP", name = "Unknown event"}

do	-- a chunk has room for 200 locals; these end here

local NOTHING = {}
local sub = string.sub

-- What the Info column says after the line.
local function suffix_of(kind)
	local text = ""
	if kind.stage ~= number.NVMETAP_DECODE and (kind.event == EV.ADMIN or kind.event == EV.IO) then
		text = format(" [%s]", names.stage[kind.stage] or "?")
	end
	for bit, name in pairs(names.flags) do
		if bit ~= number.NVMETAP_HAS_COMMAND and floor(kind.flags / bit) % 2 == 1 then
			text = text .. " [" .. name .. "]"
		end
	end
	return text
end

-- All that the first bytes of a record decide, or false if it is none of this
-- version.
local kinds = memo(1024, function(first)
	local magic, ev, stage, version, flags, header_len, info_len = unpack(FIRST, first)
	local kind = {event = ev, stage = stage, flags = flags, info = header_len,
		      info_len = info_len, payload = header_len + info_len}
	if magic ~= MAGIC or version ~= VERSION or header_len < HEADER_LEN then
		return false
	end
	kind.has_command = floor(flags / number.NVMETAP_HAS_COMMAND) % 2 == 1
	kind.is_snapshot = floor(flags / number.NVMETAP_SNAPSHOT) % 2 == 1
	kind.row, kind.how = event[ev] or UNKNOWN, how[ev] or NOTHING
	kind.suffix = suffix_of(kind)
	return kind
end)

-- A record of which less was captured than its info.
local function shortened(kind, len)
	local short = {}
	for key, value in pairs(kind) do
		short[key] = value
	end
	short.info_len = len > kind.info and len - kind.info or 0
	return short
end

-- Makes rec the present record.  False if the packet is none of this version.
function decode_header()
	local r, captured, seq_high, seq, cause_high, cause
	raw = bytes_of(tvb)
	if #raw < HEADER_LEN then
		return false
	end
	r = kinds[sub(raw, 1, FIRST_LEN)]
	captured = r and #raw - r.payload
	if not r or captured < 0 and r.payload > tvb:reported_len() then
		return false
	elseif captured < 0 then
		r, captured = shortened(r, #raw), 0
	end
	seq_high, seq, cause_high, cause, r.bdf, r.nsid, r.cdw10, r.sqid, r.cqid, r.cid, r.opc, r.status,
		r.qkind, r.len, r.count = unpack(HEADER, raw)
	r.seq = seq_high * 4294967296 + seq
	r.cause = cause_high * 4294967296 + cause
	r.captured = captured < r.len and captured or r.len
	if not command[r.qkind] then
		r.qkind = NO_QUEUE
	end
	rec = r
	return true
end

end

local function set_columns()
	local cols = pinfo.cols
	local what = rec.how
	local from = what.from
	local line = what.line and what.line() or rec.row.name
	if rec.event == EV.DATA then
		local _, _, _, _, direction = data_info()
		from = direction == number.NVMETAP_TO_DEVICE and HOST or DRIVE
	end
	cols.protocol = rec.row.word
	cols.info = rec.suffix == "" and line or line .. rec.suffix
	if from then
		cols.src = from
		cols.dst = from == HOST and DRIVE or from == DRIVE and HOST or ""
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

local function add_all(frame)
	local e = rec.row
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
	if rec.how.add then
		rec.how.add()
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
	local frame
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
	begin_record(frame, root)
	tree = has_tree and root:add(nvmetap, buffer()) or root
	if rec.how.decode then
		rec.how.decode()
	end
	if not visited then
		follow(frame)
	end
	if has_columns then
		set_columns()
	end
	if visible then
		tree:set_text(format("NVMe trace: %s, sequence number %.0f", rec.row.name, rec.seq))
	end
	if not quiet then
		add_all(frame)
	end
	add_oddities(frame)
end

DissectorTable.get("wtap_encap"):add(wtap.USER0, nvmetap)

end
