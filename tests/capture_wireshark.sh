#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Wireshark's own tools agree on what a capture of ours holds, plain and compressed.
set -eu
# shellcheck source=tests/tshark.sh
. "${srcdir:-.}/tests/tshark.sh"
command -v capinfos >/dev/null || { echo "skipped: no capinfos"; exit 77; }
tshark_works || exit 77
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
chmod 755 "$dir"
tshark_setup "$dir/tshark"

fail()
{
	echo "FAIL: $*" >&2
	exit 1
}

for file in "$dir/every.pcapng" "$dir/every.pcapng.zst"; do
	tests/trace_every "$file"
	capinfos -M "$file" >"$dir/infos" 2>"$dir/err" || fail "capinfos: $(cat "$dir/err")"
	grep -q 'Number of packets: *26$' "$dir/infos" || fail "26 packets: $(cat "$dir/infos")"
	grep -q 'Name = 00:06.0' "$dir/infos" || fail "interface name"
	grep -q 'Capture length = 0' "$dir/infos" || fail "snap length"
	chmod a+r "$file"
	run_tshark -r "$file" -T fields -e frame.number -e frame.time_epoch -e frame.packet_id \
		-e frame.packet_flags_direction -e frame.drop_count >"$dir/rows" ||
		fail "tshark: $(cat "$dir/tshark/stderr")"
	awk -F '\t' '
		$1 <= 23 && $3 != $1 { print "packet id of frame " $1 ": " $3; bad = 1 }
		$1 == 10 && ($2 !~ /200919267$/ || $4 !~ /1$/) { print "frame 10: " $0; bad = 1 }
		$1 == 12 && $4 !~ /2$/ { print "frame 12: " $0; bad = 1 }
		$1 == 24 && $3 != 26 { print "frame 24: " $0; bad = 1 }
		$1 == 25 && $5 != 3 { print "frame 25: " $0; bad = 1 }
		END { if (NR != 26) { print NR " rows"; bad = 1 } exit bad }' "$dir/rows" ||
		fail "rows"
done
