# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154
# Sourced after tests/tshark.sh: what dump and tshark say of a capture, field by
# field.  The C decoder and the Lua dissector are made from one table; here each
# is the other's oracle.

# What both print: the frame's own columns, then every field of the table.
parity_frame="frame.number frame.time_epoch frame.len frame.interface_name frame.comment"
parity_table=${srcdir:-.}/spec/nvme.def

# The filter names of the table's fields, or of those of kind $1.
parity_fields()
{
	awk -F'[(,] *' -v kind="${1:-}" '
		/^FIELD\(/ && (kind == "" || $4 == kind) { gsub(/"/, "", $9); print $9 }' \
		"$parity_table" | sort -u
}

# -T fields on standard input, one line a value that is there: packet, field, value.  Flags are 1
# and 0 in Wireshark 4.0, True and False later, which also doubles backslashes.
parity_values()
{
	{
		parity_fields FLAG
		echo '='
		echo "$parity_frame" | tr ' ' '\n'
		parity_fields
		echo '='
		cat
	} | awk -F'\t' '
	part < 2 && $0 == "=" { part++; next }
	part == 0 { flag[$0] = 1; next }
	part == 1 { name[++n] = $0; next }
	{
		for (i = 1; i <= NF; i++) {
			if ($i == "")
				continue
			if (name[i] in flag) {
				gsub(/True/, "1", $i)
				gsub(/False/, "0", $i)
			}
			gsub(/\\\\/, "\\", $i)
			print $1, name[i], $i
		}
	}'
}

# parity CAPTURE WORK: 0 if both say the same of every packet; else what differs is on standard
# error.  WORK is a folder for their words.  Needs tshark_setup with the dissector.
parity()
{
	# shellcheck disable=SC2046,SC2086
	set -- "$1" "$2" $(printf -- '-e %s ' $parity_frame $(parity_fields))
	parity_capture=$1
	parity_work=$2
	shift 2
	run_tshark -r "$parity_capture" -T fields "$@" >"$parity_work/tshark.fields" || {
		echo "$parity_capture: tshark: $(cat "$tshark_home/stderr")" >&2
		return 1
	}
	./nvmetap dump -T fields "$@" "$parity_capture" >"$parity_work/dump.fields" || return 1
	parity_values <"$parity_work/tshark.fields" >"$parity_work/theirs"
	parity_values <"$parity_work/dump.fields" >"$parity_work/ours"
	grep -q ' nvmetap.seq ' "$parity_work/theirs" || {
		echo "$parity_capture: tshark does not decode it" >&2
		return 1
	}
	diff "$parity_work/theirs" "$parity_work/ours" >"$parity_work/differences" && return
	echo "$parity_capture: tshark (<) and dump (>) differ:" >&2
	head -n 20 "$parity_work/differences" >&2
	return 1
}
