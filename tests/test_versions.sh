#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What tshark says of captures with every event is the same in all versions that
# are here, and the tests of the dissector pass with each of them.  Other versions
# than this machine's are fetched by tests/fetch-tshark.

srcdir=${srcdir:-.}
# shellcheck source=tests/tshark.sh
. "$srcdir/tests/tshark.sh"
# shellcheck source=tests/versions.sh
. "$srcdir/tests/versions.sh"
tshark_works || exit 77
test -n "$(versions_others)" || {
	echo "skipped: no other version of tshark; tests/fetch-tshark fetches some"
	exit 77
}
export srcdir
status=0
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
tshark_setup "$work/tshark" dissector/nvmetap.lua || exit 99
versions_setup "$work" || exit 1

for what in sample every threads odd; do
	./tests/make_capture $what >"$work/$what.pcapng" || exit 99
	chmod a+r "$work/$what.pcapng"
	versions "$work/$what.pcapng" "$work" || status=1
done

for other in ${versions#* }; do
	"$other" --version 2>/dev/null | head -n 1
	for name in lua lua_threads lua_expert lua_damage parity filter oracle_wireshark wireshark; do
		TSHARK=$other "$srcdir/tests/test_$name.sh" >"$work/said" 2>&1 && continue
		echo "FAIL: test_$name.sh with $other:"
		cat "$work/said"
		status=1
	done
done
exit $status
