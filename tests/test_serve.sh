#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# nvmetap serve with a guest that is a program: captures that are whole, however it ends.

# shellcheck source=tests/serve.sh
. "${srcdir:-.}/tests/serve.sh"

# --- guests come and go
truncate -s 4M "$work/disk.img"
serve --ns "path=$work/disk.img" --ns mem=1M -w "$work/once.pcapng" --once
guest 0
ended 0
whole "$work/once.pcapng"
said 1 "once.pcapng: $records records, 0 events dropped"
test "$(stat -c %s "$work/disk.img")" = 4194304 || fail "the disk has another size"
test -n "$(head -c 4096 "$work/disk.img" | tr -d '\0')" || fail "nothing is on the disk"

serve --ns mem=8M -w "$work/many.pcapng.zst"
guest 0
guest 0 -m -n 20
guest 0 -x leave
guest 137 -x die
guest 0 -x stop -n 2000 -d 200
guest 0 -d 255 -n 1000
kill -TERM "$drive"
ended 0
whole "$work/many.pcapng.zst"
test "$(./nvmetap dump "$work/many.pcapng.zst" | grep -c 'disabled by guest gone')" = 6 ||
	fail "six guests do not go six times"

# The same by vhost-user, where the MSI-X table is seen being written.
serve_by --vhost-user --ns mem=8M -w "$work/vhost.pcapng.zst"
guest 0 -u
guest 0 -u -x leave
guest 137 -u -x die
guest 0 -u -x stop -n 2000 -d 200
guest 0 -u -d 255 -n 1000
kill -TERM "$drive"
ended 0
whole "$work/vhost.pcapng.zst"
./nvmetap dump "$work/vhost.pcapng.zst" >"$work/dump"
test "$(grep -c 'disabled by guest gone' "$work/dump")" = 5 ||
	fail "five guests do not go five times"
grep -q 'MSI 2010 <- 7ee00010$' "$work/dump" || fail "the table is not seen being written"
grep -q 'MSI vector=1 addr=7ee00010 data=4001 .*sent$' "$work/dump" ||
	fail "no interrupt has its address and data"
serve_by --vhost-user --ns mem=8M --once
guest 0 -u
ended 0

# --- signals in the middle of I/O
for signal in INT TERM HUP; do
	for form in pcapng pcapng.zst; do
		serve --ns mem=8M -w "$work/$signal.$form"
		guest_in_io -r 20000
		kill -$signal "$drive"
		ended 0
		guest_ended 3
		whole "$work/$signal.$form" -c
	done
done

# nohup's SIGHUP does nothing.
trap '' HUP
serve --ns mem=8M -w "$work/nohup.pcapng"
trap - HUP
kill -HUP "$drive"
guest 0
kill -INT "$drive"
ended 0

exit $status
