#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# nvmetap wireshark puts each piece where each version of Wireshark looks, as its
# "tshark -G folders" says it, for a user and for root, and takes no more away.

srcdir=${srcdir:-.}
status=0
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
mkdir "$work/data" "$work/home" "$work/global"
cp dissector/nvmetap.lua "$work/data/" && cp -r "$srcdir/dissector/profile" "$work/data/" ||
	exit 99
cp nvmetap "$work/nvmetap" || exit 99
home=$work/home global=$work/global

fail()
{
	echo "FAIL: $*" >&2
	status=1
}

# tshark_says VERSION: what that version's tshark answers to "-G folders".
tshark_says()
{
	cat <<END
Temp:                	/tmp
Personal configuration:	$home/.config/wireshark
Global configuration:	$global/share
System:              	/etc
Program:             	/usr/bin
Personal Plugins:    	$home/.local/lib/wireshark/plugins/$1
Global Plugins:      	$global/lib/plugins/$1
Personal Lua Plugins:	$home/.local/lib/wireshark/plugins
Global Lua Plugins:  	$global/lib/plugins
END
	case $1 in
	4.0) echo "Extcap path:         	$global/lib/extcap" ;;
	none) ;;
	*)
		echo "Personal Extcap path:	$home/.local/lib/wireshark/extcap"
		echo "Global Extcap path:  	$global/lib/extcap"
		echo "Global Extcap path:  	$global/lib/another"
		;;
	esac
	echo "MaxMind database path:	/usr/share/GeoIP"
}

# installer WHO ARGUMENT...: what it says, its exit status.
installer()
{
	who=$1
	shift
	# shellcheck disable=SC2086
	$who env TSHARK="$work/tshark" NVMETAP_DATADIR="$work/data" "$work/nvmetap" wireshark "$@" \
		>"$work/said" 2>&1
}

# now_there: the files and links below home and global, without work's own name.
now_there() { (cd "$work" && find home global ! -type d | sort); }

# installs WHO VERSION LUA PROFILE EXTCAP: into these folders, and nothing else; and away again.
installs()
{
	who=$1 version=$2
	printf '#!/bin/sh\ncat <<END\n%s\nEND\n' "$(tshark_says "$version")" >"$work/tshark"
	chmod 755 "$work/tshark"
	mkdir -p "$work/$3" "$work/$4" "$work/${5:-$3}"
	for folder in "$3" "$4" ${5:+"$5"}; do
		echo another >"$work/$folder/another"
	done
	chmod -R a+rwX "$work"
	now_there >"$work/before"
	{
		echo "$3/nvmetap.lua"
		for file in colorfilters dfilter_buttons io_graphs preferences recent; do
			echo "$4/$file"
		done
		test $# -lt 5 || echo "$5/nvmetap-extcap"
	} | sort - "$work/before" >"$work/expected"
	installer "$who" --install || fail "$version: --install: $?: $(cat "$work/said")"
	now_there | diff "$work/expected" - >&2 || fail "$version: files at other places"
	test "$(grep -c ': installed$' "$work/said")" = $((6 + $# - 4)) ||
		fail "$version: --install: $(cat "$work/said")"
	test $# -lt 5 || test "$work/nvmetap" -ef "$work/$5/nvmetap-extcap" ||
		fail "$version: the extcap program is another"
	test $# -eq 5 || grep -q 'no interfaces: this Wireshark has no extcap' "$work/said" ||
		fail "$version: without extcap: $(cat "$work/said")"
	installer "$who" --uninstall || fail "$version: --uninstall: $?: $(cat "$work/said")"
	now_there | diff "$work/before" - >&2 || fail "$version: removed more or less than its own"
	test "$(grep -c ': removed$' "$work/said")" = $((6 + $# - 4)) ||
		fail "$version: --uninstall: $(cat "$work/said")"
	installer "$who" --uninstall || fail "$version: --uninstall again: $?"
	test "$(grep -c ': not installed$' "$work/said")" = $((6 + $# - 4)) ||
		fail "$version: --uninstall again: $(cat "$work/said")"
}

config=home/.config/wireshark own=home/.local/lib/wireshark
user=
mkdir -p "$global/lib/plugins"
if [ "$(id -u)" -eq 0 ]; then
	user="setpriv --reuid=65534 --regid=65534 --clear-groups"
	for version in 4.0 4.4 4.6; do
		installs "" $version global/lib/plugins global/share/profiles/NVMe global/lib/extcap
	done
fi
# shellcheck disable=SC2086
if $user true 2>/dev/null; then
	installs "$user" 4.0 $own/plugins $config/profiles/NVMe $config/extcap
	installs "$user" 4.4 $own/plugins $config/profiles/NVMe $own/extcap
	installs "$user" 4.6 $own/plugins $config/profiles/NVMe $own/extcap
	installs "$user" none $own/plugins $config/profiles/NVMe

	# Everyone's dissector comes first, and only if it is another one that matters.
	cp "$work/data/nvmetap.lua" "$global/lib/plugins/" || exit 99
	installer "$user" --install || fail "beside everyone's: $(cat "$work/said")"
	grep -q 'another version' "$work/said" && fail "the same is another version"
	echo '-- earlier' >>"$global/lib/plugins/nvmetap.lua"
	installer "$user" || fail "beside an earlier one: $(cat "$work/said")"
	grep -q "^$global/lib/plugins/nvmetap.lua: another version, which comes before" \
		"$work/said" || fail "everyone's earlier one is not told: $(cat "$work/said")"
fi

exit $status
