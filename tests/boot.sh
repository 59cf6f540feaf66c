# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# Sourced by the tests of nvmetap boot, where a program of ours stands for the guest's.

# shellcheck source=tests/serve.sh
. "${srcdir:-.}/tests/serve.sh"

# The words that the program was started with, one a line.
words=$work/args
XDG_RUNTIME_DIR=$work/run
NVMETAP_LIBEXECDIR=$work/libexec
export XDG_RUNTIME_DIR NVMETAP_LIBEXECDIR
mkdir "$XDG_RUNTIME_DIR" "$NVMETAP_LIBEXECDIR"

# finder: what nvmetap-guest does is on standard input.
finder()
{
	{ echo '#!/bin/sh'; cat; } >"$NVMETAP_LIBEXECDIR/nvmetap-guest"
	chmod +x "$NVMETAP_LIBEXECDIR/nvmetap-guest"
}

cleared() { test -z "$(ls -A "$XDG_RUNTIME_DIR")" || fail "$1: a folder of sockets is left"; }

# boots STATUS OPTION...: boot ends so, and leaves no sockets.
boots()
{
	want=$1
	shift
	rm -f "$words"
	timeout 60 ./nvmetap boot "$@" >"$work/out" 2>"$work/err" </dev/null
	got=$?
	test "$got" = "$want" || fail "boot $*: exit status $got, not $want"
	cleared "boot $*"
}

# one_line: it said one thing only.
one_line() { test "$(wc -l <"$work/err")" = 1 || fail "boot: not one line"; }

# given WORD...: the program's words have these, one after the other.
given()
{
	printf '%s\n' "$@" >"$work/words"
	awk 'NR == FNR { want[NR] = $0; nr = NR; next }
	     { if ($0 == want[at + 1]) at++; else at = $0 == want[1]; if (at == nr) { found = 1; exit } }
	     END { exit !found }' "$work/words" "$words" || fail "the guest is not told: $*"
}
