# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# Sourced by tests in which the drive crashes on purpose.

# The program's own handlers are what is tested, and a sanitizer would say it all again.
ASAN_OPTIONS=${ASAN_OPTIONS:-}:handle_segv=0:handle_abort=0:handle_sigfpe=0:handle_sigill=0
ASAN_OPTIONS=$ASAN_OPTIONS:handle_sigbus=0:detect_leaks=0:detect_stack_use_after_return=0
TSAN_OPTIONS=${TSAN_OPTIONS:-}:handle_segv=0:handle_abort=0:handle_sigfpe=0:handle_sigill=0
TSAN_OPTIONS=$TSAN_OPTIONS:report_signal_unsafe=0
export ASAN_OPTIONS TSAN_OPTIONS
# shellcheck disable=SC3045
ulimit -c 0
