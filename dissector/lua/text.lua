-- SPDX-License-Identifier: BSD-2-Clause
-- Text: what of it can be printed, and how it is added to the tree.

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
