-- SPDX-License-Identifier: BSD-2-Clause
-- What is remembered of each frame, and the frames that belong together.
--
-- A frame costs two numbers, each of them a pair: its links and its depths.
-- The links of a command are its completion and its doorbell; of a completion
-- its interrupt and the doorbell that took it; of a doorbell and an interrupt
-- the first and the last frame that belong to it.  The depths are what is
-- outstanding on the queue and of all I/O; of a completion, its command and
-- what is outstanding on the queue.  Whatever else a record belongs to, it names
-- by sequence number.

local PAIR = 67108864		-- two frame numbers below this fit into a number exactly

-- Numbers by frame.  The collector looks at each number of a table again and
-- again, and never into a string: so those of earlier frames are packed, a page at
-- a time.  What is set later is found in the table first.
local PAGE = 512
local PAGE_FORMAT = "<" .. ("d"):rep(PAGE)

local function by_frame()
	local pages = {}
	return setmetatable({}, {pages = pages, __index = function(_, frame)
		local page = pages[floor(frame / PAGE)]
		return page and (unpack("<d", page, frame % PAGE * 8 + 1))
	end})
end

local function pack_page(numbers, nr)
	local list, first = {}, nr * PAGE
	for i = 1, PAGE do
		local frame = first + i - 1
		list[i] = rawget(numbers, frame) or 0
		numbers[frame] = nil
	end
	getmetatable(numbers).pages[nr] = pack(PAGE_FORMAT, spread(list))
end

local links, depths		-- by frame
local next_page			-- the first that is not packed
-- By frame, of few: given up in; first and last data; what is odd; entries of a
-- doorbell that wrapped; of a command's later stage, its first.
local lost, datas, oddities, wrapped, roots
local controllers		-- by PCI function

