# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# Sourced: tshark with nothing of this machine's own settings.  As root,
# Wireshark 4.4 and later ignore Lua scripts silently, so it then runs as an
# ordinary user.  $TSHARK is another tshark than that of the path.

tshark=${TSHARK:-tshark}
# What that user reads is made by us.
umask 022
as_user=
[ "$(id -u)" -ne 0 ] || as_user="setpriv --reuid=65534 --regid=65534 --clear-groups"

# Whether there is a tshark that can run here; if not, why not.
tshark_works()
{
	command -v "$tshark" >/dev/null || { echo "skipped: no $tshark"; return 1; }
	# shellcheck disable=SC2086
	$as_user true 2>/dev/null || {
		echo "skipped: root cannot become an ordinary user here"
		return 1
	}
}

# MAJOR.MINOR, as 4.0.
tshark_version()
{
	"$tshark" --version 2>/dev/null |
		sed -n 's/^TShark[^0-9]*\([0-9]*\.[0-9]*\).*/\1/p'
}

# tshark_setup HOME [DISSECTOR]: HOME is a fresh folder, DISSECTOR our script.
tshark_setup()
{
	tshark_home=$1
	mkdir -p "$tshark_home/plugins" "$tshark_home/config" "$tshark_home/extcap"
	mkdir -p "$tshark_home/tmp"
	[ $# -lt 2 ] || cp "$2" "$tshark_home/plugins/nvmetap.lua"
	chmod -R a+rX "$tshark_home"
	chmod a+w "$tshark_home/tmp"
}

# tshark "$@"; its standard error goes to $tshark_home/stderr, and a word of
# Lua there is a failure, since tshark itself exits 0 then.
run_tshark()
{
	# shellcheck disable=SC2086
	$as_user env HOME="$tshark_home" TMPDIR="$tshark_home/tmp" \
		WIRESHARK_CONFIG_DIR="$tshark_home/config" \
		WIRESHARK_PLUGIN_DIR="$tshark_home/plugins" \
		WIRESHARK_EXTCAP_DIR="$tshark_home/extcap" LC_ALL=C.UTF-8 \
		"$tshark" "$@" 2>"$tshark_home/stderr"
	tshark_status=$?
	if grep -qi 'lua' "$tshark_home/stderr"; then
		cat "$tshark_home/stderr" >&2
		return 99
	fi
	return $tshark_status
}
