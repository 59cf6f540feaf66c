#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A hundred captures, in long rounds a thousand, with bytes changed, ends cut off and
# records out of order: the dissector raises no error and finds nothing malformed, in
# one pass and in two, with details and without, under filters and in statistics.  And
# of what is not damaged each byte of payload is some field's.

srcdir=${srcdir:-.}
# shellcheck source=tests/tshark.sh
. "$srcdir/tests/tshark.sh"
tshark_works || exit 77
status=0
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
tshark_setup "$work/tshark" dissector/nvmetap.lua || exit 99

fail()
{
	echo "FAIL: $*" >&2
	status=1
}

# Each variant is all records of "every".
each=$(./tests/make_capture every | ./nvmetap dump -r - | wc -l)
variants=100
details=20
[ -z "${NVMETAP_TEST_LONG-}" ] || { variants=1000; details=100; }
seed=${NVMETAP_TEST_SEED:-1}
./tests/make_capture random "$seed" $((each * variants)) >"$work/random.pcapng" &&
	./tests/make_capture random "$seed" $((each * details)) >"$work/details.pcapng" &&
	./tests/make_capture shuffled "$seed" $((each * variants)) >"$work/times.pcapng" || exit 99
if command -v reordercap >/dev/null; then
	reordercap "$work/times.pcapng" "$work/shuffled.pcapng" >/dev/null || exit 99
else
	cp "$work/times.pcapng" "$work/shuffled.pcapng"
fi
for what in every sample threads odd; do
	./tests/make_capture $what >"$work/$what.pcapng" || exit 99
done
chmod a+rX "$work" "$work"/*.pcapng

# clean CAPTURE ARGUMENT...: no complaint, and some output.
clean()
{
	capture=$work/$1.pcapng
	shift
	run_tshark -r "$capture" "$@" >"$work/out" 2>/dev/null ||
		fail "$capture $*: $(head -n 3 "$work/tshark/stderr")"
	test -s "$work/out" || fail "$capture $*: no output"
	! grep -Eim3 'lua error|malformed|dissector bug' "$work/out" || fail "$capture $*"
}

# A Lua error is a field of its own; the other filters make the dissector look for
# what is asked for.
wrong='_ws.lua.error || _ws.malformed || _ws.expert.group == "Malformed"'
asked='nvme.cmd_pkt == 4294967295 || nvmetap.lost_pkt == 4294967295 || nvmetap.depth > 4000000000'
for what in random shuffled; do
	run_tshark -r "$work/$what.pcapng" -2 -Y "$wrong || $asked" -T fields -e frame.number \
		-e _ws.lua.error -e _ws.expert.message >"$work/out" ||
		fail "$what: $(head -n 3 "$work/tshark/stderr")"
	test ! -s "$work/out" || fail "$what: $(head -n 3 "$work/out")"
done
clean shuffled -q -z nvmetap,lat -z nvmetap,opc -z nvmetap,queues
clean details -2 -V

for what in every sample threads odd; do
	run_tshark -r "$work/$what.pcapng" -T pdml | awk -f "$srcdir/tests/pdml_bytes.awk" ||
		fail "$what: bytes without a field"
done

test $status -eq 0 && echo "$variants variants of $each records, seed $seed"
exit $status