-- Frames by sequence number, in runs in which both count up by one.  The last run
-- has no end while it goes on.
local function new_epoch(c, frame)
	c.epoch = {from = frame, first_seq = {}, first_frame = {}, last_seq = {}, n = 0, alias = {},
		   controller = c}
	c.epochs[#c.epochs + 1] = c.epoch
	c.last_seq, c.last_frame, c.sessions = 0, -1, 0
end

local function new_controller(bdf, frame)
	local c = {bdf = bdf, sqs = {}, cqs = {}, gaps = 0, gap_frame = 0, io = 0, sectors = {}, epochs = {},
		   phase = 0, agent = 0, change_frames = {}, change_values = {}}
	new_epoch(c, frame)
	controllers[bdf] = c
	return c
end

local function frame_of(epoch, seq)
	local low, high = 1, epoch.n
	local first = epoch.first_seq
	if high == 0 or seq < first[1] then
		return epoch.alias[seq]
	end
	if seq >= first[high] then
		low = high
	end
	while low < high do
		local middle = floor((low + high + 1) / 2)
		if first[middle] <= seq then
			low = middle
		else
			high = middle - 1
		end
	end
	if seq <= (epoch.last_seq[low] or epoch.controller.last_seq) then
		return epoch.first_frame[low] + seq - first[low]
	end
	return epoch.alias[seq]
end

local function epoch_at(c, frame)
	local i = #c.epochs
	while i > 1 and c.epochs[i].from > frame do
		i = i - 1
	end
	return c.epochs[i]
end

-- The first frame of what the present record belongs to, or nil.
local function root_of(epoch)
	local frame = frame_of(epoch, rec.cause)
	return roots[frame] or frame
end

local function cause_frame(frame)
	local c = rec.cause ~= 0 and controllers[rec.bdf]
	return c and root_of(epoch_at(c, frame))
end

-- Whether the capture has a tap's events, as far as it says.
local recorded = {}

function recorded.tap(c, tap)
	return not c.taps or c.taps[names.tap[tap]]
end

-- The same of the commands and the completions of a kind of queue.
function recorded.commands(c, is_io)
	return recorded.tap(c, is_io and number.NVMETAP_TAP_IO_DECODE
			       or number.NVMETAP_TAP_ADMIN_DECODE)
end

function recorded.completions(c, is_io)
	return recorded.tap(c, is_io and number.NVMETAP_TAP_IO_WRITEBACK
			      or number.NVMETAP_TAP_ADMIN_WRITEBACK)
end

local function pair_of(map, frame)
	local both = map[frame]
	if not both then
		return 0, 0
	end
	return floor(both / PAIR), both % PAIR
end

local function set_high(frame, high)
	links[frame] = high * PAIR + (links[frame] or 0) % PAIR
end

local function set_low(frame, low)
	local both = links[frame] or 0
	links[frame] = both - both % PAIR + low
end

-- frame is the next one of those that belong to a doorbell.
local function extend(map, doorbell, frame)
	local both = map[doorbell] or 0
	if both == 0 then
		map[doorbell] = frame * PAIR + frame
	else
		map[doorbell] = both - both % PAIR + frame
	end
end

local function note(frame, expert, text)
	local list = oddities[frame] or {}
	oddities[frame] = list
	list[#list + 1] = expert
	list[#list + 1] = text or false
end

-- Frames before this one, but for the latest, are seldom changed any more.
local function pack_before(frame)
	while (next_page + 2) * PAGE <= frame do
		pack_page(links, next_page)
		pack_page(depths, next_page)
		next_page = next_page + 1
	end
end

local function forget()
	links, depths, next_page = by_frame(), by_frame(), 0
	lost, datas, oddities, wrapped, roots, controllers = {}, {}, {}, {}, {}, {}
end
forget()

local add_links, bytes_moved

do	-- a chunk has room for 200 locals; these end here

local MAX_SCAN = 20000	-- frames looked through for those of a doorbell
local MAX_SHOWN = 64

local function add_frame(field, frame)
	if frame and frame ~= 0 and wanted(field) then
		tree:add(field, frame):set_generated()
	end
end

local function add_number(field, value)
	if value and wanted(field) then
		tree:add(field, value):set_generated()
	end
end

local function add_command_threads(frame, first)
	local completion, doorbell = pair_of(links, first)
	local data, last_data = pair_of(datas, first)
	add_frame(found.cmd_pkt, first ~= frame and first)
	add_frame(found.doorbell_pkt, doorbell)
	add_frame(found.data_pkt, data ~= frame and data)
	add_frame(found.data_pkt, last_data ~= data and last_data ~= frame and last_data)
	add_frame(found.cqe_pkt, completion ~= frame and completion)
	add_frame(found.lost_pkt, lost[first])
	return completion
end

local function add_completion_threads(frame)
	local interrupt, doorbell = pair_of(links, frame)
	add_frame(found.irq_pkt, interrupt)
	add_frame(found.head_pkt, doorbell)
end

-- The frames from first to last whose links have what belongs there.
local function each_member(frame, high)
	local first, last = pair_of(links, frame)
	local stop = math.min(last, first + MAX_SCAN)
	local at, shown = first - 1, 0
	return function()
		while first > 0 and at < stop and shown < MAX_SHOWN do
			local a, b
			at = at + 1
			a, b = pair_of(links, at)
			if (high and a or b) == frame then
				shown = shown + 1
				return at
			end
		end
	end
end

local function add_members(frame, field, high)
	if not wanted(found.cmd_pkt) and not wanted(found.cqe_pkt) then
		return
	end
	for member in each_member(frame, high) do
		add_frame(field, member)
		if field == found.cqe_pkt then
			add_frame(found.cmd_pkt, (pair_of(depths, member)))
		end
	end
end

-- The phase of controller c at frame: agent and phase.
local function phase_at(c, frame)
	local low, high = 0, #c.change_frames
	while low < high do
		local middle = floor((low + high + 1) / 2)
		if c.change_frames[middle] <= frame then
			low = middle
		else
			high = middle - 1
		end
	end
	return floor((c.change_values[low] or 0) / 16), (c.change_values[low] or 0) % 16
end

local function add_state(frame)
	local c = controllers[rec.bdf]
	local first, second = pair_of(depths, frame)
	local agent, phase
	if rec.event == EV.COMPLETION then
		add_number(found.depth, depths[frame] and second)
	elseif rec.event == EV.ADMIN or rec.event == EV.IO or rec.event == EV.DOORBELL then
		add_number(found.depth, depths[frame] and first)
		add_number(found.outstanding, depths[frame] and second)
	end
	if c and (wanted(found.phase) or wanted(found.agent)) then
		agent, phase = phase_at(c, frame)
		add_number(found.agent, agent)
		add_number(found.phase, phase)
	end
end

-- An injection belongs to the event that it altered, and to its command.
local INJECTED = struct.inject_info.by_name.event

local function add_injection_threads(first)
	local kind = rec.info_len > INJECTED.offset and number_at(INJECTED, rec.info)
	add_frame(found.cause_pkt, first)
	if first and kind == EV.COMPLETION then
		local of = pair_of(depths, first)
		add_frame(found.cmd_pkt, pair_of(links, of) == first and of)
	elseif first and (kind == EV.ADMIN or kind == EV.IO) then
		add_frame(found.cmd_pkt, first)
	end
end

-- How much the present command moves, by the size of its namespace's blocks, or nil.
function bytes_moved()
	local c = command[rec.qkind][rec.opc]
	local of = controllers[rec.bdf]
	if c and sqe_now.ok and c.struct == RW then
		return (sqe_now.cdw12 % 65536 + 1) *
		       (sector_bytes > 0 and sector_bytes or of and of.sectors[rec.nsid] or 512)
	end
end

function add_links(frame)
	local ev, first = rec.event
	if ev == EV.ADMIN or ev == EV.IO then
		first = cause_frame(frame) or frame
		add_number(found.bytes, bytes_moved())
		add_command_threads(frame, first)
	elseif ev == EV.COMPLETION or ev == EV.DATA or ev == EV.LIST then
		first = cause_frame(frame)
		if first then
			add_command_threads(frame, first)
		end
		if ev == EV.COMPLETION then
			add_completion_threads(frame)
		end
	elseif ev == EV.DOORBELL then
		local cq = acc.doorbell == number.NVMETAP_DOORBELL_CQ
		add_number(found.entries, entries_moved())
		add_members(frame, cq and found.cqe_pkt or found.cmd_pkt, false)
	elseif ev == EV.INTERRUPT then
		add_members(frame, found.cqe_pkt, true)
	elseif ev == EV.INJECT then
		add_injection_threads(cause_frame(frame))
	else
		add_frame(found.cause_pkt, cause_frame(frame))
	end
	add_state(frame)
end

end
