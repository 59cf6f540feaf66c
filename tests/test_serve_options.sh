#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# nvmetap serve: what cannot be served is refused in one line, and nothing is left behind.

# shellcheck source=tests/serve.sh
. "${srcdir:-.}/tests/serve.sh"

# refused STATUS WORDS OPTION...: serve ends so, with these words in its only line.
refused()
{
	want=$1
	words=$2
	shift 2
	find "$work" | sort >"$work.before"
	timeout 20 ./nvmetap serve "$@" >"$work.out" 2>"$work.err" </dev/null
	got=$?
	test "$got" = "$want" || fail "serve $*: exit status $got, not $want"
	grep -q -- "$words" "$work.err" || fail "serve $*: does not say $words: $(cat "$work.err")"
	test "$(wc -l <"$work.err")" = 1 || fail "serve $*: not one line: $(cat "$work.err")"
	grep -q '^nvmetap: serve: ' "$work.err" || fail "serve $*: who says that?"
	test ! -s "$work.out" || fail "serve $*: words on standard output"
	find "$work" | sort | cmp -s - "$work.before" || fail "serve $*: leaves something behind"
}
trap 'test -z "$drive" || kill -9 "$drive" 2>/dev/null
	rm -rf "$work" "$work.out" "$work.err" "$work.before"' EXIT

socket=$work/nvme.sock

# --- words that are wrong
refused 2 "give --vfio-user PATH or --vhost-user PATH"
refused 2 "give --vfio-user PATH" --ns mem=1M
refused 2 "give --ns" --vfio-user "$socket"
refused 2 "give --ns" --vhost-user "$socket"
refused 2 "not both" --vfio-user "$socket" --vhost-user "$socket" --ns mem=1M
refused 2 "extra: not expected" --vfio-user "$socket" --ns mem=1M extra
refused 2 "did you mean --vfio-user" --vfio-usr "$socket"
refused 2 "did you mean --serial" --serail=1
refused 2 "no option -Z" -Z
refused 2 "needs an argument" --ns
refused 2 "needs an argument" -w
refused 2 "option --once takes no argument" --once=yes
refused 2 "option --help takes no argument" --help=yes
for bad in 00:20.0 00:06 6 zz:06.0 00:06.8 00:06.0x ""; do
	refused 2 "like 00:06.0" --vfio-user "$socket" --ns mem=1M --bdf "$bad"
done
for bad in 0 65 two -1 ""; do
	refused 2 "must be a number from 1 to 64" --threads "$bad"
done
refused 2 "must be a number from 0 to 1000000000" --poll-max-ns 2s
refused 2 "must be a size from 4K to 1G" --ring 4095
refused 2 "must be a size from 4K to 1G" --ring 1025M
refused 2 "must be a size" --ring 1X
refused 2 "must be a number from 1 to 19" --zstd-level 20
refused 2 "must be a size from 0 to 4294967295" -s -1
refused 2 "must be a size" --data-snap 4G
refused 2 "longer than 20" --serial 123456789012345678901
refused 2 "longer than 40" --model 12345678901234567890123456789012345678901
refused 2 "longer than 8" --firmware 123456789
refused 2 "ASCII only" --serial "$(printf 'caf\303\251')"
refused 2 "unknown event word 'nothing'" --vfio-user "$socket" --ns mem=1M --events nothing \
	-w "$work/x.pcapng"
for for_nothing in --events=io --snap=1 --data-snap=1 --ring=2M --lossless --zstd-level=3; do
	refused 2 "nothing is captured without -w FILE" --vfio-user "$socket" --ns mem=1M \
		$for_nothing
done

# --- namespaces that are none
: >"$work/empty.img"
truncate -s 1M "$work/disk.img"
refused 1 "empty.img: the file is empty" --vfio-user "$socket" --ns "path=$work/empty.img"
refused 1 "none.img: No such file" --vfio-user "$socket" --ns "path=$work/none.img"
refused 2 "--ns" --vfio-user "$socket" --ns mem=0
refused 2 "smaller than one block" --vfio-user "$socket" --ns mem=4095,lbads=12
refused 2 "--ns" --vfio-user "$socket" --ns mem=1M,lbads=8
refused 2 "--ns" --vfio-user "$socket" --ns mem=1M,color=red
refused 2 "--ns" --vfio-user "$socket" --ns "$work/disk.img"
refused 1 "--ns" --vfio-user "$socket" --ns "path=$work"
refused 1 "disk.img: in use by another drive" --vfio-user "$socket" \
	--ns "path=$work/disk.img" --ns "path=$work/disk.img"

# --- plug-ins and rules that are none: words alone are an error of usage
refused 2 'plug-in "": no file is named' --plugin ""
refused 2 'plug-in ",after=3": no file is named' --plugin ,after=3
refused 1 "none.so: No such file" --vfio-user "$socket" --ns mem=1M --plugin "$work/none.so"

