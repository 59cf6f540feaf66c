#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Wireshark decodes every record with the Lua dissector, finds it by the names
# users know, passes on what is not ours, and survives any bytes.

srcdir=${srcdir:-.}
# shellcheck source=tests/tshark.sh
. "$srcdir/tests/tshark.sh"
tshark_works || exit 77
status=0
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
tshark_setup "$work/tshark" || exit 99
cp dissector/nvmetap.lua "$work/" || exit 99

fail()
{
	echo "FAIL: $*" >&2
	status=1
}

for what in every foreign "random 1 300" "random 2 300" "random 3 300"; do
	# shellcheck disable=SC2086
	./tests/make_capture $what >"$work/$(echo "$what" | tr ' ' _).pcapng" || exit 99
done

chmod -R a+rX "$work"

# shark CAPTURE ARGUMENT...: its output; complaints are failures.
scripts="-X lua_script:$work/nvmetap.lua"
shark()
{
	capture=$work/$1.pcapng
	shift
	# shellcheck disable=SC2086
	run_tshark $scripts -r "$capture" "$@" >"$work/out" ||
		fail "tshark $*: $(cat "$work/tshark/stderr")"
	if grep -Eiq 'lua error|malformed' "$work/out"; then
		fail "tshark $*: $(grep -Ei -m3 'lua error|malformed' "$work/out")"
	fi
	cat "$work/out"
}

# rows NUMBER FILTER: as many records of the capture match, says rows_match of all since the last one.
rows()
{
	printf '%s\t%s\n' "$1" "$2" >>"$work/rows"
}

# One run for all: its last line has frames and bytes for each filter.
rows_match()
{
	shark every -q -z "io,stat,0$(cut -f 2 "$work/rows" | sed 's/^/,/' | tr -d '\n')" |
		sed -n 's/^|[^|]*<>[^|]*|//p' | tr '|' '\n' | sed -n 'p;n' >"$work/counts"
	paste "$work/counts" "$work/rows" | awk -F'\t' '
		$3 != "" && $1 + 0 != $2 { print $3 " gives " $1 + 0 " rows, not " $2 }' \
		>"$work/wrong"
	test ! -s "$work/wrong" || fail "$(cat "$work/wrong")"
	rm "$work/rows"
}

# line FILTER TEXT: the Info column of the first match begins with the text.
line()
{
	got=$(shark every -Y "$1" -c 200 -T fields -e _ws.col.Info | head -n 1)
	case $got in
	"$2"*) ;;
	*) fail "$1: the line is \"$got\", not \"$2\"" ;;
	esac
}

every=$(shark every | wc -l)
test "$every" -gt 80 || fail "only $every records"
rows "$every" nvmetap
shark every -V >"$work/details"
shark every -V -2 >/dev/null

# Names and types of Wireshark's own dissector.
rows 5 'nvme.cmd.opc == 6'
rows 2 'nvme.cmd.opc == 6 && nvme.cmd.identify.dword10.cns == 1'
rows 1 'nvme.cqe.status.sc == 0x80'
rows 2 'nvme.cqe.status.dnr == 1'
rows 2 'nvme.cmd.slba == 8'
rows 3 'nvme.cmd.nlb == 7'
rows 1 'nvme.cmd.identify.ctrl.mn contains "software"'
rows 22 'nvme.cmd_latency == 0.0345'
rows 21 'nvme.cmd_pkt && nvmetap.event == "Completion"'
rows 1 'nvme.cmd.sgl1.addr == 0x123456789a'

# Our own, with names of values; of other command sets' commands, too.
got=$(shark every -Y 'nvmetap.opc == "Zone Append" || nvmetap.opc == "Load Program" ||
	nvmetap.opc == "Fabrics" || nvmetap.opc == "Exist"' | wc -l)
test "$got" -eq 0 || fail "$got commands of other command sets"
rows 5 'nvmetap.opc == "Identify" && nvmetap.event == "Admin command"'
# A name stands for its number, which means something else on the other queue; from 4.6 on for what
# is shown.
case $(tshark_version) in
4.[0-5])
	rows 8 'nvmetap.opc == "Write"'
	rows 8 'nvmetap.opc == "Create I/O SQ"'
	;;
