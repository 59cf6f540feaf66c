#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Rules on the command line: of the scenarios each is understood and says what it is for; a guest
# meets them; what is wrong is said with its place; at the end it is said what came of them.

# shellcheck source=tests/serve.sh
. "${srcdir:-.}/tests/serve.sh"
NVMETAP_SCENARIOS=$srcdir/samples/scenarios
export NVMETAP_SCENARIOS

stop() { kill -TERM "$drive"; ended 0; }

# refused STATUS WORDS OPTION...: serve ends so, and says these words.
refused()
{
	want=$1
	words=$2
	shift 2
	./nvmetap serve --vfio-user "$work/nvme.sock" --ns mem=1M "$@" 2>"$work/err"
	got=$?
	test "$got" = "$want" || fail "$*: exit status $got, not $want"
	grep -qF -e "$words" "$work/err" || fail "$*: \"$words\" is not said"
	test ! -e "$work/nvme.sock" || fail "$*: the socket is left behind"
}

# --- scenarios
./nvmetap serve --scenario list >"$work/list" || fail "--scenario list: $?"
./nvmetap boot --scenario help >"$work/help" || fail "--scenario help: $?"
nr=$(find "$NVMETAP_SCENARIOS" -name '*.rules' | wc -l)
test "$nr" -ge 30 || fail "$nr scenarios"
test "$(wc -l <"$work/list")" = "$nr" || fail "--scenario list has not $nr lines"
for file in "$NVMETAP_SCENARIOS"/*.rules; do
	scenario=${file##*/}
	scenario=${scenario%.rules}
	grep -q "^$scenario  *[A-Z].*[.]$" "$work/list" || fail "$scenario: not in the list"
	grep -q "^$scenario " "$work/help" || fail "$scenario: not in the help"
	grep -q '^# Reference: ' "$file" || fail "$scenario: no reference"
	grep -q '^# Expected of ' "$file" || fail "$scenario: nothing is expected"
	serve --ns mem=1M --scenario "$scenario"
	stop
	said "$(grep -c '^[a-z][a-z]*:' "$file")" "^$scenario: rule [0-9]*: matched 0, never fired: "
done

# --- what came of them
serve --ns mem=8M -w "$work/drop.pcapng" --once --inject 'nvme:io:decode after 5 once do delay 1ms' \
	--inject 'nvme:io:decode if nvmetap.opc == "Verify" do drop'
guest 0
ended 0
said 1 '^rule 1: matched [1-9][0-9]*, fired 1: nvme:io:decode after 5 once do delay'
said 1 '^rule 2: matched 0, never fired: nvme:io:decode if'
./nvmetap dump -r "$work/drop.pcapng" >"$work/dump"
grep -q ' added rule 2: nvme:io:decode if ' "$work/dump" || fail "the capture does not list the rules"
test "$(grep -c 'INJ "rule 1: nvme:io:decode after 5 once.* later ' "$work/dump")" = 1 || fail "the capture does not name the rule"

# --- the same seed, the same commands, the same firings: at stages whose order is the guest's
for run in 1 2; do
	serve --ns mem=8M -w "$work/run.pcapng" --once --inject 'nvme:io:decode 1 in 5 seed 7 do set nvme.cmd.dword15 += 1' \
		--inject 'nvme:io:execute if nvmetap.opc == "Read" 1 in 3 do delay uniform 1us 2ms'
	guest 0
	ended 0
	./nvmetap dump -r "$work/run.pcapng" | sed -n 's/.* INJ \(.*\) cause=[0-9]*\(.*\)/\1\2/p' |
		grep -v ' resumed ' | sort >"$work/run$run"
done
test "$(wc -l <"$work/run1")" -gt 20 || fail "too few firings to compare"
cmp -s "$work/run1" "$work/run2" || fail "not the same firings: $(diff "$work/run1" "$work/run2")"

# --- what is wrong
refused 2 'column 1: no tap "nvme:io:decod"; near: nvme:io:decode' --inject 'nvme:io:decod do drop'
tail -n 1 "$work/err" | grep -qx '    ^' || fail "no mark below the rule"
refused 2 'column 19: no action "dorp"; near: drop' --inject 'nvme:io:decode do dorp'
tail -n 1 "$work/err" | grep -qx ' \{22\}^' || fail "the mark is not below the word"
refused 2 'column 16: there is no rule before this one' --inject 'nvme:io:decode then do drop'
refused 1 'no scenario and no file lost-interupt; near: lost-interrupt' --scenario lost-interupt
refused 1 'no scenario and no file ./nothing' --scenario ./nothing
printf '# A comment\n\nnvme:io:decode \\\n\tdo drop\nnvme:io:decode do\n' >"$work/own.rules"
refused 1 'own.rules: line 5: column 18: an action is expected, not the end' --scenario "$work/own.rules"
printf '# A comment\n' >"$work/own.rules"
refused 1 'own.rules: there is no rule in it' --scenario "$work/own.rules"
tr '\0' 'x' </dev/zero | head -c 100000 >"$work/own.rules"
refused 1 'own.rules: line 1: longer than 4096 characters' --scenario "$work/own.rules"

# --- a file of one's own
printf 'nvme:io:decode once do log "mine"' >"$work/own.rules"
serve --ns mem=8M --once --scenario "$work/own.rules"
guest 0
ended 0
said 1 '^own: rule 1: matched 1, fired 1: '
exit $status
