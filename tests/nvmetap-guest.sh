#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# nvmetap-guest without a network: what it says to mistakes, and what "verify" sees; likewise of
# fetch-tshark and quickstart.

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
expect 2 'list fetch paths source trees remove initrd qemu verify' "$tool" fly
expect 2 'list fetch paths source trees remove initrd qemu verify' "$tool"
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

# What was built of trees: two, one of which is gone, and another that never was.
for name in kept gone; do
	tree=$work/$name
	objects=$NVMETAP_CACHE/trees/$name-$(echo "$tree" | cksum | cut -d ' ' -f 1)
	mkdir -p "$objects/include/config" "$tree/drivers"
	ln -s "$tree" "$objects/source"
	echo 7.3.4 >"$objects/include/config/kernel.release"
done
rmdir "$work/gone/drivers" "$work/gone"
expect 0 "$work/kept" "$tool" trees
expect 0 "$work/gone (is gone)" "$tool" trees
expect 1 'nothing was built of it' "$tool" remove "$work/kept" "$work/other"
expect 0 '' "$tool" remove
expect 0 "$work/kept" "$tool" trees
case $(ls "$NVMETAP_CACHE/trees") in
kept-[0-9]*) ;;
*)
	echo "not only what is gone was removed"
	failed=1
	;;
esac
expect 0 '' "$tool" remove "$work/kept"
if [ -n "$(ls "$NVMETAP_CACHE/trees")" ] || [ ! -d "$work/kept/drivers" ]; then
	echo "what was built is not removed, or the tree is"
	failed=1
fi
export NVMETAP_MIRROR="file:$work/nothing"
expect 2 'no argument' "$tool" trees all
expect 2 'name of a folder' "$tool" source
expect 1 'not an empty folder' "$tool" source "$work/kept"
expect 1 'of such a name' "$tool" source "$work/a b"
expect 1 'of such a name' "$tool" source "$work/a&b"
expect 1 "no package index from $NVMETAP_MIRROR" "$tool" source "$work/new"
[ ! -e "$work/new" ] || {
	echo "a failed source left something behind"
	failed=1
}

# A tree that does not compile: what is wrong is said once, and nothing of make's.
can() { command -v "$1" >/dev/null; }
if can flex && can bison && can bc && can gcc; then
	tree=$work/tree
	mkdir -p "$tree/arch/um" "$tree/drivers/nvme/host" "$tree/kernel/configs" \
		"$NVMETAP_CACHE/initramfs"
	: | tee "$tree/arch/um/Kconfig" "$tree/drivers/nvme/host/pci.c" \
		"$tree/kernel/configs/tiny-base.config" "$tree/kernel/configs/tiny.config" >/dev/null
	cat >"$tree/Makefile" <<-'END'
	allnoconfig: ; cp $(KCONFIG_ALLCONFIG) $(O)/.config
	linux: ; @echo "pci.c:7:9: error: 'nothing' undeclared"; false
	END
	gzip -c </dev/null >"$NVMETAP_CACHE/initramfs/base.gz"
	(cd "$NVMETAP_CACHE/initramfs" && echo "$(stat -c %s base.gz) ./base.gz" >.contents)
	expect 1 'user-mode Linux cannot be built' "$tool" paths uml "$tree"
	wrong=$(echo "$said" | grep -c 'nothing')
	if [ "$wrong" -ne 1 ] || echo "$said" | grep -qF '***'; then
		echo "what does not compile is not said once:"
		echo "$said"
		failed=1
	fi
fi

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

expect 0 'Usage:' "$here/fetch-tshark" --help
expect 2 'no suite "sarge"; there are: bookworm' "$here/fetch-tshark" trixie sarge
expect 1 "no package index from $NVMETAP_MIRROR" "$here/fetch-tshark" trixie
expect 1 'goes without the tshark of forky' "$here/fetch-tshark"
expect 0 '' "$here/fetch-tshark" list
mkdir "$NVMETAP_CACHE/tshark-trixie" "$NVMETAP_CACHE/tshark-forky"
: >"$NVMETAP_CACHE/tshark-forky/tshark"
(cd "$NVMETAP_CACHE/tshark-forky" && echo '0 ./tshark' >.contents)
expect 0 '/tshark-forky/tshark' "$here/fetch-tshark" list
if "$here/fetch-tshark" list | grep -q trixie; then
	echo "a tshark that is not whole is listed"
	failed=1
fi

expect 2 'is unknown' "$here/../quickstart" fly
expect 0 'Usage:' "$here/../quickstart" --help
exit $failed
