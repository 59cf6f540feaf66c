#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# nvmetap dump of captures that are unusual, unfinished, damaged or none: what it says of each, and
# that all that is readable before is shown.

# shellcheck source=tests/serve.sh
. "${srcdir:-.}/tests/serve.sh"

test -x ./tests/odd_capture || { echo "$name: needs CMocka" >&2; exit 77; }
odd=$work/x

# shown STATUS LINES WORDS: so many lines stood on standard output, and nothing but the words, if
# any, on standard error; got is dump's exit status.
shown()
{
	test "$got" = "$1" || fail "dump of $kind: exit status $got, not $1"
	lines=$(wc -l <"$work/out")
	test "$lines" = "$2" || fail "dump of $kind: $lines lines, not $2"
	if test -z "$3"; then
		test ! -s "$work/why" || fail "dump of $kind: $(cat "$work/why")"
	else
		test "$(cat "$work/why")" = "nvmetap: $3" || fail "dump of $kind: $(cat "$work/why")"
	fi
}

# dumps STATUS LINES WORDS OPTION...: so ends dump.
dumps()
{
	want=$1
	nr=$2
	words=$3
	shift 3
	timeout 60 ./nvmetap dump "$@" >"$work/out" 2>"$work/why" </dev/null
	got=$?
	shown "$want" "$nr" "$words"
}

# --- each kind once: exit status, lines, words after the file's name
while read -r kind want nr words; do
	./tests/odd_capture "$kind" "$odd" || fail "odd_capture $kind"
	dumps "$want" "$nr" "${words:+$odd: $words}" -r "$odd"
	echo "$kind" >>"$work/kinds"
done <<-END
	sections 0 6
	big-endian 0 2
	cut 1 1 truncated block at byte 188
	cut-between 0 1
	header-only 0 0
	other-links 0 4 1 packets are not nvmetap's
	newer-record 0 2 1 packets are not nvmetap's
	short-record 0 2 1 packets are not nvmetap's
	newer-section 1 2 section of an unknown version at byte 284
	no-byte-order 1 2 section without a byte order at byte 284
	odd-length 1 1 block of an impossible length at byte 188
	two-lengths 1 1 block with two different lengths at byte 188
	too-long 1 1 block too long to be true at byte 188
	packet-too-long 1 1 packet longer than its block at byte 188
	unknown-interface 1 1 packet of an unknown interface at byte 188
	pcap 0 2
	pcap-big 0 2
	pcap-cut 1 1 truncated or damaged packet at byte 101
	two-frames 0 12
	frame-cut 1 6 zstd frame not finished: cut short or still being written; after byte 984 (uncompressed)
	frame-damaged 1 12 damaged zstd data; after byte 1968 (uncompressed)
	frame-of-nothing 1 0 is empty
	frame-of-text 1 0 is no capture: neither pcapng nor pcap is in it
END
./tests/odd_capture | sort >"$work/all"
sort "$work/kinds" | cmp -s - "$work/all" || fail "a kind of capture is not in the table"

# --- what is in packets that are not ours
kind=other-links
./tests/odd_capture $kind "$odd"
./nvmetap dump "$odd" 2>/dev/null | grep -q "^frame 3: link type 1, not nvmetap's$" ||
	fail "another link type is not said"
kind=newer-record
./tests/odd_capture $kind "$odd"
./nvmetap dump "$odd" 2>/dev/null | grep -q "^frame 2: a record of a later version$" ||
	fail "a later version is not said"

# --- no files, and no captures
kind="no file"
dumps 1 0 "$work/none: No such file or directory" "$work/none"
kind="a folder"
dumps 1 0 "$work: Is a directory" "$work"
kind="an empty file"
: >"$odd"
dumps 1 0 "$odd: is empty" "$odd"
kind="a text"
echo once upon a time >"$odd"
dumps 1 0 "$odd: is no capture: neither pcapng nor pcap nor zstd of them" "$odd"
kind="an empty standard input"
dumps 1 0 "standard input: is empty" -r -
kind="a capture that ends in a hole of 10 GB"
./tests/odd_capture sections "$odd"
truncate -s 10G "$odd"
dumps 1 6 "$odd: block of an impossible length at byte 984" "$odd"
if test "$(id -u)" != 0; then
	kind="a file of somebody else"
	chmod 0 "$odd"
	dumps 1 0 "$odd: Permission denied" "$odd"
fi
rm -f "$odd"

# --- pipes
kind="a named pipe"
mkfifo "$odd"
./tests/odd_capture cut >"$odd" &
dumps 1 1 "$odd: truncated block at byte 188" "$odd"
kind="standard input"
./tests/odd_capture cut | ./nvmetap dump >"$work/out" 2>"$work/why"
got=$?
shown 1 1 "standard input: truncated block at byte 188"

# --- ours: whole, still being written, cut between two blocks; and what others make of it
serve --ns mem=8M -w "$work/ours.pcapng" --once
guest 0 -n 4
ended 0
whole "$work/ours.pcapng"
kind="a whole capture"
dumps 0 "$records" "" "$work/ours.pcapng"
last=$(tail -c 4 "$work/ours.pcapng" | od -An -t u4 | tr -d ' ')
size=$(stat -c %s "$work/ours.pcapng")
head -c $((size - last)) "$work/ours.pcapng" >"$work/open.pcapng"
kind="a capture without its last block"
dumps 0 "$records" "$work/open.pcapng: unfinished: cut short or still being written" \
	"$work/open.pcapng"
kind="the beginning of a capture without its last block"
dumps 0 3 "" -c 3 "$work/open.pcapng"
kind="a capture of ours from standard input"
./nvmetap dump <"$work/open.pcapng" >"$work/out" 2>"$work/why"
got=$?
shown 0 "$records" "standard input: unfinished: cut short or still being written"
! ./tests/check_capture "$work/open.pcapng" >/dev/null 2>&1 || fail "check_capture: no last block"
chmod a+r "$work/ours.pcapng"
chmod a+rwx "$work"
for form in pcapng pcap; do
	command -v editcap >/dev/null || break
	editcap -F $form -r "$work/ours.pcapng" "$work/part.$form" 1-5 2>"$work/why" ||
		fail "editcap -F $form: $(cat "$work/why")"
	kind="what editcap has made $form of"
	dumps 0 5 "" "$work/part.$form"
done

# --- memory does not grow with the capture, which comes through a pipe that stays open
peak_kb() { sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$dump/status"; }
test -r /proc/self/status || exit $status
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}quarantine_size_mb=0:thread_local_quarantine_size_kb=0
export ASAN_OPTIONS
./nvmetap dump -q "$odd" 2>"$work/why" &
dump=$!
exec 6>"$odd"
./tests/odd_capture header-only >&6
./tests/odd_capture long | head -c 5000000 >&6
before=$(peak_kb)
./tests/odd_capture long | tail -c +5000001 >&6
grown=$(($(peak_kb) - before))
test "$grown" -lt 512 || fail "200 MB of a capture take $grown KiB of memory"
exec 6>&-
wait "$dump" || fail "the long capture is not read: $(cat "$work/why")"

exit $status
