#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# nvmetap boot without QEMU: a program that takes its options and is a guest by itself.

# until_true calls functions that nothing else does.
# shellcheck disable=SC2317
# shellcheck source=tests/boot.sh
. "${srcdir:-.}/tests/boot.sh"

FAKE_QEMU_ARGS=$words
export FAKE_QEMU FAKE_QEMU_ARGS
qemu=$srcdir/tests/fake_qemu.sh

finder <<-END
	test "\$1" = qemu && { echo "$qemu"; exit 0; }
	test "\$1 \$2" = "paths linux-test" || { echo "no guest \$2" >&2; exit 2; }
	printf '%s\n' "qemu=$qemu" kernel=/boot/test initrd=/boot/initrd "append=console=ttyS0 test"
END

# --- a guest that is well
FAKE_QEMU='run -v 0'
boots 0 --guest linux-test -w "$work/well.pcapng.zst" --console-file "$work/console.txt"
whole "$work/well.pcapng.zst"
said 1 "well.pcapng.zst: $records records, 0 events dropped"
for phase in probed reset enabled identified 'queues created' 'first I/O' 'shut down'; do
	grep -q " s  $phase " "$work/err" || fail "the phase \"$phase\" is not shown"
done
said 1 '^I/O .* 128 commands, 64 Write, 64 Read$'
said 1 '^guest: its own check passed$'
grep -q '^mini_guest: shut down' "$work/console.txt" || fail "the console is not kept"
./nvmetap dump "$work/well.pcapng.zst" | grep -q 'CON .*nvmetap-guest: exit 0' ||
	fail "the console is not in the capture"
given -kernel /boot/test -append "console=ttyS0 test" -initrd /boot/initrd

# A command that a rule ends before its decode is not lost from the capture.
FAKE_QEMU=run
boots 1 --qemu "$qemu" --kernel /boot/own \
	--inject 'nvme:io:fetch after 9 times 2 do status 1/0x82' -w "$work/early.pcapng"
said 1 '^unmatched *2 completions whose command was ended before its decode'
said 0 'not whole'

# Its verdict, or none, counts if the guest is a ready-made one.
FAKE_QEMU='run -v 3'
boots 1 --guest linux-test
said 1 "3 steps of the guest's own check failed"
FAKE_QEMU=run
boots 1 --guest linux-test
said 1 "without a verdict"
boots 0 --qemu "$qemu" --kernel /boot/own --console-file -
given -kernel /boot/own -append "console=ttyS0 panic=-1 loglevel=7"
grep -q '^mini_guest: started' "$work/err" || fail "--console-file - does not show the console"

# --- options reach QEMU
FAKE_QEMU='run -v 0'
boots 0 --guest linux-test --kernel /boot/own --append more --memory 512M --cpus 2 \
	--bdf 00:1f.7 --ns mem=8M -- -bios 'a b' -device 'c,d=e'
given -kernel /boot/own -append "console=ttyS0 test more"
given -initrd /boot/initrd -bios 'a b' -device c,d=e
given -accel tcg -cpu max
given -smp 2 -m 524288K -object memory-backend-memfd,id=mem,size=524288K,share=on
grep -q '"addr":"1f.7"' "$FAKE_QEMU_ARGS" || fail "QEMU is not told the drive's place"

boots 0 --guest linux-test --ns mem=8M -- -accel kvm
given -accel kvm
test "$(grep -cx -e -accel "$FAKE_QEMU_ARGS")" = 1 || fail "QEMU never comes to the user's -accel"

# --- QEMU that fails
FAKE_QEMU='exit 1'
boots 1 --qemu "$qemu" --kernel k -w "$work/early.pcapng"
said 1 "QEMU ended with status 1"
said 1 "no use of the drive was seen"
whole "$work/early.pcapng"
FAKE_QEMU='run -x die -n 400 -d 64'
boots 1 --qemu "$qemu" --kernel k -w "$work/killed.pcapng.zst"
said 1 "boot: QEMU was killed: Killed"
said 1 "killed.pcapng.zst: "
whole "$work/killed.pcapng.zst"
./nvmetap dump "$work/killed.pcapng.zst" | grep -q 'disabled by guest gone' ||
	fail "a killed QEMU is not seen to go"
FAKE_QEMU='exit 1'
boots 1 --qemu "$work/no-such-qemu" --kernel k
said 1 "no-such-qemu: No such file or directory"
one_line
: >"$work/plain"
boots 1 --qemu "$work/plain" --kernel k
said 1 "plain: Permission denied"
one_line

# --- nvmetap-guest that fails
boots 2 --guest nobody
said 1 "no guest nobody"
one_line
mv "$NVMETAP_LIBEXECDIR/nvmetap-guest" "$work/nvmetap-guest"
boots 1 --guest linux-test
said 1 "nvmetap-guest: No such file or directory"
one_line
mv "$work/nvmetap-guest" "$NVMETAP_LIBEXECDIR/nvmetap-guest"

# --- a program that runs from a source tree, and was never installed
installed=$(grep -a -o '/[[:print:]]*/nvmetap' ./nvmetap | grep -m 1 '/libexec/nvmetap$')
if [ ! -e "$installed/nvmetap-guest" ]; then
	mkdir -p "$work/tree/build" "$work/tree/tools"
	cp ./nvmetap "$work/tree/build"
	cp "$NVMETAP_LIBEXECDIR/nvmetap-guest" "$work/tree/tools"
	env -u NVMETAP_LIBEXECDIR "$work/tree/build/nvmetap" boot --guest nobody 2>"$work/tree/err"
	grep -q 'no guest nobody' "$work/tree/err" || fail "the tree's own nvmetap-guest is not found"
