-- SPDX-License-Identifier: BSD-2-Clause
-- The rows of the table, indexed by what the dissector asks for.
--
-- The parts of the dissector are joined into one file, after the rows of
-- nvme.def, and share their locals.  This half knows how a kind of field is
-- decoded and how events hang together; where fields are and what they are
-- called stands in the rows.  nvmetap-linktype(7) describes the records.
--
-- Rules that keep it fast: a field is added only when someone looks at it, and
-- numbers are taken from raw bytes.  Rules that keep it running in Wireshark
-- 4.0 (Lua 5.2): no integer operators, and no mask beyond 32 bits.

if pcall(Dissector.get, "nvmetap") and Dissector.get("nvmetap") then
	return
end

local floor, format = math.floor, string.format
local pack, unpack = Struct.pack, Struct.unpack
local spread = table.unpack

local MAGIC, VERSION = 0x4e54, 1
local ANY_SELECTOR = 256


local struct = {}	-- by name: size, title, fields and arrays in order, by_name
local number = {}	-- by C name
local names = {}	-- by set, then by number

-- Rows of one kind, in the order of the table; the columns are those that
-- nvme.def explains.
local function each(kind)
	local i = 0
	return function()
		repeat
			i = i + 1
		until not rows[i] or rows[i][1] == kind
		if rows[i] then
			return spread(rows[i], 2)
		end
	end
end

for name, size, _, title in each("STRUCT") do
	struct[name] = {name = name, size = size, title = title, parts = {}, fields = {},
			by_name = {}}
end
for set in each("VALUES") do
	names[set] = {}
end
for set, cname, value, text in each("VALUE") do
	names[set][value] = text
	number[cname] = value
end
for sct, _, sc, text in each("STATUS") do
	names.status[sct * 256 + sc] = text
end

local command = {}	-- by queue kind and opcode: name and struct
command[number.NVMETAP_QUEUE_NONE] = {}
command[number.NVMETAP_QUEUE_ADMIN] = {}
command[number.NVMETAP_QUEUE_IO] = {}
local queue_kind = {admin = number.NVMETAP_QUEUE_ADMIN, io = number.NVMETAP_QUEUE_IO}

for queue, cname, opc, overlay, name in each("COMMAND") do
	number[cname] = opc
	command[queue_kind[queue]][opc] = {name = name, struct = struct[overlay]}
end

local feature = {}	-- by identifier: struct
for cname, fid, overlay, name in each("FEATURE") do
	number[cname] = fid
	names.fid[fid] = name
	feature[fid] = struct[overlay]
end

-- By queue kind, opcode and selector: the struct of the data, of Dword 0.
local function by_selector(kind)
	local index = {}
	for queue, cname, selector, overlay in each(kind) do
		local opc = number[cname]
		local of = index[queue_kind[queue]] or {}
		index[queue_kind[queue]] = of
		of[opc] = of[opc] or {}
		of[opc][selector] = struct[overlay]
	end
	return index
end
local data_of, result_of = by_selector("DATA"), by_selector("RESULT")

for cname, value, _, _, name in each("TAP") do
	number[cname] = value
	names.tap[value] = name
end
names.fault_argument = {}	-- none, ns, count or event
for cname, value, name, _, argument in each("FAULT") do
	number[cname] = value
	names.fault[value] = name
	names.fault_argument[value] = argument
end

local items = {}	-- by list and type: struct
for list, cname, item in each("ITEM") do
	items[struct[list]] = items[struct[list]] or {}
	items[struct[list]][number[cname]] = struct[item]
end

local function registers(kind, prefix)
	local list = {}
	for name, offset, size, overlay, title in each(kind) do
		list[#list + 1] = {name = name:gsub(prefix, ""), offset = offset, size = size,
				   struct = struct[overlay], title = title}
	end
	return list
end

-- The first register of a map that ends beyond an offset; rows are in order.
local function first_beyond(map, offset)
	if not map.beyond then
		map.beyond = {}
		for i = #map, 1, -1 do
			for byte = map[i].offset + map[i].size - 1, i > 1 and
				map[i - 1].offset + map[i - 1].size or 0, -1 do
				map.beyond[byte] = i
			end
		end
	end
	return map.beyond[offset] or #map + 1
end

local bar0, config = registers("REGISTER", "^NVME_REG_"), registers("CONFIG", "^$")

local EV = {}		-- events' numbers by name, without the prefix
local event = {}	-- by number: info and payload structs, word for the protocol column, name
for cname, value, info, payload, word, name in each("EVENT") do
	number[cname] = value
	EV[cname:gsub("^NVMETAP_EV_", "")] = value
	names.event[value] = name
	event[value] = {info = struct[info], payload = struct[payload], word = word, name = name}
end
