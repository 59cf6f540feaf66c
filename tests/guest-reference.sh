#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The guest's check passes on QEMU's own NVMe device, so that where it fails on ours the drive is to blame.
#
# Usage: tests/guest-reference.sh [GUEST [WORDS...]]
#   WORDS are added to the kernel's command line. $DISK_SIZE, e.g. 64M, is the size of the disk.

set -u
guest=${1:-linux-6.12}
[ $# -eq 0 ] || shift
here=$(dirname "$(readlink -f -- "$0")")
tool=${NVMETAP_LIBEXECDIR:-$here/../tools}/nvmetap-guest

fail() { echo "guest-reference: $*" >&2; exit 1; }

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
"$tool" paths "$guest" >"$work/paths" || exit 1
path() { sed -n "s/^$1=//p" "$work/paths"; }

truncate -s "${DISK_SIZE:-64M}" "$work/disk.img"
timeout 120 "$(path qemu)" -accel tcg -cpu max -m 1G -machine q35 -nodefaults -nographic -no-reboot \
	-serial stdio -kernel "$(path kernel)" -initrd "$(path initrd)" -append "$(path append) $*" \
	-drive "file=$work/disk.img,if=none,id=disk,format=raw,discard=unmap" \
	-device nvme,drive=disk,serial=reference </dev/null >"$work/console" ||
	fail "QEMU's exit status is $?"
tr -d '\r' <"$work/console" | grep 'nvmetap-guest:'
[ "$(tr -d '\r' <"$work/console" | grep -c '^nvmetap-guest: exit 0$')" -eq 1 ] ||
	fail "the guest's check failed"
"$tool" verify "$work/disk.img"
