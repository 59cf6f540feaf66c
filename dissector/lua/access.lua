-- SPDX-License-Identifier: BSD-2-Clause
-- Accesses to configuration space, registers and doorbells, bit by bit.

local ACCESS = packing(struct.access_info, "offset", "value", "old", "width", "bar", "doorbell",
		       "vector")

local acc = {ok = false}	-- the present access

local function decode_access()
	acc.ok = rec.info_len >= struct.access_info.size
	if acc.ok then
		acc.offset_high, acc.offset, acc.high, acc.low, acc.old_high, acc.old, acc.width, acc.bar,
			acc.doorbell, acc.vector = unpack(ACCESS, raw, rec.info + 1)
	end
end

-- Each register that the access touches, and how many bytes into the access
-- it begins (less than 0: it begins before).
local function touched(map)
	local i = first_beyond(map, acc.offset) - 1
	return function()
		i = i + 1
		if map[i] and map[i].offset < acc.offset + acc.width then
			return map[i], map[i].offset - acc.offset
		end
	end
end

local function map_of_access()
	if acc.offset_high ~= 0 or acc.width < 1 or acc.width > 8 then
		return {}
	elseif rec.event == number.NVMETAP_EV_CFGREAD
	       or rec.event == number.NVMETAP_EV_CFGWRITE then
		return config
	end
	return acc.bar == 0 and bar0 or {}
end

-- The field if all its bytes were accessed, else that of fewer bytes.
local function accessed(f, first)
	local width = acc.width
	if first + f.offset >= 0 and first + f.offset + f.bytes <= width then
		return f
	end
	f = f.part
	return f and first + f.offset >= 0 and first + f.offset + f.bytes <= width and f or nil
end

-- The bits of the registers, from the big-endian value in the info.
local function add_registers()
	local value = rec.info + struct.access_info.by_name.value.offset
	if not acc.ok then
		return
	end
	for reg, first in touched(map_of_access()) do
		local title = format("%s: %s", reg.name, reg.title)
		local parts = wanted_parts(reg.struct)
		local item = #parts > 0 and subtree(tree, reg.struct.pf, value, 8, title)
		for _, field in ipairs(parts) do
			local f = accessed(field, first)
			if f then
				add_field(item, f, value + 8 - first - f.offset - f.bytes, true)
			end
		end
	end
end

-- " REG A=1 B=2": the fields that are not zero, and of controller registers the first one;
-- of a register that has itself as a field, " REG=1 B=2".
local function register_words(reg, first, map)
	local text, any = "  " .. reg.name, map == config
	for _, field in ipairs(reg.struct.line) do
		local f = accessed(field, first)
		local at = f and first + f.offset
		local half = at and (at >= 4 and acc.high or acc.low)
		if f and at % 4 + f.bytes <= 4 then
			local v = floor(half / 2 ^ (8 * (at % 4) + f.shift)) % 2 ^ f.width
			if v ~= 0 or not any then
				any = true
				if f.kind == "ZERO" then
					v = v + 1
				end
				text = text .. (f.name:upper() == reg.name and "="
						or " " .. f.name:upper() .. "=") ..
				       (names[f.set] and names[f.set][v] or
					format(f.kind == "HEX" and "%x" or "%d", v))
			end
		end
	end
	if #reg.struct.fields == 0 and reg.size == 8 and acc.width == 4 then
		return text .. (first == 0 and " low" or " high")
	end
	return text
end

-- The words for the registers of the present access.  Drivers poll, so some
-- are kept.
local MAX_SAID = 1024
local function places()
	local map = map_of_access()
	local key = acc.offset * 4294967296 + acc.low
	local of = acc.width == 4 and acc.offset < 65536 and map
	local text = ""
	if of and of.said and of.said[key] then
		return of.said[key]
	end
	for reg, first in touched(map) do
		text = text .. register_words(reg, first, map)
	end
	if of then
		if not of.said or of.nr_said >= MAX_SAID then
			of.said, of.nr_said = {}, 0
		end
		of.said[key], of.nr_said = text, of.nr_said + 1
	end
	return text
end

-- What of a vector's entry in the MSI-X table is accessed.
local ENTRY = {[0] = "message address", [4] = "upper message address", [8] = "message data",
	       [12] = "vector control"}

local function entry_words()
	local what = ENTRY[acc.offset % 16] or "entry"
	if acc.vector == number.NVMETAP_VECTOR_PENDING then
		return "  pending bits"
	end
	if acc.offset % 16 == 12 then
		what = what .. (acc.low % 2 == 1 and ": masked" or ": unmasked")
	end
	return format("  vector %d %s", acc.vector, what)
end

local function access_line(arrow, vectors)
	local text
	if not acc.ok then
		return nil
	end
	if acc.width > 8 then
		return format("%04x %s %d bytes%s", acc.offset, arrow, acc.width,
			      rec.len > 0 and ": " .. event[rec.event].payload.title or "")
	elseif acc.high ~= 0 or acc.width > 4 then
		text = format("%08x%08x", acc.high, acc.low)
	elseif acc.width == 1 or acc.width == 2 then
		text = format(acc.width == 1 and "%02x" or "%04x", acc.low)
	else
		text = format("%08x", acc.low)
	end
	text = format("%s%04x %s %s", acc.offset_high == 0 and "" or format("%x", acc.offset_high),
		      acc.offset, arrow, text)
	if vectors then
		return text .. entry_words()
	end
	return text .. places()
end

local entries_moved	-- by how many entries the present doorbell moves, or nil

local function doorbell_line()
	local moved
	if not acc.ok then
		return nil
	end
	moved = entries_moved()
	return format(acc.doorbell == number.NVMETAP_DOORBELL_CQ and "CQ %d head %d -> %d%s"
		      or "SQ %d tail %d -> %d%s", acc.vector, acc.old, acc.low,
		      not moved and " (wrapped)" or moved == 1 and " (1 entry)"
		      or format(" (%d entries)", moved))
end
