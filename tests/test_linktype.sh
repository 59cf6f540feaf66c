#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The link type's manual page: no table is left out, its example is a record
# that is really written, and mandoc has nothing to say against it.

srcdir=${srcdir:-.}
page=doc/nvmetap-linktype.7
test -f "$page" || page=$srcdir/$page
status=0

fail()
{
	echo "FAIL: $*" >&2
	status=1
}

if grep -n '^@' "$page"; then
	fail "a table is missing"
fi
sed -n 's/^EVENT([A-Z_]*, \([0-9]*\), \([a-z_]*\), .*"\(.*\)")$/\1 Ta \\\&\3 Ta \\\&\2 Ta/p' \
	"$srcdir/spec/nvme.def" | while read -r row; do
	grep -qF ".It $row" "$page" || echo "$row"
done | grep . && fail "events are missing"

# Four words of four bytes a line.
example=$(sed -n '/^\.Sh EXAMPLES/,/^\.Ed/p' "$page" | grep -E '^[0-9a-f]{8}( |$)' | tr -d ' \n')
test ${#example} -eq 240 || fail "the example has ${#example} digits, not 240"
./tests/make_capture every | od -An -v -tx1 | tr -d ' \n' | grep -qF "$example" ||
	fail "no record is that of the example"

if command -v mandoc >/dev/null; then
	mandoc -T lint -W warning "$page" || fail "mandoc has warnings"
else
	echo "mandoc is not installed: the page was not checked for style"
fi
exit $status
