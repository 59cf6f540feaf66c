# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2034
# What the guest's check leaves on the disk; read by the guest's init and "nvmetap-guest verify".
#
# PATTERN_LEN bytes from PATTERN_AT on are lines of 64 bytes, each a number from PATTERN_FIRST on
# and a fixed text, so that data that went to the wrong place names the place it was meant for.
# Step "zeroes" makes ZEROES_LEN bytes at ZEROES_AT, inside the pattern, zero. Step "discard"
# discards DISCARD_LEN bytes at DISCARD_AT, behind the pattern; what is read from there afterwards
# is the drive's choice, and nobody compares it. All these are bytes, and multiples of 65536; *_AT
# count from the beginning of the disk.

PATTERN_AT=1048576
PATTERN_LEN=4194304
PATTERN_FIRST=1000000
PATTERN_TEXT=' is the number of this line of 64 bytes in the pattern..
'
ZEROES_AT=3145728
ZEROES_LEN=65536
DISCARD_AT=8388608
DISCARD_LEN=1048576

# The pattern as the guest writes it, or its first $1 bytes, which may be more.
pattern()
{
	set -- "${1:-$PATTERN_LEN}"
	seq -s "$PATTERN_TEXT" "$PATTERN_FIRST" $((PATTERN_FIRST + $1 / 64)) | head -c "$1"
}

# Makes the zeroes in a file that holds the pattern: $1 is the file.
pattern_zero()
{
	dd if=/dev/zero of="$1" bs=4096 seek=$(((ZEROES_AT - PATTERN_AT) / 4096)) \
		count=$((ZEROES_LEN / 4096)) conv=notrunc 2>/dev/null
}
