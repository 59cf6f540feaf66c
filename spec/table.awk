# SPDX-License-Identifier: BSD-2-Clause
# The awk half of the one table: reads nvme.def, one row per line, and copies
# its text; it computes nothing.  Runs under mawk, gawk and any POSIX awk.
#
#   awk -v mode=rows -f table.awk nvme.def          each row: kind and columns, tabs between
#   awk -v mode=lua  -f table.awk nvme.def          the rows as Lua tables
#   awk -v mode=mdoc -f table.awk nvme.def PAGE.in  PAGE.in with its tables filled in
#
# In PAGE.in a line "@STRUCT name@" becomes the table of a structure, "@ONLY name@"
# that of the fields of it that do not always hold, and "@VALUES set@", "@EVENTS@",
# "@EVENTNAMES@", "@TAPS@" and "@FAULTS@" those of values, events, taps and faults.
# A line of either file that is not understood ends it all with status 1.

function fail(what)
{
	print FILENAME ":" FNR ": " what >"/dev/stderr"
	failed = 1
	exit 1
}

# The columns of a kind: n a name, d a decimal number, s a string.
function columns(kind, types)
{
	layout[kind] = types
}

BEGIN {
	columns("VALUES", "ns")
	columns("VALUE", "nnds")
	columns("STATUS", "dnds")
	columns("STRUCT", "ndss")
	columns("FIELD", "nnnddddsns")
	columns("ARRAY", "nndndss")
	columns("ONLY", "nnndd")
	columns("COMMAND", "nndns")
	columns("FEATURE", "ndns")
	columns("DATA", "nndn")
	columns("RESULT", "nndn")
	columns("ITEM", "nnn")
	columns("REGISTER", "nddns")
	columns("CONFIG", "nddns")
	columns("EVENT", "ndnnss")
	columns("TAP", "ndnns")
	columns("FAULT", "ndsnns")
	pattern["n"] = "^[A-Za-z_][A-Za-z_0-9]*$"
	pattern["d"] = "^(0|[1-9][0-9]*)$"
	pattern["s"] = "^\"[^\",()\\\\]*\"$"
	if (mode != "rows" && mode != "lua" && mode != "mdoc") {
		print "table.awk: mode is rows, lua or mdoc" >"/dev/stderr"
		failed = 1
		exit 1
	}
}

# Splits the row in $0 into col[1..n] and answers its kind.
function row(    kind, types, i, n)
{
	kind = $0
	sub(/\(.*/, "", kind)
	if (!(kind in layout))
		fail("no such kind of row: " kind)
	if ($0 !~ /\)$/)
		fail("a row ends on its own line, with a parenthesis")
	types = layout[kind]
	n = split(substr($0, length(kind) + 2, length($0) - length(kind) - 2), col, /, */)
	if (n != length(types))
		fail(kind " has " length(types) " columns, not " n)
	for (i = 1; i <= n; i++)
		if (col[i] !~ pattern[substr(types, i, 1)])
			fail(kind ": column " i " is not understood: " col[i])
	return kind
}

