#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every field of the table has an oracle beside it: a test that shows its value
# in bytes written by hand (assert_field, assert_display and their like in
# tests/test_decode*.c), or libnvme's offset (SAME in tests/test_libnvme.c).
# Fields that have one filter name need an assertion each.  What is reserved
# needs none, nor do structures without fields: lists, whose entries are
# structures, and what has no meaning yet.

srcdir=${srcdir:-.}
awk '
	FILENAME ~ /nvme\.def$/ {
		split($0, col, /[(,] */)
		if (col[1] == "FIELD" && col[3] !~ /^rsvd/) {
			gsub(/"/, "", col[9])
			name[++n] = col[9]
			field[n] = col[2] "." col[3]
			nr_rows[col[9]]++
		}
		next
	}
	/^SAME\(/ {
		split($0, col, /[(,] */)
		same[col[2] "." col[3]] = 1
		next
	}
	/assert_(field|display|both|bits)\((&|[0-9])/ && match($0, /"[^"]*"/) {
		nr_asserted[substr($0, RSTART + 1, RLENGTH - 2)]++
	}
	END {
		for (i = 1; i <= n; i++)
			if (same[field[i]])
				nr_rows[name[i]]--
		for (i = 1; i <= n; i++) {
			if (same[field[i]] || nr_asserted[name[i]] >= nr_rows[name[i]])
				continue
			print field[i] " (" name[i] ") has no oracle"
			nr_without++
		}
		print n " fields, " nr_without + 0 " without an oracle"
		exit n < 400 || nr_without > 0
	}' "$srcdir/spec/nvme.def" "$srcdir/tests/test_libnvme.c" "$srcdir"/tests/test_decode*.c
