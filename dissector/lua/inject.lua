-- SPDX-License-Identifier: BSD-2-Clause
-- Injections: who altered which event, and the fields that differ.

local inject_line, add_inject

do	-- a chunk has room for 200 locals; these end here

local INFO = struct.inject_info
local INJECT = packing(INFO, "count", "arg", "offset", "tap", "event", "how", "verdict", "fault",
		       "parts", "who_len", "state_len")
local SAID_LEN = INFO.by_name.rsvd34.offset	-- bytes of info that say all

local j = {}		-- the present injection

-- Where who, what was and what is now are in the record; false: it does not say.
local function parse()
	local left = rec.captured
	local who_len, state_len
	if rec.info_len < SAID_LEN then
		return false
	end
	j.count_high, j.count, j.arg_high, j.arg, j.offset, j.tap, j.event, j.how, j.verdict, j.fault,
		j.parts, who_len, state_len = unpack(INJECT, raw, rec.info + 1)
	j.who, j.who_len = rec.payload, math.min(who_len, left)
	left = left - j.who_len
	j.was, j.was_len = j.who + j.who_len, math.min(state_len, left)
	left = left - j.was_len
	j.now, j.now_len = j.was + j.was_len, math.min(state_len, left)
	return true
end

local part = {}		-- a part of what was and is, and the bits of it that were told

local function is_number(f)
	return f.width ~= 0
end

-- The high and the low half of a field's number.
local function number_in(f, text, from)
	local order = f.big and ">" or "<"
	if f.length == 8 then
		local first, second = unpack(order .. "I4I4", text, from + 1)
		if f.big then
			return first, second
		end
		return second, first
	end
	return 0, floor(unpack(order .. "I" .. f.length, text, from + 1) / 2 ^ f.shift) % 2 ^ f.width
end

local function hex_of(text)
	return (text:gsub(".", function(c)
		return format("%02x", c:byte())
	end))
end

local function padded(text)
	return (text:gsub("[ %z]+$", ""):gsub("[^\32-\126]", "."))
end

local function uuid(text)
	local hex = hex_of(text)
	return format("%s-%s-%s-%s-%s", hex:sub(1, 8), hex:sub(9, 12), hex:sub(13, 16),
		      hex:sub(17, 20), hex:sub(21))
end

local function number_text(f, high, low)
	if f.kind == "HEX" or f.kind == "BHEX" then
		if f.width > 32 then
			return format("0x%08x%08x", high, low)
		end
		return format("0x%0" .. math.ceil(f.width / 4) .. "x", low)
	elseif f.kind == "BINT" and high >= 2147483648 then
		return "-" .. dec64(4294967295 - high, 4294967296 - low)
	end
	return dec64(high, low)
end

local function meaning_of(f, v)
	local c
	if f.set == "opc" then
		c = command[rec.qkind][v]
		return c and c.name
	elseif f.set == "status" then
		v = v % 2048
	end
	return names[f.set] and names[f.set][v]
end

local OTHER = {U128 = decimal128, CHARS = padded, TEXT = printable, BYTES = hex_of, UUID = uuid}

-- A field's value as people read it.
local function shown(f, text, from, len)
	local high, low, v, meaning
	if not is_number(f) then
		return OTHER[f.kind](text:sub(from + 1, from + len))
	end
	high, low = number_in(f, text, from)
	v = high * 4294967296 + low
	if f.kind == "ZERO" then
		return format("%.0f (stored as %.0f)", v + 1, v)
	elseif f.kind == "FLAG" then
		return v ~= 0 and "yes" or "no"
	end
	meaning = meaning_of(f, v)
	return meaning and format("%s (%s)", meaning, number_text(f, high, low))
	       or number_text(f, high, low)
end

local function differs(f, from, len)
	local a, b, c, d
	if not is_number(f) then
		return part.was:sub(from + 1, from + len) ~= part.now:sub(from + 1, from + len)
	end
	a, b = number_in(f, part.was, from)
	c, d = number_in(f, part.now, from)
	return a ~= c or b ~= d
end

