#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# nvmetap boot of user-mode Linux, without one: a program that takes its words and has its ways.

# shellcheck source=tests/boot.sh
. "${srcdir:-.}/tests/boot.sh"

FAKE_UML_ARGS=$words
export FAKE_UML FAKE_UML_ARGS
uml=$(readlink -f "$srcdir/tests/fake_uml.sh")

finder <<-END
	echo "\$*" >>"$work/asked"
	case \$* in
	"paths uml"*) printf '%s\n' "uml=$uml" initrd=/boot/initrd "append=loglevel=7 test" ;;
	initrd) echo initrd=/boot/initrd ;;
	*) echo "no guest \$2" >&2; exit 1 ;;
	esac
END

# asked LINE: that was said to nvmetap-guest, once and nothing else.
asked()
{
	test "$(cat "$work/asked" 2>/dev/null)" = "$1" || fail "nvmetap-guest was not asked: $1"
	rm -f "$work/asked"
}

# --- a guest that is well, of a user whose own temporary files go elsewhere
TMPDIR=$work
export TMPDIR
FAKE_UML=pass
boots 0 --guest uml -w "$work/well.pcapng.zst" --console-file "$work/console.txt"
asked 'paths uml'
whole "$work/well.pcapng.zst"
said 1 '^guest: its own check passed$'
grep -qx 'fake_uml: started' "$work/console.txt" || fail "the console is not kept"
./nvmetap dump "$work/well.pcapng.zst" >"$work/dump"
grep -q '00:00.0 CON nvmetap-guest: exit 0' "$work/dump" || fail "the console is not in the capture"
given mem=256M initrd=/boot/initrd
given con0=null,fd:1 con=null
given virtio_pcidev.max_delay_us=10000000 quiet noreboot loglevel=7 test
grep -q '^virtio_uml.device=/.*/nvme.sock:1234$' "$words" || fail "the kernel is not told the socket"
if [ -w /dev/shm ]; then
	given TMPDIR=/dev/shm
fi

# --- another kernel, another initramfs, another tree
boots 0 --guest uml --uml "$uml"
asked initrd
given initrd=/boot/initrd
own=$work/own
: >"$own"
boots 0 --uml "$uml" --initrd "$own" --memory 64M --append 'more "a b"  words'
asked ''
given mem=65536K "initrd=$own"
given loglevel=7 printk.time=1 more '"a b"' words
boots 0 --uml "$uml"
! grep '^initrd=' "$words" || fail "an initramfs that nobody gave"
boots 0 --linux-source /a/tree
asked 'paths uml /a/tree'
boots 0 --guest uml --linux-source /a/tree
asked 'paths uml /a/tree'

# A name without a folder is a file here, not a program to be found elsewhere.
cp "$uml" true
boots 0 --uml true
given con0=null,fd:1
rm true

# --- a guest that is not well
FAKE_UML='exit 0'
boots 1 --guest uml
said 1 "without a verdict"
boots 0 --uml "$uml"
FAKE_UML='exit 3'
boots 1 --guest uml -w "$work/early.pcapng"
said 1 "user-mode Linux ended with status 3"
said 1 "no use of the drive was seen"
whole "$work/early.pcapng"
boots 1 --uml "$work/no-such-uml"
said 1 "no-such-uml: No such file or directory"
one_line
boots 1 --uml "$uml" --initrd "$work/no-such-initrd"
said 1 "initrd $work/no-such-initrd: No such file or directory"
one_line
test ! -e "$words" || fail "a kernel is started without the initramfs that was asked for"

# A program of another machine, of which only its header is needed here, is not for a shell.
printf '\177ELF\002\001\001\0\0\0\0\0\0\0\0\0\003\0\267\0' >"$work/aarch64"
chmod +x "$work/aarch64"
boots 1 --uml "$work/aarch64"
said 1 "aarch64: Exec format error"
one_line

FAKE_UML=panic
boots 1 --uml "$uml"
said 1 'the guest.s kernel panicked: VFS: Unable to mount root fs on unknown-block(98,0)$'
said 1 "has it CONFIG_UML_PCI_OVER_VIRTIO"

# Killed, it leaves files and processes, which are then removed.
FAKE_UML=die
boots 1 --uml "$uml" -w "$work/dead.pcapng"
said 1 "user-mode Linux was killed: Killed"
whole "$work/dead.pcapng"
grep -q 'CON fake_uml: started' <<-END || fail "what a killed kernel said is lost"
	$(./nvmetap dump "$work/dead.pcapng")
END
until_true sh -c "! kill -0 $(cat "$words.left") 2>/dev/null" || fail "its processes go on"

# --- signals and the time limit: it is killed at once
FAKE_UML=hang
boots 1 --uml "$uml" --timeout 1 -w "$work/late.pcapng"
said 1 "the guest was ended after 1 seconds"
test "$(tail -n 1 "$words")" != asked || fail "it is asked to end"
whole "$work/late.pcapng"

# interrupted OPTION...: boot in the background, once its kernel runs, then by SIGINT.
interrupted()
{
	rm -f "$words.running"
	./nvmetap boot --uml "$uml" "$@" >/dev/null 2>"$work/err" </dev/null &
	drive=$!
	until_true test -e "$words.running" || fail "boot $*: no kernel"
	kill -INT "$drive"
}

interrupted -w "$work/int.pcapng.zst"
ended 130
cleared SIGINT
said 1 "boot: ended by"
test "$(tail -n 1 "$words")" != asked || fail "SIGINT: it is asked to end"
whole "$work/int.pcapng.zst"

# Nor does it outlive a boot that is killed.
interrupted_by_kill()
{
	rm -f "$words.running"
	./nvmetap boot --uml "$uml" >/dev/null 2>"$work/err" </dev/null &
	drive=$!
	until_true test -e "$words.running" || fail "boot: no kernel"
	kernel=$(cat "$XDG_RUNTIME_DIR"/nvmetap-*/uml/pid)
	kill -KILL "$drive"
	wait "$drive"
	drive=
}
interrupted_by_kill 2>/dev/null
until_true sh -c "! kill -0 $kernel 2>/dev/null" || fail "a kernel outlives its boot"
kill -KILL "-$kernel"
rm -rf "$XDG_RUNTIME_DIR"/nvmetap-*

# --- words that are wrong
rm -f "$work/asked"
for option in --cpus=2 --qemu=x --kernel=x --bdf=00:06.0; do
	boots 2 --guest uml "$option"
	said 1 "${option%=*}: .*user-mode Linux"
	one_line
done
boots 2 --guest uml -- -bios x
said 1 "options after --: for QEMU only"
boots 2 --uml "$uml" extra
said 1 "extra: not expected"
boots 2 --guest linux-6.12 --uml "$uml"
said 1 "uml: not with --guest linux-6.12"
boots 2 --guest linux-6.12 --linux-source /a/tree
said 1 "linux-source: not with --guest linux-6.12"
boots 2 --uml "$uml" --linux-source /a/tree
said 1 "which of the two"
asked ''

exit $status
