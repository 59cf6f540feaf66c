#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The C decoder and the Lua dissector say the same: every field of the table,
# printed by dump -T fields and by tshark -T fields, over captures with every
# event.  The guests' tests compare captures of real boots.

srcdir=${srcdir:-.}
# shellcheck source=tests/tshark.sh
. "$srcdir/tests/tshark.sh"
# shellcheck source=tests/parity.sh
. "$srcdir/tests/parity.sh"
tshark_works || exit 77
test -f dissector/nvmetap.lua || {
	echo "SKIP: the Lua dissector is not built"
	exit 77
}
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
status=0

chmod 755 "$work"
tshark_setup "$work/tshark" dissector/nvmetap.lua || exit 99

for what in sample every; do
	./tests/make_capture "$what" >"$work/$what.pcapng" || exit 99
	chmod a+r "$work/$what.pcapng"
	parity "$work/$what.pcapng" "$work" || status=1
done
exit $status