-- Marks the field's bits as told; false: some had been.
local function tell_bits(f, from, len)
	local told = part.told
	local bit_list = {}
	if is_number(f) then
		for bit = f.shift, f.shift + f.width - 1 do
			local byte = floor(bit / 8)
			byte = f.big and f.length - 1 - byte or byte
			bit_list[#bit_list + 1] = (from + byte) * 8 + bit % 8
		end
	else
		for bit = from * 8, (from + len) * 8 - 1 do
			bit_list[#bit_list + 1] = bit
		end
	end
	for i = 1, #bit_list do
		if told[bit_list[i]] then
			return false
		end
	end
	for i = 1, #bit_list do
		told[bit_list[i]] = true
	end
	return true
end

-- Whether fields of the same bytes name bits of the field.
local function is_composite(f, s)
	if not is_number(f) or f.width ~= 8 * f.length or f.set ~= "NONE" then
		return false
	end
	for _, other in ipairs(s.fields) do
		if other.width ~= 0 and other.width < f.width and other.offset >= f.offset
		   and other.offset + other.length <= f.offset + f.length then
			return true
		end
	end
	return false
end

local function only_holds(f, base)
	local other = f.only.field
	local from = base + other.offset
	local high, low
	if from < 0 or from + other.length > part.len then
		return false
	end
	high, low = number_in(other, part.now, from)
	return high == 0 and low >= f.only.low and low <= f.only.high
end

local function look(s, f, base)
	local from = base + f.offset
	local len = f.length == 0 and part.len - from or f.length
	if from < 0 or len < 1 or from + len > part.len or (f.only and not only_holds(f, base))
	   or is_composite(f, s) ~= part.composites or not differs(f, from, len)
	   or not tell_bits(f, from, len) then
		return
	end
	part.say(format("%s: %s -> %s", f.abbrev, shown(f, part.was, from, len),
			shown(f, part.now, from, len)))
end

local visit

-- The elements that are not all zero.
local function visit_array(array, begin)
	local size = array.element.size
	local i = begin < 0 and floor(-begin / size) or 0
	while (array.count == 0 or i < array.count) and begin + i * size < part.len do
		local at = begin + i * size
		if part.now:sub(math.max(at, 0) + 1, at + size):find("[^%z]") then
			visit(array.element, at)
		end
		i = i + 1
	end
end

function visit(s, base)
	for _, p in ipairs(s.parts) do
		if p.element then
			visit_array(p, base + p.offset)
		else
			look(s, p, base)
		end
	end
end

-- start: where in the structure the part begins.
local function visit_part(s, start)
	part.composites = false
	visit(s, -start)
	part.composites = true
	visit(s, -start)
end

-- Bytes that no field has told.
local function say_bytes(start)
	local function is_told(at)
		local any = part.was:byte(at + 1) == part.now:byte(at + 1)
		for bit = at * 8, at * 8 + 7 do
			any = any or part.told[bit]
		end
		return any
	end
	local at, stop = 0, part.len
	while at < stop and is_told(at) do
		at = at + 1
	end
	while stop > at and is_told(stop - 1) do
		stop = stop - 1
	end
	if at < stop then
		part.say(format("byte %.0f: %s -> %s", start + at, hex_of(part.was:sub(at + 1, stop)),
				hex_of(part.now:sub(at + 1, stop))))
	end
end

local function change_cmd()
	local c = command[rec.qkind][rec.opc]
	if c then
		visit_part(c.struct, 0)
	end
	visit_part(sqe, 0)
end

local function change_data()
	local s = selected(data_of)
	if s and not items[s] then
		visit_part(s, j.offset)
	end
	say_bytes(j.offset)
end

local PART_MAX = 64

-- The next len bytes of both; false: they are not all there.
local function next_part(used, len)
	local there = math.min(j.was_len, j.now_len)
	if len > there - used or len > PART_MAX then
		return false
	end
	part.was, part.now, part.len = tvb:raw(j.was + used, len), tvb:raw(j.now + used, len), len
	part.told = {}
	return true
end

local function has_part(bit)
	return floor(j.parts / bit) % 2 == 1
end

-- Calls say with the text of each change.
local function changes(say)
	local info = event[j.event] and event[j.event].info or struct.none
	local used = 0
	part.say = say
	if has_part(1) then
		if not next_part(used, sqe.size) then
			return
		end
		used = used + sqe.size
		change_cmd()
	end
	if has_part(2) then
		if not next_part(used, cqe.size) then
			return
		end
		used = used + cqe.size
		visit_part(cqe, 0)
	end
	if has_part(4) and info.size > 0 then
		if not next_part(used, info.size) then
			return
		end
		used = used + info.size
		visit_part(info, 0)
	end
	if has_part(8) and j.now_len > used and next_part(used, j.now_len - used) then
		change_data()
	end
end

local function fault_words()
	local argument = names.fault_argument[j.fault]
	local text = ", fault " .. (names.fault[j.fault] or j.fault)
	if argument == "none" then
		return text
	elseif argument == "ns" and j.arg_high == 0 then
		return text .. " " .. duration(j.arg)
	elseif argument == "event" then		-- as rules say it: type, information, log page
		return text .. format(" %d %d %d", j.arg % 8, floor(j.arg / 256) % 256,
				      floor(j.arg / 65536) % 256)
	end
	return text .. " " .. dec64(j.arg_high, j.arg)
end

-- What was done comes first: who did it may be a long rule.
function inject_line()
	local text
	if not parse() then
		return nil
	end
	text = j.how == 0 and names.verdict[j.verdict] or names.how[j.how] or format("%d", j.how)
	if j.fault ~= 0 then
		text = text .. fault_words()
	end
	if j.event ~= number.NVMETAP_EV_NONE then
		text = text .. " at " .. (names.tap[j.tap] or j.tap)
	end
	changes(function(change)
		text = text .. "; " .. change
	end)
	if j.who_len > 0 then
		text = text .. format("; by \"%s\"", printable(tvb:raw(j.who, j.who_len)))
	end
	return text
end

local function add_bytes(s, name, at, len)
	local pf = s.by_name[name].pf
	if len > 0 and wanted(pf) then
		subtree(tree, s.pf, at, len, s.title):add(pf, tvb(at, len))
	end
end

function add_inject()
	local change = struct.inject_change.by_name.change.pf
	if not parse() then
		return
	end
	add_titled(struct.inject_who, j.who, j.who, j.who + j.who_len)
	if wanted(change) then
		changes(function(text)
			tree:add(change, text):set_generated()
		end)
	end
	add_bytes(struct.inject_was, "was", j.was, j.was_len)
	add_bytes(struct.inject_now, "now", j.now, j.now_len)
end

end
