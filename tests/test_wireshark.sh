#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# nvmetap wireshark installs the dissector and the profile where the installed
# Wireshark looks, leaves what the user has changed, and takes all away again;
# and Wireshark understands each column, colour, button and graph of the profile.

srcdir=${srcdir:-.}
# shellcheck source=tests/tshark.sh
. "$srcdir/tests/tshark.sh"
tshark_works || exit 77
status=0
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
mkdir "$work/data" "$work/home" "$work/home/extcap" "$work/none" "$work/tshark"
cp dissector/nvmetap.lua "$work/data/" && cp -r "$srcdir/dissector/profile" "$work/data/" ||
	exit 99
cp nvmetap "$work/nvmetap" || exit 99
./tests/make_capture threads >"$work/threads.pcapng" || exit 99
chmod -R a+rX "$work"
chmod -R a+w "$work/data" "$work/home"

fail()
{
	echo "FAIL: $*" >&2
	status=1
}

# user COMMAND...: with a home of its own and no other settings, nor a dissector for all.
user()
{
	# shellcheck disable=SC2086
	(cd "$work" && $as_user env -u XDG_CONFIG_HOME HOME="$work/home" TSHARK="$tshark" \
		NVMETAP_DATADIR="$work/data" WIRESHARK_EXTCAP_DIR="$work/home/extcap" \
		WIRESHARK_PLUGIN_DIR="$work/none" COLORTERM=truecolor LC_ALL=C.UTF-8 "$@")
}

# installer ARGUMENT...: what it says, its exit status.
installer()
{
	user ./nvmetap wireshark "$@" >"$work/said" 2>&1
}

# says NUMBER WORDS: in so many lines.
says()
{
	got=$(grep -c -- "$2" "$work/said")
	test "$got" -eq "$1" || fail "\"$2\" in $got lines, not $1: $(cat "$work/said")"
}

installer || fail "exit status $?"
says 7 ': not installed$'
installer --install || fail "--install: exit status $?"
says 7 ': installed$'
extcap=$(find "$work/home" -name nvmetap-extcap)
test -x "$extcap" || fail "no extcap program"
user "$extcap" --extcap-interfaces >"$work/said" || fail "the extcap program does not run"
says 1 '^extcap {version='

installer --install || fail "--install again: exit status $?"
says 7 ': installed, left as it is$'

# Wireshark finds both. Its columns are the profile's.
user "$tshark" -C NVMe -r "$work/threads.pcapng" -2 >"$work/list" 2>"$work/errors" ||
	fail "tshark -C NVMe: $(cat "$work/errors")"
! grep -v 'Running as user' "$work/errors" | grep . >&2 || fail "tshark complains"
grep -Eq '12 .*drive → *host *CPL 1 1 34500 I/O Completion SQ=1 CID=0028' "$work/list" ||
	fail "the columns: $(grep CID=0028 "$work/list")"
user "$tshark" -C NVMe -r "$work/threads.pcapng" -2 --color -T fields \
	-e nvmetap.event -e frame.coloring_rule.name >"$work/colours" 2>/dev/null
colours=$(cut -f 2 "$work/colours" | grep '^NVMe: ' | sort -u | wc -l)
test "$colours" -ge 9 || fail "only $colours colours"
# Registers, configuration space and snapshots have the theme's own.
plain=$(awk -F '\t' '$2 !~ /^NVMe: / && $1 !~ /^([1-5]|7|8|18|23)$/' "$work/colours")
test -z "$plain" || fail "a record without a colour: $plain"

# Each column has a width, in the order of the columns.
formats() { sed 1,2d "$1" | sed 's/.*\(%[^":,]*\(:[^":,]*\)\{0,1\}\).*/\1/'; }
formats "$srcdir/dissector/profile/preferences" >"$work/columns"
formats "$srcdir/dissector/profile/recent" >"$work/widths"
grep -qx '%Cus:nvmetap.phase' "$work/columns" || fail "no columns"
diff "$work/columns" "$work/widths" >&2 || fail "columns and widths are not the same"