*)
	rows 6 'nvmetap.opc == "Write"'
	rows 2 'nvmetap.opc == "Create I/O SQ"'
	;;
esac
rows 6 'nvmetap.command == "Write"'
rows 6 'nvmetap.opc == "Write" && nvmetap.qkind == "I/O"'
rows 1 'nvmetap.cqe.code == "LBA Out of Range"'
rows 1 'nvmetap.irq.type == "MSI-X"'
rows 3 'nvmetap.cc.en == 1'
rows 4 'nvmetap.cc.iosqes == 6'
rows 1 'nvmetap.csts.rdy == 1'
rows 3 'nvmetap.cap.mqes == 2047'
rows 3 'nvmetap.cap.css == 1'
rows 2 'nvmetap.pci.cmd.bme == 1'
# An access that begins inside a register shows what it covers.
rows 1 'nvmetap.access.offset == 9 && nvmetap.vs.mnr == 254 && nvmetap.vs.mjr == 263'
rows 1 'nvmetap.text contains "nvme0"'
rows 1 'nvmetap.clock.step_ns == -1500'
rows 1 'nvmetap.ns_desc.uuid == 01020304-0506-0708-090a-0b0c0d0e0f10'
rows 22 'nvmetap.latency_ns == 34500'
# What lies in the second record of a transfer is found at its place.
rows 1 'nvme.cmd.identify.ctrl.psds.psd.mp == 100 && nvmetap.data.offset == 2048'

# What a tree has only when it is shown is there for who asks for it.
rows 22 'nvmetap.struct.completion_info'
rows 1 'nvmetap.rest == ff:07:01:ff:20:00:00:00'

# What was injected, and the frame that it altered.
rows 7 'nvmetap.inject.who == "rule 3"'
rows 7 'nvmetap.expert.injected'
rows 1 'nvmetap.inject.fault == "torn" && nvmetap.inject.arg == 1000000'
rows 1 'nvmetap.inject.change contains "nvme.cmd.slba: "'
rows 1 'nvmetap.inject.verdict == "handled" && nvmetap.cause_pkt'
rows 2 'nvmetap.inject.now contains 04:83'
rows_match

line 'nvmetap.event == 5' '0014 <- 00460001  CC EN=1 IOSQES=6 IOCQES=4'
line 'nvmetap.pci.vid' '0000 -> 00101b36  VID=1b36  DID=10'
line 'nvmetap.event == 6' 'SQ 1 tail 3 -> 5 (2 entries)'
line 'nvme.cmd.opc == 6' 'Identify SQ=0 CID=0027 NSID=0 CNS=Identify Controller prp1=bfb24000'
line 'nvmetap.event == 12' 'Completion SQ=0 CID=0027 Identify: Successful Completion, 34.5 µs P=1 SQHD=3'
line 'nvme.cqe.dword0 == 0x30003' 'Completion SQ=0 CID=002f Set Features: Successful Completion, 34.5 µs P=1 SQHD=3 CDW0=00030003'
line 'nvmetap.event == 1' 'Session: nvmetap 0.1 [snapshot]'
line 'nvmetap.event == 8' '0010 <- fee01000  vector 0 message address'
line 'nvmetap.event == 9' 'MSI-X vector 1 sent, 1 completion, fee01000 <- 4021'
line 'nvmetap.access.vector == 65535' '3000 -> 00000001  pending bits'
line 'nvmetap.access.offset == 0x2c' '002c <- 00000001  ASQ high'
line 'nvmetap.access.offset == 4 && nvmetap.event == 3' '0004 <- 0406  CMD MSE=1 BME=1 ID=1'
line 'nvmetap.opc == "Write Zeroes" && nvmetap.qkind == "I/O"' \
	'Write Zeroes SQ=1 CID=003a NSID=1 LBA=4660 NLB=16 DEAC=1'
