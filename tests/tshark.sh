# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# Sourced: tshark with our dissector and nothing of this machine's own settings.
# As root, Wireshark 4.4 and later ignore Lua scripts silently, so it then runs
# as an ordinary user.  $tshark_home is a fresh folder, $dissector the script.

tshark_setup()
{
	tshark_home=$1
	dissector=$2
	mkdir -p "$tshark_home/plugins" "$tshark_home/config" "$tshark_home/extcap"
	cp "$dissector" "$tshark_home/plugins/nvmetap.lua"
	chmod -R a+rX "$tshark_home"
}

# tshark "$@"; its standard error goes to $tshark_home/stderr, and a word of
# Lua there is a failure, since tshark itself exits 0 then.
run_tshark()
{
	drop=
	[ "$(id -u)" -ne 0 ] || drop="setpriv --reuid=65534 --regid=65534 --clear-groups"
	$drop env HOME="$tshark_home" WIRESHARK_CONFIG_DIR="$tshark_home/config" \
		WIRESHARK_PLUGIN_DIR="$tshark_home/plugins" \
		WIRESHARK_EXTCAP_DIR="$tshark_home/extcap" \
		tshark "$@" 2>"$tshark_home/stderr"
	tshark_status=$?
	if grep -qi 'lua' "$tshark_home/stderr"; then
		cat "$tshark_home/stderr" >&2
		return 99
	fi
	return $tshark_status
}
