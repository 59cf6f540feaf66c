-- SPDX-License-Identifier: BSD-2-Clause
-- An oracle that nobody here wrote: our records wrapped as PDUs of NVMe/TCP, for
-- Wireshark's own NVMe dissector.  Loaded instead of the dissector; a Connect
-- command before a queue's first one tells which queue it is.

local wrapped = Proto("wrapped", "NVMe in NVMe/TCP")
local unpack, pack = Struct.unpack, Struct.pack
local own = Dissector.get("nvme-tcp")
local connected = {}

local ADMIN, IO, COMPLETION, DATA = 10, 11, 12, 14	-- events of ours
local HOST_PORT, DRIVE_PORT = 1000, 4420

local function zeros(n)
	return ("\0"):rep(n)
end

local function call(bytes, pinfo, tree)
	own:call(ByteArray.new(bytes, true):tvb("PDU"), pinfo, tree)
end

local function connect(queue, pinfo, tree)
	local command = "\127\0\255\255\1" .. zeros(35) .. pack("<I2I2I2", 0, queue, 31) .. zeros(18)
	connected[queue] = true
	call("\4\0\72\72" .. pack("<I4", 72 + 1024) .. command .. zeros(1024), pinfo, tree)
end

-- Wireshark's own loses the place in transfers of several PDUs.
local function is_whole(raw, header_len, payload)
	local offset, total = unpack(">I4I4", raw, header_len + 9)
	return offset == 0 and total == #payload
end

local function data(cid, payload)
	return "\7\12\24\24" .. pack("<I4I2I2I4I4I4", 24 + #payload, cid, 0, 0, #payload, 0) .. payload
end

function wrapped.init()
	connected = {}
end

function wrapped.dissector(buffer, pinfo, tree)
	local raw = buffer:raw()
	local magic, event, header_len, info_len, queue, cid = unpack(">I2BxxxBBx28I2xxI2", raw)
	local payload = raw:sub(1 + header_len + info_len)
	if magic ~= 0x4e54 then
		return
	end
	pinfo.src_port, pinfo.dst_port = DRIVE_PORT, HOST_PORT + queue
	if (event == ADMIN or event == IO) and #payload == 64 then
		if not connected[queue] then
			connect(queue, pinfo, tree)
		end
		call("\4\0\72\0\72\0\0\0" .. payload, pinfo, tree)
	elseif event == COMPLETION and #payload == 16 then
		call("\5\0\24\0\24\0\0\0" .. payload, pinfo, tree)
	elseif event == DATA and #payload > 0 and is_whole(raw, header_len, payload) then
		call(data(cid, payload), pinfo, tree)
	end
end

DissectorTable.get("wtap_encap"):add(wtap.USER0, wrapped)
