# SPDX-License-Identifier: BSD-2-Clause
# Makes nvmetap-scenarios(7): after PAGE.in come the files of rules, which stand in place of
# "@SCENARIOS@" there. The comment that a file begins with becomes its text.
function text(line)
{
	gsub(/\\/, "\\e", line)
	gsub(/…/, "...", line)	# which groff reads without preconv, too
	return line ~ /^[.']/ ? "\\&" line : line
}
# A sentence begins a line.
function prose(line, head)
{
	line = text(line)
	while (match(line, /[.] [A-Z]/)) {
		head = head substr(line, 1, RSTART) "\n"
		line = substr(line, RSTART + 2)
	}
	return head line
}
function finish()
{
	if (in_rules)
		list = list ".Ed\n"
	in_rules = 0
}
FILENAME != page && page == "" { page = FILENAME }
FILENAME == page { lines[++nr] = $0; next }
FNR == 1 {
	finish()
	name = FILENAME
	sub(/.*\//, "", name)
	sub(/\.rules$/, "", name)
	list = list ".It Cm " name "\n"
	in_comment = 1
}
/^# SPDX-/ { next }
in_comment && /^#/ {
	sub(/^# ?/, "")
	list = list ($0 == "" ? ".Pp" : prose($0, "")) "\n"
	next
}
{ in_comment = 0 }
/^$/ { next }
!in_rules { list = list ".Bd -literal -offset 2n\n"; in_rules = 1 }
{ list = list text($0) "\n" }
END {
	finish()
	for (i = 1; i <= nr; i++)
		if (lines[i] == "@SCENARIOS@")
			printf ".Bl -tag -width Ds\n%s.El\n", list
		else
			print lines[i]
}
