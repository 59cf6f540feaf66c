#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# nvmetap-guest without a network: what it says to mistakes, and what "verify" sees.

set -u
here=$(dirname "$(readlink -f -- "$0")")
tool=$here/../tools/nvmetap-guest
failed=0
command -v apt-get >/dev/null || { echo "skipped: this machine has no apt-get"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export NVMETAP_CACHE="$work/cache" NVMETAP_GUEST_DIR="$here/../samples/guest"

# expect STATUS TEXT COMMAND...: the exit status, and a text in what it says.
expect()
{
	status=$1
	text=$2
	shift 2
	said=$("$@" 2>&1)
	got=$?
	case $said in
	*"$text"*) ;;
	*) got="$got, without \"$text\"" ;;
	esac
	[ "$got" = "$status" ] && return
	echo "$*: exit $got, not $status:"
	echo "$said"
	failed=1
}

image()
{
	# shellcheck source=samples/guest/pattern.sh
	. "$NVMETAP_GUEST_DIR/pattern.sh"
	pattern >"$work/pattern"
	pattern_zero "$work/pattern"
	{ head -c "$PATTERN_AT" /dev/zero; cat "$work/pattern"; } >"$1"
}

poke() { printf x | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null; }

expect 0 'Usage:' "$tool" --help
expect 0 'linux-6.12' "$tool" list
expect 2 'linux-6.1 linux-6.12 linux-6.12-modules linux-7 uml' "$tool" paths linux-5.10
expect 2 'linux-6.1 linux-6.12 linux-6.12-modules linux-7 uml' "$tool" fetch linux-6
expect 2 'list fetch paths initrd qemu verify' "$tool" fly
expect 2 'list fetch paths initrd qemu verify' "$tool"
expect 2 'one guest' "$tool" paths
NVMETAP_GUEST_ADD=/bin/sh:$work/none expect 1 "$work/none: no such file" "$tool" paths linux-6.12
NVMETAP_MIRROR=file:$work/nothing expect 1 "no package index from file:$work/nothing" \
	"$tool" fetch linux-6.12
if [ "$(ls -A "$NVMETAP_CACHE")" != .lock ]; then
	echo "a failed fetch left something behind"
	failed=1
fi
: >"$work/file"
NVMETAP_CACHE=$work/file expect 1 'cannot write there' "$tool" fetch linux-6.12

image "$work/disk.img"
expect 0 'as the guest wrote it' "$tool" verify "$work/disk.img"
expect 1 'first wrong byte is at offset 3145728' "$tool" verify --steps=write,read "$work/disk.img"
poke "$work/disk.img" 3145800
expect 1 'first wrong byte is at offset 3145800' "$tool" verify "$work/disk.img"
poke "$work/disk.img" 0
poke "$work/disk.img" 1048576
expect 1 'first wrong byte is at offset 1048576' "$tool" verify "$work/disk.img"
image "$work/disk.img"
truncate -s 2M "$work/disk.img"
expect 1 'ends before' "$tool" verify "$work/disk.img"
expect 1 'cannot be read' "$tool" verify "$work/none.img"
expect 2 'one disk image' "$tool" verify

expect 2 'is unknown' "$here/../quickstart" fly
expect 0 'Usage:' "$here/../quickstart" --help
exit $failed
