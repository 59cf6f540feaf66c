# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154
# Makes the guests' initramfs: a base from Debian's packages, made once, then the guest's own files.
# Part of nvmetap-guest, whose $cache, $work, $data, run, die and fail it uses.

# The packages that the base is made from, all from this suite.
initramfs_suite=trixie
initramfs_packages="busybox-static nvme-cli libnvme1t64 libjson-c5 libkeyutils1 libssl3t64
	libzstd1 zlib1g libc6"

# One entry of a cpio archive ("newc"), the same on every machine: NAME MODE [FILE [MAJOR MINOR]].
cpio_entry()
{
	size=0
	[ ! -f "${3:-}" ] || size=$(wc -c <"$3")
	printf '070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%s\0' \
		$((ino += 1)) "$2" 0 0 1 0 "$size" 0 0 "${4:-0}" "${5:-0}" $((${#1} + 1)) 0 "$1"
	cpio_pad $((110 + ${#1} + 1))
	if [ "$size" -gt 0 ]; then
		cat "$3" && cpio_pad "$size"
	fi
}

cpio_pad()
{
	case $(($1 % 4)) in
	1) printf '\0\0\0' ;;
	2) printf '\0\0' ;;
	3) printf '\0' ;;
	esac
}

cpio_dir() { cpio_entry "$1" 0x41ed; }
cpio_program() { cpio_entry "$1" 0x81ed "$2"; }
cpio_end() { cpio_entry TRAILER!!! 0; }

# The libraries that the program $2 below the root $1 asks for, by name.
libraries_of()
{
	"$1/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" \
		--library-path "$1/usr/lib/x86_64-linux-gnu" --list "$1/$2" 2>>"$work/log" |
		awk '$2 == "=>" && $1 !~ "/" { print $1 }' | sort
}

cpio_base()
{
	root=$1
	lib=usr/lib/x86_64-linux-gnu
	ino=0
	for dir in bin dev lib lib/x86_64-linux-gnu lib64 proc sys tmp; do
		cpio_dir "$dir"
	done
	cpio_entry dev/console 0x2180 "" 5 1
	cpio_program bin/busybox "$root/usr/bin/busybox"
	cpio_program bin/nvme "$root/usr/sbin/nvme"
	cpio_program lib64/ld-linux-x86-64.so.2 "$root/$lib/ld-linux-x86-64.so.2"
	for name in $2; do
		cpio_program "lib/x86_64-linux-gnu/$name" "$root/$lib/$name"
	done
	cpio_end
}

fetch_initramfs()
{
	set -- "busybox and nvme-cli for the initramfs"
	for package in $initramfs_packages; do
		set -- "$@" "$package/$initramfs_suite"
	done
	archive_download "$@"
	mkdir "$work/initramfs"
	archive_unpack "$work/root"
	libraries=$(libraries_of "$work/root" usr/sbin/nvme)
	for name in $libraries; do
		[ -f "$work/root/usr/lib/x86_64-linux-gnu/$name" ] ||
			fail "nvme-cli needs $name, and no package that is known here has it"
	done
	cpio_base "$work/root" "$libraries" | gzip -n -9 >"$work/initramfs/base.gz"
	rm -rf "$work/root"
	[ -s "$work/initramfs/base.gz" ] || fail "the initramfs cannot be made"
	item_finish initramfs
	say "the initramfs is ready"
}

# The guest's own files, in $data.
guest_files="init pattern.sh io.sh"

# These follow the base as a second archive: a changed init needs no network. With them go the
# user's programs, separated by colons in NVMETAP_GUEST_ADD.
cpio_guest()
{
	ino=1000
	for file in $guest_files; do
		cpio_program "$file" "$data/$file"
	done
	each_added cpio_added
	cpio_end
}

cpio_added() { cpio_program "bin/${1##*/}" "$1"; }

# Runs "$1 FILE" for each of the user's programs.
each_added()
{
	added=${NVMETAP_GUEST_ADD:-}
	while [ -n "$added" ]; do
		file=${added%%:*}
		added=${added#"$file"}
		added=${added#:}
		[ -z "$file" ] || "$1" "$file" || return 1
	done
}

added_is_file()
{
	[ -f "$1" ] && [ -r "$1" ] || die "NVMETAP_GUEST_ADD: $1: no such file, or it cannot be read"
}

# Sets $initrd: the base, the guest's own files, and the archive $1 if there is such a file.
make_initrd()
{
	modules=/dev/null
	[ ! -f "${1:-}" ] || modules=$1
	initrd=$cache/initrd-$({ cat "$cache/initramfs/base.gz" "$modules" && cpio_guest; } |
		cksum | tr ' ' -).gz
	[ ! -s "$initrd" ] || return 0
	start_work
	find "$cache" -maxdepth 1 -name 'initrd-*.gz' -mtime +0 -delete
	{ cat "$cache/initramfs/base.gz" && cpio_guest | gzip -n -9 && cat "$modules"; } \
		>"$work/initrd" || fail "$initrd: cannot be made"
	mv "$work/initrd" "$initrd"
}
