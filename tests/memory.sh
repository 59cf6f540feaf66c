# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154
# Sourced by tests that watch how much memory the drive, $drive, has.

# A sanitizer keeps what is freed, or what threads did, for a while.
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}quarantine_size_mb=0:thread_local_quarantine_size_kb=0
TSAN_OPTIONS=${TSAN_OPTIONS:+$TSAN_OPTIONS:}history_size=0
export ASAN_OPTIONS TSAN_OPTIONS

# Of the guests' memory and of the program itself nothing.
memory_kb() { sed -n 's/^RssAnon:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$drive/status"; }
