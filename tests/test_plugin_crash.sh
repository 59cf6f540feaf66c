#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Plug-ins that crash, that take long and that never return are named, and the capture is whole up
# to there.

# until_true calls functions that nothing else does.
# shellcheck disable=SC2317
# shellcheck source=tests/serve.sh
. "${srcdir:-.}/tests/serve.sh"

# shellcheck source=tests/crash.sh
. "${srcdir:-.}/tests/crash.sh"

# says WORDS: once to the user, and in the last line of the capture.
says()
{
	said 1 "$1"
	whole "$capture" -c
	./nvmetap dump "$capture" >"$work/dump"
	tail -n 1 "$work/dump" | grep -q -- "Log: .*$1" ||
		fail "the capture's last line is not \"$1\": $(tail -n 1 "$work/dump")"
}

# crashes STATUS DEED WHERE WORDS: a plug-in does it when a guest has begun its I/O.
crashes()
{
	serve --ns mem=8M -w "$capture" --plugin "tests/odd_plugin.so,do=$2,at=$3,nr=3"
	./tests/mini_guest -n 20 -d 1 "$work/nvme.sock" >"$work/guest" 2>&1
	test $? = 3 || fail "$2 at $3: the guest: $(cat "$work/guest")"
	ended "$1"
	says "plug-in odd_plugin crashed in $4"
	said 1 "what was captured until then is saved"
	# The fourth is what the plug-in met, as it came: no batch has published it
	# yet, and no observer has heard of it.
	test "$(grep -c 'OPC=Write' "$work/dump")" = 4 ||
		fail "$2 at $3: not four writes are in the capture"
	tail -n 2 "$work/dump" | grep -q 'OPC=Write' ||
		fail "$2 at $3: the last event is missing: $(tail -n 2 "$work/dump")"
	tail -n 3 "$work/dump" | grep -q 'REG 1008 <- 00000004$' ||
		fail "$2 at $3: its doorbell is missing: $(tail -n 3 "$work/dump")"
}

capture=$work/crash.pcapng
crashes 139 null nvme:io:decode \
	"nvme:io:decode: SIGSEGV (memory that is not there) at address 0x0, code at odd_plugin+0x"
crashes 134 abort nvme:io:decode "nvme:io:decode: SIGABRT, called from odd_plugin+0x"
crashes 132 trap nvme:io:decode "nvme:io:decode: SIGILL"
crashes 136 fpe nvme:io:decode "nvme:io:decode: SIGFPE"
crashes 139 overflow nvme:io:decode "nvme:io:decode: SIGSEGV"
capture=$work/crash.pcapng.zst
crashes 139 null nvme:io:decode "nvme:io:decode: SIGSEGV"
capture=$work/small.pcapng
rm -f "$capture"

# --- elsewhere than at a tap
# odd DEED WHERE OPTION...: the drive with such a plug-in.
odd()
{
	plugin=tests/odd_plugin.so,do=$1,at=$2
	shift 2
	serve --ns mem=8M -w "$capture" --plugin "$plugin" "$@"
}

odd null setup
ended 139
said 1 "plug-in odd_plugin crashed in setup: SIGSEGV"
test ! -e "$capture" || fail "a capture was begun although setup crashed"

odd null call
ended 139
says "plug-in odd_plugin crashed in a call that it asked for: SIGSEGV"

# The guest may be served to its end meanwhile.
odd null thread
./tests/mini_guest -n 1 "$work/nvme.sock" >"$work/guest" 2>&1
ended 139
says "plug-in odd_plugin crashed in a thread of its own: SIGSEGV"

odd abort thread
./tests/mini_guest -n 1 "$work/nvme.sock" >"$work/guest" 2>&1
ended 134
says "plug-in odd_plugin crashed in a thread of its own: SIGABRT"

odd null teardown
kill -TERM "$drive"
ended 139
said 1 "plug-in odd_plugin crashed in teardown: SIGSEGV"

serve --ns mem=8M -w "$capture" --plugin tests/odd_loading.so
ended 134
said 1 "plug-in odd_loading crashed in loading: SIGABRT"

serve --ns mem=8M --plugin tests/odd_plugin.so,do=null
guest 3 -n 1
ended 139
said 1 "plug-in odd_plugin crashed in nvme:io:decode: SIGSEGV"
said 0 "is saved"

# --- nobody's but ours
serve --ns mem=8M -w "$capture"
guest_in_io -r 20000
kill -SEGV "$drive"
ended 139
guest_ended 3
says "nvmetap itself crashed, no plug-in's code: SIGSEGV, sent by process $$,"

# --- long, and for ever
odd slow nvme:io:decode --plugin-limit 20 --once
guest 0 -n 1 -d 1
ended 0
said 0 "has not returned"

serve --ns mem=8M -w "$capture" --plugin "tests/odd_plugin.so,do=until,file=$work/go,nr=1" \
	--plugin-limit 0.1,0
./tests/mini_guest -n 1 -d 1 "$work/nvme.sock" >"$work/guest" 2>&1 &
guest=$!
until_true grep -q "has not returned for" "$work/err" || fail "what takes long is not told"
: >"$work/go"
wait "$guest" || fail "its guest: $(cat "$work/guest")"
until_true grep -q took "$work/err" || fail "how long it took is not told"
kill -TERM "$drive"
ended 0
said 1 "plug-in odd_plugin: nvme:io:decode has not returned for 0\.1[0-9]* s$"
said 1 "plug-in odd_plugin: nvme:io:decode took [0-9.]* s$"
whole "$capture" -c
test "$(./nvmetap dump "$capture" | grep -c 'Log: .*nvme:io:decode took')" = 1 ||
	fail "the trace does not say what took long"

for deed in hang spin deaf; do
	odd $deed nvme:io:decode --plugin-limit 0.1,0.4
	./tests/mini_guest -n 1 -d 1 "$work/nvme.sock" >"$work/guest" 2>&1
	test $? = 3 || fail "$deed: the guest: $(cat "$work/guest")"
	ended 1
	said 1 "plug-in odd_plugin: nvme:io:decode has not returned for 0\.[12][0-9]* s$"
	says "has not returned for 0\.[45][0-9]* s, and that ends the drive"
	# Where the controller's thread cannot be stopped, it cannot tell of its event.
	test $deed = deaf || tail -n 2 "$work/dump" | grep -q 'OPC=' ||
		fail "$deed: the last event is missing: $(tail -n 2 "$work/dump")"
done

odd hang setup --plugin-limit 0.1,0.4
ended 1
said 1 "plug-in odd_plugin: setup has not returned for .*, and that ends the drive"

odd hang teardown --plugin-limit 0.1,0.4
kill -TERM "$drive"
ended 1
said 1 "plug-in odd_plugin: teardown has not returned for .*, and that ends the drive"
whole "$capture" -c

exit $status
