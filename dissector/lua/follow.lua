-- SPDX-License-Identifier: BSD-2-Clause
-- What each record of the first pass changes: controllers, queues, threads
-- between frames, phases, and what is odd.  Filters and drops leave
-- gaps in the sequence numbers; after one, a queue's positions are not trusted
-- until they are known again.

local current			-- the controller of the present record
local follow

do	-- a chunk has room for 200 locals; these end here

local function break_run(c)
	local e = c.epoch
	if e.n > 0 then
		e.last_seq[e.n] = c.last_seq
	end
	c.last_frame = 0
end

local function begin_run(c, seq, frame)
	local e = c.epoch
	break_run(c)
	e.n = e.n + 1
	e.first_seq[e.n], e.first_frame[e.n] = seq, frame
	c.last_seq, c.last_frame = seq, frame
end

local function follow_seq(c, frame)
	local seq, last = rec.seq, c.last_seq
	if seq == last + 1 and frame == c.last_frame + 1 then
		c.last_seq, c.last_frame = seq, frame
	elseif seq == 0 or rec.is_snapshot then
		if rec.event == EV.SESSION then
			c.sessions = c.sessions + 1
		end
	elseif seq > last then
		if last ~= 0 and seq ~= last + 1 then
			c.gaps, c.gap_frame = c.gaps + 1, frame
		end
		begin_run(c, seq, frame)
	elseif seq == last then
		break_run(c)
	elseif c.sessions > 0 then
		break_run(c)
		c.sqs, c.cqs, c.io = {}, {}, 0
		new_epoch(c, frame)
		begin_run(c, seq, frame)
	end
end

local function controller_of_record(frame)
	if not current or current.bdf ~= rec.bdf then
		current = controllers[rec.bdf] or new_controller(rec.bdf, frame)
	end
	return current
end

function entries_moved()
	local moved = acc.low - acc.old
	return moved >= 0 and moved or wrapped[pinfo.number]
end

local function follow_doorbell(c, frame)
	local is_cq = acc.doorbell == number.NVMETAP_DOORBELL_CQ
	local map = is_cq and c.cqs or c.sqs
	local q, moved
	if not acc.ok then
		return
	end
	q = map[acc.vector]
	if not q and c.sure_of_queues == c.gaps
	   and recorded.tap(c, number.NVMETAP_TAP_QUEUE) then
		note(frame, c.phase == phases.RESET and "doorbell_disabled" or "no_queue")
	end
	q = q or queues.of(map, acc.vector)
	if q.size and acc.low >= q.size then
		note(frame, "doorbell_range", format("%d in a queue of %d", acc.low, q.size))
		return
	end
	moved = acc.low - acc.old
	if moved < 0 then
		moved = q.size and moved + q.size
		wrapped[frame] = moved
	end
	if moved == 0 then
		note(frame, "doorbell_same", format("%d", acc.low))
	end
	if is_cq then
		queues.move_head(c, frame, q, moved)
	else
		queues.move_tail(c, frame, q, moved)
	end
	depths[frame] = q.nr * PAIR + c.io
end

local function follow_command(c, frame)
	local q = queues.of(c.sqs, rec.sqid)
	local cid = rec.cid
	if rec.cause ~= 0 and not rec.is_snapshot then
		roots[frame] = root_of(c.epoch)
		depths[frame] = q.nr * PAIR + c.io
		return
	end
	if q.cids[cid] then
		if rec.is_snapshot then
			return
		end
		if q.cids[cid] >= c.gap_frame and recorded.completions(c, rec.event == EV.IO) then
			note(frame, "cid_in_use", format("since frame %d", q.cids[cid]))
		end
	else
		q.nr = q.nr + 1
		if q.is_io == nil then
			q.is_io = rec.qkind == number.NVMETAP_QUEUE_IO
		end
		if q.is_io then
			c.io = c.io + 1
		end
	end
	q.cids[cid] = frame
	depths[frame] = q.nr * PAIR + c.io
	if rec.is_snapshot then
		if not frame_of(c.epoch, rec.cause) then
			c.epoch.alias[rec.cause] = frame
		end
		return
	end
	local doorbell = queues.take_doorbell(q)
	links[frame] = doorbell
	if doorbell ~= 0 then
		extend(links, doorbell, frame)
	else
		q.tail = nil	-- some doorbell is not in the capture
	end
end

local function follow_completion(c, frame)
	local sq, cq = queues.of(c.sqs, rec.sqid), queues.of(c.cqs, rec.cqid)
	local command_frame = root_of(c.epoch)
	local pending = sq.cids[rec.cid]
	local cid = command_frame and pending ~= command_frame and queues.cid_of(sq, command_frame)
	if pending and (pending == command_frame or not command_frame) then
		sq.cids[rec.cid], sq.nr = nil, sq.nr - 1
		if sq.is_io then
			c.io = c.io - 1
		end
	end
	if not command_frame then
		if recorded.commands(c, rec.qkind == number.NVMETAP_QUEUE_IO) then
			note(frame, "no_command")
		end
		command_frame = 0
	else
		local both = links[command_frame] or 0
		if both >= PAIR then
			note(frame, "completed_twice", format("first in frame %d", floor(both / PAIR)))
		else
			links[command_frame] = frame * PAIR + both
		end
	end
	depths[frame] = command_frame * PAIR + sq.nr
	queues.post(c, frame, cq)
	if cqe_now.ok then
		queues.check(c, frame, sq, cid)
	end
	if c.phase < phases.IO then
		phases.completed(c, frame)
	end
end