fi

# --- words that are wrong
boots 2
boots 2 --guest linux-test extra
said 1 "extra: not expected"
boots 2 --guest linux-test --timeout 0
boots 2 --guest linux-test --cpus 65
boots 2 --guest linux-test --memory 512
boots 2 --guest linux-test --bdf 01:06.0
boots 2 --guest linux-test --vfio-user x
boots 1 --guest linux-test --ns path=/no/such.img
one_line
boots 1 --guest linux-test --console-file /no/such/file
one_line
boots 2 --guest linux-test --events nothing
one_line

# --- the time limit, for a QEMU that ends when it is asked to
FAKE_QEMU=hang
boots 1 --qemu "$qemu" --kernel k --timeout 1 -w "$work/late.pcapng"
said 1 "the guest was ended after 1 seconds"
test "$(tail -n 1 "$FAKE_QEMU_ARGS")" = ended || fail "QEMU is not asked to end"
whole "$work/late.pcapng" -c

# --- signals: first one, QEMU is asked; the next, it is killed
# in_io: boot in the background, once its guest has completed an I/O command.
in_io()
{
	rm -f "$FAKE_QEMU_ARGS"
	: >"$work/err"
	./nvmetap boot --qemu "$qemu" --kernel k "$@" >/dev/null 2>"$work/err" </dev/null &
	drive=$!
	until_true grep -q 'first I/O' "$work/err" || fail "boot $*: no I/O"
}

for signal in INT TERM HUP; do
	in_io -w "$work/$signal.pcapng.zst"
	kill -$signal "$drive"
	ended $((128 + $(kill -l $signal 2>/dev/null || case $signal in
		INT) echo 2 ;; TERM) echo 15 ;; HUP) echo 1 ;; esac)))
	cleared "SIG$signal"
	said 1 "boot: ended by"
	test "$(tail -n 1 "$FAKE_QEMU_ARGS")" = ended || fail "SIG$signal: QEMU is not asked to end"
	whole "$work/$signal.pcapng.zst" -c
done

FAKE_QEMU=deaf
in_io -w "$work/deaf.pcapng"
kill -INT "$drive"
kill -TERM "$drive"
until_true is_dead || { fail "a deaf QEMU is not killed"; kill -KILL "$drive"; }
wait "$drive"
got=$?
drive=
test "$got" = 143 || test "$got" = 130 || fail "two signals: exit status $got"
cleared "two signals"
whole "$work/deaf.pcapng" -c

# --- a capture that nobody reads, and a drive that waits for that, are ended, too
gone()
{
	kill -INT "$drive" 2>/dev/null
	is_dead
}
mkfifo "$work/pipe"
exec 5<>"$work/pipe"
FAKE_QEMU='run -s 8192 -r 30000 -d 64'
in_io -w "$work/pipe" --ring 64K --data-snap 8192 --lossless
until_true grep -q "takes no more, and the drive waits" "$work/err" || fail "no word of waiting"
until_true gone || { fail "Ctrl-C does not end boot"; kill -KILL "$drive"; }
wait "$drive"
drive=
exec 5<&-
cleared "a reader that stands still"

# --- nvmetap-guest that takes its time is ended, too
finder <<-END
	echo fetching >&2
	exec sleep 60
END
: >"$work/err"
./nvmetap boot --guest linux-test -w "$work/none.pcapng" 2>"$work/err" &
drive=$!
until_true grep -q fetching "$work/err" || fail "nvmetap-guest is not run"
kill -INT "$drive"
ended 130
cleared "SIGINT while fetching"
test ! -e "$work/none.pcapng" || fail "a capture of nothing"

# --- a boot is marked and captured like any drive
FAKE_QEMU='run -r 600000'
: >"$work/err"
./nvmetap boot --qemu "$qemu" --kernel k -w "$work/marked.pcapng" 2>"$work/err" &
drive=$!
marks() { ./nvmetap mark hello 2>"$work/why"; }
until_true marks || fail "a boot is not marked: $(cat "$work/why")"
./nvmetap capture -c 100 -w "$work/live.pcapng" 2>"$work/why" ||
	fail "a boot is not captured: $(cat "$work/why")"
kill -INT "$drive"
ended 130
cleared "a boot that is captured"
whole "$work/live.pcapng" -c
./nvmetap dump -r "$work/marked.pcapng" | grep -q 'TAP Mark: hello$' ||
	fail "the mark is not in the boot's capture"

# --- a console file on a full disk: said once, the guest goes on
if test -c /dev/full; then
	FAKE_QEMU=run
	boots 1 --qemu "$qemu" --kernel k --console-file /dev/full -w "$work/full.pcapng"
	said 1 "/dev/full: No space left on device; the console ends there"
	whole "$work/full.pcapng"
fi

# A limit on the size of files does not end boot.  Thread sanitizer's own start does not survive it.
# shellcheck disable=SC3045
limited() { (ulimit -S -f 0 && "$@"); }
if limited ./nvmetap --version >/dev/null 2>&1; then
	FAKE_QEMU='run -v 0'
	FAKE_QEMU_ARGS=/dev/null
	limited ./nvmetap boot --qemu "$qemu" --kernel k --console-file "$work/limit" 2>&1 \
		</dev/null | cat >"$work/err"
	said 1 "limit: File too large; the console ends there"
	said 1 "its own check passed"
fi

exit $status
