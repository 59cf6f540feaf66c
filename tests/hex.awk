# SPDX-License-Identifier: BSD-2-Clause
# Decimal digits, as many as there are, as hexadecimal ones: awk's own numbers end at 2^53.

function hex(d,    q, r, i, c, out)
{
	for (sub(/^0+/, "", d); d != ""; sub(/^0+/, "", d)) {
		q = ""
		r = 0
		for (i = 1; i <= length(d); i++) {
			c = r * 10 + substr(d, i, 1)
			q = q int(c / 16)
			r = c % 16
		}
		out = substr("0123456789abcdef", r + 1, 1) out
		d = q
	}
	return out == "" ? "0" : out
}
