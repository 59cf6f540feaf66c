#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A running drive is found, marked, and given plug-ins, while its guest does I/O.

# shellcheck source=tests/serve.sh
. "${srcdir:-.}/tests/serve.sh"

# tells STATUS WORDS COMMAND...: nvmetap ends so, with these words as all that it says, or none.
tells()
{
	want=$1
	words=$2
	shift 2
	timeout 20 ./nvmetap "$@" >"$work/out" 2>"$work/said"
	got=$?
	test "$got" = "$want" || fail "$*: exit status $got, not $want: $(cat "$work/said")"
	if test -n "$words"; then
		grep -q -- "$words" "$work/said" || fail "$*: not $words: $(cat "$work/said")"
	else
		test ! -s "$work/said" || fail "$*: $(cat "$work/said")"
	fi
}

plugins=./samples/plugins

# --- words that are wrong, and nobody to tell
tells 2 "usage: nvmetap mark TEXT" mark
tells 2 "nothing to do; see nvmetap plugin --help" plugin
tells 2 "no command lode; did you mean load?" plugin lode x
tells 2 "usage: nvmetap plugin load FILE" plugin load
tells 2 "usage: nvmetap plugin unload NAME" plugin unload a b
tells 2 "did you mean --control" mark --contol x y
tells 1 "no drive of yours is running; give --control PATH" mark hello
tells 1 "none.sock: No such file or directory" mark --control "$work/none.sock" hello

# So that the guest's I/O goes on after what was done.
grows() { test "$(stat -c %s "$work/mark.pcapng")" -gt $((size + 100000)); }

# --- one drive is found by itself, wherever its socket is
for where in "" "--control=$work/ctl.sock"; do
	serve --ns mem=8M -w "$work/mark.pcapng" ${where:+"$where"}
	guest_in_io -r 600000
	tells 0 "" mark "in the" "middle of I/O"
	tells 2 "mark: not UTF-8" mark "$(printf '\377')"
	tells 2 "more than 4096 bytes" mark "$(printf '%04097d' 0)"
	size=$(stat -c %s "$work/mark.pcapng")
	until_true grows || fail "the guest does no I/O after the mark"
	guest_killed
	kill -INT "$drive"
	ended 0
	whole "$work/mark.pcapng" -c
	./nvmetap dump -r "$work/mark.pcapng" >"$work/lines"
	test "$(grep -c 'TAP Mark: in the middle of I/O$' "$work/lines")" = 1 ||
		fail "the mark is not in the capture"
	sed '1,/TAP Mark/d' "$work/lines" | grep -q 'IO .* OPC=Read' ||
		fail "the mark is not in the middle"
	test "$(find "$NVMETAP_RUNTIME_DIR" "$work/ctl.sock" -mindepth 1 2>"$work/why")" = "" ||
		fail "the drive is found after its end"
done

# --- several are told apart
serve --ns mem=8M --control "$work/ctl.sock"
test "$(stat -c %a "$work/ctl.sock")" = 600 || fail "others may connect to the control socket"
first=$drive
: >"$work/err2"
./nvmetap serve --vfio-user "$work/2.sock" --ns mem=8M 2>"$work/err2" &
second=$!
until_true grep -q listening "$work/err2"
tells 1 "which drive? give --control PATH; there are:" mark hello
grep -q "  $NVMETAP_RUNTIME_DIR/$first.sock  (serve $work/nvme.sock)" "$work/said" ||
	fail "the first drive is not told: $(cat "$work/said")"
grep -q "  $NVMETAP_RUNTIME_DIR/$second.sock  (serve $work/2.sock)" "$work/said" ||
	fail "the second drive is not told: $(cat "$work/said")"
tells 0 "" mark --control "$work/ctl.sock" hello
tells 1 "2.sock: no drive answers there" mark --control "$work/2.sock" hello

# --- a rule of one drive is nothing to the guest of another
tells 0 "" inject --control "$work/ctl.sock" add nvme:io:decode 'do' status 2/0x81
./tests/mini_guest "$work/2.sock" >"$work/guest" 2>&1 ||
	fail "the second drive's guest: $(cat "$work/guest")"
guest 1
tells 0 "" inject --control "$work/ctl.sock" remove all
guest 0

# --- what a drive that was killed leaves is no drive
kill -KILL "$second"
wait "$second" 2>"$work/why"
tells 0 "" mark hello
test ! -e "$NVMETAP_RUNTIME_DIR/$second.sock" || fail "the dead drive's entry stays"

# --- nobody else's business, even if the door is open
if test "$(id -u)" = 0 && setpriv --reuid=65534 --regid=65534 --clear-groups true 2>"$work/why"; then
	chmod 711 "$work"
	chmod 666 "$work/ctl.sock"
	cp ./nvmetap "$work/nvmetap" 2>"$work/why"
	test ! -x .libs/nvmetap || cp .libs/nvmetap "$work/nvmetap"
	chmod 755 "$work/nvmetap"
	setpriv --reuid=65534 --regid=65534 --clear-groups \
		"$work/nvmetap" mark --control "$work/ctl.sock" hello 2>"$work/said"
	test $? = 1 || fail "another user's mark is taken"
	grep -q "ctl.sock: only the drive's owner may connect" "$work/said" ||
		fail "another user is told: $(cat "$work/said")"
