#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The program has the functions of emu/plugin.h for the plug-ins that it loads,
# and keeps all others to itself.

srcdir=${srcdir:-.}
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
command -v "${NM:-nm}" >/dev/null || { echo "SKIP: no nm"; exit 77; }

# Declarations begin a line with their type; setup and teardown are the plug-in's,
# what is static inline is compiled into the plug-in.
sed -n '/^static /!s/^[a-z][a-z_0-9 ]* \**\([a-z_]*\)(.*/\1/p' "$srcdir/emu/plugin.h" |
	grep -v -x -e setup -e teardown -e nvmetap_fn -e nvmetap_short -e 'plugin_tap_.*' |
	sort >"$dir/promised"
[ -s "$dir/promised" ] || { echo "FAIL: no functions in emu/plugin.h"; exit 1; }
"${NM:-nm}" -D --defined-only ./nvmetap | sed -n 's/.* T \([a-z].*\)/\1/p' | sort >"$dir/there"
missing=$(comm -23 "$dir/promised" "$dir/there")
[ -z "$missing" ] || { echo "FAIL: not exported: $missing"; exit 1; }
ours=$(comm -13 "$dir/promised" "$dir/there" | grep -E '^(tap|plugin|ctrl|cmd|loop|tracer|ring)_')
[ -z "$ours" ] || { echo "FAIL: exported: $ours"; exit 1; }
