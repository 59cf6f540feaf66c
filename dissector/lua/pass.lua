-- SPDX-License-Identifier: BSD-2-Clause
-- The present record, and which of its fields somebody looks at in this pass.

local tvb, raw, tree, pinfo		-- raw: the bytes of tvb
local visible, has_columns
local visited = true
local rec = {}				-- its header, and where its parts are
local bytes_of, is_referenced = Tvb.raw, TreeItem.referenced

local pass = 0			-- over the file
local has_tree
local quiet			-- nobody asks for any of our fields in this pass
local begin_record, wanted

do	-- a chunk has room for 200 locals; these end here

-- Asking costs more than decoding.  Outside the GUI the answers are the same
-- for all records of a pass over the file, and a pass runs forward; the GUI
-- asks for each record anew.
local PASSES = not gui_enabled()
local last_frame = math.huge
local answers = {}		-- by ProtoField, in this pass
local is_shown
local shown_asked		-- somebody asks for one of those that are there only when shown

local function any_referenced(root, fields)
	for i = 1, #fields do
		if is_referenced(root, fields[i]) then
			return true
		end
	end
	return false
end

local function begin_pass(root)
	pass = pass + 1
	answers = PASSES and {} or nil
	quiet = not has_tree or PASSES and not is_shown and not any_referenced(root, registered)
	shown_asked = not is_shown and not quiet and any_referenced(root, shown_only)
end

-- A tree that nobody wants has not even a root; else that is hidden.
local function look_at(root)
	has_tree = root.hidden or root.text ~= nil
	is_shown = has_tree and root.visible
end

-- Whether what is set as a column goes anywhere.
local function has_info_column()
	return tostring(pinfo.cols.info) ~= "(info)"
end

-- Tree and columns are the same for all of the first pass, which runs forward; who
-- comes back later may jump.
function begin_record(frame, root)
	local is_same = PASSES and not is_shown and frame > last_frame
	local had_tree = has_tree
	last_frame = frame
	if is_same and not visited then
		return
	end
	visited = pinfo.visited
	look_at(root)
	has_columns = not PASSES or visited or has_info_column()
	if not is_same or is_shown or has_tree ~= had_tree then
		begin_pass(root)
	end
	visible = is_shown or shown_asked
end

function wanted(pf)
	local answer
	if visible then
		return true
	elseif not PASSES then
		return is_referenced(tree, pf)
	end
	answer = answers[pf]
	if answer == nil then
		answer = is_referenced(tree, pf)
		answers[pf] = answer
	end
	return answer
end

end

local any_wanted

-- A field, or an array because of itself or of what its elements have.
local function part_wanted(part)
	if part.element then
		return wanted(part.pf) or any_wanted(part.element)
	elseif part.by_queue then
		for _, pf in pairs(part.by_queue) do
			if wanted(pf) then
				return true
			end
		end
		return false
	end
	return wanted(part.pf)
end

-- The fields and arrays of a structure that someone looks at.
local function wanted_parts(s)
	if visible then
		return s.parts
	elseif s.pass ~= pass then
		s.pass, s.wanted = pass, {}
		for i = 1, #s.parts do
			if part_wanted(s.parts[i]) then
				s.wanted[#s.wanted + 1] = s.parts[i]
			end
		end
	end
	return s.wanted
end

function any_wanted(s)
	return #wanted_parts(s) > 0
end
