#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The rows that awk reads from the table are those that the C preprocessor
# reads, under every awk that is here; and a row that is wrong stops it.

srcdir=${srcdir:-.}
table=$srcdir/spec/nvme.def
script=$srcdir/spec/table.awk
status=0
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT

fail()
{
	echo "FAIL: $*" >&2
	status=1
}

# A file of X-macros that prints each row; the preprocessor's own spacing and
# quoting are taken off again.
kinds=$(sed -n 's/^#ifndef \([A-Z]*\)$/\1/p' "$table")
for kind in $kinds; do
	echo "#define $kind(...) ROW $kind #__VA_ARGS__"
done >"$work/rows.c"
echo '#include "spec/nvme.def"' >>"$work/rows.c"
${CC:-cc} -std=c11 -E -P -I"$srcdir" "$work/rows.c" >"$work/cpp" || exit 99
tab=$(printf '\t')
sed -n 's/^ROW \([A-Z]*\) "\(.*\)"$/\1, \2/p' "$work/cpp" |
	sed "s/\\\\\"//g; s/, */$tab/g" >"$work/cpp.rows"
test "$(wc -l <"$work/cpp.rows")" -gt 500 || fail "the preprocessor gives too few rows"

tried=
for awk in ${AWK:-awk} mawk gawk "busybox awk"; do
	command -v "${awk%% *}" >/dev/null || continue
	tried="$tried $awk,"
	$awk -v mode=rows -f "$script" "$table" >"$work/awk.rows" || fail "$awk: rows"
	cmp -s "$work/cpp.rows" "$work/awk.rows" || {
		fail "$awk and the preprocessor read different rows:"
		diff "$work/cpp.rows" "$work/awk.rows" | head >&2
	}
	for kind in $kinds; do
		test "$(grep -c "^$kind$tab" "$work/cpp.rows")" = \
			"$($awk -v mode=lua -f "$script" "$table" | grep -c "^$tab{\"$kind\", ")" ||
			fail "$awk: Lua has another number of rows of $kind"
	done
	while read -r bad; do
		{ cat "$table"; echo "$bad"; } >"$work/bad.def"
		if $awk -v mode=lua -f "$script" "$work/bad.def" >/dev/null 2>"$work/err"; then
			fail "$awk: took the wrong row $bad"
		fi
		grep -q 'bad.def:[0-9]*: ' "$work/err" || fail "$awk: does not say where: $bad"
	done <<-'END'
	STRUCT(short, 8, "5.1")
	STRUCT(long, 8, "5.1", "Title", "more")
	STRUCT(hexadecimal, 0x10, "5.1", "Title")
	STRUCT(unquoted, 8, "5.1", Title)
	STRUCT(open, 8, "5.1", "Title"
	NOSUCHKIND(a, b)
	some words
	END
done
echo "tried:${tried%,}"
exit $status
