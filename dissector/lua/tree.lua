-- SPDX-License-Identifier: BSD-2-Clause
-- How a structure of the table is added to the tree, with all its bytes.

local function subtree(parent, pf, at, len, text)
	return visible and parent:add(pf, tvb(at, len)):set_text(text) or parent
end

local function status_name(status)
	local code = status % 2048
	return names.status[code] or format("SCT=%x SC=%02x", floor(code / 256), code % 256)
end

-- The number that a field of a structure at at has.
local function number_at(f, at)
	local from = at + f.offset
	local v = unpack((f.big and ">I" or "<I") .. f.bytes, raw, from + 1)
	return floor(v / 2 ^ f.shift) % 2 ^ f.width
end

local function place_name(offset)
	local map = config
	if rec.event == number.NVMETAP_EV_REGREAD or rec.event == number.NVMETAP_EV_REGWRITE then
		map = bar0
	elseif rec.event ~= number.NVMETAP_EV_CFGREAD
	       and rec.event ~= number.NVMETAP_EV_CFGWRITE then
		return nil
	end
	for _, reg in ipairs(map) do
		if offset >= reg.offset and offset < reg.offset + reg.size then
			return reg.name
		end
	end
end

local BDF = struct.record.by_name.bdf

-- What only a reader of the tree sees, behind the value at byte from.
local function explain(item, f, from, big)
	local range = tvb(from, f.bytes)
	local v
	if f.kind == "U128" then
		item:append_text(" (" .. decimal128(tvb:raw(from, 16)) .. ")")
	elseif f.kind == "ZERO" then
		v = (big and range:uint64() or range:le_uint64()):tonumber()
		item:append_text(format(" (%.0f)", floor(v / 2 ^ f.shift) % 2 ^ f.width + 1))
	elseif f.set == "status" and not f.mask then
		v = range:uint()
		if v > 2047 then
			item:append_text(" (" .. status_name(v) .. ")")
		end
	elseif f == BDF then
		v = range:uint()
		item:append_text(format(" (%02x:%02x.%x)", floor(v / 256), floor(v / 8) % 32,
					v % 8))
	elseif f.set == "place" then
		v = place_name(range:uint64():tonumber())
		if v then
			item:append_text(" (" .. v .. ")")
		end
	end
end

-- A field at byte from.  big: against its kind, as registers stand in the info.
local function add_field(parent, f, from, big)
	local pf = f.by_queue and f.by_queue[rec.qkind] or f.pf
	local item
	if not wanted(pf) then
		return
	end
	if f.kind == "CHARS" then
		add_chars(parent, pf, from, f.bytes)
		return
	end
	if big or f.big or not (KIND[f.kind] or f.kind == "FLAG") then
		item = parent:add(pf, tvb(from, f.bytes))
	else
		item = parent:add_le(pf, tvb(from, f.bytes))
	end
	if visible then
		explain(item, f, from, big or f.big)
	end
end

-- Whether the table lets the field of the structure at at be shown.
local function holds(f, at, low, high)
	local other = f.only.field
	local from = at + other.offset
	local v
	if from < low or from + other.bytes > high then
		return false
	end
	v = number_at(other, at)
	return v >= f.only.low and v <= f.only.high
end

local add_struct, add_rest

do	-- a chunk has room for 200 locals; these end here

-- Every byte of a payload belongs to a field; these are for those without a name.
function add_rest(parent, field, from, to)
	if to > from then
		parent:add(field, tvb(from, to - from))
	end
end

-- The bytes of a structure that no part of it covers: from, to, from, to, …
local function gaps_of(s)
	local covered, gaps = {}, {}
	for _, part in ipairs(s.parts) do
		local len = part.element and part.count * part.element.size or part.bytes
		for byte = part.offset, part.offset + len - 1 do
			covered[byte] = true
		end
		if part.element and part.count == 0 or part.kind == "TEXT" then
			return {}
		end
	end
	for byte = 0, s.size do
		local open = #gaps % 2 == 1
		if open == (covered[byte] or byte == s.size) then
			gaps[#gaps + 1] = byte
		end
	end
	s.gaps = gaps
	return gaps
end

local function add_gaps(parent, s, at, low, high)
	local gaps = s.gaps or gaps_of(s)
	for i = 1, #gaps - 1, 2 do
		add_rest(parent, found.rest, math.max(at + gaps[i], low), math.min(at + gaps[i + 1], high))
	end
end

-- The elements of zeros from one that is none to the next.
local function add_zeros_after(parent, array, at, from, used, stop)
	local size = array.element.size
	if used < stop then
		used = at + floor((used - at) / size) * size
	end
	add_rest(parent, found.zeros, from, used)
end

-- The elements that lie in low to high and are not all zeros.
local function add_array(parent, array, at, low, high)
	local size = array.element.size
	local stop = array.count > 0 and math.min(at + array.count * size, high) or high
	local from = math.max(at, low)
	local bytes, used
	if stop <= from then
		return
	end
	bytes = tvb:raw(from, stop - from)
	used = bytes:find("[^%z]")
	if visible then
		add_zeros_after(parent, array, at, from, used and from + used - 1 or stop, stop)
	end
	while used do
		local i = floor((from + used - 1 - at) / size)
		local here = math.max(at + i * size, from)
		local next_one = math.min(at + (i + 1) * size, stop)
		local item = parent
		if wanted(array.pf) then
			item = parent:add(array.pf, tvb(here, next_one - here))
			item:set_text(format("%s %d%s", array.label, i,
					     visible and element_words(array.element, at + i * size)
					     or ""))
		end
		add_struct(item, array.element, at + i * size, low, stop)
		used = bytes:find("[^%z]", next_one - from + 1)
		if visible then
			add_zeros_after(parent, array, at, next_one, used and from + used - 1 or stop, stop)
		end
	end
end

-- What of the structure that begins at at lies in low to high of the record.
function add_struct(parent, s, at, low, high)
	local parts = wanted_parts(s)
	for i = 1, #parts do
		local part = parts[i]
		local from = at + part.offset
		if part.element then
			add_array(parent, part, from, low, high)
		elseif from >= low and from + part.bytes <= high
		       and (not part.only or holds(part, at, low, high)) then
			if part.kind == "TEXT" then
				if high > from then
					add_text(parent, part.pf, from, high - from)
				end
			else
				add_field(parent, part, from)
			end
		end
	end
	if visible then
		add_gaps(parent, s, at, low, high)
	end
end

end

-- worded: the title says what is in it.
local function add_titled(s, at, low, high, worded)
	local from = math.max(at, low)
	local to = s.size > 0 and math.min(at + s.size, high) or high
	local title = s.title
	if to > from and #s.parts > 0 then
		if visible and worded and to - from == s.size then
			title = title .. ":" .. words(s, at)
		end
		add_struct(subtree(tree, s.pf, from, to - from, title), s, at, low, high)
	end
end
