#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Manual pages are well-formed, speak of every tap, function, command and option,
# and of no other; and HACKING.md names no file that is not there.

command -v mandoc >/dev/null || { echo "SKIP: mandoc is not installed"; exit 77; }
srcdir=${srcdir:-.}
failed=0

for page in "$srcdir"/doc/*.[1-8] doc/*.[1-8]; do
	[ -f "$page" ] || continue
	mandoc -T lint -W warning "$page" || { echo "FAIL: $page"; failed=1; }
done

same()
{
	cmp -s "$2" "$3" && return
	echo "FAIL: $1:"
	diff "$2" "$3"
	failed=1
}

dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT

# The table only, not what the text says of a tap.
mandoc -T ascii doc/nvmetap-taps.7 | sed "s,.$(printf '\b'),,g" |
	sed -n '/Tap  *Event/,/^ \{0,3\}[A-Z]/s/^ *\([a-z]*:[a-z]*:[a-z]*\).*/\1/p' |
	sort >"$dir/said"
sed -n 's/^TAP(.*"\(.*\)")$/\1/p' "$srcdir/spec/nvme.def" | sort >"$dir/taps"
[ -s "$dir/taps" ] || { echo "FAIL: no taps in spec/nvme.def"; failed=1; }
same "nvmetap-taps.7 and spec/nvme.def differ" "$dir/said" "$dir/taps"

# Each with what is there, and what may be changed.
sed -n '/^\.Sh WHAT IS THERE/,/^\.Sh FAULTS/s/^\.It Sy //p' "$srcdir/doc/nvmetap-taps.7.in" |
	tr -s ', ' '\n\n' | sort >"$dir/said"
same "nvmetap-taps.7, WHAT IS THERE, and spec/nvme.def differ" "$dir/said" "$dir/taps"

sed -n '/^\.Nm nvmetap_attach/,/^\.Nd/s/^\.Nm \([a-z_]*\).*/\1/p' \
	"$srcdir/doc/nvmetap-plugin.3" | sort >"$dir/said"
# Declarations begin a line with their type; setup, teardown and what only
# macros and the adapter use are not called by name.
sed -n 's/^\(static inline \)\{0,1\}[a-z][a-z_0-9 ]* \**\([a-z_]*\)(.*/\2/p' \
	"$srcdir/emu/plugin.h" | grep -v -x -e setup -e teardown -e nvmetap_fn -e nvmetap_short |
	sort >"$dir/functions"
[ -s "$dir/functions" ] || { echo "FAIL: no functions in emu/plugin.h"; failed=1; }
same "nvmetap-plugin.3 and emu/plugin.h differ" "$dir/said" "$dir/functions"

# options COMMAND: those that its page lists, one a line.
options()
{
	sed -n 's/^\.It Fl \([A-Za-z-].*\)/\1/p' "$srcdir/doc/nvmetap-$1.1" |
		sed 's/ , Fl /\n/g' | sed -n 's/^\([A-Za-z-][a-z-]*\).*/-\1/p' | grep -vx -e --
}

for command in $(./nvmetap --list-commands); do
	page=$srcdir/doc/nvmetap-$command.1
	[ -f "$page" ] || { echo "FAIL: no page nvmetap-$command.1"; failed=1; continue; }
	grep -qx "\.It Cm $command" "$srcdir/doc/nvmetap.1" ||
		{ echo "FAIL: nvmetap.1 does not name $command"; failed=1; }
	# In the order of --help.  All of serve's, as its page says, but where the guest's sockets are.
	options "$command" >"$dir/said"
	[ "$command" != boot ] || options serve |
		grep -vx -e --vfio-user -e --vhost-user -e --console -e --once >>"$dir/said"
	./nvmetap "$command" --list-options | grep -vx -e --help -e -h -e '[a-z].*' >"$dir/options"
	[ -s "$dir/options" ] || { echo "FAIL: $command has no options"; failed=1; }
	same "nvmetap-$command.1 and --list-options differ" "$dir/said" "$dir/options"
	sed -n 's/^\.Nd //p' "$page" >"$dir/said"
	./nvmetap --help | sed -n "s/^  $command  *//p" >"$dir/summary"
	same "nvmetap-$command.1 and --help differ in what it is" "$dir/said" "$dir/summary"
done

# Words in capitals stand for a name.
# shellcheck disable=SC2016
grep -oE '`(spec|emu|tracer|dissector|samples|tools|tests|doc)/[^` ]*`' "$srcdir/HACKING.md" |
	tr -d '`' | grep -v '[A-Z][A-Z]' | sort -u >"$dir/named"
[ "$(wc -l <"$dir/named")" -gt 100 ] || { echo "FAIL: HACKING.md names no files"; failed=1; }
while read -r name; do
	# A pattern, or the name of a program of the tests.
	for file in "$srcdir"/$name "$srcdir/$name.c"; do
		[ ! -e "$file" ] || continue 2
	done
	echo "FAIL: HACKING.md names $name, which is not there"
	failed=1
done <"$dir/named"

exit $failed
