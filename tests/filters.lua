-- SPDX-License-Identifier: BSD-2-Clause
-- tshark -z nvmetap-filters, with $FILTERS a file of display filters, one a line:
-- says for each of them its number, a tab, and the numbers of the packets that match,
-- or "refused: " and why.  All of them in one pass.

local function listen(text, numbers)
	local ok, tap = pcall(Listener.new, "frame", text)
	if not ok then
		numbers[1] = "refused: " .. tostring(tap):gsub("[\r\n]", " ")
		return
	end
	function tap.packet(pinfo)
		numbers[#numbers + 1] = pinfo.number
	end
end

register_stat_cmd_arg("nvmetap-filters", function()
	local all, last = {}, Listener.new("frame")
	for text in io.lines(os.getenv("FILTERS")) do
		all[#all + 1] = {}
		listen(text, all[#all])
	end
	function last.draw()
		for i = 1, #all do
			print(i .. "\t" .. table.concat(all[i], " "))
		end
	end
end)
