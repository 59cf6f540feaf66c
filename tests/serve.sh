# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# Sourced by the tests that run the drive with a guest that is a program.

set -u
# A SIGHUP that is ignored, as under nohup, no shell can have back.
case $(sed -n 's/^SigIgn:.*\(.\)$/\1/p' /proc/self/status 2>/dev/null) in
[13579bdf]) exec env --default-signal=HUP "$0" "$@" ;;
esac
export LC_ALL=C
name=${0##*/}
work=$(mktemp -d) || exit 99
# Where drives are found: nobody else's.
NVMETAP_RUNTIME_DIR=$work/drives
export NVMETAP_RUNTIME_DIR
mkdir -m 700 "$NVMETAP_RUNTIME_DIR"
drive=
status=0
trap 'test -z "$drive" || kill -9 "$drive" 2>/dev/null; rm -rf "$work"' EXIT
: "${srcdir:=.}"

fail()
{
	echo "$name: FAIL: $*" >&2
	test ! -s "$work/err" || sed "s/^/	/" "$work/err" >&2
	# shellcheck disable=SC2034
	status=1
}

# until_true COMMAND...: waits for what another process is about to do, 20 s at most.
until_true()
{
	tries=2000
	until "$@"; do
		tries=$((tries - 1))
		test "$tries" -gt 0 || return 1
		sleep 0.01
	done
}

is_listening() { grep -q listening "$work/err" || ! kill -0 "$drive" 2>/dev/null; }

# serve OPTION..., serve_by PROTOCOL OPTION...: the drive in the background, once it listens.
serve() { serve_by --vfio-user "$@"; }
serve_by()
{
	protocol=$1
	shift
	: >"$work/err"
	./nvmetap serve "$protocol" "$work/nvme.sock" "$@" 2>"$work/err" &
	drive=$!
	until_true is_listening || fail "serve $*: does not listen"
}

is_dead() { ! kill -0 "$drive" 2>/dev/null; }

# ended STATUS: the drive has ended, or does so now, with this status.
ended()
{
	until_true is_dead || { fail "the drive does not end"; kill -KILL "$drive"; }
	wait "$drive"
	got=$?
	drive=
	test "$got" = "$1" || fail "the drive's exit status is $got, not $1"
	test ! -e "$work/nvme.sock" || fail "the socket is left behind"
}

# guest STATUS OPTION...: a guest runs to this end.
guest()
{
	want=$1
	shift
	./tests/mini_guest "$@" "$work/nvme.sock" >"$work/guest" 2>&1
	got=$?
	test "$got" = "$want" || fail "mini_guest $*: $got, not $want: $(cat "$work/guest")"
}

# guest_in_io OPTION...: a guest in the background, once it has begun its I/O.
guest_in_io()
{
	rm -f "$work/begun"
	mkfifo "$work/begun"
	./tests/mini_guest "$@" "$work/nvme.sock" >"$work/begun" 2>"$work/guest" &
	guest=$!
	exec 4<"$work/begun"
	read -r _ <&4 || fail "mini_guest $*: no I/O: $(cat "$work/guest")"
}

# guest_ended STATUS: so does that guest end.
guest_ended()
{
	wait "$guest"
	got=$?
	exec 4<&-
	test "$got" = "$1" || fail "the guest's exit status is $got, not $1: $(cat "$work/guest")"
}

# guest_killed: that guest, whose I/O would go on, is ended.
guest_killed()
{
	kill -KILL "$guest"
	wait "$guest" 2>"$work/why"
	exec 4<&-
}

# whole CAPTURE [-c] [-d]: the capture is finished, and everyone counts its records alike.
whole()
{
	capture=$1
	shift
	if ! counted=$(./tests/check_capture "$@" "$capture" 2>"$work/why"); then
		fail "$capture: $(cat "$work/why")"
		return
	fi
	records=${counted%% *}
	lines=$(./nvmetap dump -r "$capture" 2>"$work/why" | wc -l)
	test ! -s "$work/why" || fail "$capture: dump: $(cat "$work/why")"
	test "$lines" = "$records" || fail "$capture: $lines lines of dump, $records records"
	chmod a+r "$capture"
	if command -v capinfos >/dev/null; then
		info=$(capinfos -TMrc "$capture" 2>"$work/why" | cut -f 2)
		test "$info" = "$records" || fail "$capture: capinfos: $info, not $records" \
			"$(cat "$work/why")"
	fi
}

# ended_early STATUS FILE: dump, which said so to $work/why and $work/out, has failed and told in one
# line where the file ends; only a plain one that happens to end between two blocks is all there.
# Wireshark's tools count the same records.
ended_early()
{
	test "$(wc -l <"$work/why")" = 1 || fail "dump of $2: $(cat "$work/why")"
	if test "$1" = 0 && test "${2%.zst}" = "$2"; then
		grep -q "${2##*/}: unfinished" "$work/why" || fail "dump of $2: $(cat "$work/why")"
	else
		test "$1" = 1 || fail "dump of $2: exit status $1"
		grep -q "${2##*/}: .*byte" "$work/why" || fail "dump of $2: $(cat "$work/why")"
	fi
	lines=$(wc -l <"$work/out")
	chmod a+r "$2"
	if command -v capinfos >/dev/null; then
		info=$(capinfos -TMrc "$2" 2>"$work/why" | cut -f 2)
		test "$info" = "$lines" || fail "$2: capinfos: $info, not $lines $(cat "$work/why")"
	fi
	if command -v tshark >/dev/null; then
		frames=$(tshark -n -r "$2" -T fields -e frame.number 2>"$work/why" | wc -l)
		test "$frames" = "$lines" || fail "$2: tshark: $frames, not $lines $(cat "$work/why")"
	fi
}

# said N WORDS: in so many lines of the drive's words.
said()
{
	nr=$(grep -c -- "$2" "$work/err")
	test "$nr" = "$1" || fail "\"$2\" is said $nr times, not $1"
}
