-- SPDX-License-Identifier: BSD-2-Clause
-- Which frame holds the completion of a command, and the other way round.

local pending, nr_pending	-- by function, then sequence number: the command's frame
local other, nr_links		-- by frame: the frame of the completion or command

local function forget()
	pending, nr_pending = {}, 0
	other, nr_links = {}, 0
end
forget()
nvmetap.init = forget

-- A command's later stages, and its record in a snapshot, name its first record.
local function remember(frame)
	local of = pending[rec.bdf]
	local seq = rec.cause ~= 0 and rec.cause or rec.seq
	if rec.event ~= number.NVMETAP_EV_ADMIN and rec.event ~= number.NVMETAP_EV_IO
	   and rec.event ~= number.NVMETAP_EV_COMPLETION then
		return
	end
	if rec.event == number.NVMETAP_EV_COMPLETION then
		local command_frame = of and of[rec.cause]
		if command_frame and nr_links < MAX_LINKS then
			other[frame], other[command_frame] = command_frame, frame
			nr_links = nr_links + 1
		end
		if command_frame then
			of[rec.cause] = nil
			nr_pending = nr_pending - 1
		end
		return
	end
	if nr_pending >= MAX_LINKS then
		pending, nr_pending = {}, 0
		of = nil
	end
	if not of then
		of = {}
		pending[rec.bdf] = of
	end
	if not of[seq] then
		of[seq] = frame
		nr_pending = nr_pending + 1
	end
end

local function add_link(frame)
	local pf = rec.event == number.NVMETAP_EV_COMPLETION and pf_cmd_pkt or pf_cqe_pkt
	if other[frame] and wanted(pf) then
		tree:add(pf, other[frame]):set_generated()
	end
end
