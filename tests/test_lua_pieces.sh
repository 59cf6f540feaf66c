#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What belongs together in a capture of two drives stays together in Wireshark, and nothing else
# comes to it, when records are filtered, cut off at either end, or taken out, and when captures
# are merged.  A thread is told by session and sequence number, as frames change their numbers.

srcdir=${srcdir:-.}
# shellcheck source=tests/tshark.sh
. "$srcdir/tests/tshark.sh"
tshark_works || exit 77
for tool in editcap mergecap; do
	command -v $tool >/dev/null || { echo "skipped: no $tool"; exit 77; }
done
# shellcheck source=tests/serve.sh
. "$srcdir/tests/serve.sh"
tshark_setup "$work/tshark" dissector/nvmetap.lua || exit 99
chmod a+rx "$work"

# capture NAME BDF: a guest's whole life at a drive.
capture()
{
	serve --ns mem=64M -w "$work/$1.pcapng" --bdf "$2"
	guest 0 -n 200 -d 8
	kill -INT "$drive"
	ended 0
	chmod a+r "$work/$1.pcapng"
}

# threads NAME OPTION...: "NAME-OF-SESSION/SEQUENCE kind NAME-OF-SESSION/SEQUENCE" of each link
# from frame to frame, sorted, into "$work/NAME.threads"; a session is its function and how many of
# that function came before.
threads()
{
	piece=$1
	shift
	run_tshark -r "$work/$piece.pcapng" "$@" -T fields -E separator='|' -E occurrence=a \
		-e frame.number -e nvmetap.event -e nvmetap.bdf -e nvmetap.seq -e nvme.cmd_pkt \
		-e nvme.cqe_pkt -e nvmetap.doorbell_pkt -e nvmetap.data_pkt -e nvmetap.irq_pkt \
		-e nvmetap.head_pkt -e nvmetap.lost_pkt -e nvmetap.cause_pkt >"$work/fields" ||
		fail "tshark $piece: $(cat "$work/tshark/stderr")"
	awk -F'|' '
		$2 == 1 { nr[$3]++ }
		{ key[$1] = $3 "." nr[$3] + 0 "/" $4; line[NR] = $0 }
		END {
			for (i = 1; i <= NR; i++) {
				split(line[i], col, "|")
				for (j = 5; j <= 12; j++) {
					n = split(col[j], to, ",")
					for (k = 1; k <= n; k++)
						print key[col[1]], j, \
							(to[k] in key) ? key[to[k]] : "outside"
				}
			}
		}' "$work/fields" | LC_ALL=C sort -u >"$work/$piece.threads"
}

# same ONE OTHER: the same threads.
same()
{
	cmp -s "$work/$1.threads" "$work/$2.threads" && return
	fail "$1 and $2: $(diff "$work/$1.threads" "$work/$2.threads" | head -n 5)"
}

# within PIECE WHOLE: its threads are those of the whole, and there are some.
within()
{
	grep -v outside "$work/$1.threads" >"$work/some"
	test "$(wc -l <"$work/some")" -ge 100 || fail "$1: only $(wc -l <"$work/some") threads"
	LC_ALL=C comm -23 "$work/some" "$work/$2.threads" >"$work/more"
	test ! -s "$work/more" || fail "$1 has what $2 has not: $(head -n 3 "$work/more")"
}

capture one 00:06.0
capture two 00:07.0
threads one -2
threads two -2
test "$(wc -l <"$work/one.threads")" -gt 500 || fail "few threads: $(wc -l <"$work/one.threads")"
! grep -q outside "$work/one.threads" || fail "threads lead out of the capture"

# A filter hides frames; what is shown of the others is the same.  One pass knows what came before.
threads one -2 -Y 'nvmetap.event in {1, 11, 12}'
mv "$work/one.threads" "$work/shown.threads"
threads one
mv "$work/one.threads" "$work/pass.threads"
threads one -2
within shown one
within pass one

# Each drive keeps its threads when their records alternate, and when one comes after the other,
# though both are the same function.
begin()
{
	run_tshark -r "$work/$1.pcapng" -Y nvmetap.event==11 -T fields -e frame.time_epoch |
		head -n 1
}
first=$(begin one)
second=$(begin two)
editcap -t "$(echo "$first $second" | awk '{ printf "%.9f", $1 - $2 }')" "$work/two.pcapng" \
	"$work/shifted.pcapng" && mergecap -w "$work/both.pcapng" "$work/one.pcapng" \
	"$work/shifted.pcapng" || exit 99
chmod a+r "$work/both.pcapng"
threads both -2
LC_ALL=C sort -u "$work/one.threads" "$work/two.threads" >"$work/sum.threads"
same both sum
run_tshark -r "$work/both.pcapng" -T fields -e nvmetap.bdf | uniq | wc -l >"$work/turns"
test "$(cat "$work/turns")" -gt 20 || fail "the drives' records do not alternate"

capture again 00:06.0
threads again -2
mergecap -a -w "$work/after.pcapng" "$work/one.pcapng" "$work/again.pcapng" || exit 99
chmod a+r "$work/after.pcapng"
threads after -2
sed 's/\.1\//.2\//g' "$work/again.threads" | LC_ALL=C sort -u - "$work/one.threads" \
	>"$work/sum.threads"
same after sum

# Cut at the beginning, at the end, in two, and with every seventh record taken out.
nr=$(run_tshark -r "$work/one.pcapng" | wc -l)
# shellcheck disable=SC2046
{
	editcap -r "$work/one.pcapng" "$work/front.pcapng" 1-$((nr / 2)) &&
		editcap -r "$work/one.pcapng" "$work/back.pcapng" $((nr / 2 + 1))-"$nr" &&
		editcap -r "$work/one.pcapng" "$work/middle.pcapng" $((nr / 3))-$((2 * nr / 3)) &&
		editcap "$work/one.pcapng" "$work/holes.pcapng" $(seq 9 7 "$nr") &&
		mergecap -w "$work/whole.pcapng" "$work/front.pcapng" "$work/back.pcapng"
} || exit 99
chmod a+r "$work"/*.pcapng
for piece in front back middle holes; do
	threads "$piece" -2
	sed 's/^\([^ ]*\)\.0\//\1.1\//; s/ \([^ ]*\)\.0\// \1.1\//' "$work/$piece.threads" |
		LC_ALL=C sort -u >"$work/named" && mv "$work/named" "$work/$piece.threads"
	! grep -q outside "$work/$piece.threads" || fail "$piece: threads lead nowhere"
	within "$piece" one
	# What is slow depends on the machine.
	run_tshark -2 -r "$work/$piece.pcapng" -o nvmetap.slow:1000000000 \
		-Y '_ws.expert && !nvmetap.expert.no_command &&
		!nvmetap.expert.no_completion' -T fields -e frame.number -e _ws.expert.message \
		>"$work/odd"
	test ! -s "$work/odd" || fail "$piece is odd: $(head -n 3 "$work/odd")"
done
# From where the phase changes, the slots are known again.
test "$(grep -c ' 10 ' "$work/back.threads")" -gt 20 || fail "no completion of the back is taken"
threads whole -2
same whole one

test $status -eq 0 && echo "$nr records, $(wc -l <"$work/one.threads") threads"
exit $status
