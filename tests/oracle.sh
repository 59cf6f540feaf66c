# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154
# Sourced after tests/tshark.sh: what our dissector and Wireshark's own NVMe
# dissector say of a capture, field by field, for all fields that have one name in
# both: commands, completions, Identify, log pages, features.

oracle_dir=${srcdir:-.}/tests
oracle_table=${srcdir:-.}/spec/nvme.def

# oracle_setup WORK: a home for the tshark that has tests/oracle.lua.
oracle_setup()
{
	oracle_ours=$tshark_home
	tshark_setup "$1/oracle" "$oracle_dir/oracle.lua"
	oracle_home=$tshark_home
	awk -F'[(,] *' '/^FIELD\(/ && $9 ~ /^"nvme\./ { gsub(/"/, "", $9); print $9 }' \
		"$oracle_table" | sort -u >"$1/oracle.ours"
	run_tshark -G fields | awk -F'\t' '$1 == "F" { print $3 }' | sort -u >"$1/oracle.theirs"
	comm -12 "$1/oracle.ours" "$1/oracle.theirs" >"$1/oracle.names"
	tshark_home=$oracle_ours
}

# -T fields on standard input: a line a value, "frame field value", as numbers in
# hexadecimal without zeros before them.
oracle_values()
{
	awk -F'\t' -f "$oracle_dir/hex.awk" -f "$oracle_dir/oracle.awk" "$1/oracle.names" -
}

# oracle CAPTURE WORK: 0 if all that differs is explained; prints how much was
# compared.  tshark_setup with our dissector and oracle_setup come before.
oracle()
{
	# shellcheck disable=SC2046
	set -- "$1" "$2" -T fields -e frame.number $(sed 's/^/-e /' "$2/oracle.names")
	oracle_capture=$1
	oracle_work=$2
	shift 2
	run_tshark -r "$oracle_capture" "$@" | oracle_values "$oracle_work" >"$oracle_work/values.ours"
	tshark_home=$oracle_home
	run_tshark -r "$oracle_capture" "$@" | oracle_values "$oracle_work" >"$oracle_work/values.theirs"
	# Packets in which theirs gives up with a word of its own.
	sed -n 's/.*Dissector bug.*in packet \([0-9]*\):.*/\1/p' "$tshark_home/stderr" \
		>"$oracle_work/given_up"
	tshark_home=$oracle_ours
	awk -v capture="$oracle_capture" '
	FILENAME ~ /differences$/ {
		if ($0 !~ /^#/) {
			side[++n] = $1
			pattern[n] = "^" $2 "$"
		}
		next
	}
	FILENAME ~ /given_up$/ { given_up[$1] = 1; next }
	FILENAME ~ /theirs$/ { theirs[$1 " " $2] = $3 "" ; next }
	{ ours[$1 " " $2] = $3 "" }
	function explained(which, field,    i)
	{
		for (i = 1; i <= n; i++)
			if (side[i] == which && field ~ pattern[i])
				return ++used[i]
		return 0
	}
	function differ(which, key,    part)
	{
		split(key, part, " ")
		if (part[1] in given_up || explained(which, part[2])) {
			nr_explained++
			return
		}
		if (nr_bad++ < 20)
			print capture ": frame " part[1] " " part[2] ": theirs \"" theirs[key] \
				"\", ours \"" ours[key] "\"" >"/dev/stderr"
	}
	END {
		for (key in theirs) {
			if (!(key in ours))
				differ("theirs", key)
			else if (ours[key] != theirs[key])
				differ("both", key)
			else
				nr_same++
		}
		for (key in ours)
			if (!(key in theirs))
				differ("ours", key)
		print nr_same + 0 " values as in Wireshark, " nr_explained + 0 " differ as explained"
		exit nr_bad > 0 || nr_same == 0
	}' "$oracle_dir/oracle_differences" "$oracle_work/given_up" "$oracle_work/values.theirs" \
		"$oracle_work/values.ours"
}
