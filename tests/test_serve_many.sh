#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# nvmetap serve: a hundred guests that die in the middle of their I/O leave nothing in it.

# shellcheck source=tests/serve.sh
. "${srcdir:-.}/tests/serve.sh"
# shellcheck source=tests/memory.sh
. "${srcdir:-.}/tests/memory.sh"

open_files() { find "/proc/$drive/fd" -mindepth 1 | wc -l; }

# So that each guest's end has been worked off: the last one's has, when it has another's answer.
guests()
{
	for _ in $(seq "$1"); do
		guest 137 -x die -n 400 -d 64
		guest 0 -x leave -n 40 -m
	done
	guest 0 -n 4
}

test -r /proc/self/status || exit 77
truncate -s 8M "$work/disk.img"
serve --ns "path=$work/disk.img" -w "$work/many.pcapng.zst"
guests 10
memory=$(memory_kb)
files=$(open_files)
guests 100
more=$(($(memory_kb) - memory))
# 2 KiB a guest; a sanitizer's own notes of threads and descriptors are several times that.
most=400
! grep -q libasan "/proc/$drive/maps" || most=1024
! grep -q libtsan "/proc/$drive/maps" || most=4096
test "$more" -lt "$most" || fail "200 guests leave $more KiB"
test "$(open_files)" = "$files" || fail "$(open_files) open files, $files before 200 guests"
kill -INT "$drive"
ended 0
whole "$work/many.pcapng.zst"

exit $status
