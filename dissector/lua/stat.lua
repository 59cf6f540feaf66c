-- SPDX-License-Identifier: BSD-2-Clause
-- Statistics: tshark -q -z nvmetap,lat, -z nvmetap,opc and -z nvmetap,queues, each
-- with a display filter behind a further comma; in Wireshark in the menu.
--
-- A listener runs when the dissector has just run for the same frame, so the
-- present record is still there.  Memory does not grow with the capture.

do	-- a chunk has room for 200 locals; these end here

local PER_OCTAVE = 16		-- buckets of latency from one power of two to the next

local function sorted(map, key)
	local list = {}
	for _, item in pairs(map) do
		list[#list + 1] = item
	end
	table.sort(list, function(one, other)
		return one[key] < other[key]
	end)
	return list
end

-- In characters: the letter µ has two bytes.
local function width_of(text)
	return #text - (text:find("µ", 1, true) and 1 or 0)
end

-- Rows of cells as lines; a column whose width is negative begins at the left, and one of width 0
-- is left out.
local function as_lines(cells, widths)
	local lines = {}
	for nr, row in ipairs(cells) do
		local line = {}
		for i, text in ipairs(row) do
			local blank = (" "):rep(math.abs(widths[i]) - width_of(text))
			if widths[i] ~= 0 then
				line[#line + 1] = widths[i] < 0 and text .. blank or blank .. text
			end
		end
		lines[nr] = table.concat(line, " ")
	end
	return lines
end

-- Columns as wide as what is in them, without those in left_out: a text window is narrow.
local function fitted(cells, widths, left_out)
	local fit = {}
	for i, width in ipairs(widths) do
		local widest = 0
		for _, row in ipairs(cells) do
			widest = math.max(widest, width_of(row[i]))
		end
		fit[i] = left_out[i] and 0 or width < 0 and -widest or widest
	end
	return fit
end

-- What is counted of the present command's or completion's kind.
local function of_command(rows_by_key, fresh)
	local key = rec.qkind * 256 + rec.opc
	local c = command[rec.qkind][rec.opc]
	local row = rows_by_key[key]
	if not row then
		row = fresh()
		row.key, row.queue = key, names.qkind[rec.qkind] or "?"
		row.name = c and c.name or format("opcode %02x", rec.opc)
		rows_by_key[key] = row
	end
	return row
end

-- A command is counted once, at the first of its stages that was recorded.
local function first_of_command()
	return (rec.event == EV.ADMIN or rec.event == EV.IO) and rec.cause == 0
	       and rec.has_command
end

local function is_failed()
	return rec.status % 2048 ~= 0
end

-- Latencies, in buckets.
local function fresh_latency()
	return {nr = 0, sum = 0, least = math.huge, most = 0, errors = 0, buckets = {}}
end

local function add_latency(state)
	local ns = rec.event == EV.COMPLETION and rec.has_command and cqe_now.latency
	local row, bucket
	if not ns then
		return
	end
	row = of_command(state.rows, fresh_latency)
	row.nr, row.sum = row.nr + 1, row.sum + ns
	row.least, row.most = math.min(row.least, ns), math.max(row.most, ns)
	row.errors = row.errors + (is_failed() and 1 or 0)
	bucket = floor(math.log(math.max(ns, 1)) / math.log(2) * PER_OCTAVE)
	row.buckets[bucket] = (row.buckets[bucket] or 0) + 1
end

-- The latency that a share of the completions does not exceed.
local function quantile(row, share)
	local keys, left = {}, row.nr * share
	for bucket in pairs(row.buckets) do
		keys[#keys + 1] = bucket
	end
	table.sort(keys)
	for _, bucket in ipairs(keys) do
		left = left - row.buckets[bucket]
		if left <= 0 then
			return math.min(2 ^ ((bucket + 1) / PER_OCTAVE), row.most)
		end
	end
	return row.most
end

local function latency_report(state)
	local cells = {{"Queue", "Command", "Count", "Errors", "Least", "Mean", "50%", "90%", "99%",
			"Most"}}
	for _, row in ipairs(sorted(state.rows, "key")) do
		cells[#cells + 1] = {row.queue, row.name, format("%d", row.nr), format("%d", row.errors),
			duration(row.least), duration(row.sum / row.nr), duration(quantile(row, 0.5)),
			duration(quantile(row, 0.9)), duration(quantile(row, 0.99)), duration(row.most)}
	end
	return cells
end

-- Commands by opcode, and what they moved.
local function fresh_count()
	return {nr = 0, completed = 0, errors = 0, bytes = 0}
end

local function add_opcode(state)
	local row
	if first_of_command() then
		row = of_command(state.rows, fresh_count)
		row.nr, row.bytes = row.nr + 1, row.bytes + (bytes_moved() or 0)
	elseif rec.event == EV.COMPLETION and rec.has_command then
		row = of_command(state.rows, fresh_count)
		row.completed = row.completed + 1
		row.errors = row.errors + (is_failed() and 1 or 0)
	end
end

local function opcode_report(state)
	local cells = {{"Queue", "Command", "Count", "Completed", "Errors", "Bytes"}}
	for _, row in ipairs(sorted(state.rows, "key")) do
		cells[#cells + 1] = {row.queue, row.name, format("%d", row.nr),
			format("%d", row.completed), format("%d", row.errors),
			row.bytes > 0 and format("%.0f", row.bytes) or "-"}
	end
	return cells
end

-- Queues and vectors.  A queue's signals are its doorbells, a vector's its
-- interrupts.
local function queue_row(state, kind, number_of)
	local name = number_of and format("%s %d", kind, number_of) or kind
	local row = state.rows[name]
	if not row then
		row = {key = format("%s%6d", kind == "SQ" and "a" or kind == "CQ" and "b" or "c",
				    number_of or 0),
		       name = name, nr = 0, errors = 0, signals = 0, signalled = 0, depth = 0, most = 0}
		state.rows[name] = row
	end
	return row
end

local function signal(row, entries)
	row.signals, row.signalled = row.signals + 1, row.signalled + entries
end

local function add_command_to_queue(state)
	local row = queue_row(state, "SQ", rec.sqid)
	local depth = pair_of(depths, rec.frame)
	row.nr, row.depth = row.nr + 1, row.depth + depth
	row.most = math.max(row.most, depth)
end

local function add_interrupt_to_vector(state)
	local _, _, _, vector, kind = interrupt_info()
	if vector and rec.count > 0 then
		local row = kind == number.NVMETAP_IRQ_INTX and queue_row(state, "INTx")
			    or queue_row(state, "Vector", vector)
		row.nr = row.nr + rec.count
		signal(row, rec.count)
	end
end

local function add_queue(state)
	if first_of_command() then
		add_command_to_queue(state)
	elseif rec.event == EV.COMPLETION then
		local row = queue_row(state, "CQ", rec.cqid)
		row.nr = row.nr + 1
		row.errors = row.errors + (is_failed() and 1 or 0)
	elseif rec.event == EV.DOORBELL and acc.ok then
		signal(queue_row(state, acc.doorbell == number.NVMETAP_DOORBELL_CQ and "CQ" or "SQ",
				 acc.vector), entries_moved() or 0)
	elseif rec.event == EV.INTERRUPT then
		add_interrupt_to_vector(state)
	end
end

local function ratio(a, b)
	return b > 0 and format("%.2f", a / b) or "-"
end

local function queue_report(state)
	local cells = {{"Queue", "Entries", "Errors", "Signals", "Per signal", "Mean depth", "Most"}}
	for _, row in ipairs(sorted(state.rows, "key")) do
		local has_depth, has_errors = row.most > 0, row.key:sub(1, 1) == "b"
		cells[#cells + 1] = {row.name, format("%d", row.nr),
			has_errors and format("%d", row.errors) or "-", format("%d", row.signals),
			ratio(row.signalled, row.signals),
			has_depth and ratio(row.depth, row.nr) or "-",
			has_depth and format("%d", row.most) or "-"}
	end
	return cells
end

local function start(add, filter)
	local state = {rows = {}}
	local tap = Listener.new("frame", filter)
	function tap.packet(packet)
		if packet.number == rec.frame then
			add(state)
		end
	end
	function tap.reset()
		state.rows = {}
	end
	return state, tap
end

local function report_text(title, filter, lines)
	return title .. (filter and ", filter " .. filter or "") .. "\n" ..
	       table.concat(lines, "\n") .. "\n"
end

-- widths: of the columns on a terminal; left_out: columns that a window has no room for.
local function offer(word, title, add, report, widths, left_out)
	register_stat_cmd_arg("nvmetap," .. word, function(argument)
		local filter = argument and argument:match("^nvmetap,%a+,(.+)$")
		local state, tap = start(add, filter)
		function tap.draw()
			print(report_text(title, filter, as_lines(report(state), widths)))
		end
	end)
	if gui_enabled() then
		register_menu("NVMe trace: " .. title, function()
			local window = TextWindow.new("NVMe trace: " .. title)
			local state, tap = start(add)
			function tap.draw()
				local cells = report(state)
				window:set(report_text(title, nil,
						       as_lines(cells, fitted(cells, widths, left_out))))
			end
			window:set_atclose(function()
				tap:remove()
			end)
			retap_packets()
		end, MENU_STAT_UNSORTED)
	end
end

offer("lat", "Latency by command", add_latency, latency_report, {-6, -28, 9, 7, 9, 9, 9, 9, 9, 9},
      {[5] = true, [8] = true})
offer("opc", "Commands", add_opcode, opcode_report, {-6, -28, 9, 9, 7, 14}, {})
offer("queues", "Queues", add_queue, queue_report, {-12, 10, 8, 10, 11, 11, 11}, {})

end
