#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# dump -Y shows what matches in every form, and says where a filter is wrong.

work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
status=0
./tests/make_capture every >"$work/every.pcapng" || exit 99
./tests/make_capture mixed >"$work/mixed.pcapng" || exit 99

fail()
{
	echo "FAIL: $*" >&2
	status=1
}

# lines NUMBER ARGUMENT...: dump prints so many lines and nothing else.
lines()
{
	number=$1
	shift
	./nvmetap dump "$@" >"$work/out" 2>"$work/err" || fail "dump $*: exit $?"
	test ! -s "$work/err" || fail "dump $*: $(cat "$work/err")"
	got=$(wc -l <"$work/out")
	test "$got" -eq "$number" || fail "dump $*: $got lines, not $number"
}

writes='nvmetap.command == "Write"'
lines 6 -Y "$writes" "$work/every.pcapng"
lines 6 -Y "$writes" -T jsonl "$work/every.pcapng"
lines 6 -Y "$writes" -T fields -e nvmetap.seq "$work/every.pcapng"
lines 7 -Y "$writes" -T csv -e nvmetap.seq "$work/every.pcapng"
lines 6 -Y "$writes" - <"$work/every.pcapng"
lines 9 -Y 'frame.time_epoch < 1700000000.0001111' "$work/every.pcapng"
lines 0 -q -Y "$writes" "$work/every.pcapng"
# Packets are counted whether they match or not.
lines 0 -c 10 -Y "$writes" "$work/every.pcapng"
# The last one counts.
lines 1 -Y nvmetap -Y 'frame.number == 7' "$work/every.pcapng"
./nvmetap dump -Y 'nvmetap.opc == 1 && !nvme.cmd.slba' -V "$work/every.pcapng" >"$work/out" ||
	fail "dump -V: exit $?"
grep -q 'Submission queue entry' "$work/out" || fail "no details of what matches"

# Packets that are not ours have the packet's fields alone.
./nvmetap dump -Y '!nvmetap' "$work/mixed.pcapng" >"$work/out" 2>"$work/err"
test "$(wc -l <"$work/out")" -eq 2 || fail "!nvmetap: $(cat "$work/out")"
grep -q '2 packets are not' "$work/err" || fail "foreign packets: $(cat "$work/err")"
./nvmetap dump -Y 'frame.len < 60 && !nvmetap.seq' "$work/mixed.pcapng" 2>/dev/null >"$work/out"
grep -q 'too short' "$work/out" || fail "the short packet: $(cat "$work/out")"

# refused FILTER TEXT: exit 2, nothing shown, and these words.
refused()
{
	./nvmetap dump -Y "$1" "$work/every.pcapng" >"$work/out" 2>"$work/err"
	got=$?
	test $got -eq 2 || fail "$1: exit $got, not 2"
	test ! -s "$work/out" || fail "$1: something is shown"
	printf '%s\n' "$2" | cmp -s - "$work/err" || fail "$1: $(cat "$work/err")"
}

refused 'nvme.cmd.slbb > 3' \
'nvmetap: dump: -Y: no field nvme.cmd.slbb; near: nvme.cmd.slba, nvme.cmd.nlb, nvme.cmd.lr
    nvme.cmd.slbb > 3
    ^~~~~~~~~~~~~'
refused 'nvmetap.seq > 3 && nvmetap.sqid in {1, 2' \
'nvmetap: dump: -Y: , or } was expected
    nvmetap.seq > 3 && nvmetap.sqid in {1, 2
                                            ^'
# Of several lines the wrong one; a character is one column, however many bytes.
refused 'nvmetap.seq > 3 &&
nvmetap.text == "é" && nvmetap.seq = 3
|| nvmetap' \
'nvmetap: dump: -Y: = is no operator; == compares
    nvmetap.text == "é" && nvmetap.seq = 3
                                       ^'
# Of a long one what is round the place; controls do nothing to the terminal.
refused "nvmetap.text == \"$(printf '\033')aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\" = 3 and nvmetap.seq == 4 and more" \
'nvmetap: dump: -Y: = is no operator; == compares
    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" = 3 and nvmetap.seq == 4 and mor
                                            ^'
refused "$(printf '\033') nvmetap" \
'nvmetap: dump: -Y: this character has no meaning here
    \x1b nvmetap
    ^~~~'

exit $status
