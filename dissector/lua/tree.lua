-- SPDX-License-Identifier: BSD-2-Clause
-- The present record, and how a structure of the table is added to the tree.

local tvb, raw, tree, pinfo		-- raw: the bytes of tvb
local visible, has_columns
local visited = true
local rec = {}				-- its header, and where its parts are
local bytes_of, is_referenced = Tvb.raw, TreeItem.referenced

local pass = 0			-- over the file
local has_tree
local quiet			-- nobody asks for any of our fields in this pass
local begin_record, wanted

do	-- a chunk has room for 200 locals; these end here

-- Asking costs more than decoding.  Outside the GUI the answers are the same
-- for all records of a pass over the file, and a pass runs forward; the GUI
-- asks for each record anew.
local PASSES = not gui_enabled()
local last_frame = math.huge
local answers = {}		-- by ProtoField, in this pass
local is_shown
local shown_asked		-- somebody asks for one of those that are there only when shown

local function any_referenced(root, fields)
	for i = 1, #fields do
		if is_referenced(root, fields[i]) then
			return true
		end
	end
	return false
end

local function begin_pass(root)
	pass = pass + 1
	answers = PASSES and {} or nil
	quiet = not has_tree or PASSES and not is_shown and not any_referenced(root, registered)
	shown_asked = not is_shown and not quiet and any_referenced(root, shown_only)
end

-- A tree that nobody wants has not even a root; else that is hidden.
local function look_at(root)
	has_tree = root.hidden or root.text ~= nil
	is_shown = has_tree and root.visible
end

-- Whether what is set as a column goes anywhere.
local function has_info_column()
	return tostring(pinfo.cols.info) ~= "(info)"
end

-- Tree and columns are the same for all of the first pass, which runs forward; who
-- comes back later may jump.
function begin_record(frame, root)
	local is_same = PASSES and not is_shown and frame > last_frame
	local had_tree = has_tree
	last_frame = frame
	if is_same and not visited then
		return
	end
	visited = pinfo.visited
	look_at(root)
	has_columns = not PASSES or visited or has_info_column()
	if not is_same or is_shown or has_tree ~= had_tree then
		begin_pass(root)
	end
	visible = is_shown or shown_asked
end

function wanted(pf)
	local answer
	if visible then
		return true
	elseif not PASSES then
		return is_referenced(tree, pf)
	end
	answer = answers[pf]
	if answer == nil then
		answer = is_referenced(tree, pf)
		answers[pf] = answer
	end
	return answer
end

end

local any_wanted

-- A field, or an array because of itself or of what its elements have.
local function part_wanted(part)
	if part.element then
		return wanted(part.pf) or any_wanted(part.element)
	elseif part.by_queue then
		for _, pf in pairs(part.by_queue) do
			if wanted(pf) then
				return true
			end
		end
		return false
	end
	return wanted(part.pf)
end

-- The fields and arrays of a structure that someone looks at.
local function wanted_parts(s)
	if visible then
		return s.parts
	elseif s.pass ~= pass then
		s.pass, s.wanted = pass, {}
		for i = 1, #s.parts do
			if part_wanted(s.parts[i]) then
				s.wanted[#s.wanted + 1] = s.parts[i]
			end
		end
	end
	return s.wanted
end

function any_wanted(s)
	return #wanted_parts(s) > 0
end

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

local function add_chars(parent, pf, at, len)
	local text = tvb:raw(at, len):gsub("[ %z]+$", ""):gsub("[^\32-\126]", ".")
	parent:add(pf, tvb(at, len), text)
end

local printable, add_text

do

-- The length of the UTF-8 character that begins at at, or nil.
local function utf8_length(text, at)
	local a, b, c, d = text:byte(at, at + 3)
	local function follows(byte, low, high)
		return byte and byte >= (low or 0x80) and byte <= (high or 0xbf)
	end
	if a < 0xc2 or a > 0xf4 then
		return nil
	elseif a < 0xe0 then
		return follows(b, a == 0xc2 and 0xa0) and 2
	elseif a < 0xf0 then
		return follows(b, a == 0xe0 and 0xa0, a == 0xed and 0x9f) and follows(c) and 3
	end
	return follows(b, a == 0xf0 and 0x90, a == 0xf4 and 0x8f) and follows(c)
	       and follows(d) and 4
end

local ESCAPE = {["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t"}

-- Text that a terminal and Wireshark show alike: no controls, whole UTF-8.
-- Wireshark itself escapes line ends in a field's value.
function printable(text, keep_breaks)
	local out, at = {}, 1
	local class = keep_breaks and "^[\t\r\n\32-\126]+" or "^[\32-\126]+"
	if text:match(class) == text then
		return text
	end
	while at <= #text do
		local plain = text:match(class, at)
		local len = plain and #plain or text:byte(at) >= 0x80 and utf8_length(text, at)
		if len then
			out[#out + 1] = text:sub(at, at + len - 1)
		else
			local c = text:sub(at, at)
			out[#out + 1] = ESCAPE[c] or format("\\x%02x", c:byte())
		end
		at = at + (len or 1)
	end
	return table.concat(out)
end

-- A line for each line of a text of several, below it.
local function add_lines(item, at, len)
	local text = tvb:raw(at, len)
	local from = 1
	if not text:find("\n[^$]") then
		return
	end
	while from <= len do
		local stop = text:find("\n", from, true) or len + 1
		if stop > from then
			item:add(tvb(at + from - 1, stop - from),
				 printable(text:sub(from, stop - 1)))
		end
		from = stop + 1
	end
end

function add_text(parent, pf, at, len)
	local item = parent:add(pf, tvb(at, len), printable(tvb:raw(at, len), true))
	if visible then
		add_lines(item, at, len)
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
			item:set_text(format("%s %d", array.label, i))
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

local function add_titled(s, at, low, high)
	local from = math.max(at, low)
	local to = s.size > 0 and math.min(at + s.size, high) or high
	if to > from and #s.parts > 0 then
		add_struct(subtree(tree, s.pf, from, to - from, s.title), s, at, low, high)
	end
end
