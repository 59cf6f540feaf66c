#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Wireshark's programs list running drives as interfaces, and capture from them.

# shellcheck source=tests/serve.sh
. "${srcdir:-.}/tests/serve.sh"
# shellcheck source=tests/tshark.sh
. "${srcdir:-.}/tests/tshark.sh"

# extcap STATUS OPTION...: under its own name, as Wireshark runs it.
mkdir "$work/extcap"
ln -s "$PWD/nvmetap" "$work/extcap/nvmetap-extcap"
extcap()
{
	want=$1
	shift
	timeout 60 "$work/extcap/nvmetap-extcap" "$@" >"$work/out" 2>"$work/said"
	got=$?
	test "$got" = "$want" || fail "extcap $*: $got, not $want: $(cat "$work/said")"
}

# --- what Wireshark asks
extcap 0 --extcap-interfaces --extcap-version=4.0
test "$(cut -d ' ' -f 1 "$work/out")" = extcap || fail "without a drive: $(cat "$work/out")"
extcap 2
grep -q 'Wireshark runs it' "$work/said" || fail "extcap: $(cat "$work/said")"
extcap 1 --capture --extcap-interface nvmetap-1 --fifo "$work/fifo"
grep -q 'nvmetap-1: this drive runs no longer' "$work/said" || fail "$(cat "$work/said")"

serve --ns mem=8M -w "$work/drive.pcapng"
extcap 0 --extcap-interfaces
grep -qx "interface {value=nvmetap-$drive}{display=NVMe drive 00:06.0 (serve $work/nvme.sock)}" \
	"$work/out" || fail "the drive: $(cat "$work/out")"
extcap 0 --extcap-dlts --extcap-interface "nvmetap-$drive"
grep -q '^dlt {number=147}{name=USER0}' "$work/out" || fail "the link type: $(cat "$work/out")"
extcap 0 --extcap-config --extcap-interface "nvmetap-$drive"
test "$(grep -c '^arg {number=[0-4]}{call=--[a-z-]*}{display=.*}{type=[a-z]*}' "$work/out")" = 5 ||
	fail "the options: $(cat "$work/out")"
./nvmetap capture --list-options >"$work/options"
sed -n 's/.*{call=\(--[a-z-]*\)}.*/\1/p' "$work/out" | while read -r option; do
	grep -qx -e "$option" "$work/options" || echo "$option"
done >"$work/others"
test ! -s "$work/others" || fail "not capture's: $(cat "$work/others")"
extcap 2 --capture --extcap-interface "nvmetap-$drive"
extcap 0 --extcap-interface "nvmetap-$drive" --extcap-capture-filter 'link[2] = 12'
test ! -s "$work/out" || fail "a filter that is right: $(cat "$work/out")"
extcap 1 --extcap-interface "nvmetap-$drive" --extcap-capture-filter 'link[2'
test -s "$work/out" || fail "a filter that is wrong is not told"
extcap 2 --capture --extcap-interface "nvmetap-$drive" --fifo "$work/fifo" --events nothing

# --- a capture through the pipe: until its reader has left, or the drive has ended
mkfifo "$work/fifo"
guest_in_io -r 600000
head -c 20000 "$work/fifo" >"$work/part.pcapng" &
reader=$!
extcap 0 --capture --extcap-interface "nvmetap-$drive" --fifo "$work/fifo" --events '' --snap 0
test ! -s "$work/said" || fail "a reader that leaves is told: $(cat "$work/said")"
wait "$reader"
test "$(./nvmetap dump -r "$work/part.pcapng" 2>"$work/why" | wc -l)" -gt 50 ||
	fail "nothing comes through the pipe: $(cat "$work/why")"
cat "$work/fifo" >"$work/whole.pcapng" &
reader=$!
"$work/extcap/nvmetap-extcap" --capture --extcap-interface "nvmetap-$drive" \
	--fifo "$work/fifo" --events=io,cpl --extcap-capture-filter 'link[2] < 12' \
	--display-filter 'nvmetap.opc == "Read"' \
	2>"$work/said" &