function unquoted(text)
{
	gsub(/"/, "", text)
	return text
}

function copy_row(kind,    i, line)
{
	line = kind
	for (i = 1; i <= length(layout[kind]); i++)
		line = line "\t" unquoted(col[i])
	print line
}

function lua_row(kind,    i, line)
{
	line = "\t{\"" kind "\", "
	for (i = 1; i <= length(layout[kind]); i++) {
		if (substr(layout[kind], i, 1) == "n")
			line = line "\"" col[i] "\", "
		else
			line = line col[i] ", "
	}
	sub(/, $/, "},", line)
	print line
}

# Text for a cell: what mdoc would take for a macro or an escape.
function cell(text)
{
	text = unquoted(text)
	gsub(/\\/, "\\e", text)
	return "\\&" text
}

function mdoc_row(kind)
{
	if (kind == "FIELD")
		fields[col[1]] = fields[col[1]] ".It " col[4] " Ta " col[5] " Ta " col[6] " Ta " \
			col[7] " Ta " cell(col[2]) " Ta " cell(col[3]) " Ta " cell(col[10]) "\n"
	else if (kind == "ARRAY")
		fields[col[1]] = fields[col[1]] ".It " col[3] " Ta - Ta - Ta - Ta " cell(col[2]) \
			" Ta " cell(col[4]) " Ta " cell(col[7]) "\n"
	else if (kind == "ONLY")
		onlys[col[1]] = onlys[col[1]] ".It " cell(col[2]) " Ta while " col[3] " is " \
			col[4] (col[4] == col[5] ? "" : " to " col[5]) "\n"
	else if (kind == "VALUE")
		values[col[1]] = values[col[1]] ".It " col[3] " Ta " cell(col[4]) " Ta " \
			cell(col[2]) "\n"
	else if (kind == "EVENT")
		events = events ".It " col[2] " Ta " cell(col[6]) " Ta " cell(col[3]) " Ta " \
			cell(col[4]) " Ta " cell(col[5]) "\n"
	else if (kind == "TAP")
		taps = taps ".It " cell(col[5]) " Ta " cell(event_name[col[3]]) "\n"
	else if (kind == "FAULT") {
		values["fault"] = values["fault"] ".It " col[2] " Ta " cell(col[3]) " Ta " \
			cell(col[1]) "\n"
		faults = faults ".It Cm " unquoted(col[3]) " Pq " \
			(col[4] == "NVMETAP_EV_NONE" ? "at any time" : unquoted(event_name[col[4]])) \
			(col[5] == "none" ? "" : " ; argument : " col[5]) "\n" cell(col[6]) "\n"
	}
	if (kind == "EVENT") {
		event_name[col[1]] = col[6]
		event_names = event_names ".It " col[2] " Ta " cell(col[6]) " Ta " cell(col[1]) "\n"
	}
}

function mdoc_table(widths, heads, body)
{
	if (body == "")
		fail("no rows for " $0)
	printf ".Bl -column %s -compact\n.It %s\n%s.El\n", widths, heads, body
}

# The page: "@...@" alone on a line is a table, all else is copied.
mode == "mdoc" && NR != FNR {
	if ($0 !~ /^@/) {
		print
		next
	}
	name = $2
	sub(/@$/, "", name)
	if ($0 ~ /^@STRUCT [a-z_0-9]+@$/)
		mdoc_table("\"Off\" \"Len\" \"Bit\" \"Bits\" \"has_command\" \"BYTES\" " \
			"\"Meaning\"", "Off Ta Len Ta Bit Ta Bits Ta Name Ta Kind Ta Meaning", \
			fields[name])
	else if ($0 ~ /^@ONLY [a-z_0-9]+@$/)
		mdoc_table("\"has_command\" \"while has_command is 1 to 1\"", \
			"Name Ta Holds", onlys[name])
	else if ($0 ~ /^@VALUES [a-z_0-9]+@$/)
		mdoc_table("\"255\" \"refused and to be retried\" \"C name\"", \
			"\\&No Ta Meaning Ta C name", values[name])
	else if ($0 == "@EVENTS@")
		mdoc_table("\"255\" \"Asynchronous event\" \"completion_info\" " \
			"\"registers\" \"PROTO\"", \
			"\\&No Ta Event Ta Info Ta Payload Ta Word", events)
	else if ($0 == "@EVENTNAMES@")
		mdoc_table("\"255\" \"Asynchronous event\" \"C name\"", "\\&No Ta Event Ta C name",
			   event_names)
	else if ($0 == "@TAPS@")
		mdoc_table("\"nvmetap:registers:writeback\" \"Asynchronous event\"", \
			"Tap Ta Event", taps)
	else if ($0 == "@FAULTS@" && faults != "")
		printf ".Bl -tag -width Ds -compact\n%s.El\n", faults
	else
		fail("no such table: " $0)
	next
}

# The table: comments, preprocessor lines and empty lines are for C alone.
in_comment {
	if ($0 ~ /\*\//)
		in_comment = 0
	next
}
/^\/\*/ {
	if ($0 !~ /\*\//)
		in_comment = 1
	next
}
/^#/ || /^$/ {
	next
}
/^[A-Z]+\(/ {
	kind = row()
	count++
	if (count == 1 && mode == "lua")
		print "local rows = {"
	if (mode == "rows")
		copy_row(kind)
	else if (mode == "lua")
		lua_row(kind)
	else
		mdoc_row(kind)
	next
}
{
	fail("not understood: " $0)
}

END {
	if (failed)
		exit 1
	if (count == 0) {
		print "table.awk: no rows" >"/dev/stderr"
		exit 1
	}
	if (mode == "lua")
		print "}"
}
