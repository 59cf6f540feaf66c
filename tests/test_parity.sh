#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The C decoder and the Lua dissector say the same: every field of the table,
# printed by dump -T fields and by tshark -T fields, over captures with every
# event.

srcdir=${srcdir:-.}
# shellcheck source=tests/tshark.sh
. "$srcdir/tests/tshark.sh"
tshark_works || exit 77
test -f dissector/nvmetap.lua || {
	echo "SKIP: the Lua dissector is not built"
	exit 77
}
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
status=0

fail()
{
	echo "FAIL: $*" >&2
	status=1
}

chmod 755 "$work"
tshark_setup "$work/tshark" dissector/nvmetap.lua || exit 99

# Flags are 1 and 0 in Wireshark 4.0, True and False later, which also doubles
# backslashes.
flags=$(awk -F'[(,] *' '/^FIELD\(/ && $4 == "FLAG" { gsub(/"/, "", $9); print $9 }' \
	"$srcdir/spec/nvme.def" | sort -u)
columns=$(awk -F'[(,] *' '/^FIELD\(/ { gsub(/"/, "", $9); print $9 }' \
	"$srcdir/spec/nvme.def" | sort -u)
arguments="-e frame.number -e frame.time_epoch -e frame.len -e frame.interface_name"
arguments="$arguments -e frame.comment $(echo "$columns" | sed 's/^/-e /')"
first=6		# the column of the first field of the table

# One line a value that is there: packet, field, value.
values()
{
	{ echo "$flags"; echo "="; echo "$columns"; echo "="; cat; } | awk -F'\t' -v first=$first '
	part < 2 && $0 == "=" { part++; next }
	part == 0 { flag[$0] = 1; next }
	part == 1 { name[n++] = $0; next }
	{
		for (i = 1; i <= NF; i++) {
			field = i < first ? "frame " i : name[i - first]
			if (field in flag) {
				gsub(/True/, "1", $i)
				gsub(/False/, "0", $i)
			}
			gsub(/\\\\/, "\\", $i)
			if ($i != "")
				print $1, field, $i
		}
	}'
}

compare()
{
	# shellcheck disable=SC2086
	run_tshark -r "$1" -T fields $arguments >"$work/out" ||
		fail "tshark: $1: $(cat "$work/tshark/stderr")"
	values <"$work/out" >"$work/theirs"
	grep -q nvmetap.seq "$work/theirs" || fail "tshark does not decode $1"
	# shellcheck disable=SC2086
	./nvmetap dump -T fields $arguments "$1" | values >"$work/ours"
	if ! diff "$work/theirs" "$work/ours" >"$work/diff"; then
		fail "$1: tshark (<) and dump (>) differ"
		head -n 20 "$work/diff" >&2
	fi
}

for what in sample every; do
	./tests/make_capture "$what" >"$work/$what.pcapng" || exit 99
	chmod a+r "$work/$what.pcapng"
	compare "$work/$what.pcapng"
done
exit $status