-- Completion queues share a vector as they like; the pin is everyone's.
local function follow_interrupt(c, frame)
	local _, _, _, vector, kind = interrupt_info()
	if rec.cause == 0 then
		return
	end
	for _, q in pairs(c.cqs) do
		if kind == number.NVMETAP_IRQ_INTX or not q.vector or q.vector == vector then
			queues.announce(c, q, frame)
		end
	end
	if links[frame] == 0 then
		local completion = frame_of(c.epoch, rec.cause)
		if completion then
			set_high(completion, frame)
			links[frame] = completion * PAIR + completion
		end
	end
end

-- A capture that begins in the middle begins with the registers and the queues.
local function follow_registers(c, frame)
	local fields = struct.registers.by_name
	local cc
	if rec.captured < struct.registers.size then
		return
	end
	cc = number_at(fields.cc, rec.payload)
	c.sure_of_queues = c.gaps
	c.page = 2 ^ (12 + bits(struct.reg_cc.by_name.mps, 0, cc))
	if c.phase == 0 and number_at(fields.csts, rec.payload) % 2 == 1 then
		phases.change(c, frame, phases.ENABLED)
	end
end

local function follow_ctrl(c, frame)
	local state, _, _, cc = ctrl_info()
	if not state then
		return
	end
	c.page = 2 ^ (12 + bits(struct.reg_cc.by_name.mps, 0, cc))
	if state == number.NVMETAP_CTRL_DISABLED then
		for _, q in pairs(c.sqs) do
			queues.give_up(c, q, frame)
		end
		c.sqs, c.cqs, c.io, c.sure_of_queues = {}, {}, 0, c.gaps
		phases.change(c, frame, phases.RESET)
	elseif state == number.NVMETAP_CTRL_READY then
		phases.change(c, frame, phases.ENABLED)
	elseif state == number.NVMETAP_CTRL_SHUTDOWN_COMPLETE then
		phases.change(c, frame, phases.SHUTDOWN)
	elseif state == number.NVMETAP_CTRL_FATAL then
		phases.change(c, frame, phases.FATAL)
		note(frame, "fatal")
	end
end

local function follow_queue(c, frame)
	local _, low, qid, _, size, head, tail, kind, state, phase, ien, vector = queue_info()
	local is_sq = kind == number.NVMETAP_SQ
	local map = is_sq and c.sqs or c.cqs
	local q = low and map[qid]
	if not low then
		return
	elseif state == number.NVMETAP_QUEUE_DELETED then
		if q and is_sq then
			queues.give_up(c, q, frame)
		end
		map[qid] = nil
		return
	elseif not q or not rec.is_snapshot then
		if q and is_sq then
			queues.give_up(c, q, frame)
		end
		q = queues.new(size)
		map[qid] = q
	end
	q.size, q.head, q.sure = size, head, c.gaps
	if is_sq then
		q.tail = tail
	else
		q.slot, q.phase, q.vector = tail, phase, ien == 1 and vector or -1
		q.posted = (tail - head) % math.max(size, 1)
	end
	if qid ~= 0 and not is_sq and ien == 1 and c.agent ~= phases.KERNEL then
		phases.change(c, frame, c.phase, phases.KERNEL)
	end
	if qid ~= 0 and is_sq then
		phases.advance(c, frame, phases.ENABLED, phases.QUEUES)
	end
end

-- The size of a namespace's blocks, for the bytes that later commands move.
local ID_NS = struct.id_ns

local function learn_sector(c)
	local at = rec.payload
	local format_now = number_at(ID_NS.by_name.flbas, at) % 16
	local shift = struct.lbaf.by_name.lbads
	local from = at + ID_NS.lbaf_offset + format_now * struct.lbaf.size
	c.sectors[rec.nsid] = 2 ^ math.min(number_at(shift, from), 31)
end

local function follow_data(c, frame)
	local first = root_of(c.epoch)
	if first then
		extend(datas, first, frame)
	end
	if rec.captured >= ID_NS.size and selected(data_of) == ID_NS and data_offset() == 0 then
		learn_sector(c)
	end
end

-- What the drive then posts is not what its records say.
local function follow_inject(c)
	local fields = struct.inject_info.by_name
	local q = c.cqs[rec.cqid]
	if q and rec.info_len >= struct.inject_info.size
	   and number_at(fields.event, rec.info) == EV.COMPLETION
	   and (number_at(fields.fault, rec.info) ~= 0
		or number_at(fields.verdict, rec.info) ~= number.NVMETAP_GO) then
		q.slot, q.last_phase, q.posted = nil, q.phase, nil
	end
end

-- A capture says which events it has.
local function follow_session(c)
	local taps = {}
	for name in raw:sub(rec.payload + 1):gmatch("\ntap: (%S+) by tracer") do
		taps[name] = true
	end
	c.taps = next(taps) and taps
end

local by_event = {
	[EV.SESSION] = follow_session,
	[EV.REGREAD] = phases.register,
	[EV.REGWRITE] = phases.register,
	[EV.DOORBELL] = follow_doorbell,
	[EV.INTERRUPT] = follow_interrupt,
	[EV.ADMIN] = follow_command,
	[EV.IO] = follow_command,
	[EV.COMPLETION] = follow_completion,
	[EV.DATA] = follow_data,
	[EV.CTRL] = follow_ctrl,
	[EV.QUEUE] = follow_queue,
	[EV.CONSOLE] = phases.console,
	[EV.INJECT] = follow_inject,
	[EV.REGISTERS] = follow_registers,
}

function follow(frame)
	local c = controller_of_record(frame)
	local f = by_event[rec.event]
	if frame >= PAIR then
		return
	elseif frame % PAGE == 0 then
		pack_before(frame)
	end
	links[frame], depths[frame] = 0, 0
	follow_seq(c, frame)
	if f then
		f(c, frame)
	end
end

function nvmetap.init()
	current = nil
	forget()
end

end
