# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# A real Linux boots, writes, reads back, compares, runs nvme-cli, resets the
# controller and powers off; the disk and the capture are checked from outside.
# The kernel is in the test's own name: guest-linux-6.12.test.

# shellcheck source=tests/guest.sh
. "${srcdir:-.}/tests/guest.sh"
guest=${name#guest-}
guest=${guest%.test}

boot "$guest" boot.pcapng.zst
grep -q 'nvmetap-guest: exit 0' "$work/console.txt" || fail "the guest's own check"
"$NVMETAP_LIBEXECDIR/nvmetap-guest" verify "$work/disk.img" || fail "the disk from outside"
same_counts
clean_in_tshark
console_is_there
say "$whole records, all by everyone's count"
