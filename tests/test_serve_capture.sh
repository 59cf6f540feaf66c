#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# nvmetap serve: captures that cannot be written or are cut, and what is kept of data.

# until_true calls functions that nothing else does.
# shellcheck disable=SC2317
# shellcheck source=tests/serve.sh
. "${srcdir:-.}/tests/serve.sh"

# --- the guest goes on when the capture cannot: said once, exit 1
if test -c /dev/full; then
	serve --ns mem=64M -w /dev/full
	guest 0 -n 2000
	until_true grep -q "ends there" "$work/err" || fail "the full disk is not said at once"
	guest 0
	kill -INT "$drive"
	ended 1
	said 1 "/dev/full: No space left on device; the capture ends there"
fi

# A limit on the size of files, which comes with a signal of its own.
for form in pcapng pcapng.zst; do
	truncate -s 8M "$work/disk.img"
	: >"$work/err"
	(ulimit -f 64; exec ./nvmetap serve --vfio-user "$work/nvme.sock" --ns mem=64M \
		-w "$work/limit.$form" 2>"$work/err") &
	drive=$!
	guest 0 -n 4000
	kill -INT "$drive"
	ended 1
	said 1 "limit.$form: File too large; the capture ends there"
	./nvmetap dump "$work/limit.$form" >"$work/out" 2>"$work/why"
	ret=$?
	test "$(wc -l <"$work/out")" -gt 100 || fail "nothing can be read of a cut $form"
	ended_early $ret "$work/limit.$form"
done

# The disk itself may not grow either; the guest hears of it, the drive lives.
truncate -s 1M "$work/small.img"
(ulimit -f 8; exec ./nvmetap serve --vfio-user "$work/nvme.sock" \
	--ns "path=$work/small.img" 2>"$work/err") &
drive=$!
guest 1
guest 0 -r 10
kill -INT "$drive"
ended 0

# Nobody reads on.
mkfifo "$work/pipe"
head -c 1000 <"$work/pipe" >"$work/head.pcapng" &
: >"$work/err"
./nvmetap serve --vfio-user "$work/nvme.sock" --ns mem=64M -w - >"$work/pipe" 2>"$work/err" &
drive=$!
guest 0 -n 4000
kill -INT "$drive"
ended 1
said 1 "standard output: Broken pipe; the capture ends there"

# --- killed in the middle: readable up to the last flush, and dump says where it ends
grown() { test "$(stat -c %s "$work/killed.$form")" -gt 100000; }
for form in pcapng pcapng.zst; do
	serve --ns mem=64M -w "$work/killed.$form"
	guest_in_io -r 20000
	until_true grown || fail "killed.$form does not grow while the drive works"
	kill -KILL "$drive"
	wait "$drive" 2>/dev/null
	drive=
	guest_ended 3
	./nvmetap dump "$work/killed.$form" >"$work/out" 2>"$work/why"
	ret=$?
	test "$(wc -l <"$work/out")" -gt 500 || fail "nothing can be read of killed.$form"
	ended_early $ret "$work/killed.$form"
	# Its socket is stale now, and in nobody's way.
	serve --ns mem=1M --once
	guest 0 -n 4
	ended 0
done

# --- while the drive waits for its next guest, all of the last one's is in the file
is_flushed() { ./nvmetap dump "$work/live.$form" 2>/dev/null | grep -q 'disabled by guest gone'; }
for form in pcapng pcapng.zst; do
	serve --ns mem=8M -w "$work/live.$form"
	guest 0 -n 8
	until_true is_flushed || fail "live.$form is not flushed"
	kill -INT "$drive"
	ended 0
	whole "$work/live.$form"
done

# --- what is kept: -s, --data-snap, --events
# kept OPTION...: a small guest, as lines in the file kept: event, queue kind, opcode, length,
# truncated, bytes of the packet.
kept()
{
	serve --ns mem=8M -w "$work/kept.pcapng" --once "$@"
	guest 0 -n 8 -s 8192
	ended 0
	whole "$work/kept.pcapng"
	./nvmetap dump -T fields -e nvmetap.event -e nvmetap.qkind \
		-e nvmetap.opc -e nvmetap.len -e nvmetap.flags.truncated -e frame.cap_len \
		"$work/kept.pcapng" >"$work/kept" || fail "dump of kept.pcapng"
}

# data KIND: length, truncated and bytes of the data records of this kind of queue, each once.
data()
{
	awk -F '\t' -v kind="$1" '$1 == 14 && $2 == kind { print $4, $5, $6 - 88 }' "$work/kept" |
		sort -u
}

# events: the kinds of events that are there, in order.
events() { cut -f 1 "$work/kept" | sort -nu | tr '\n' ' '; }

kept
test "$(data 1)" = "4096 0 4096" || fail "Identify data is not whole by default: $(data 1)"
test -z "$(data 2)" || fail "I/O data is kept by default"
kept -s 20 --data-snap 8192
test "$(data 1)" = "4096 1 20" || fail "-s 20: $(data 1)"
test "$(data 2)" = "8192 0 8192" || fail "--data-snap 8192: $(data 2)"
kept -s 0 --data-snap 100
test -z "$(data 1)" || fail "-s 0 keeps $(data 1)"
test "$(data 2)" = "8192 1 100" || fail "--data-snap 100: $(data 2)"

kept --events=-data,-irq
test -z "$(data 1)" || fail "--events=-data keeps data"
events | grep -qv '\<9\>' || fail "--events=-irq keeps interrupts"
events | grep -q '\<12\>' || fail "--events=-data loses completions"
kept --events irq,admin
test "$(events)" = "1 9 10 12 23 " || fail "--events irq,admin keeps $(events)"
test "$(awk -F '\t' '$1 == 10 { print $2 }' "$work/kept" | sort -u)" = 1 ||
	fail "--events admin keeps I/O commands"
default=$(grep -c '^10	' "$work/kept")
kept --events=+fetch
test "$(grep -c '^10	' "$work/kept")" = $((2 * default)) || fail "--events=+fetch adds nothing"

exit $status
