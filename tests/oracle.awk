# SPDX-License-Identifier: BSD-2-Clause
# The fields that tshark prints, one a line and in one notation: frame, name, values. Before the
# rows of -T fields come the names of the fields, in a file.  With tests/hex.awk.

function plain(v)
{
	if (v == "True" || v == "False")
		return v == "True"
	if (v ~ /^[0-9]+$/ && length(v) <= 20)
		return hex(v)
	if (sub(/^0x0*/, "", v))
		return v == "" ? "0" : v
	sub(/ +$/, "", v)
	return v
}

FILENAME != "-" { name[++n] = $1; next }
{
	for (i = 2; i <= NF; i++) {
		if ($i == "")
			continue
		out = ""
		nr = split($i, v, ",")
		for (k = 1; k <= nr; k++)
			out = out (k > 1 ? "," : "") plain(v[k])
		print $1, name[i - 1], out
	}
}