viewer=$!
# More than section and interface.
has_records() { test "$(stat -c %s "$work/whole.pcapng")" -gt 2000; }
until_true has_records || fail "nothing comes through the pipe"
guest_killed
kill -INT "$drive"
wait "$viewer" || fail "the drive's end is a failure: $(cat "$work/said")"
wait "$reader"
ended 0
./nvmetap dump -r "$work/whole.pcapng" >"$work/lines" 2>"$work/why"
test ! -s "$work/why" || fail "the capture has no end: $(cat "$work/why")"
grep -q 'IO .*OPC=Read' "$work/lines" || fail "no commands come through the pipe"
test "$(grep -v ' TAP Session' "$work/lines" | grep -c -v 'IO .*OPC=Read')" = 0 ||
	fail "others than commands: $(cat "$work/lines")"

# --- tshark, with a drive of the user that it runs as, where nvmetap puts what finds it
if ! tshark_works; then
	exit "$status"
fi
tshark_setup "$work/home" dissector/nvmetap.lua
mkdir "$work/data"
cp dissector/nvmetap.lua "$work/data/" && cp -r "$srcdir/dissector/profile" "$work/data/" ||
	exit 99
cp ./nvmetap "$work/home/nvmetap"
chmod 755 "$work" "$work/home/nvmetap"
mkdir -m 700 "$work/user"
NVMETAP_RUNTIME_DIR=$work/user
test -z "$as_user" || chown -R 65534:65534 "$work/user" "$work/home"
# shellcheck disable=SC2086
$as_user "$work/home/nvmetap" extcap --extcap-interfaces >"$work/out" 2>"$work/why" || {
	echo "skipped: another user cannot run $work/home/nvmetap: $(cat "$work/why")"
	exit "$status"
}
# shellcheck disable=SC2086
$as_user env -u XDG_CONFIG_HOME HOME="$work/home" WIRESHARK_CONFIG_DIR="$work/home/config" \
	TSHARK="$tshark" NVMETAP_DATADIR="$work/data" \
	"$work/home/nvmetap" wireshark --install >"$work/out" 2>&1 || fail "$(cat "$work/out")"
grep -q 'nvmetap-extcap: installed$' "$work/out" || fail "no extcap: $(cat "$work/out")"
: >"$work/err"
# setpriv becomes the drive.
# shellcheck disable=SC2086
$as_user "$work/home/nvmetap" serve --vfio-user "$work/user/nvme.sock" --ns mem=8M \
	2>"$work/err" &
drive=$!
until_true is_listening || fail "the user's drive does not listen"
run_tshark -D >"$work/out" || fail "tshark -D: $(cat "$tshark_home/stderr")"
grep -q "nvmetap-$drive (NVMe drive 00:06.0 (serve $work/user/nvme.sock))" "$work/out" ||
	fail "tshark -D: $(cat "$work/out")"
ln -s user/nvme.sock "$work/nvme.sock"
guest_in_io -r 600000
run_tshark -i "nvmetap-$drive" -c 300 -T fields -e nvmetap.seq -e nvme.cmd.opc >"$work/out" ||
	fail "tshark: $(cat "$tshark_home/stderr")"
test "$(wc -l <"$work/out")" = 300 || fail "tshark -c 300: $(wc -l <"$work/out") packets"
cut -f 2 "$work/out" | grep -qx 0x02 || fail "tshark sees no Read: $(head -n 20 "$work/out")"
run_tshark -i "nvmetap-$drive" -f 'link[2] = 12' -c 200 -w - >"$work/tshark.pcapng" ||
	fail "tshark -w: $(cat "$tshark_home/stderr")"
test "$(./nvmetap dump -r "$work/tshark.pcapng" 2>"$work/why" | grep -c CPL)" = 200 ||
	fail "tshark -w has written other than 200 completions: $(cat "$work/why" "$tshark_home/stderr")"
guest_killed
rm "$work/nvme.sock"
kill -INT "$drive"
ended 0

exit $status
