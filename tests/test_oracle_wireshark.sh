#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Our dissector and Wireshark's own NVMe dissector agree, but for differences that
# are explained in tests/oracle_differences.  Guests' tests do the same with boots.

srcdir=${srcdir:-.}
# shellcheck source=tests/tshark.sh
. "$srcdir/tests/tshark.sh"
# shellcheck source=tests/oracle.sh
. "$srcdir/tests/oracle.sh"
tshark_works || exit 77
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
tshark_setup "$work/tshark" dissector/nvmetap.lua || exit 99
oracle_setup "$work"
test "$(wc -l <"$work/oracle.names")" -gt 200 || { echo "FAIL: too few names"; exit 1; }
for what in sample every threads; do
	./tests/make_capture $what >"$work/$what.pcapng" || exit 99
	chmod a+r "$work/$what.pcapng"
	oracle "$work/$what.pcapng" "$work" || exit 1
done
