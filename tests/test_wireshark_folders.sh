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
	echo "Personal configuration of old:	/nowhere"
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

# tshark_is VERSION: the one that is asked.
tshark_is()
{
	printf '#!/bin/sh\n/bin/cat <<END\n%s\nEND\n' "$(tshark_says "$1")" >"$work/tshark"
	chmod 755 "$work/tshark"
}

# said WORDS: in one line.
said()
{
	test "$(grep -c -- "$1" "$work/said")" = 1 || fail "not \"$1\": $(cat "$work/said")"
}

# installs WHO VERSION LUA PROFILE EXTCAP: into these folders, and nothing else; and away again.
installs()
{
	who=$1 version=$2
	tshark_is "$version"
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

# As whoever runs this: root's are everyone's.
tshark_is 4.4
if [ -n "$user" ]; then
	lua=$global/lib/plugins/nvmetap.lua profile=$global/share/profiles/NVMe
	extcap=$global/lib/extcap/nvmetap-extcap
else
	lua=$home/.local/lib/wireshark/plugins/nvmetap.lua
	profile=$home/.config/wireshark/profiles/NVMe
	extcap=$home/.local/lib/wireshark/extcap/nvmetap-extcap
fi
rm -rf "$home" "$global"
mkdir "$home" "$global"
installer "" --install || fail "--install: $(cat "$work/said")"
echo '-- earlier' >>"$lua"
installer "" || fail "with an earlier version: $(cat "$work/said")"
grep -q 'comes before' "$work/said" && fail "it comes before itself: $(cat "$work/said")"

# Of a link to another program a new one is made; a program is somebody's own.
ln -sf /bin/true "$extcap"
installer "" --install || fail "--install over a link: $(cat "$work/said")"
said 'nvmetap-extcap: replaced$'
test "$extcap" -ef "$work/nvmetap" || fail "the link is the old one"
rm "$extcap"
echo mine >"$extcap"
sed -i 1d "$profile/preferences"
installer "" --install || fail "--install over a program: $(cat "$work/said")"
said 'nvmetap-extcap: installed, and changed since, left as it is$'
installer "" --uninstall || fail "--uninstall: $(cat "$work/said")"
said 'nvmetap-extcap: changed by you, left as it is'
test "$(cat "$extcap")" = mine || fail "somebody's program is gone"
installer "" --install --force || fail "--install --force: $(cat "$work/said")"
said 'nvmetap-extcap: replaced$'
said 'preferences: replaced$'
cmp -s "$work/data/profile/preferences" "$profile/preferences" || fail "--force: not replaced"

# From the build folder it installs what was built there.
rm "$lua"
env TSHARK="$work/tshark" ./nvmetap wireshark --install >"$work/said" 2>&1 ||
	fail "from the build folder: $(cat "$work/said")"
cmp -s dissector/nvmetap.lua "$lua" || fail "from the build folder: another dissector"

# Without tshark Wireshark is asked; what $TSHARK says is a program's name and nothing more.
mkdir "$work/bin"
mv "$work/tshark" "$work/bin/wireshark"
env -u TSHARK NVMETAP_DATADIR="$work/data" PATH="$work/bin" "$work/nvmetap" wireshark \
	>"$work/said" 2>&1 ||
	fail "without tshark: $(cat "$work/said")"
said 'nvmetap.lua: installed$'
env TSHARK="x\"; touch \"$work/evil\"; \"" PATH="$work/bin:$PATH" "$work/nvmetap" wireshark \
	>"$work/said" 2>&1
test ! -e "$work/evil" || fail "\$TSHARK is run as a script"

# What it cannot do it says.
tshark_is 4.4
installer "" here && fail "an operand is taken"
said 'here: not expected$'
home=$(printf '/%04100d' 0)
tshark_is 4.4
installer "" && fail "a folder of 4100 bytes is taken"
said 'File name too long$'

exit $status
