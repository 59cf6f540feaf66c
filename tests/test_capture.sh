#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# nvmetap capture: live captures of a running drive, which no viewer holds up.

# until_true calls functions that nothing else does.
# shellcheck disable=SC2317
# shellcheck source=tests/serve.sh
. "${srcdir:-.}/tests/serve.sh"

# capture STATUS OPTION...: a live capture runs to this end.
capture()
{
	want=$1
	shift
	timeout 60 ./nvmetap capture "$@" >"$work/out" 2>"$work/said"
	got=$?
	test "$got" = "$want" || fail "capture $*: $got, not $want: $(cat "$work/said")"
}

# refused STATUS WORDS OPTION...: it is refused in these words.
refused()
{
	words=$2
	want=$1
	shift 2
	capture "$want" "$@"
	grep -q -- "$words" "$work/said" || fail "capture $*: not $words: $(cat "$work/said")"
	test "$(wc -l <"$work/said")" = 1 || fail "capture $*: not one line: $(cat "$work/said")"
}

# capture_in_background FILE OPTION...: one that has begun to write FILE.
# More than section and interface.
has_records() { test "$(stat -c %s "$1" 2>"$work/why" || echo 0)" -gt 400; }
capture_in_background()
{
	file=$1
	shift
	./nvmetap capture -w "$file" "$@" 2>"$file.said" &
	viewer=$!
	until_true has_records "$file" || fail "capture $*: nothing comes: $(cat "$file.said")"
}

# viewer_ended STATUS: so does it end.
viewer_ended()
{
	wait "$viewer"
	got=$?
	test "$got" = "$1" || fail "capture's exit status is $got, not $1: $(cat "$file.said")"
}

# --- words that are wrong
refused 2 "give -w FILE"
refused 2 "extra: not expected" -w "$work/x" extra
refused 2 "must be duration:S, filesize:KB, files:N or packets:N" -w "$work/x" -a 10
refused 2 "must be duration:S" -w "$work/x" -a size:10
refused 2 "-c 0: must be a number, at least 1" -w "$work/x" -c 0
refused 2 "-b duration: x: must be a number" -w "$work/x" -b duration:x
refused 2 "when does the next file begin" -w "$work/x" -b files:2
refused 2 "one file only" -w - -b packets:2
if command -v script >/dev/null; then
	script -qec "./nvmetap capture -w -" /dev/null >"$work/out" </dev/null && fail "-w - to a terminal"
	grep -q 'a capture is not for a terminal' "$work/out" || fail "to a terminal: $(cat "$work/out")"
fi
refused 2 "wants -b, too" -w "$work/x" -a files:2
refused 1 "no drive of yours is running; give -i PATH" -w "$work/x"
refused 1 "none.sock: No such file" -i "$work/none.sock" -w "$work/x"
test ! -e "$work/x" || fail "a capture of nothing makes a file"
capture 0 -D
test ! -s "$work/out" || fail "-D shows drives that there are not"

serve --ns mem=8M -w "$work/drive.pcapng.zst"
capture 0 -D
grep -qx "$NVMETAP_RUNTIME_DIR/$drive.sock  (serve $work/nvme.sock)" "$work/out" ||
	fail "-D: $(cat "$work/out")"
refused 2 "unknown event word 'nothing'" -w "$work/x" --events nothing
test ! -e "$work/x" || fail "what is refused makes a file"

# --- a late viewer begins with a snapshot, and stops when it has enough
guest_in_io -r 600000
for form in pcapng pcapng.zst; do
	capture 0 -w "$work/late.$form" -c 500
	whole "$work/late.$form" -c
	test "$records" = 500 || fail "-c 500: $records"
	./nvmetap dump -r "$work/late.$form" >"$work/lines"
	for word in 'TAP Session: program: nvmetap' 'TAP Registers CAP=.* CSTS=00000001' \
		'CTL CQ=0 created' 'CTL SQ=1 created' 'IO .*OPC=Read'; do
		head -n 60 "$work/lines" | grep -q "$word" ||
			fail "a late viewer does not see $word: $(head -n 8 "$work/lines")"
	done
done
capture 0 -w - -c 300 --events io,cpl
test "$(./nvmetap dump -r "$work/out" | wc -l)" = 300 || fail "-w - -c 300: other than 300 lines"
test "$(./nvmetap dump -r "$work/out" | grep -c -v ' IO \| CPL \| TAP ')" = 0 ||
	fail "--events io,cpl: others, too"
