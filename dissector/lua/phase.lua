-- SPDX-License-Identifier: BSD-2-Clause
-- The phases of a boot, as in dissector/model.c, and who drives: firmware, loader or
-- kernel, by what the guest's console says and whether it wants interrupts.

local phases = {PROBED = 1, RESET = 2, ENABLED = 3, IDENTIFIED = 4, QUEUES = 5, IO = 6,
		SHUTDOWN = 7, FATAL = 8, FIRMWARE = 1, LOADER = 2, KERNEL = 3}

do	-- a chunk has room for 200 locals; these end here

function phases.change(c, frame, phase, agent)
	local n = #c.change_frames
	c.phase, c.agent = phase, agent or c.agent
	if n > 0 and c.change_frames[n] == frame then
		n = n - 1
	end
	c.change_frames[n + 1], c.change_values[n + 1] = frame, c.agent * 16 + c.phase
end

local FIRMWARE, LOADER, KERNEL = phases.FIRMWARE, phases.LOADER, phases.KERNEL

function phases.advance(c, frame, from, to)
	if c.phase >= from and c.phase < to then
		phases.change(c, frame, to)
	end
end

function phases.completed(c, frame)
	if rec.status % 2048 ~= 0 then
		return
	elseif rec.qkind == number.NVMETAP_QUEUE_IO then
		phases.advance(c, frame, phases.QUEUES, phases.IO)
	elseif rec.opc == number.NVME_OPC_IDENTIFY and rec.cdw10 % 256 == number.NVME_CNS_CTRL then
		phases.advance(c, frame, phases.ENABLED, phases.IDENTIFIED)
	end
end

-- Whoever comes first after power-on or a reset is the firmware, until somebody
-- else makes himself known.
function phases.register(c, frame)
	if c.phase == 0 then
		phases.change(c, frame, phases.PROBED, c.agent == 0 and FIRMWARE or nil)
	elseif c.agent == 0 and c.phase == phases.RESET then
		phases.change(c, frame, c.phase, FIRMWARE)
	end
end

-- Whose words these are.
local SPEAKERS = {
	{"^%[ *%d+%.%d+%] ", KERNEL}, {"^Linux version ", KERNEL}, {"^Booting the kernel", KERNEL},
	{"GRUB", LOADER}, {"systemd%-boot", LOADER}, {"SYSLINUX", LOADER}, {"ISOLINUX", LOADER},
	{"SeaBIOS", FIRMWARE}, {"iPXE", FIRMWARE}, {"BdsDxe", FIRMWARE}, {"UEFI", FIRMWARE},
	{"EDK II", FIRMWARE},
}

function phases.console(c, frame)
	local text = raw:sub(rec.payload + 1, rec.payload + math.min(rec.captured, 200))
	for i = 1, #SPEAKERS do
		local agent = SPEAKERS[i][2]
		if text:find(SPEAKERS[i][1]) then
			if agent ~= c.agent and (agent == KERNEL or c.phase < phases.IO) then
				phases.change(c, frame, c.phase, agent)
			end
			return
		end
	end
end

end
