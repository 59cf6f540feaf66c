# SPDX-License-Identifier: BSD-2-Clause
# What a tshark says of our fields, in words that are the same in all versions.
#
#   awk -f versions.awk TYPES NAMES [-]    of -T fields: frame, name, value
#   awk -v pdml=1 -f versions.awk TYPES -  of -T pdml: frame, name, size, place, value, label
#
# TYPES are lines "name type ..." of -G fields, NAMES the columns of -T fields after the frame's
# number.  A flag is 1 and 0 in Wireshark 4.0, True and False later, which also doubles backslashes;
# labels of bytes and of long texts are cut, at other places and with other signs.

function same(name, value)
{
	if (type[name] == "FT_BOOLEAN") {
		gsub(/True/, "1", value)
		gsub(/False/, "0", value)
	}
	if (type[name] == "" || type[name] ~ /STRING/)
		gsub(/\\\\/, "\\", value)
	return value
}

function attribute(name,    text)
{
	if (!match($0, " " name "=\"[^\"]*\""))
		return ""
	text = substr($0, RSTART + length(name) + 3)
	sub(/".*/, "", text)
	return text
}

BEGIN {
	FS = "\t"
	BYTES_SHOWN = 36
}
FILENAME == ARGV[1] { type[$1] = $2; next }
FILENAME != "-" { column[++n] = $1; next }

pdml && /<field name="frame\.number"/ { frame = attribute("show") }
pdml && /<field name="nvme/ {
	name = attribute("name")
	size = attribute("size") + 0
	print frame, name, size, attribute("pos"), same(name, attribute("show")),
		(size > BYTES_SHOWN ? "" : attribute("showname"))
}
pdml { next }

{
	for (i = 2; i <= NF; i++)
		if ($i != "")
			print $1, column[i - 1], same(column[i - 1], $i)
}
