-- SPDX-License-Identifier: BSD-2-Clause
-- Wireshark's fields, made from the rows: how each kind of field is registered.

local nvmetap = Proto("nvmetap", "NVMe trace")
local registered = {}	-- ProtoFields in order
local shown_only = {}	-- those of them that are in a tree only when all of it is

local KIND = {
	DEC = base.DEC, ZERO = base.DEC, BDEC = base.DEC, HEX = base.HEX, BHEX = base.HEX,
}
local found		-- the ProtoFields of what is found out beside the bytes

do	-- a chunk has room for 200 locals; these end here

local known = {}	-- ProtoFields by all that makes them
local BIG = {BDEC = true, BHEX = true, BINT = true, UUID = true}

-- The first of makers that Wireshark accepts under this name, or else under
-- our own: a built-in field of the same name must be of a compatible type.
local function protofield(abbrev, makers)
	local own = abbrev:gsub("^nvme%.", "nvmetap.")
	for _, name in ipairs({abbrev, own}) do
		for _, maker in ipairs(makers) do
			local ok, pf = pcall(maker, name)
			if ok then
				registered[#registered + 1] = pf
				return pf
			end
		end
	end
	error("no type fits the field " .. abbrev)
end

local function maker(type_name, ...)
	local args = {...}
	local n = select("#", ...)
	return function(name)
		return ProtoField[type_name](name, spread(args, 1, n))
	end
end

local function flag_makers(f)
	local bits = f.mask and 8 * f.bytes or base.NONE
	return {
		maker("bool", f.label, bits, {"Set", "Not set"}, f.mask),
		maker("uint8", f.label, base.DEC, nil, f.mask),
		maker("uint32", f.label, base.DEC, nil, f.mask),
	}
end

local UINTS = {"uint8", "uint16", "uint24", "uint32", "uint64"}
local UINT = {"uint8", "uint16", "uint24", "uint32", nil, nil, nil, "uint64"}

local function uint_makers(f, texts)
	local makers = {}
	makers[1] = maker(UINT[f.bytes], f.label, KIND[f.kind], texts, f.mask)
	for _, type_name in ipairs(UINTS) do
		makers[#makers + 1] = maker(type_name, f.label, KIND[f.kind], texts, f.mask)
	end
	makers[#makers + 1] = flag_makers(f)[1]
	makers[#makers + 1] = maker("bytes", f.label)
	return makers
end

local function other_makers(f)
	if f.kind == "FLAG" then
		return flag_makers(f)
	elseif f.kind == "BINT" then
		return {maker("int64", f.label, base.DEC)}
	elseif f.kind == "UUID" then
		return {maker("guid", f.label), maker("bytes", f.label)}
	elseif f.kind == "CHARS" or f.kind == "TEXT" then
		return {maker("string", f.label), maker("stringz", f.label),
			maker("bytes", f.label)}
	elseif f.kind == "BYTES" or f.kind == "U128" then
		return {maker("bytes", f.label)}
	end
	error("no such kind of field: " .. f.kind)
end

local function mask_of(width, low)
	return (2 ^ width - 1) * 2 ^ low
end

-- Wireshark 4.0 loses masks beyond 32 bits, so the table has none.
local function place(f)
	f.big = BIG[f.kind] or false
	f.bytes = f.length
	if (KIND[f.kind] or f.kind == "FLAG") and f.width ~= 8 * f.length then
		assert(f.length <= 4, f.abbrev)
		f.mask = mask_of(f.width, f.shift)
	end
end

-- An opcode's names depend on the queue: one field a queue kind, and before
-- them one that is never shown but lends all names to filters, which ask the
-- first field of a name.  A string as key lets a number have two names.
local function opcode_fields(f)
	local both, texts = {}, {}
	for kind, commands in pairs(command) do
		texts[kind] = {}
		for opc, c in pairs(commands) do
			texts[kind][opc] = c.name
			both[kind == number.NVMETAP_QUEUE_IO and tostring(opc) or opc] = c.name
		end
	end
	if not pcall(protofield, f.abbrev, uint_makers(f, both)) then
		protofield(f.abbrev, uint_makers(f))
	end
	f.by_queue = {}
	for kind in pairs(command) do
		f.by_queue[kind] = protofield(f.abbrev,
					      uint_makers(f, next(texts[kind]) and texts[kind]))
	end
	f.pf = f.by_queue[number.NVMETAP_QUEUE_NONE]
end

local function shared(f)
	local key = table.concat({f.abbrev, f.kind, f.bytes, f.mask or 0, f.set, f.label}, "\t")
	local texts = names[f.set]
	if not known[key] then
		known[key] = protofield(f.abbrev, KIND[f.kind]
			and uint_makers(f, texts and next(texts) and texts) or other_makers(f))
	end
	return known[key]
end

local function new_field(name, kind, offset, length, shift, width, abbrev, set, label)
	local f = {name = name, kind = kind, offset = offset, length = length, shift = shift,
		   width = width, abbrev = abbrev, set = set, label = label}
	place(f)
	if set == "opc" then
		opcode_fields(f)
	else
		f.pf = shared(f)
	end
	return f
end

-- A register's field as it looks when only the bytes that hold it were accessed.
local function partial_field(f)
	local first = floor(f.shift / 8)
	local part = {}
	for key, value in pairs(f) do
		part[key] = value
	end
	part.offset = f.offset + first
	part.bytes = floor((f.shift + f.width - 1) / 8) - first + 1
	part.shift = f.shift - 8 * first
	part.mask = f.width ~= 8 * part.bytes and mask_of(f.width, part.shift) or nil
	part.pf = shared(part)
	return part
end

for i = 1, #rows do
	local r = rows[i]
	local s = struct[r[2]]
	if r[1] == "FIELD" then
		local f = new_field(spread(r, 3))
		s.parts[#s.parts + 1] = f
		s.fields[#s.fields + 1] = f
		s.by_name[f.name] = f
	elseif r[1] == "ARRAY" then
		s[r[3] .. "_offset"] = r[4]
		s.parts[#s.parts + 1] = {
			offset = r[4], element = struct[r[5]], count = r[6], label = r[8],
			pf = protofield(r[7], {maker("none", r[8])}),
		}
	end
end
for of, name, other, low, high in each("ONLY") do
	local s = struct[of]
	s.by_name[name].only = {field = s.by_name[other], low = low, high = high}
end
for _, map in ipairs({bar0, config}) do
	for _, reg in ipairs(map) do
		for _, f in ipairs(reg.struct.fields) do
			if f.mask and f.bytes > 1 then
				f.part = f.part or partial_field(f)
			end
		end
	end
end
for _, s in pairs(struct) do
	s.pf = protofield("nvmetap.struct." .. s.name, {maker("none", s.title)})
	shown_only[#shown_only + 1] = s.pf
end

-- What is found out beside the bytes: the threads between frames, and the state
-- of drive and driver at that moment.
local AGENTS = {[0] = "unknown", "firmware", "loader", "kernel"}
local PHASES = {[0] = "not probed", "probed", "reset", "enabled", "identified",
		"queues created", "I/O", "shut down", "fatal"}

local function frame_field(abbrev, label, kind)
	return protofield(abbrev, {maker("framenum", label, base.NONE, kind)})
end

found = {
	command = protofield("nvmetap.command", {maker("string", "Command")}),
	cmd_pkt = frame_field("nvme.cmd_pkt", "Command in", frametype.REQUEST),
	cqe_pkt = frame_field("nvme.cqe_pkt", "Completion in", frametype.RESPONSE),
	doorbell_pkt = frame_field("nvmetap.doorbell_pkt", "Doorbell in", frametype.NONE),
	head_pkt = frame_field("nvmetap.head_pkt", "Taken by the host in", frametype.ACK),
	irq_pkt = frame_field("nvmetap.irq_pkt", "Interrupt in", frametype.NONE),
	data_pkt = frame_field("nvmetap.data_pkt", "Data in", frametype.NONE),
	lost_pkt = frame_field("nvmetap.lost_pkt", "Given up in", frametype.NONE),
	cause_pkt = frame_field("nvmetap.cause_pkt", "Belongs to", frametype.NONE),
	latency = protofield("nvme.cmd_latency", {maker("double", "Latency in ms")}),
	latency_us = protofield("nvmetap.latency_us", {maker("uint32", "Latency in µs")}),
	depth = protofield("nvmetap.depth", {maker("uint32", "Outstanding on this queue")}),
	outstanding = protofield("nvmetap.outstanding",
				 {maker("uint32", "Outstanding I/O commands")}),
	entries = protofield("nvmetap.doorbell.entries", {maker("uint32", "Entries")}),
	bytes = protofield("nvmetap.bytes", {maker("uint32", "Bytes")}),
	agent = protofield("nvmetap.agent", {maker("uint8", "Who drives", base.DEC, AGENTS)}),
	phase = protofield("nvmetap.phase", {maker("uint8", "Phase", base.DEC, PHASES)}),
	rest = protofield("nvmetap.rest", {maker("bytes", "Other bytes")}),
	zeros = protofield("nvmetap.zeros", {maker("bytes", "All zeros")}),
}
-- The GUI asks for each record anew: a filter there finds bytes, not structures.
shown_only = gui_enabled() and {} or shown_only
shown_only[#shown_only + 1] = found.rest
shown_only[#shown_only + 1] = found.zeros
nvmetap.fields = registered
rows = nil

end
