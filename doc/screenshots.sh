#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Pictures of captures in Wireshark, by a script: Wireshark with the dissector and the
# profile of this tree, on a screen of its own.
#
# Usage, in the build folder: ../doc/screenshots.sh OUTPUT.png ACTION...
#	frame CAPTURE NUMBER         a frame with its tree opened
#	command CAPTURE NUMBER       all that belongs to the command of a frame: a button
#	button CAPTURE NAME [ROW]    a button of the profile pressed, a row of what is left
#	graph CAPTURE                the graph of the latencies
#	interfaces                   a running drive among the interfaces
#	live                         the capture of one while it runs
# Needs Xvfb, openbox, xdotool, ImageMagick and wireshark; as root it runs Wireshark as
# an ordinary user.  The last two boot user-mode Linux from $NVMETAP_CACHE.
# $SHOT_SECONDS is how long a slow machine may take (20).

set -eu
[ $# -ge 2 ] || { sed -n '/^# Usage/,/live/s/^# *//p' "$0" >&2; exit 2; }
for program in Xvfb openbox xdotool import convert wireshark; do
	command -v $program >/dev/null || { echo "skipped: no $program" >&2; exit 77; }
done
srcdir=${srcdir:-$(dirname "$0")/..}
# shellcheck source=tests/tshark.sh
. "$srcdir/tests/tshark.sh"
output=$1 action=$2
capture=${3:-} argument=${4:-} row=${5:-0}
work=$(mktemp -d)
pids=
picture=root
trap 'kill $pids 2>/dev/null || :; sleep 1; rm -rf "$work"' EXIT
seconds=${SHOT_SECONDS:-20}
tshark_setup "$work/home" dissector/nvmetap.lua
profile=$work/home/config/profiles/NVMe
mkdir -p "$work/home/config/profiles" "$work/drives" "$work/boot"
cp -r "$srcdir/dissector/profile" "$profile"
cp nvmetap "$work/home/extcap/nvmetap-extcap"
chmod 755 "$work"
chmod -R a+rwX "$work/home"
chmod 700 "$work/drives"
[ -z "$as_user" ] || chown 65534:65534 "$work/drives" "$work/boot"

# user COMMAND...: in the user's own surroundings; becomes it.
user()
{
	# shellcheck disable=SC2086
	exec $as_user env HOME="$work/home" WIRESHARK_CONFIG_DIR="$work/home/config" \
		WIRESHARK_PLUGIN_DIR="$work/home/plugins" \
		WIRESHARK_EXTCAP_DIR="$work/home/extcap" NVMETAP_RUNTIME_DIR="$work/drives" \
		TMPDIR="$work/boot" LC_ALL=C.UTF-8 QT_QPA_PLATFORM=xcb "$@" >"$work/said" 2>&1
}

# wireshark_shows TITLE ARGUMENT...: its window, as large as the screen.
wireshark_shows()
{
	title=$1
	shift
	user wireshark -C NVMe "$@" &
	pids="$! $pids"
	sleep "$seconds"
	window=$(xdotool search --name "$title" | head -n 1)
	[ -n "$window" ] || { import -window root "$output"; echo "no window $title" >&2; exit 1; }
	xdotool windowsize "$window" 1400 900 windowmove "$window" 0 0
	sleep 2
}

open_capture()
{
	cp "$capture" "$work/$(basename "$capture")"
	chmod 644 "$work/$(basename "$capture")"
	wireshark_shows "$(basename "$capture")" -r "$work/$(basename "$capture")" "$@"
}

# A guest whose drive takes its time, so that there is something to be watched.
run_drive()
{
	cd "$work/boot"
	user "$OLDPWD/nvmetap" boot --guest uml \
		--append "nvmetap.steps=writes nvmetap.writes=4000" \
		--inject 'nvme:io:execute 1 in 1 do delay 20ms'
}

# click X Y
click()
{
	xdotool mousemove "$1" "$2" click 1
	sleep 2
}

# The tree of what is selected.
open_tree()
{
	click 60 530
	xdotool key Right
}

DISPLAY=:${SHOT_DISPLAY:-78}
export DISPLAY
Xvfb "$DISPLAY" -screen 0 1400x900x24 >/dev/null 2>&1 &
pids="$pids $!"
sleep 2
openbox >/dev/null 2>&1 &
pids="$pids $!"
case $action in
frame)
	open_capture -g "$argument"
	open_tree
	;;
command)
	open_capture -g "$argument"
	click 923 97
	sleep 3
	open_tree
	;;
button)
	open_capture
	case $argument in
	Errors) click 687 97 ;;
	Slow) click 742 97 ;;
	Injected) click 1362 97 ;;
	*) echo "where is the button $argument?" >&2; exit 2 ;;
	esac
	sleep 3
	click 300 "$((145 + 17 * row))"
	open_tree
	;;
graph)
	# What one would tick in the dialog.
	sed -i '/Latency\|latency/s/"Disabled"/"Enabled"/;/ commands\|Failed/s/"Enabled"/"Disabled"/' \
		"$profile/io_graphs"
	open_capture
	xdotool key alt+s
	sleep 2
	xdotool key i
	sleep 5
	window=$(xdotool search --name 'I/O Graphs' | head -n 1)
	xdotool windowsize "$window" 900 640 windowmove "$window" 0 0
	sleep 2
	# The interval: from a second to 10 ms.
	xdotool mousemove --window "$window" 402 574
	for _ in 1 2 3 4 5 6; do
		xdotool click 4
		sleep 1
	done
	xdotool mousemove --window "$window" 830 574 click 1
	picture=$window
	;;
interfaces | live)
	run_drive &
	pids="$! $pids"
	sleep 3
	if [ "$action" = live ]; then
		drive=$(find "$work/drives" -name '*.sock' | sed 's/.*\/\(.*\)\.sock/\1/')
		wireshark_shows 'Capturing' -k -i "nvmetap-$drive"
		click 300 315
		open_tree
	else
		wireshark_shows 'The Wireshark Network Analyzer'
		xdotool windowsize "$window" 1000 700
		picture=$window
	fi
	;;
esac
sleep 2
import -window "$picture" "$output"
convert "$output" -depth 8 -strip +dither -colors 64 -define png:compression-level=9 \
	-define png:compression-filter=0 "PNG8:$output"
