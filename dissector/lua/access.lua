-- SPDX-License-Identifier: BSD-2-Clause
-- Accesses to configuration space, registers and doorbells, bit by bit.

local ACCESS = packing(struct.access_info, "offset", "value", "old", "width", "bar", "doorbell",
		       "vector")

local a = {}		-- the present access

local function access()
	if rec.info_len < struct.access_info.size then
		return false
	end
	a.offset_high, a.offset, a.high, a.low, a.old_high, a.old, a.width, a.bar, a.doorbell,
		a.vector = unpack(ACCESS, raw, rec.info + 1)
	return true
end

-- Each register that the access touches, and how many bytes into the access
-- it begins (less than 0: it begins before).
local function touched(map)
	local i = first_beyond(map, a.offset) - 1
	return function()
		i = i + 1
		if map[i] and map[i].offset < a.offset + a.width then
			return map[i], map[i].offset - a.offset
		end
	end
end

local function map_of_access()
	if a.offset_high ~= 0 or a.width < 1 or a.width > 8 then
		return {}
	elseif rec.event == number.NVMETAP_EV_CFGREAD
	       or rec.event == number.NVMETAP_EV_CFGWRITE then
		return config
	end
	return a.bar == 0 and bar0 or {}
end

-- The field if all its bytes were accessed, else that of fewer bytes.
local function accessed(f, first)
	local width = a.width
	if first + f.offset >= 0 and first + f.offset + f.bytes <= width then
		return f
	end
	f = f.part
	return f and first + f.offset >= 0 and first + f.offset + f.bytes <= width and f or nil
end

-- The bits of the registers, from the big-endian value in the info.
local function add_registers()
	local value = rec.info + struct.access_info.by_name.value.offset
	if not access() then
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

-- " REG A=1 B=2": the first field and those that are not zero.
local function register_words(reg, first)
	local text, any = "  " .. reg.name, false
	for _, field in ipairs(reg.struct.fields) do
		local f = accessed(field, first)
		local at = f and first + f.offset
		local half = at and (at >= 4 and a.high or a.low)
		if f and at % 4 + f.bytes <= 4 then
			local v = floor(half / 2 ^ (8 * (at % 4) + f.shift)) % 2 ^ f.width
			if v ~= 0 or not any then
				any = true
				if f.kind == "ZERO" then
					v = v + 1
				end
				text = text .. " " .. f.name:upper() .. "=" ..
				       (names[f.set] and names[f.set][v] or
					format(f.kind == "HEX" and "%x" or "%d", v))
			end
		end
	end
	return text
end

-- The words for the registers of the present access.  Drivers poll, so some
-- are kept.
local MAX_SAID = 1024
local function places()
	local map = map_of_access()
	local key = a.offset * 4294967296 + a.low
	local of = a.width == 4 and a.offset < 65536 and map
	local text = ""
	if of and of.said and of.said[key] then
		return of.said[key]
	end
	for reg, first in touched(map) do
		text = text .. register_words(reg, first)
	end
	if of then
		if not of.said or of.nr_said >= MAX_SAID then
			of.said, of.nr_said = {}, 0
		end
		of.said[key], of.nr_said = text, of.nr_said + 1
	end
	return text
end

local function access_line(arrow, vectors)
	local text
	if not access() then
		return nil
	end
	if a.width > 8 then
		return format("%04x %s %d bytes", a.offset, arrow, a.width)
	elseif a.high ~= 0 or a.width > 4 then
		text = format("%08x%08x", a.high, a.low)
	elseif a.width == 1 or a.width == 2 then
		text = format(a.width == 1 and "%02x" or "%04x", a.low)
	else
		text = format("%08x", a.low)
	end
	text = format("%s%04x %s %s", a.offset_high == 0 and "" or format("%x", a.offset_high),
		      a.offset, arrow, text)
	if vectors then
		return format("%s  vector %d", text, a.vector)
	end
	return text .. places()
end

local function doorbell_line()
	local text, moved
	if not access() then
		return nil
	end
	moved = a.low - a.old
	text = format(a.doorbell == number.NVMETAP_DOORBELL_CQ and "CQ %d head %d -> %d"
		      or "SQ %d tail %d -> %d", a.vector, a.old, a.low)
	if moved < 0 then
		return text .. " (wrapped)"
	end
	return text .. format(" (%d %s)", moved, moved == 1 and "entry" or "entries")
end
