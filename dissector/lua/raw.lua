-- SPDX-License-Identifier: BSD-2-Clause
-- Numbers and words from raw bytes, for the Info column.

-- For Struct.unpack: the named fields of a structure, in the order of their
-- offsets.  One of 8 bytes yields two numbers in the order of its bytes.
local function packing(s, ...)
	local at, fmt = 0, s.by_name[...].big and ">" or "<"
	for _, name in ipairs({...}) do
		local f = s.by_name[name]
		fmt = fmt .. (f.offset > at and "x" .. f.offset - at or "") ..
		      (f.length == 8 and "I4I4" or "I" .. f.length)
		at = f.offset + f.length
	end
	return fmt
end

-- The first bytes of a record's header, which many have in common, and the others.
local FIRST = packing(struct.record, "magic", "event", "stage", "version", "flags", "header_len",
		      "info_len")
local FIRST_LEN = struct.record.by_name.seq.offset
local HEADER = packing(struct.record, "seq", "cause", "bdf", "nsid", "cdw10", "sqid", "cqid", "cid",
		       "opc", "status", "qkind", "len", "count")

-- A table that makes the value of a key when it is asked for, and keeps so many.
local function memo(max, make)
	local nr = 0
	return setmetatable({}, {__index = function(kept, key)
		local value = make(key)
		if nr >= max then
			for old in pairs(kept) do
				kept[old] = nil
			end
			nr = 0
		end
		kept[key], nr = value, nr + 1
		return value
	end})
end

local function hex64(high, low)
	return high == 0 and format("%x", low) or format("%x%08x", high, low)
end

local function dec64(high, low)
	return format("%.0f", high * 4294967296 + low)
end

-- The bits of f in the value that the two halves of its container make.
local function bits(f, high, low)
	if f.shift >= 32 then
		return floor(high / 2 ^ (f.shift - 32)) % 2 ^ f.width
	end
	return floor(low / 2 ^ f.shift) % 2 ^ f.width
end

-- A little-endian field of a structure at base of raw, as text.
local function text_at(raw, base_at, f)
	local low
	if f.length == 8 then
		local high
		low, high = unpack("<I4I4", raw, base_at + f.offset + 1)
		return (f.kind == "DEC" or f.name == "slba") and dec64(high, low) or hex64(high, low),
		       high == 0 and low == 0
	end
	low = bits(f, 0, (unpack("<I" .. f.length, raw, base_at + f.offset + 1)))
	if names[f.set] and names[f.set][low] then
		return names[f.set][low], low == 0
	elseif f.kind == "ZERO" then
		return format("%d", low + 1), false
	end
	return format(f.kind == "HEX" and "%x" or "%d", low), low == 0
end

local function decimal128(raw)
	local digits, rest = {}, {raw:byte(1, 16)}
	repeat
		local carry, any = 0, false
		for i = 16, 1, -1 do
			local v = carry * 256 + rest[i]
			rest[i], carry = floor(v / 10), v % 10
			any = any or rest[i] > 0
		end
		table.insert(digits, 1, format("%d", carry))
	until not any
	return table.concat(digits)
end

local duration

do	-- a chunk has room for 200 locals; these end here

local nanoseconds = memo(1000, function(ns)
	return format("%d ns", ns)
end)
local tenths = memo(4096, function(nr)		-- of a microsecond
	return format("%.1f µs", nr / 10)
end)

function duration(ns)
	if ns < 1000 then
		return nanoseconds[floor(ns)]
	elseif ns < 1000000 then
		return ns % 100 == 50 and format("%.1f µs", ns / 1000) or tenths[floor(ns / 100 + 0.5)]
	elseif ns < 1000000000 then
		return format("%.1f ms", ns / 1000000)
	end
	return format("%.3f s", ns / 1000000000)
end

end

local hex4 = memo(4096, function(v)
	return format("%04x", v)
end)

local function plural(n, what)
	return format("%d %s%s", n, what, n == 1 and "" or "s")
end