line 'nvme.cmd.set_features.dword11.nq.nsqr && nvmetap.event == 12' \
	'Completion SQ=0 CID=002f Set Features: Successful Completion, 34.5 µs P=1 SQHD=3 CDW0=00030003 NSQ=4 NCQ=4'
line 'nvme.cmd.identify.ns.nsze' \
	'Identify data drive to host, 4096 bytes at bfb24000: Identify Namespace, 2048 blocks of 4096 bytes'
line 'nvme.cmd.identify.nslist.nsid' \
	'Identify data drive to host, 16 bytes at bfb24000: Namespace list: 1, 5'
line 'nvmetap.data.offset == 2048' \
	'Identify data drive to host, bytes 2048 to 4095 of 4096 at bfb24800: Identify Controller'
line 'nvmetap.inject.fault == "torn"' \
	'go, fault torn 1.0 ms at nvme:io:writeback; nvmetap.cqe.code: Successful'
line 'nvmetap.inject.fault == "gone"' 'go, fault gone 1 ns; by "rule 3"'
line 'nvmetap.event == 20' '[    0.512345] nvme nvme0: 1/0/0 default/read/poll queues'

# Who is at neither end sends to nobody.
got=$(shark every -Y 'nvmetap.event == "Mark"' -T fields -e _ws.col.Source -e _ws.col.Destination)
test "$got" = "$(printf 'tracer\t')" || fail "a mark is from and to \"$got\""
# What is no field of a command is one of the queue entry, once.
shark every -Y nvme.cmd.opc -V | grep 'Other bytes' && fail "other bytes of a command"
for title in 'Create I/O Completion Queue: QID=1 QSIZE=256 PC=1 IEN=1 IV=1' 'Entry 1: 5' \
	'LBA format 1: MS=0 LBADS=12' 'Number of Queues: NSQ=4 NCQ=4'; do
	grep -qxE " *$title" "$work/details" || fail "no title \"$title\""
done

# Every field of the table that a record of ours shows has its own name.
for label in 'Serial number: SN0001' 'Maximum queue entries supported: 2047 (2048)' \
	'Power state 2' 'Opcode: Identify (0x06)' 'PCI function: 0x00000030 (00:06.0)'; do
	grep -qF "$label" "$work/details" || fail "no \"$label\" in the details"
done

for seed in 1 2 3; do
	shark random_${seed}_300 >/dev/null
	shark random_${seed}_300 -V >/dev/null
	shark random_${seed}_300 -Y 'nvme.cmd.opc || nvmetap.text || nvme.cmd.nlb' >/dev/null
done

# statistic ARGUMENTS...: of the capture with threads.
./tests/make_capture threads >"$work/threads.pcapng" || exit 99
chmod a+r "$work/threads.pcapng"
statistic()
{
	shark threads -q "$@" | grep -v '^$' >"$work/got"
}

# same WHAT: the standard input is what "$work/got" has.
same()
{
	diff - "$work/got" >"$work/diff" && return
	fail "$1: expected (<), got (>): $(cat "$work/diff")"
}