capture 0 -w "$work/out" -f 'link[2] = 12 and len > 70' -c 100
test "$(./nvmetap dump -r "$work/out" | grep -c ' CPL ')" = 100 || fail "-f: $(head "$work/out")"
refused 2 "filter link\[2: " -w "$work/x" -f 'link[2'

# --- a display filter: what matches, and with it what it is read by
capture 0 -w "$work/reads.pcapng" -Y 'nvmetap.command == "Read" && nvmetap.event == "I/O command"' \
	-c 200
./nvmetap dump -r "$work/reads.pcapng" >"$work/lines"
test "$(wc -l <"$work/lines")" = 200 || fail "-Y -c 200: $(wc -l <"$work/lines")"
head -n 1 "$work/lines" | grep -q 'TAP Session' || fail "-Y: no snapshot: $(head -n 3 "$work/lines")"
test "$(./nvmetap dump -r "$work/reads.pcapng" -Y 'nvmetap.flags.snapshot == 1' | wc -l)" -gt 5 ||
	fail "-Y: the snapshot is not whole"
./nvmetap dump -r "$work/reads.pcapng" -Y 'nvmetap.flags.snapshot == 0' >"$work/lines"
test "$(wc -l <"$work/lines")" -gt 100 || fail "-Y keeps nothing"
test "$(grep -c -v ' IO .*OPC=Read' "$work/lines")" = 0 || fail "-Y: others, too: $(cat "$work/lines")"
capture 0 -w "$work/both.pcapng" -Y 'nvmetap.seq > 0' -f 'link[2] = 12' -c 50
test "$(./nvmetap dump -r "$work/both.pcapng" | grep -c ' CPL ')" = 50 || fail "-Y and -f"
capture 0 -w "$work/frame.pcapng" -c 200 \
	-Y 'frame.number == 100 && frame.interface_name == "00:06.0" || frame.number > 1000'
./nvmetap dump -r "$work/frame.pcapng" -Y 'nvmetap.flags.snapshot == 0' -T fields -e nvmetap.seq |
	awk 'NR == 1 { first = $1 } NR == 2 { apart = $1 - first } END { exit !(apart >= 901) }' ||
	fail "-Y frame.number: $(./nvmetap dump -r "$work/frame.pcapng")"
capture 2 -w "$work/x" -Y 'nvme.cmd.slbb > 3'
printf '%s\n' 'nvmetap: capture: -Y: no field nvme.cmd.slbb; near: nvme.cmd.slba, nvme.cmd.nlb, nvme.cmd.lr
    nvme.cmd.slbb > 3
    ^~~~~~~~~~~~~' | cmp -s - "$work/said" || fail "a wrong -Y: $(cat "$work/said")"
test ! -e "$work/x" || fail "what is refused makes a file"
capture 0 -w "$work/short.pcapng" -a duration:1
whole "$work/short.pcapng" -c
capture 0 -w "$work/small.pcapng" -a filesize:100
whole "$work/small.pcapng" -c
size=$(stat -c %s "$work/small.pcapng")
test "$size" -ge 100000 || fail "-a filesize:100: $size bytes"
test "$size" -lt 110000 || fail "-a filesize:100: $size bytes"

# --- a disk that is full, a reader that leaves
for full in "" /dev/full; do
	if [ -n "$full" ]; then
		capture 1 -w "$full"
	else
		timeout 60 ./nvmetap capture -w - 2>"$work/said" >/dev/full && fail "a full disk is no failure"
	fi
	test "$(cat "$work/said")" = "nvmetap: capture: ${full:-standard output}: No space left on device" ||
		fail "a full disk: $(cat "$work/said")"
done
{
	timeout 60 ./nvmetap capture -w - 2>"$work/said"
	echo $? >"$work/got"
} | head -c 5000 >"$work/part.pcapng"
test "$(cat "$work/got")" = 0 || fail "a reader that leaves is a failure: $(cat "$work/got")"
test ! -s "$work/said" || fail "a reader that leaves is told: $(cat "$work/said")"
test "$(./nvmetap dump -r "$work/part.pcapng" 2>"$work/why" | wc -l)" -gt 10 ||
	fail "nothing came through the pipe"

# --- file after file, each of which can be read from its beginning
capture 0 -w "$work/ring.pcapng" -b packets:2000 -b files:3 -a files:7
test "$(find "$work" -name 'ring_*.pcapng' | wc -l)" = 3 || fail "-b files:3 keeps others"
for file in "$work"/ring_0000[567]_*.pcapng; do
	whole "$file" -c
	./nvmetap dump -r "$file" >"$work/lines"
	head -n 1 "$work/lines" | grep -q 'TAP Session' || fail "$file begins without a snapshot"
	test "$(wc -l <"$work/lines")" -ge 2000 || fail "$file: $(wc -l <"$work/lines") records"
