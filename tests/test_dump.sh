#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# nvmetap dump: its output against the files in tests/golden, and what it does
# with mistakes.  NVMETAP_UPDATE=1 writes the files anew: look at the change.

srcdir=${srcdir:-.}
golden=$srcdir/tests/golden
status=0
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
LC_ALL=C
export LC_ALL

fail()
{
	echo "FAIL: $*" >&2
	status=1
}

# same FILE ARGUMENT...: dump says what the golden file says.
same()
{
	file=$golden/$1
	shift
	./nvmetap dump "$@" >"$work/out" 2>"$work/err" || fail "dump $*: exit $?"
	test ! -s "$work/err" || fail "dump $*: $(cat "$work/err")"
	if test -n "$NVMETAP_UPDATE"; then
		cp "$work/out" "$file"
	fi
	diff -u "$file" "$work/out" || fail "dump $*: not as in $file"
}

# ends STATUS WORDS ARGUMENT...: dump exits so and says so.
ends()
{
	want=$1
	words=$2
	shift 2
	./nvmetap dump "$@" >"$work/out" 2>"$work/err" </dev/null
	got=$?
	test "$got" = "$want" || fail "dump $*: exit $got, not $want"
	grep -q "$words" "$work/err" || fail "dump $*: does not say $words: $(cat "$work/err")"
	test "$(wc -l <"$work/err")" = 1 || fail "dump $*: says more than one line"
}

capture=$work/capture.pcapng
./tests/make_capture sample >"$capture" || exit 99
./tests/make_capture mixed >"$work/foreign.pcapng" || exit 99
size=$(wc -c <"$capture")
head -c $((size - 10)) "$capture" >"$work/cut.pcapng"

same dump.text -r "$capture"
same dump.details -V -x -c 14 -r "$capture"
same dump.jsonl -T jsonl "$capture"
same dump.fields -T fields -E header=y -e frame.number -e frame.time_epoch -e frame.len \
	-e frame.interface_name -e frame.comment -e nvmetap.seq -e nvme.cmd.opc \
	-e nvme.cqe.status.sc -e nvme.cqe.status.dnr -e nvme.cmd.slba -e nvme.cmd.nlb \
	-e nvmetap.latency_ns -e nvmetap.prp -e nvmetap.ns_desc.uuid -e nvmetap.clock.step_ns \
	-e nvmetap.text -e nvme.cmd.identify.ctrl.sn -e nvme.cmd.identify.ctrl.tnvmcap \
	-r "$capture"
same dump.csv -T csv -e frame.number -e frame.comment -e nvme.cmd.identify.ctrl.sn "$capture"

# A pipe is read as a file is, named or not, and -c ends it.
for how in "-r -" "-" ""; do
	# shellcheck disable=SC2086
	./nvmetap dump $how <"$capture" | diff -q - "$golden/dump.text" >/dev/null ||
		fail "dump $how <capture differs from dump -r capture"
done
test "$(./nvmetap dump -c 3 -r "$capture" | wc -l)" = 3 || fail "-c 3 does not show 3 packets"
test -z "$(./nvmetap dump -q "$capture")" || fail "-q shows something"
test "$(./nvmetap dump -T fields -e nvmetap.prp -E occurrence=l -E aggregator=/s "$capture" |
	grep 0x)" = 0x0000000000012000 || fail "occurrence=l is not the last"

# A live capture is shown as far as there is one, while its writer holds it open.
for mode in cat zstd; do
	command -v $mode >/dev/null || continue
	mkfifo "$work/$mode.in" "$work/$mode.out"
	./nvmetap dump <"$work/$mode.in" >"$work/$mode.out" &
	exec 3>"$work/$mode.in" 4<"$work/$mode.out"
	$mode <"$capture" >&3
	timeout 60 head -n 35 <&4 | cmp -s - "$golden/dump.text" ||
		fail "what a pipe gave through $mode is not shown at once"
	exec 3>&- 4<&-
	wait $!
done

# Packets of others, and an end in the middle, after all that can be read.
ends 0 "2 packets are not" "$work/foreign.pcapng"
grep -q "^frame 36: link type 1, not nvmetap's$" "$work/out" || fail "no line for another link type"
grep -q "^frame 37: " "$work/out" || fail "no line for a broken record"
ends 1 "cut.pcapng: .*byte" "$work/cut.pcapng"
test "$(wc -l <"$work/out")" = 34 || fail "a cut capture does not give its whole records"

ends 1 "no-such-file" -r no-such-file
ends 2 "did you mean nvme.cmd.opc?" -T fields -e nvme.cmd.opcode "$capture"
ends 2 "xml: must be text, fields, jsonl or csv" -T xml "$capture"
ends 2 "did you mean --details?" --detail-s "$capture"
ends 2 "at least one -e" -T fields "$capture"
ends 2 "go with -T fields" -e nvme.cmd.opc "$capture"
ends 2 "no -E colour=y" -T fields -e frame.len -E colour=y "$capture"
ends 2 "must be a number, at least 1" -c none "$capture"
ends 2 "one capture at a time" "$capture" "$capture"

# Nobody reads on, and nobody can write.
./nvmetap dump -V "$capture" 2>"$work/err" | head -n 1 >/dev/null
test ! -s "$work/err" || fail "a closed pipe is complained of: $(cat "$work/err")"
if test -c /dev/full; then
	./nvmetap dump "$capture" >/dev/full 2>"$work/err"
	test $? = 1 || fail "a full disk is no failure"
	grep -q "standard output" "$work/err" || fail "a full disk is not said"
fi

./nvmetap dump --help | grep -q -- '-r, --read-file FILE' || fail "--help does not show -r"
./nvmetap dump --list-options | grep -qx -- '--read-file' || fail "--list-options lacks -r"

exit $status