statistic -z nvmetap,lat
same "nvmetap,lat" <<'END'
Latency by command
Queue  Command                          Count  Errors     Least      Mean       50%       90%       99%      Most
admin  opcode c0                            1       1   20.0 ms   20.0 ms   20.0 ms   20.0 ms   20.0 ms   20.0 ms
I/O    Write                                1       1   34.5 µs   34.5 µs   34.5 µs   34.5 µs   34.5 µs   34.5 µs
I/O    Read                                 9       1   34.5 µs    2.3 ms   35.7 µs   20.0 ms   20.0 ms   20.0 ms
END
# Five of ten took 10 us, nine 100 us at most; a bucket's upper end is shown.
./tests/make_capture latencies >"$work/latencies.pcapng" || exit 99
chmod a+r "$work/latencies.pcapng"
shark latencies -q -z nvmetap,lat | grep -v '^$' >"$work/got"
same "nvmetap,lat of ten" <<'END'
Latency by command
Queue  Command                          Count  Errors     Least      Mean       50%       90%       99%      Most
I/O    Read                                10       0   10.0 µs  145.0 µs   10.2 µs  101.1 µs    1.0 ms    1.0 ms
END
statistic -z nvmetap,opc
same "nvmetap,opc" <<'END'
Commands
Queue  Command                          Count Completed  Errors          Bytes
admin  Asynchronous Event Request           1         0       0              -
admin  opcode c0                            1         1       1              -
I/O    Write                                1         1       1            512
I/O    Read                                10         9       1          40960
END
statistic -z 'nvmetap,opc,nvmetap.status == 0x80'
same "nvmetap,opc with a filter" <<'END'
Commands, filter nvmetap.status == 0x80
Queue  Command                          Count Completed  Errors          Bytes
I/O    Read                                 0         1       1              -
END
statistic -z nvmetap,queues
same "nvmetap,queues" <<'END'
Queues
Queue           Entries   Errors    Signals  Per signal  Mean depth        Most
SQ 0                  2        -          0           -        1.50           2
SQ 1                 11        -          4        3.75        1.27           2
SQ 5                  0        -          1        1.00           -           -
CQ 0                  1        1          0           -           -           -
CQ 1                 10        2          2        2.00           -           -
Vector 1              2        -          2        1.00           -           -
END
statistic -z 'io,stat,0,MAX(nvmetap.depth)nvmetap.depth,SUM(nvmetap.bytes)nvmetap.bytes'
grep -Eq '\|[^|]*\| +2 \| 41472 ' "$work/got" || fail "io,stat: $(cat "$work/got")"

# Preferences: names for what is a vendor's, sectors, what is slow, how much data is shown.
for shown in 16:16 4096:512 0:; do
	got=$(shark threads -o "nvmetap.snap:${shown%:*}" -Y 'frame.number == 11' -T pdml |
		sed -n 's/.*name="data\.len".* show="\([0-9]*\)".*/\1/p')
	test "$got" = "${shown#*:}" || fail "data shown, ${shown%:*} bytes: \"$got\""
done
got=$(shark every -o 'nvmetap.vendor:io 90=Fast, admin c5 = Get Secrets ,' \
	-Y 'nvmetap.command == "Get Secrets"' | wc -l)
test "$got" -eq 2 || fail "a vendor's command of several: $got rows"
got=$(shark threads -o 'nvmetap.vendor:admin c0=Get Secrets' -Y 'nvmetap.command == "Get Secrets"' |
	wc -l)
test "$got" -eq 2 || fail "a vendor's command: $got rows"
got=$(shark threads -o nvmetap.sector:4096 -Y 'nvmetap.bytes == 32768' | wc -l)
test "$got" -eq 10 || fail "sectors of 4 KiB: $got rows"
got=$(shark threads -o nvmetap.slow:30 -Y 'nvmetap.expert.slow' | wc -l)
test "$got" -eq 11 || fail "slow from 30 us: $got rows"

# What is not ours goes to whoever had USER0 before.
cat >"$work/before.lua" <<'END'
local before = Proto("before", "Was here before")
function before.dissector(tvb, pinfo, tree)
	tree:add(before, tvb())
end
DissectorTable.get("wtap_encap"):add(wtap.USER0, before)
END
chmod a+r "$work/before.lua"
shark foreign >/dev/null
scripts="-X lua_script:$work/before.lua $scripts -X lua_script:$work/nvmetap.lua"
test "$(shark foreign -Y before | wc -l)" -eq 4 || fail "foreign packets are not passed on"
test "$(shark foreign -Y nvmetap | wc -l)" -eq 0 || fail "foreign packets are taken for ours"
test "$(shark every -Y before | wc -l)" -eq 0 || fail "our records are passed on"
rows 5 'nvme.cmd.opc == 6'
rows_match

test $status -eq 0 && echo "$("$tshark" --version 2>/dev/null | head -n 1): $every records"
exit $status
