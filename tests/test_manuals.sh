#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Manual pages are well-formed, speak of every tap and function, and of no other.

command -v mandoc >/dev/null || { echo "SKIP: mandoc is not installed"; exit 77; }
srcdir=${srcdir:-.}
failed=0

for page in "$srcdir"/doc/*.[1-8] doc/*.[1-8]; do
	[ -f "$page" ] || continue
	mandoc -T lint -W warning "$page" || { echo "FAIL: $page"; failed=1; }
done

# Words of file $1, sorted.
words()
{
	sort -u "$1" | tr '\n' ' '
}

same()
{
	[ "$(words "$2")" = "$(words "$3")" ] && return
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

sed -n '/^\.Nm nvmetap_attach/,/^\.Nd/s/^\.Nm \([a-z_]*\).*/\1/p' \
	"$srcdir/doc/nvmetap-plugin.3" | sort >"$dir/said"
# Declarations begin a line with their type; setup, teardown and what only
# macros and the adapter use are not called by name.
sed -n 's/^\(static inline \)\{0,1\}[a-z][a-z_0-9 ]* \**\([a-z_]*\)(.*/\2/p' \
	"$srcdir/emu/plugin.h" | grep -v -x -e setup -e teardown -e nvmetap_fn -e nvmetap_short |
	sort >"$dir/functions"
[ -s "$dir/functions" ] || { echo "FAIL: no functions in emu/plugin.h"; failed=1; }
same "nvmetap-plugin.3 and emu/plugin.h differ" "$dir/said" "$dir/functions"

exit $failed
