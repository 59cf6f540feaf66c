#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# make bench still runs: all of it with counts that measure nothing, and its table.

set -u
export LC_ALL=C
: "${srcdir:=.}"
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
status=0

fail() { echo "test_bench.sh: FAIL: $*" >&2; status=1; }

# The table of what was measured: medians, both directions of a budget, what is missing.
cat >"$work/rows" <<-'EOF'
	# a comment
	First|||
	an event|a|b|them|o/t<=0.12
	a record|a|b|them|t/o>=10
	a rate|b|a|them|o/t>=11
	nothing|a.none|b|them|o/t<=1
	alone|b|||o<=10
	for comparison|b|a|them|
EOF
printf '%s\t%s\n' a 3 a 1 a 2 b 30 b 10 b 20 -a.none 'not here' >"$work/results"
cat >"$work/expected" <<'EOF'
  what                                       ours     theirs  who                       ratio   budget  verdict
First
  an event                                   2.00       20.0  them                        0.1   <=0.12  met
  a record                                   2.00       20.0  them                         10     >=10  met
  a rate                                     20.0       2.00  them                         10     >=11  missed
  alone                                      20.0                                                 <=10  missed
  for comparison                             20.0       2.00  them                         10           -
skipped: nothing, them: not here
5 rows, 2 of them miss their budget
EOF
awk -f "$srcdir/tests/bench/table.awk" "$work/rows" "$work/results" >"$work/table" ||
	fail "no table"
diff "$work/expected" "$work/table" || fail "another table"

# Every row is measured, or skipped for a reason that is known.
BENCH_ROUNDS=1 BENCH_EVENTS=64 BENCH_RECORDS=200 BENCH_LTTNG=no BENCH_GUEST='' BENCH_UML='' \
	sh "$srcdir/tests/bench/bench" >"$work/out" 2>"$work/err" || fail "bench: exit status $?"
[ ! -s "$work/err" ] || fail "bench said: $(cat "$work/err")"
! grep 'not measured' "$work/out" || fail "not measured"
rows=$(grep -c '^[^#].*|[^|]' "$srcdir/tests/bench/rows")
got=$(grep -c '^  [^w]\|^skipped: ' "$work/out")
[ "$got" = "$rows" ] || fail "$got of $rows rows: $(cat "$work/out")"
exit $status
