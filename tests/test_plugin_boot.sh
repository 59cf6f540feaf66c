#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# nvmetap boot with plug-ins that crash and hang: guest and folder go, too, and the capture stays.

# shellcheck disable=SC2317
# shellcheck source=tests/boot.sh
. "${srcdir:-.}/tests/boot.sh"
# shellcheck source=tests/crash.sh
. "${srcdir:-.}/tests/crash.sh"

FAKE_QEMU_ARGS=$words
FAKE_QEMU="run -r 30000"
export FAKE_QEMU FAKE_QEMU_ARGS

boots 139 --qemu "$srcdir/tests/fake_qemu.sh" --kernel /boot/test -w "$work/a.pcapng" \
	--plugin tests/odd_plugin.so,do=null,nr=3
said 1 "plug-in odd_plugin crashed in nvme:io:decode: SIGSEGV"
whole "$work/a.pcapng" -c

boots 1 --qemu "$srcdir/tests/fake_qemu.sh" --kernel /boot/test -w "$work/a.pcapng" \
	--plugin tests/odd_plugin.so,do=hang,nr=3 --plugin-limit 0.1,0.4
said 1 "plug-in odd_plugin: nvme:io:decode has not returned for .*, and that ends the drive"
whole "$work/a.pcapng" -c

boots 1 --qemu "$srcdir/tests/fake_qemu.sh" --kernel /boot/test -w "$work/none.pcapng" \
	--plugin tests/odd_plugin.so,do=refuse
said 1 "boot: --plugin tests/odd_plugin.so: I would rather not (setup answered 7)"
test ! -e "$work/none.pcapng" || fail "a capture was begun although setup refused"
test ! -e "$words" || fail "the guest was started although setup refused"

exit $status