# Every button and every graph has a filter that is understood, and some match.
# shellcheck disable=SC2016
filters()
{
	grep -v '^#' "$1" | awk -F'"' -v n="$2" '{ gsub(/\\x22/, "\"", $n); if ($n != "") print $n }'
}
{
	filters "$srcdir/dissector/profile/dfilter_buttons" 6
	filters "$srcdir/dissector/profile/io_graphs" 6
	grep -v '^#' "$srcdir/dissector/profile/colorfilters" | cut -d@ -f3
} >"$work/filters"
nr=$(wc -l <"$work/filters")
test "$nr" -ge 25 || fail "only $nr filters"
user "$tshark" -r "$work/threads.pcapng" -q -z "io,stat,0$(sed 's/^/,/' "$work/filters" | tr -d '\n')" \
	>"$work/stat" 2>"$work/errors" || fail "a filter: $(cat "$work/errors")"
matching=$(grep -E '^\| *0\.0* <>' "$work/stat" | tr '|' '\n' | grep -cE '^ +[1-9][0-9]* *$')
test "$matching" -ge 25 || fail "only $matching columns of filters that match: $(cat "$work/stat")"

# So has every graph a field that can be averaged.
grep -v '^#' "$srcdir/dissector/profile/io_graphs" | awk -F'"' '$14 != "" { print $14 }' |
	sort -u >"$work/fields"
test "$(wc -l <"$work/fields")" -ge 3 || fail "graphs of no fields: $(cat "$work/fields")"
while read -r field; do
	user "$tshark" -r "$work/threads.pcapng" -q -z "io,stat,0,MAX($field)$field" \
		>"$work/stat" 2>&1 || fail "a graph of $field: $(cat "$work/stat")"
	grep -Eq '<>[^|]*\| *[1-9][0-9]* *\|' "$work/stat" || fail "$field: $(cat "$work/stat")"
done <"$work/fields"
user "$tshark" -r "$work/threads.pcapng" -Y 'nvmetap.latency_us == 35' -T fields \
	-e nvmetap.latency_ns >"$work/said" 2>/dev/null
says 9 '^34500$'

# What the user changed stays; what an earlier version installed is replaced.
profile=$(find "$work/home" -type d -name NVMe)
lua=$(find "$work/home" -name nvmetap.lua)
sed -i 1d "$profile/preferences"
sed -i '1s/.*/# Recent settings file/' "$profile/recent"
echo '# something' >>"$profile/colorfilters"
echo '-- earlier' >>"$lua"
installer
says 1 'preferences: installed, and changed since$'
says 2 'installed, of another version$'
installer --install || fail "--install: exit status $?"
says 1 'preferences: installed, and changed since, left as it is$'
says 1 'recent: installed, and changed since, left as it is$'
says 2 ': replaced$'
installer --uninstall || fail "--uninstall: exit status $?"
says 6 ': removed$'
says 1 'changed by you, left as it is'
installer --uninstall --force || fail "--uninstall --force: exit status $?"
says 1 'preferences: removed$'
test ! -L "$extcap" || fail "the extcap program is left"
left=$(find "$work/home" -type f | grep -c 'nvmetap\|NVMe')
test "$left" -eq 0 || fail "something is left: $(find "$work/home" -type f)"
test ! -e "$profile" || fail "the folder of the profile is left"

# What it cannot do it says.
installer --install --uninstall && fail "both at once"
says 1 'not both'
user env TSHARK=/nonexistent/tshark ./nvmetap wireshark >"$work/said" 2>&1 && fail "without tshark"
says 1 'neither tshark nor wireshark'
rm "$work/data/nvmetap.lua"
user env NVMETAP_DATADIR="$work/nowhere" ./nvmetap wireshark --install >"$work/said" 2>&1 &&
	fail "without its files"
says 1 'No such file'

exit $status
