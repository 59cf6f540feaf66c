# SPDX-License-Identifier: BSD-2-Clause
# Compares nvme-cli's JSON of one structure with the fields of the capture.
#   table.awk's rows | awk -v strct=id_ctrl -f hex.awk -f nvme_json.awk - FIELDS JSON
# FIELDS: lines "frame field value" (tests/oracle.sh, oracle_values), JSON: lines.  Keys
# of the outermost object count; those that the table does not have are counted only.

# A number of 16 bytes, the lowest first.
function turned(bytes,    i, out)
{
	for (i = length(bytes) - 1; i >= 1; i -= 2)
		out = out substr(bytes, i, 2)
	sub(/^0+/, "", out)
	return out == "" ? "0" : out
}

function expected(kind, json)
{
	if (kind == "CHARS")
		return json
	if (kind == "BYTES") {
		gsub(/-/, "", json)
		return json
	}
	return hex(json)
}

function compare(key, json,    field, have)
{
	if (!(key in abbrev)) {
		nr_unknown++
		return
	}
	field = abbrev[key]
	have = value[field]
	if (kinds[key] == "U128")
		have = turned(have)
	else if (kinds[key] == "BYTES" && have ~ /^0+$/)
		have = json ~ /^[-0]*$/ ? expected("BYTES", json) : have
	if (have == expected(kinds[key], json)) {
		nr_same++
		return
	}
	print strct "." key ": nvme-cli says " json ", the capture " have >"/dev/stderr"
	nr_bad++
}

BEGIN {
	alias["critical_warning"] = "cw"
	alias["icsvscc"] = "nvscc"
	alias["endurance_grp_critical_warning_summary"] = "endu_cw"
}
FILENAME == "-" {
	split($0, col, "\t")
	if (col[1] == "FIELD" && col[2] == strct) {
		abbrev[col[3]] = col[9]
		kinds[col[3]] = col[4]
	}
	next
}
FILENAME ~ /fields$/ {
	text = $0
	sub(/^[^ ]* [^ ]* /, "", text)
	value[$2] = text
	next
}
/^[]}]/ { depth-- ; next }
/^[[{]/ { depth++ ; next }
/^"/ && depth == 1 && !/[[{]$/ {
	key = $0
	sub(/^"/, "", key)
	sub(/".*/, "", key)
	text = $0
	sub(/^"[^"]*":/, "", text)
	sub(/,$/, "", text)
	gsub(/^"|" *$/, "", text)
	sub(/ +$/, "", text)
	compare(key in alias ? alias[key] : key, text)
}
/^"/ && /[[{]$/ { depth++ }
END {
	printf "%s: %d values as nvme-cli has them, %d keys not in the table\n", strct, nr_same, \
		nr_unknown
	exit nr_bad > 0 || nr_same < at_least
}
