#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# nvmetap serve: rings that are too small for what happens, and readers that stand still.

# until_true calls functions that nothing else does.
# shellcheck disable=SC2317
# shellcheck source=tests/serve.sh
. "${srcdir:-.}/tests/serve.sh"

# drops_are_told FILE SAID: the capture lacks events, and drop records, the numbers of the others,
# the drive's last line, the interface statistics and tshark say the same of them.
drops_are_told()
{
	whole "$1" -d
	dropped=${counted#* }
	test "$dropped" -gt 0 || fail "$1: a full ring drops nothing"
	said 1 "$2: $records records, $dropped events dropped"
	# Option isb_ifdrop, 5, of 8 bytes, in the last block.
	stated=$(tail -c 120 "$1" | od -An -v -t u4 | tr -s ' \n' '\n' | sed -n '/^524293$/{n;p;}' |
		tail -n 1)
	test "$stated" = "$dropped" || fail "$1: its last block says $stated, not $dropped"
	sum=$(./nvmetap dump -T fields -e nvmetap.drop.count "$1" | awk '{ sum += $1 } END { print sum }')
	test "$sum" = "$dropped" || fail "$1: drop records say $sum, not $dropped"
	command -v tshark >/dev/null || return
	shown=$(tshark -r "$1" -T fields -e frame.drop_count 2>/dev/null |
		awk '{ sum += $1 } END { print sum + 0 }')
	test "$shown" = "$dropped" || fail "$1: tshark sees $shown dropped, not $dropped"
}

# --- the least ring: the guest works as with any other, and what is lost is told
# Its data alone is more than the writer can take through such a ring meanwhile.
serve --ns mem=64M -w "$work/least.pcapng" --ring 4K --data-snap 8192 --once
guest 0 -s 8192 -n 2000 -d 64
ended 0
drops_are_told "$work/least.pcapng" least.pcapng
head -n 1 "$work/guest" | grep -q io || fail "no guest"
grep -q '^4000 commands' "$work/guest" || fail "the guest's commands: $(cat "$work/guest")"

# Without loss all of it comes through, longer data than the ring in several records.
serve --ns mem=8M -w "$work/lossless.pcapng" --ring 4K --data-snap 8192 --lossless --once
guest 0 -s 8192 -n 100
ended 0
whole "$work/lossless.pcapng"
said 1 "lossless.pcapng: $records records, 0 events dropped"
bytes=$(./nvmetap dump -T fields -e nvmetap.event -e nvmetap.qkind -e frame.cap_len \
	"$work/lossless.pcapng" | awk '$1 == 14 && $2 == 2 { sum += $3 - 88 } END { print sum }')
test "$bytes" = $((200 * 8192)) || fail "$bytes bytes of data went through a small ring"
test -z "$(./nvmetap dump -T fields -e nvmetap.flags.truncated "$work/lossless.pcapng" | grep 1)" ||
	fail "a record is truncated"

# --- a reader that stands still while the guest works
# stalled OPTION...: as much data as the ring holds several times; nobody reads until the guest is
# done, or with READ=early until it has begun.
stalled()
{
	rm -f "$work/pipe"
	mkfifo "$work/pipe"
	: >"$work/err"
	./nvmetap serve --vfio-user "$work/nvme.sock" --ns mem=64M -w "$work/pipe" \
		--data-snap 8192 --once "$@" 2>"$work/err" &
	drive=$!
	exec 5<"$work/pipe"
	guest_in_io -s 8192 -n 400 -d 32
	test "$READ" = early || guest_ended 0
	cat <&5 >"$work/stalled.pcapng" &
	reader=$!
	exec 5<&-
	test "$READ" = late || guest_ended 0
	ended 0
	wait "$reader"
}

for ring in 4K 1M; do
	READ=late
	stalled --ring $ring
	drops_are_told "$work/stalled.pcapng" pipe
	READ=early
	stalled --ring $ring --lossless
	whole "$work/stalled.pcapng"
	said 1 "pipe: $records records, 0 events dropped"
done

# --- a reader that never reads on does not keep the user waiting: it is said, and a second signal
# ends all
gone()
{
	kill -INT "$drive" 2>/dev/null
	is_dead
}

# never_read WORDS OPTION...
never_read()
{
	words=$1
	shift
	: >"$work/err"
	./nvmetap serve --vfio-user "$work/nvme.sock" --ns mem=8M -w "$work/pipe" --ring 1M \
		--data-snap 8192 "$@" 2>"$work/err" &
	drive=$!
	exec 5<"$work/pipe"
	guest_in_io -s 8192 -r 20000 -d 64
	test $# = 0 || until_true grep -q "$words" "$work/err" || fail "serve $*: not said: $words"
	kill -INT "$drive"
	until_true grep -q "$words" "$work/err" || fail "serve $*: not said: $words"
	! is_dead || fail "serve $* does not wait for its reader"
	# The first may not have arrived yet, and then the next is one with it.
	until_true gone || { fail "serve $* cannot be ended while nobody reads"; kill -KILL "$drive"; }
	wait "$drive" 2>/dev/null
	drive=
	exec 5<&-
	guest_ended 3
	said 1 "$words"
}
never_read "pipe: waiting until it takes the rest; another Ctrl-C"
never_read "pipe: takes no more, and the drive waits for it (--lossless); Ctrl-C" --lossless

# --- a pipe that nobody reads yet
# unread: serve, once it has said that it waits.
unread()
{
	rm -f "$work/pipe"
	mkfifo "$work/pipe"
	: >"$work/err"
	./nvmetap serve --vfio-user "$work/nvme.sock" --ns mem=8M -w "$work/pipe" --once \
		2>"$work/err" &
	drive=$!
	until_true grep -q "serve: $work/pipe: waiting for somebody to read it" "$work/err" ||
		fail "serve does not say that nobody reads"
}
unread
until_true grep -q ') S ' "/proc/$drive/stat" || fail "serve does not sleep meanwhile"
kill -INT "$drive"
ended 1
said 1 "serve: $work/pipe: nobody came to read it"
test "$(wc -l <"$work/err")" = 2 || fail "more is said"
unread
cat "$work/pipe" >"$work/late.pcapng" &
reader=$!
until_true is_listening || fail "serve does not go on when somebody reads"
guest 0
ended 0
wait "$reader"
whole "$work/late.pcapng"

exit $status
