#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Stands for QEMU: finds the sockets among its options and lets mini_guest be the guest.
# FAKE_QEMU says what it does: exit N; run OPTION... (of mini_guest); hang: until SIGTERM;
# deaf: until SIGKILL.  Its options are kept in the file FAKE_QEMU_ARGS.

# shellcheck disable=SC3045
ulimit -S -f unlimited 2>/dev/null
printf '%s\n' "$@" >"$FAKE_QEMU_ARGS"
nvme=
console=
for word; do
	case $word in
	*vfio-user-pci*)
		nvme=${word##*\"path\":\"}
		nvme=${nvme%%\"*}
		;;
	socket,id=console,*)
		console=${word##*path=}
		;;
	esac
done
# shellcheck disable=SC2086
set -- $FAKE_QEMU
what=$1
shift
case $what in
exit)
	exit "$1"
	;;
run)
	exec ./tests/mini_guest -c "$console" "$@" "$nvme" >/dev/null
	;;
hang)
	trap 'kill "$guest"; echo ended >>"$FAKE_QEMU_ARGS"; exit 0' TERM
	;;
deaf)
	trap '' TERM
	;;
esac
./tests/mini_guest -c "$console" -r 30000 "$nvme" >/dev/null &
guest=$!
wait "$guest"
