#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The plug-ins of samples/plugins: their manual page has all of them with the options that they
# have; each is loaded, goes with a guest, and does not take a number that is none.

# shellcheck source=tests/serve.sh
. "${srcdir:-.}/tests/serve.sh"
folder=$srcdir/samples/plugins
page=$srcdir/doc/nvmetap-samples.7

# same WHAT FILE FILE: the same words, in whatever order, and not none.
same()
{
	test -s "$2" || fail "$1: there are none"
	sort -o "$2" "$2"
	sort -o "$3" "$3"
	diff "$2" "$3" >"$work/err" || fail "$1"
	: >"$work/err"
}

find "$folder" -name '*.c' -exec basename {} .c ';' >"$work/sources"
sed -n 's/^\.It Sy //p' "$page" >"$work/listed"
same "the page and the folder differ" "$work/sources" "$work/listed"
find samples/plugins -name '*.so' -exec basename {} .so ';' >"$work/built"
same "what is built is not what is there" "$work/sources" "$work/built"

# What a file asks for, what its first lines say, what the page says of it.
options_asked()
{
	grep -o '\(option\|option_number\)(NULL, "[a-z_]*\|take("[a-z_]*' "$1" | sed 's/.*"//'
}
options_told()
{
	sed -n '2,/\*\//s/^ \*   \([a-z_][a-z_]*\)\(=[A-Z]*\)\{0,1\}\( .*\)\{0,1\}$/\1/p' "$1"
}
options_listed()
{
	sed -n "/^\.It Sy $1\$/,/^\.It Sy\|^\.Ss/s/^\.It Cm \([a-z_]*\)\( Ns = .*\)\{0,1\}\$/\1/p" "$page"
}

while read -r plugin; do
	file=$folder/$plugin.c
	sed -n 3p "$file" | grep -q "^ \* $plugin: " || fail "$plugin.c does not begin with its name"
	options_asked "$file" | sort -u >"$work/asked"
	options_told "$file" >"$work/told"
	options_listed "$plugin" >"$work/page"
	test ! -s "$work/asked" && test ! -s "$work/told" && test ! -s "$work/page" && continue
	same "$plugin.c's first lines say other options than it asks for" "$work/told" "$work/asked"
	same "nvmetap-samples.7 says other options of $plugin than it has" "$work/page" "$work/asked"
done <"$work/sources"

# Options with which a few writes that are read back are as they should be.
harmless()
{
	case $1 in
	bit_rot | temperamental) echo ",one_in=1000000000" ;;
	latency) echo ",read=fixed:10,write=normal:10:5,flush=tail:10:2,seed=2" ;;
	text_tracer) echo ",file=$work/text" ;;
	esac
}

while read -r plugin; do
	serve --ns mem=8M --plugin "samples/plugins/$plugin.so$(harmless "$plugin")"
	guest 0 -n 64
	kill -TERM "$drive"
	ended 0
done <"$work/sources"

# Its lines are dump's, but for what dump says beyond them.
serve --ns mem=8M -w "$work/a.pcapng" --plugin "samples/plugins/text_tracer.so,file=$work/text"
guest 0 -n 64
kill -TERM "$drive"
ended 0
./nvmetap dump "$work/a.pcapng" >"$work/dump" || fail "dump"
sed -n 's/\( CDW0=0x........\) .*/\1/
	/^[^ ]* *[^ ]* [0-9:]* [0-9:.]* \(REG\|ADM\|IO \|CPL\) /p' "$work/dump" >"$work/ours"
diff "$work/ours" "$work/text" >"$work/err" || fail "the text tracer's lines are not dump's"
test "$(grep -c ' IO  SQ=[0-9]* CID=.* OPC=Write NSID=0x1 LBA=' "$work/text")" = 64 ||
	fail "the text tracer has no 64 writes"
: >"$work/err"

# refused PLUGIN OPTIONS WORDS
refused()
{
	timeout 20 ./nvmetap serve --vfio-user "$work/nvme.sock" --ns mem=8M \
		--plugin "samples/plugins/$1.so,$2" 2>"$work/err"
	got=$?
	test $got = 1 || fail "$1.so,$2: exit status $got"
	said 1 "$3"
	: >"$work/err"
}

while read -r plugin; do
	grep -o 'option_number(NULL, "[a-z_]*' "$folder/$plugin.c" | sed 's/.*"//' >"$work/numbers"
	while read -r option; do
		refused "$plugin" "$option=3k" "$option=3k is no number"
	done <"$work/numbers"
done <"$work/sources"
refused lost_writes aftr=3 "lost_writes.so: no option aftr; near: after"
refused latency read=fast:3 "a model is fixed"
refused latency read=fixed:3ms "a model is fixed"
refused latency read=tail:0:1 "a model is fixed"
refused text_tracer "file=$work/none/text" "No such file"
exit $status
