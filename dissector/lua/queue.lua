-- SPDX-License-Identifier: BSD-2-Clause
-- What is known of a queue: its outstanding commands, the doorbells that commands
-- are to follow, the completions that are to be taken, and its positions, with
-- what is odd about them.

local queues = {}

do	-- a chunk has room for 200 locals; these end here

local MAX_FIFO = 1024		-- of a queue whose size is not known

function queues.new(size)
	return {size = size, nr = 0, cids = {}, first = 1, last = 0, frames = {}, left = {}, told = 0}
end

function queues.of(map, qid)
	local q = map[qid]
	if not q then
		q = queues.new(nil)
		map[qid] = q
	end
	return q
end

-- The identifier of the command in that frame, which is not yet completed, or nil.
function queues.cid_of(q, command_frame)
	for cid, frame in pairs(q.cids) do
		if frame == command_frame then
			return cid
		end
	end
end

-- Whether what is known of the positions in q still holds.
local function is_sure(q, c)
	return q.sure == c.gaps
end

function queues.give_up(c, q, frame)
	for _, command_frame in pairs(recorded.completions(c, q.is_io) and q.cids or {}) do
		if command_frame >= c.gap_frame then
			lost[command_frame] = frame
		end
	end
	if q.is_io then
		c.io = c.io - q.nr
	end
	q.cids, q.nr = {}, 0
end

function queues.push(q, frame, left)
	local last = q.last + 1
	q.frames[last], q.left[last], q.last = frame, left, last
	if last - q.first >= (q.size or MAX_FIFO) then
		q.frames[q.first], q.left[q.first] = nil, nil
		q.first = q.first + 1
	end
end

local function pop(q)
	local first = q.first
	local frame = q.frames[first]
	q.frames[first], q.left[first] = nil, nil
	q.first = first + 1
	if q.first > q.last then
		q.first, q.last, q.told = 1, 0, 0
	end
	return frame
end

local function clear(q)
	q.first, q.last, q.told, q.frames, q.left = 1, 0, 0, {}, {}
end

-- No more than so many commands are still to follow their doorbells.
local function trim(q, nr)
	local all = q.left
	for i = q.last, q.first, -1 do
		local left = all[i]
		if left > nr then
			left, all[i] = nr, nr
		end
		nr = nr - left
	end
	while q.first <= q.last and q.left[q.first] == 0 do
		pop(q)
	end
end

-- The doorbell that a command on q follows: each makes as many entries as it
-- moved the tail by.
function queues.take_doorbell(q)
	local left
	if q.first > q.last then
		return 0
	end
	left = q.left[q.first] - 1
	if left > 0 then
		q.left[q.first] = left
		return q.frames[q.first]
	end
	return pop(q)
end

-- Whether the driver, who knows the head by completions, adds no more than there is room for.
local function check_room(c, frame, q, moved)
	local room
	if not (moved and q.heard and is_sure(q, c)) then
		return true
	end
	room = q.size - 1 - (acc.old - q.head) % q.size
	if moved > room then
		note(frame, "doorbell_range", format("%d new, room for %d, head %d, tail %d", moved,
						     room, q.head, acc.old))
	end
	return moved <= room
end

-- Whether the driver takes no more than was posted, where completions are recorded.
local function check_taken(c, frame, q, moved)
	if not (moved and q.posted and is_sure(q, c)) or q.head ~= acc.old then
		q.posted = nil
	elseif moved <= q.posted then
		q.posted = q.posted - moved
	elseif q.heard then
		note(frame, "doorbell_range", format("%d taken, %d posted", moved, q.posted))
		return false
	else
		q.posted = nil
	end
	return true
end

function queues.move_tail(c, frame, q, moved)
	if not check_room(c, frame, q, moved) then
		return
	end
	if q.tail and q.tail ~= acc.old then
		clear(q)
	end
	q.tail = acc.low
	if moved and moved > 0 then
		queues.push(q, frame, moved)
	end
end

-- Whether the present doorbell takes the completion in that slot.
local function is_taken(slot)
	if acc.old <= acc.low then
		return slot >= acc.old and slot < acc.low
	end
	return slot >= acc.old or slot >= 0 and slot < acc.low
end

function queues.move_head(c, frame, q, moved)
	if not check_taken(c, frame, q, moved) then
		return
	end
	if q.head and q.head ~= acc.old then
		clear(q)
	end
	q.head = acc.low
	while q.first <= q.last and (is_taken(q.left[q.first])
				     or q.left[q.first] < 0 and q.left[q.last] >= 0) do
		local known = q.left[q.first] >= 0
		local completion = pop(q)
		if known then
			set_low(completion, frame)
			extend(links, frame, completion)
		end
	end
end

-- The slot of a completion, or -1.  It is known from a queue's creation on, and after a gap from
-- when the phase changes, which is in slot 0.
local function slot_of(c, frame, q)
	local phase = cqe_now.status % 2
	local slot = q.slot
	if not cqe_now.ok or not is_sure(q, c) then
		slot, q.last_phase, q.posted, q.sure = nil, nil, nil, c.gaps
	end
	if cqe_now.ok and slot and q.size then
		if phase ~= q.phase then
			note(frame, "wrong_phase", format("expected %d in slot %d of queue %d", q.phase, slot,
							  rec.cqid))
		end
	elseif q.last_phase and q.last_phase ~= phase then
		slot, q.phase = 0, phase
	end
	if cqe_now.ok then
		q.last_phase = phase
	end
	q.slot = slot and slot + 1
	if q.slot == q.size and q.size then
		q.slot, q.phase = 0, 1 - q.phase
	end
	return slot or -1
end

-- What came before a gap may have had its interrupt there.
local function forget_untold(c, q)
	if q.told_gaps ~= c.gaps then
		q.told, q.told_gaps = q.last, c.gaps
	end
end

function queues.post(c, frame, q)
	forget_untold(c, q)
	queues.push(q, frame, slot_of(c, frame, q))
	q.posted, q.heard = q.posted and q.posted + 1, true
end

-- The head lies between where it was and the tail; what lies behind it has
-- not been fetched.
local function check_head(c, frame, q)
	local head = cqe_now.sqhd
	local size = q.size
	if not size then
		return
	end
	if head >= size then
		note(frame, "sqhd", format("%d in a queue of %d", head, size))
		return
	end
	if q.tail then
		local unfetched = (q.tail - head) % size
		if is_sure(q, c) and q.head and unfetched > (q.tail - q.head) % size then
			note(frame, "sqhd", format("%d, not from %d to tail %d", head, q.head, q.tail))
			return
		end
		trim(q, unfetched)
	end
	q.head, q.heard = head, true
end

-- cid: the command's, where it is known.
function queues.check(c, frame, sq, cid)
	if cqe_now.sqid ~= rec.sqid or cid and cqe_now.cid ~= cid then
		note(frame, "wrong_ids", format("SQ %d CID %04x, the command's are SQ %d CID %04x",
						cqe_now.sqid, cqe_now.cid, rec.sqid,
						cid or cqe_now.cid))
	else
		check_head(c, frame, sq)
	end
end

function queues.announce(c, q, frame)
	forget_untold(c, q)
	for i = math.max(q.told + 1, q.first), q.last do
		set_high(q.frames[i], frame)
		extend(links, frame, q.frames[i])
	end
	q.told = q.last
end

end
