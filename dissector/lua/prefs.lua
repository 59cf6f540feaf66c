-- SPDX-License-Identifier: BSD-2-Clause
-- What the user can set.

nvmetap.prefs.snap = Pref.uint("Data shown (bytes)", 4096,
	"How many bytes of a transfer's data are shown, of those that are no structure")
nvmetap.prefs.sector = Pref.uint("Sector size (bytes)", 0,
	"How many bytes a logical block has; 0: what Identify Namespace said, or 512")
nvmetap.prefs.slow = Pref.uint("Slow from (microseconds)", 10000,
	"Completions that took longer are marked; Asynchronous Event Requests never are")
nvmetap.prefs.vendor = Pref.string("Vendor commands", "",
	"Names for opcodes: admin c0=Get Secrets, io 90=Fast Write")

local slow_ns = 10000000
local outcomes = {}	-- "Read: Successful Completion", by queue kind, opcode and status
local data_shown, sector_bytes = 4096, 0
local vendor_commands = {}	-- those that the preference has added

local function forget_vendor_commands()
	for _, v in ipairs(vendor_commands) do
		command[v.kind][v.opc] = nil
	end
	vendor_commands = {}
end

local function add_vendor_commands(text)
	for queue, opc, name in text:gmatch("(%a+)%s+(%x%x?)%s*=%s*([^,]+)") do
		local kind, code = queue_kind[queue], tonumber(opc, 16)
		if kind and not command[kind][code] then
			table.insert(vendor_commands, {kind = kind, opc = code})
			command[kind][code] = {name = name:gsub("%s+$", ""), struct = struct.cmd_other}
		end
	end
end

function nvmetap.prefs_changed()
	slow_ns = nvmetap.prefs.slow * 1000
	data_shown, sector_bytes = nvmetap.prefs.snap, nvmetap.prefs.sector
	forget_vendor_commands()
	add_vendor_commands(nvmetap.prefs.vendor)
	outcomes = {}
end
