-- SPDX-License-Identifier: BSD-2-Clause
-- A structure in a few words, for lines and for titles of the tree.

local words, element_words

do	-- a chunk has room for 200 locals; these end here

local function lies_in(f, other)
	local from, to = 8 * f.offset + f.shift, 8 * f.offset + f.shift + f.width
	local low = 8 * other.offset + other.shift
	return f ~= other and f.width < other.width and from >= low and to <= low + other.width
end

-- The fields of a structure that a line shows; the first of them even when it is zero.
local function line_fields(s)
	local list = {}
	for _, f in ipairs(s.fields) do
		local part = f.name:match("^rsvd")
		for _, other in ipairs(s.fields) do
			part = part or lies_in(f, other)
		end
		if not part then
			list[#list + 1] = f
		end
	end
	return list
end

local NUMBER = {DEC = true, HEX = true, ZERO = true, FLAG = true}
local LINE_NAME = {slba = "LBA"}
for _, s in pairs(struct) do
	s.line = line_fields(s)
	s.tail_from = s.size
	s.has_words = #s.line > 0
	for i, f in ipairs(s.line) do
		s.has_words = s.has_words and NUMBER[f.kind] and not f.only
		f.line_name = LINE_NAME[f.name] or f.name:upper()
		if i > 1 and f.kind ~= "ZERO" then
			s.tail_from = math.min(s.tail_from, f.offset)
		end
	end
	s.tail = ("\0"):rep(s.size - s.tail_from)
	s.short_line = {}
	for i, f in ipairs(s.line) do
		if i == 1 or f.kind == "ZERO" then
			s.short_line[#s.short_line + 1] = f
		end
	end
end

-- " NAME=value" for what is worth a word in the structure at at.
function words(s, at)
	local text = ""
	local plain = raw:sub(at + s.tail_from + 1, at + s.size) == s.tail
	local line = plain and s.short_line or s.line
	for i = 1, #line do
		local value, zero = text_at(raw, at, line[i])
		if i == 1 or not zero then
			text = text .. " " .. line[i].line_name .. "=" .. value
		end
	end
	return text
end

-- What an element of an array is worth: the number that it is, or words.
function element_words(s, at)
	if not s.has_words or at < 0 or at + s.size > #raw then
		return ""
	elseif #s.fields == 1 then
		return ": " .. text_at(raw, at, s.fields[1])
	end
	return ":" .. words(s, at)
end

end
