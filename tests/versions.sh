# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154
# Sourced after tests/tshark.sh: what every version of tshark that is here says of a capture, which
# has to be the same.  Other versions than this machine's are what tests/fetch-tshark has fetched.

versions_dir=${srcdir:-.}/tests
# Besides our own fields.
versions_columns="_ws.col.Info _ws.col.Protocol _ws.col.Source _ws.col.Destination \
	_ws.expert.severity _ws.expert.group _ws.expert.message"

# The other tsharks, one a line.
versions_others()
{
	"$versions_dir/fetch-tshark" list
}

# tshark_reachable PROGRAM COPY: prints where an ordinary user can start it: there or in a copy.
tshark_reachable()
{
	# shellcheck disable=SC2086
	if ! $as_user test -x "$1"; then
		cp -al "${1%/*}" "$2" 2>/dev/null || cp -a "${1%/*}" "$2" || return 1
		echo "$2/${1##*/}"
	else
		echo "$1"
	fi
}

# versions_setup WORK: after tshark_setup with our dissector.  All versions know the same fields of
# ours, with the same types; WORK/names are the columns of -T fields: ours, those that Wireshark
# itself has for NVMe, some more.
versions_setup()
{
	versions=$tshark
	for other in $(versions_others); do
		other=$(tshark_reachable "$other" "$1/$(basename "${other%/*}")") || return 1
		versions="$versions $other"
	done
	version_nr=0
	for tshark in $versions; do
		version_nr=$((version_nr + 1))
		run_tshark -G fields >"$1/all.fields" || return 1
		awk -F'\t' -v OFS='\t' '$1 == "F" && $3 ~ /^nvme(tap)?\./ {
			print $3, $4, $6, $7 }' "$1/all.fields" | sort >"$1/types.$version_nr"
		grep '^nvmetap\.' "$1/types.$version_nr" >"$1/fields.$version_nr"
		[ "$(wc -l <"$1/fields.$version_nr")" -gt 300 ] || {
			echo "$tshark: does not know our fields" >&2
			return 1
		}
		versions_equal "$1" fields "our fields" || return 1
	done
	tshark=${versions%% *}
	cut -f 1 "$1"/types.* | sort | uniq -c |
		awk -v nr=$version_nr '$1 >= nr { print $2 }' >"$1/names"
	echo "$versions_columns" | tr ' ' '\n' | grep . >>"$1/names"
}

# versions_equal WORK KIND WHAT: the present version says what the first one says.
versions_equal()
{
	diff "$1/$2.1" "$1/$2.$version_nr" >"$1/differences" && return
	echo "$3: ${versions%% *} (<) and $tshark (>) differ:" >&2
	head -n 20 "$1/differences" | cut -c 1-200 >&2
	return 1
}

# versions_try CAPTURE WORK: the present version finds nothing wrong, and each byte is some field's.
versions_try()
{
	run_tshark -r "$1" -T pdml >"$2/pdml" || return 1
	if grep -m 3 -E '"_ws\.(lua\.error|malformed)|Lua Error|[Dd]issector bug' "$2/pdml" >&2; then
		echo "$1: $tshark finds something wrong" >&2
		return 1
	fi
	awk -f "$versions_dir/pdml_bytes.awk" "$2/pdml" >"$2/bytes" || {
		echo "$1: $tshark: $(cat "$2/bytes")" >&2
		return 1
	}
	awk -v pdml=1 -f "$versions_dir/versions.awk" "$2/types.$version_nr" - \
		<"$2/pdml" >"$2/tree.$version_nr"
	# shellcheck disable=SC2046
	run_tshark -2 -r "$1" -T fields -e frame.number $(sed 's/^/-e /' "$2/names") >"$2/raw" ||
		return 1
	awk -f "$versions_dir/versions.awk" "$2/types.$version_nr" "$2/names" - \
		<"$2/raw" >"$2/values.$version_nr"
	for kind in tree values; do
		[ -s "$2/$kind.$version_nr" ] || { echo "$1: $tshark: no $kind" >&2; return 1; }
	done
}

# versions CAPTURE WORK: 0 if all versions say the same; prints how much was compared.
versions()
{
	version_nr=0
	for tshark in $versions; do
		version_nr=$((version_nr + 1))
		versions_try "$1" "$2" &&
		versions_equal "$2" tree "$1" &&
		versions_equal "$2" values "$1" || return 1
	done
	tshark=${versions%% *}
	echo "$(wc -l <"$2/values.1") values and $(wc -l <"$2/tree.1") fields in their places" \
		"alike in $version_nr versions of tshark"
}
