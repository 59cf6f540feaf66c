#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Pictures of a capture in Wireshark, by a script: Wireshark with the dissector and the
# profile of this tree, on a screen of its own.
#
# Usage, in the build folder: ../doc/screenshots.sh CAPTURE FRAME OUTPUT.png [FILTER]
# Needs Xvfb, openbox, xdotool, ImageMagick and wireshark; as root it runs Wireshark as
# an ordinary user.  $SHOT_SECONDS is how long a slow machine may take (20).

set -eu
[ $# -ge 3 ] || { sed -n 's/^# Usage/Usage/p' "$0" >&2; exit 2; }
for program in Xvfb openbox xdotool import wireshark; do
	command -v $program >/dev/null || { echo "skipped: no $program" >&2; exit 77; }
done
srcdir=${srcdir:-$(dirname "$0")/..}
# shellcheck source=tests/tshark.sh
. "$srcdir/tests/tshark.sh"
work=$(mktemp -d)
trap 'kill $pids 2>/dev/null || :; rm -rf "$work"' EXIT
pids=
tshark_setup "$work/home" dissector/nvmetap.lua
mkdir -p "$work/home/config/profiles"
cp -r "$srcdir/dissector/profile" "$work/home/config/profiles/NVMe"
cp "$1" "$work/$(basename "$1")"
chmod 755 "$work"
chmod 644 "$work/$(basename "$1")"
chmod -R a+rwX "$work/home"

DISPLAY=:${SHOT_DISPLAY:-78}
export DISPLAY
Xvfb "$DISPLAY" -screen 0 1400x900x24 >/dev/null 2>&1 &
pids="$pids $!"
sleep 2
openbox >/dev/null 2>&1 &
pids="$pids $!"
# shellcheck disable=SC2086
$as_user env HOME="$work/home" WIRESHARK_CONFIG_DIR="$work/home/config" \
	WIRESHARK_PLUGIN_DIR="$work/home/plugins" WIRESHARK_EXTCAP_DIR="$work/home/extcap" \
	LC_ALL=C.UTF-8 QT_QPA_PLATFORM=xcb \
	wireshark -C NVMe -r "$work/$(basename "$1")" -g "$2" ${4:+-Y "$4"} >/dev/null 2>&1 &
pids="$! $pids"
sleep "${SHOT_SECONDS:-20}"
window=$(xdotool search --name "$(basename "$1")" | head -n 1)
xdotool windowsize "$window" 1400 900 windowmove "$window" 0 0
sleep 2
# The record's tree, opened.
xdotool mousemove 60 530 click 1 key Right
sleep 2
import -window root +dither -colors 64 "$3"