fi

# --- plug-ins come and go while the guest does I/O, which they do not concern
guest_in_io -r 1500
for _ in 1 2 3 4 5; do
	tells 0 "" plugin load "$plugins/refuse_writes.so,after=0"
	tells 0 "" plugin list
	grep -q "^refuse_writes .*refuse_writes.so,after=0$" "$work/out" ||
		fail "the list: $(cat "$work/out")"
	tells 0 "" plugin unload refuse_writes
done
tells 2 "no file is named" plugin load ,after=5
tells 1 "none.so: No such file" plugin load "$work/none.so"
: >"$work/empty.so"
tells 1 "empty.so" plugin load "$work/empty.so"
tells 1 "refuse_writes" plugin unload refuse_writes
guest_ended 0

# Wherever the file is, and whatever it is called.
cp "$plugins/refuse_writes.so" "$work/a,b.so"
(cd "$work" && "$OLDPWD/nvmetap" plugin load a,,b.so,after=5) || fail "a path from another folder"
tells 0 "" plugin list
grep -q "^a,b .*$work/a,b.so,after=5$" "$work/out" || fail "the list: $(cat "$work/out")"
tells 0 "" plugin unload a,b

# One that does concern the guest, as long as it is there.
tells 0 "" plugin load "$plugins/refuse_writes.so,after=0"
guest 1
grep -q "status: 0x182" "$work/guest" || fail "the write is not refused: $(cat "$work/guest")"
tells 0 "" plugin unload refuse_writes
guest 0

# --- so do rules
guest_in_io -r 3000
for _ in 1 2 3 4 5; do
	tells 0 "" inject add 'nvme:io:decode if nvmetap.opc == "Write" do status 1/0x82 dnr'
	rule=$(cat "$work/out")
	tells 0 "" inject pause "$rule"
	tells 0 "" inject list
	grep -q "^$rule  matched 0, fired 0, paused: nvme:io:decode if .*Write.* dnr$" \
		"$work/out" || fail "the list: $(cat "$work/out")"
	tells 0 "" inject resume "$rule"
	tells 0 "" inject remove "$rule"
done
guest_ended 0

# Commands that a rule holds go on when they are released, or the rule is removed.
held() { ./nvmetap inject list 2>"$work/said" | grep -q 'fired [1-9].*holds [1-9]'; }
for let_go in release remove; do
	tells 0 "" inject add nvme:io:decode times 8 'do' hold
	rule=$(cat "$work/out")
	./tests/mini_guest "$work/nvme.sock" >"$work/guest" 2>&1 &
	guest=$!
	until_true held || fail "nothing is held: $(./nvmetap inject list)"
	tells 0 "" inject "$let_go" "$rule"
	test "$let_go" = remove || tells 0 "" inject remove all
	wait "$guest" || fail "a guest whose commands were held: $(cat "$work/guest")"
done

# A rule that concerns the guest, as long as it is there; another guest sees it, too.
tells 0 "" inject add nvme:io:decode if 'nvmetap.opc == "Write"' after 10 'do' status 1/0x82 dnr
guest 1
grep -q "status: 0x182" "$work/guest" || fail "the write is not refused: $(cat "$work/guest")"
tells 0 "" inject remove all
tells 0 "" inject list
test ! -s "$work/out" || fail "rules that are removed are there: $(cat "$work/out")"
guest 0

# A scenario is all there or not at all.
printf '%s\n' '# Two rules.' 'nvme:io:decode once do drop' 'nvme:admin:decode once do drop' \
	>"$work/two.rules"
tells 0 "" inject scenario "$work/two.rules"
test "$(wc -l <"$work/out")" = 2 || fail "a scenario of two rules: $(cat "$work/out")"
tells 0 "" inject list
test "$(grep -c ': two: nvme:.* once do drop$' "$work/out")" = 2 ||
	fail "the scenario's rules: $(cat "$work/out")"
tells 0 "" inject remove all
echo 'nvme:io:decode once do dropp' >>"$work/two.rules"
tells 1 "two.rules: line 4: column 24: " inject scenario "$work/two.rules"
tells 0 "" inject list
test ! -s "$work/out" || fail "half a scenario stays: $(cat "$work/out")"

# What is wrong is said, and where.
tells 2 "inject: column 1: .*near: nvme:io:decode" inject add nvme:io:decod once 'do' drop
sed -n 2,3p "$work/said" | tr -d '\n' | grep -q '^    nvme:io:decod once do drop    ^$' ||
	fail "no mark below the mistake: $(cat "$work/said")"
tells 1 "inject: column 16: there is no rule before this one" inject add nvme:io:decode 'then' 'do' drop
for verb in remove pause resume release; do
	tells 1 "no rule 4711" inject "$verb" 4711
	tells 2 "a rule's number" inject "$verb" first
done
kill -INT "$drive"
ended 0

exit $status
