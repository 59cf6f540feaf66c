#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Plug-ins are loaded and unloaded while a guest does I/O, with threads that post, and commands
# held; the guest goes on, and the capture says what was there when.

# until_true calls functions that nothing else does.
# shellcheck disable=SC2317
# shellcheck source=tests/serve.sh
. "${srcdir:-.}/tests/serve.sh"

NVMETAP_RUNTIME_DIR=$work/run
export NVMETAP_RUNTIME_DIR
odd=tests/odd_plugin.so

# plugin WORD...: the client of the running drive.
plugin()
{
	./nvmetap plugin "$@" >"$work/out" 2>"$work/said" ||
		fail "plugin $*: $(cat "$work/said")"
}

serve --ns mem=8M -w "$work/live.pcapng" --control "$work/ctl.sock"
guest_in_io -r 2000
for _ in 1 2 3 4 5 6 7 8; do
	plugin load "$odd,do=post"
	plugin load "$odd"
	plugin load "$odd,do=slow,ms=1"
	plugin unload "odd_plugin#2"
	plugin unload odd_plugin
	plugin unload "odd_plugin#3"
done
guest_ended 0

# What is held when the plug-in goes ends with Internal Error, 0/06h, and More.
plugin load "$odd,do=hold"
./tests/mini_guest -n 1 -d 1 "$work/nvme.sock" >"$work/guest" 2>&1 &
client=$!
is_held() { ./nvmetap dump "$work/live.pcapng" 2>"$work/why" | tail -n 3 | grep -q 'OPC=Read.*LBA'; }
until_true is_held || fail "no command is held"
plugin unload odd_plugin
wait "$client"
test $? = 1 || fail "the guest: $(cat "$work/guest")"
kill -INT "$drive"
ended 0
whole "$work/live.pcapng" -c
./nvmetap dump "$work/live.pcapng" >"$work/dump"
grep -q 'CPL SQ=1 .*STS=0x2006 .*Internal Error' "$work/dump" ||
	fail "no command ended with Internal Error: $(tail -n 5 "$work/dump")"
test "$(grep -c 'Log: plug-in loaded: ' "$work/dump")" = 25 || fail "not 25 are loaded"
test "$(grep -c 'Log: plug-in unloaded: ' "$work/dump")" = 25 || fail "not 25 are unloaded"
grep -q 'Log: from a thread' "$work/dump" || fail "no thread posts"

exit $status