done
capture 0 -w "$work/plain.pcapng.zst" -b packets:100 -a files:2 --events io,-session
capture 0 -w "$work/some.pcapng" -b packets:300 -a files:2 -Y 'nvmetap.opc == 2'
for file in "$work"/some_0000[12]_*.pcapng; do
	./nvmetap dump -r "$file" | head -n 1 | grep -q 'TAP Session' ||
		fail "$file begins without a snapshot"
	test "$(./nvmetap dump -r "$file" -Y 'nvmetap.opc == 2' | wc -l)" -gt 200 ||
		fail "$file: $(./nvmetap dump -r "$file" | wc -l) records"
done
for file in "$work"/plain_0000[12]_*.pcapng.zst; do
	test "$(./nvmetap dump -r "$file" 2>&1 | wc -l)" = 100 || fail "$file: not 100 records"
done
guest_killed

# --- viewers come and go while a guest does I/O; signals and the drive's end finish their files
capture_in_background "$work/first.pcapng"
first=$viewer
capture_in_background "$work/second.pcapng.zst"
guest 0 -n 2000
is_seen() { ./nvmetap dump "$work/first.pcapng" 2>"$work/why" | grep -q 'disabled by guest gone'; }
until_true is_seen || fail "the first viewer does not see its guest go"
kill -INT "$first"
wait "$first" || fail "a capture that is interrupted fails: $(cat "$work/first.pcapng.said")"
guest 0 -n 2000
kill -INT "$drive"
viewer_ended 0
ended 0
for file in first.pcapng second.pcapng.zst drive.pcapng.zst; do
	whole "$work/$file" -c
done
test "$(./nvmetap dump -r "$work/first.pcapng" | grep -c 'IO .*OPC=Write')" = 2000 ||
	fail "the first viewer saw other than 2000 writes"
test "$(./nvmetap dump -r "$work/second.pcapng.zst" | grep -c 'IO .*OPC=Write')" = 4000 ||
	fail "the second viewer saw other than 4000 writes"

# What a viewer saw is what the drive's own capture has, word for word.
numbered() { ./nvmetap dump -r "$work/$1" | grep '^\[ *[0-9]' | sort; }
numbered drive.pcapng.zst >"$work/all"
for file in first.pcapng second.pcapng.zst; do
	numbered "$file" >"$work/seen"
	test "$(wc -l <"$work/seen")" -gt 4000 || fail "$file: $(wc -l <"$work/seen") lines"
	comm -13 "$work/all" "$work/seen" >"$work/others"
	test ! -s "$work/others" || fail "$file: seen otherwise: $(head -n 5 "$work/others")"
done

# --- one that stands still or dies costs nobody else anything
serve --ns mem=32M -w "$work/drive.pcapng"
capture_in_background "$work/still.pcapng" --ring 4K
still=$viewer
still_file=$file
capture_in_background "$work/filtered.pcapng" --ring 4K -Y 'nvmetap.event == "Mark"'
filtered=$viewer
kill -STOP "$still" "$filtered"
capture_in_background "$work/dies.pcapng"
kill -KILL "$viewer"
wait "$viewer" 2>"$work/why"
guest 0 -n 4000 -d 64
kill -CONT "$still" "$filtered"
guest 0 -n 4
kill -INT "$drive"
wait "$still" || fail "the viewer that stood still fails: $(cat "$still_file.said")"
wait "$filtered" || fail "the one with a filter fails: $(cat "$work/filtered.pcapng.said")"
ended 0
whole "$work/drive.pcapng" -c
whole "$work/still.pcapng" -d
test "$(./nvmetap dump -r "$work/filtered.pcapng" -Y 'nvmetap.drop.count > 0' | wc -l)" -gt 0 ||
	fail "a filter hides what was lost"
grep -q ' [1-9][0-9]* events dropped' "$still_file.said" ||
	fail "a viewer that stood still lost nothing: $(cat "$still_file.said")"
test "$(./nvmetap dump -r "$work/drive.pcapng" | grep -c 'IO .*OPC=Write')" = 4004 ||
	fail "the drive's own capture has other than 4004 writes"

# --- a drive that is killed is told
serve --ns mem=8M
capture_in_background "$work/killed.pcapng"
guest 0
kill -KILL "$drive"
wait "$drive" 2>"$work/why"
drive=
viewer_ended 1
grep -q "the drive has gone" "$file.said" || fail "a killed drive is not told: $(cat "$file.said")"
whole "$work/killed.pcapng"

exit $status
