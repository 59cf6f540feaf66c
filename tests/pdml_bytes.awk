# SPDX-License-Identifier: BSD-2-Clause
# Reads tshark -T pdml: which bytes of a record's payload no field accounts for.
# Only fields without fields inside count, and texts, which have their lines inside.  Exit status 1 if there are any.

function attribute(name,    text)
{
	if (!match($0, " " name "=\"[^\"]*\""))
		return ""
	text = substr($0, RSTART + length(name) + 3)
	sub(/".*/, "", text)
	return text
}

/<packet>/ {
	nr++
	frame = header = info = 0
	len = caplen = -1
	split("", covered)
}
/<field name="frame.number"/ { frame = attribute("show") }
/<field name="frame.cap_len"/ { caplen = attribute("show") + 0 }
/<field name="nvmetap.header_len"/ { header = attribute("show") + 0 }
/<field name="nvmetap.info_len"/ { info = attribute("show") + 0 }
/<field name="nvmetap.len"/ { len = attribute("show") + 0 }
/<field name="(nvmetap|nvme|data)\..*\/>$/ || /<field name="nvmetap\.text"/ {
	size = attribute("size") + 0
	pos = attribute("pos") + 0
	for (i = pos; i < pos + size; i++)
		covered[i] = 1
}
/<\/packet>/ {
	if (len < 0)
		next
	first = header + info
	last = first + len < caplen ? first + len : caplen
	for (i = first; i < last; i++) {
		if (i in covered) {
			nr_bytes++
			continue
		}
		if (nr_missing++ < 20)
			print "frame " frame ": byte " i - first " of the payload is no field's"
	}
}
END {
	print nr + 0 " records, " nr_bytes + 0 " bytes of payload, " nr_missing + 0 " without a field"
	exit nr_missing > 0 || nr_bytes == 0
}