# --- captures that cannot be; an old one and a disk survive
echo old >"$work/old.pcapng"
refused 1 "none/x.pcapng: No such file or directory" --vfio-user "$socket" --ns mem=1M \
	-w "$work/none/x.pcapng"
refused 1 "Is a directory" --vfio-user "$socket" --ns mem=1M -w "$work"
refused 1 "No such file" --vfio-user "$work/none/nvme.sock" --ns mem=1M -w "$work/old.pcapng"
refused 1 "none.img" --vfio-user "$socket" --ns "path=$work/none.img" -w "$work/old.pcapng"
test "$(cat "$work/old.pcapng")" = old || fail "a refused drive empties an old capture"
echo data | dd of="$work/disk.img" conv=notrunc 2>/dev/null
refused 1 "disk.img: in use by a drive" --vfio-user "$socket" --ns "path=$work/disk.img" \
	-w "$work/disk.img"
test "$(head -c 4 "$work/disk.img")" = data || fail "a capture empties the disk"

# --- sockets that cannot be
long=$work/$(printf '%0108d' 0)
refused 1 "too long for the name of a socket" --vfio-user "$long" --ns mem=1M
refused 1 "No such file" --vfio-user "" --ns mem=1M
: >"$work/file"
refused 1 "file: something that is no socket is there" --vfio-user "$work/file" --ns mem=1M
refused 1 "something that is no socket is there" --vfio-user "$work" --ns mem=1M
refused 1 "something that is no socket is there" --vfio-user "$socket" --ns mem=1M \
	--console "$work/file"
refused 1 "somebody listens there" --vfio-user "$socket" --ns mem=1M --console "$socket"
if test "$(id -u)" != 0; then
	mkdir "$work/closed"
	chmod 500 "$work/closed"
	refused 1 "Permission denied" --vfio-user "$work/closed/nvme.sock" --ns mem=1M
	refused 1 "Permission denied" --vfio-user "$socket" --ns mem=1M -w "$work/closed/x"
fi

# A drive that lives keeps its socket, its disk and its capture.
serve --ns "path=$work/disk.img" --console "$work/console.sock" -w "$work/live.pcapng"
test "$(stat -c %a "$socket")" = 600 || fail "others may connect to the socket"
refused 1 "nvme.sock: somebody listens there" --vfio-user "$socket" --ns mem=1M
refused 1 "disk.img: in use by another drive" --vfio-user "$work/2.sock" \
	--ns "path=$work/disk.img"
refused 1 "live.pcapng: in use by a drive or by another capture" --vfio-user "$work/2.sock" \
	--ns mem=1M -w "$work/live.pcapng"
refused 1 "disk.img: in use" --vfio-user "$work/2.sock" --ns mem=1M -w "$work/disk.img"
guest 0 -c "$work/console.sock"
kill -INT "$drive"
ended 0
test ! -e "$work/console.sock" || fail "the console's socket is left behind"
whole "$work/live.pcapng"
./nvmetap dump "$work/live.pcapng" | grep -q 'CON .*mini_guest: shut down' ||
	fail "the console's lines are not in the capture"

# --- words that are right
for ask in --help -h --list-options; do
	./nvmetap serve $ask >"$work.out" 2>"$work.err" || fail "serve $ask fails"
	grep -q -- --vfio-user "$work.out" || fail "serve $ask does not say --vfio-user"
done

# wrong STATUS ARGUMENT...: nvmetap ends so, in whatever state its standard output is.
wrong()
{
	want=$1
	shift
	./nvmetap "$@" 2>"$work.err"
	got=$?
	test "$got" = "$want" || fail "nvmetap $*: exit status $got, not $want"
}

./nvmetap serve --help >"$work.out"
./nvmetap help serve | cmp -s - "$work.out" || fail "help serve is not serve --help"
for ask in "" help -h --help; do
	# shellcheck disable=SC2086
	./nvmetap $ask | grep -q '^  dump  *show a capture' || fail "nvmetap $ask shows no commands"
done
for command in $(./nvmetap --list-commands); do
	./nvmetap "$command" --help | sed 's/…/./g' >"$work.out"
	test -z "$(awk 'length > 80' "$work.out")" || fail "$command --help is wider than 80 columns"
done
./nvmetap inject --help | sed 's/…/./g' | grep '^ ' >"$work.out"
test "$(wc -l <"$work.out")" -gt 7 || fail "inject --help shows no words"
test -z "$(awk 'substr($0, 28, 2) !~ /^ [^ ]/' "$work.out")" || fail "inject --help is not aligned"
wrong 2 >"$work.out"
wrong 2 help dmp
grep -q 'no command dmp; did you mean dump?' "$work.err" || fail "what is near dmp is not said"
if test -c /dev/full; then
	for ask in help -h --version --list-commands "serve --help" "serve --list-options"; do
		# shellcheck disable=SC2086
		wrong 1 $ask >/dev/full
		grep -q 'standard output: No space left' "$work.err" || fail "nvmetap $ask: not said"
	done
fi

exit $status
