#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Filters mean the same to dump -Y and to tshark -Y: those of tests/filters, and
# some on every field of the table with values that the captures have.

srcdir=${srcdir:-.}
# shellcheck source=tests/tshark.sh
. "$srcdir/tests/tshark.sh"
tshark_works || exit 77
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
tshark_setup "$work/tshark" dissector/nvmetap.lua || exit 99
cp "$srcdir/tests/filters.lua" "$work/" || exit 99
chmod 755 "$work"
export FILTERS="$work/filters"
status=0

version=$(tshark_version)

awk -v mode=rows -f "$srcdir/spec/table.awk" "$srcdir/spec/nvme.def" >"$work/rows" || exit 99

# Whether the program has regular expressions.
echo 'nvmetap.text matches "a"' >"$work/filters"
./tests/make_capture sample >"$work/sample.pcapng" || exit 99
regex=true
./tests/match_filters "$work/filters" "$work/sample.pcapng" | grep -q 'built without' && regex=false

# values CAPTURE: a field, a tab and the first of its values in a packet, those that are
# there most often first.
values()
{
	fields=$(awk -F'\t' '$1 == "FIELD" { print $9 }' "$work/rows" | sort -u)
	# shellcheck disable=SC2046,SC2086
	./nvmetap dump -T fields -E occurrence=f -E header=y $(printf -- '-e %s ' $fields) "$1" |
		awk -F'\t' '
		NR == 1 { split($0, name); next }
		{ for (i = 1; i <= NF; i++) if ($i != "") print name[i] "\t" $i }' |
		sort | uniq -c | sort -rn | sed 's/^ *[0-9]* //'
}

# compare CAPTURE: says where the two differ over the filters.
compare()
{
	run_tshark -X "lua_script:$work/filters.lua" -q -z nvmetap-filters -r "$1" \
		>"$work/theirs" || { echo "FAIL: tshark: $(cat "$tshark_home/stderr")"; return 1; }
	./tests/match_filters "$work/filters" "$1" >"$work/ours" || return 1
	grep -n '' "$work/filters" | sed 's/:/\t/' | awk -F'\t' '
	FILENAME == ARGV[1] { theirs[$1] = $2; next }
	FILENAME == ARGV[2] { ours[$1] = $2; next }
	{
		nr++
		some += ours[nr] != ""
		if (nr in theirs && nr in ours && theirs[nr] == ours[nr] &&
		    ours[nr] !~ /^refused/)
			next
		if (++nr_bad <= 20)
			print "FAIL: " substr($0, length($1) + 2) "\n  tshark: " theirs[nr] \
				"\n  dump: " ours[nr]
	}
	END {
		print nr " filters, " some " of which match something, " nr_bad + 0 " differ"
		exit nr == 0 || nr_bad > 0
	}' "$work/theirs" "$work/ours" -
}

./tests/make_capture every >"$work/every.pcapng" || exit 99
./tests/trace_every "$work/trace.pcapng" || exit 99
chmod a+r "$work"/*

for name in every trace; do
	values "$work/$name.pcapng" >"$work/values"
	awk -v version="$version" -f "$srcdir/tests/filters.awk" "$work/rows" "$work/values" >"$work/filters"
	awk -F'\t' -v version="$version" -v regex=$regex '
		split($1, from_to, "-") == 2 && from_to[2] != "" && version > from_to[2] { next }
		$1 ~ /^[0-9]/ && from_to[1] <= version &&
		    (regex == "true" || $2 !~ / (matches|~) /) { print $2 }' "$srcdir/tests/filters" >>"$work/filters"
	test "$(wc -l <"$work/filters")" -gt 3000 || { echo "FAIL: few filters"; status=1; }
	compare "$work/$name.pcapng" || status=1
done

# What we refuse, whatever Wireshark does.
awk -F'\t' '$1 == "-" { print $2 }' "$srcdir/tests/filters" >"$work/filters"
./tests/match_filters "$work/filters" "$work/every.pcapng" | grep -v "	refused: " |
	sed 's/^\([0-9]*\).*/FAIL: refused filter \1 is taken/' >"$work/taken"
test -s "$work/taken" && { cat "$work/taken"; status=1; }

echo "tshark $version"
exit $status
