#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Stands for user-mode Linux: its console is standard output, and it keeps files of its own.
# FAKE_UML says how it ends: exit N, at once; pass, as a guest whose own check passed; panic, as a
# kernel without a root; die, by a signal, with its files and a process left; hang, when it is killed:
# asked to, it says so and goes on.
# Its words are kept in the file FAKE_UML_ARGS, after its folder for temporary files.

printf '%s\n' "TMPDIR=${TMPDIR:-}" "$@" >"$FAKE_UML_ARGS"
dir=.
for word; do
	case $word in
	uml_dir=*) dir=${word#uml_dir=}/uml ;;
	esac
done
mkdir "$dir"
echo $$ >"$dir/pid"
: >"$dir/mconsole"
read -r _ && echo "fake_uml: standard input is not empty"
echo "fake_uml: started"
# shellcheck disable=SC2086
set -- $FAKE_UML
case $1 in
exit)
	rm -r "$dir"
	exit "$2"
	;;
pass)
	echo "nvmetap-guest: exit 0"
	rm -r "$dir"
	exit 0
	;;
panic)
	printf '[    0.4] Kernel panic - not syncing: '
	echo "VFS: Unable to mount root fs on unknown-block(98,0)"
	echo "Kernel panic - not syncing: the second one"
	rm -r "$dir"
	kill -ABRT $$
	;;
die)
	sleep 1000 &
	echo $! >"$FAKE_UML_ARGS.left"
	kill -KILL $$
	;;
hang)
	trap 'echo asked >>"$FAKE_UML_ARGS"' TERM
	;;
esac
sleep 1000 &
: >"$FAKE_UML_ARGS.running"
while :; do
	wait
done
