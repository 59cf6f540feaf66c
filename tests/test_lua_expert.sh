#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Wireshark says what is odd, with severity and section, and of nothing else; what a
# capture has not recorded is not missed.  The first capture is that of
# tests/capture_odd.c; what is odd in others is in test_lua_threads.sh.

srcdir=${srcdir:-.}
# shellcheck source=tests/tshark.sh
. "$srcdir/tests/tshark.sh"
tshark_works || exit 77
# shellcheck source=tests/serve.sh
. "$srcdir/tests/serve.sh"
tshark_setup "$work/tshark" dissector/nvmetap.lua || exit 99
chmod a+rx "$work"
./tests/make_capture odd >"$work/odd.pcapng" || exit 99
chmod a+r "$work/odd.pcapng"

# odd CAPTURE [OPTION...]: frame, severity and text of what is odd, in two passes.
odd()
{
	capture=$work/$1
	shift
	run_tshark -2 -r "$capture" "$@" -Y _ws.expert -T fields -E separator='|' -e frame.number \
		-e _ws.expert.severity -e _ws.expert.message >"$work/got" ||
		fail "tshark: $(cat "$work/tshark/stderr")"
}

# same WHAT: the standard input is what "$work/got" has.
same()
{
	diff - "$work/got" >"$work/diff" && return
	fail "$1: expected (<), got (>): $(cat "$work/diff")"
}

odd odd.pcapng
same "what is odd" <<'END'
13|6291456|Doorbell written with the value that it had (section 5.2.1): 0
14|8388608|Doorbell out of range (section 3.1.24): 1 new, room for 0, head 1, tail 0
16|8388608|Doorbell out of range (section 3.1.24): 2 taken, 0 posted
18|8388608|Completion with another command's identifiers (section 4.6): SQ 1 CID 1002, the command's are SQ 1 CID 0002
19|8388608|Completion with another command's identifiers (section 4.6): SQ 0 CID 0003, the command's are SQ 1 CID 0003
24|6291456|MSI-X access of an unusual width or alignment (section 6.8.2 of PCI 3.0): 2 bytes at 2
26|6291456|Register access of an unusual width or alignment (section 3.1): 8 bytes at 8
28|6291456|Register access of an unusual width or alignment (section 3.1): 4 bytes at 16
30|6291456|Write to a read-only register (section 3.1): CAP
32|6291456|Write to a read-only register of configuration space (section 6.2 of PCI 3.0): VID and DID
34|6291456|MSI-X access of an unusual width or alignment (section 6.8.2 of PCI 3.0): 8 bytes at 14
36|8388608|PRP entry with a wrong offset (section 4.3): entry 1 of the list
37|8388608|PRP entry with a wrong offset (section 4.3): entry 1 of the list
41|8388608|PRP entry with a wrong offset (section 4.3): PRP entry 2
43|6291456|Reserved field is not zero (section 4.2): Dword 12 of Read
45|6291456|Reserved field is not zero (section 4.2): Dword 13 of Read
49|6291456|Reserved field is not zero (section 4.2): Dword 12 of Flush
53|6291456|Reserved field is not zero (section 4.2): Dword 10 of Set Features
59|4194304|Injected: go, fault duplicate at nvme:io:writeback
63|8388608|Wrong phase tag (section 4.6): expected 0 in slot 1 of queue 1
69|4194304|Altered by a plug-in
70|4194304|Injected: go at nvme:regread:writeback; by "rule 1"
71|6291456|Events were not recorded: 7 events not recorded, 71 to 77
76|4194304|Given up, by a reset or with its queue (section 7.3.2): frame 77
78|4194304|Doorbell of a controller that is disabled (section 3.1.5)
79|4194304,6291456|Doorbell of a controller that is disabled (section 3.1.5),Register access of an unusual width or alignment (section 3.1): 2 bytes at 1000
END

# Of a vendor's commands nobody knows what is reserved.
run_tshark -2 -r "$work/odd.pcapng" -o 'nvmetap.vendor:admin c1=Secret' -T fields \
	-Y 'nvmetap.command == "Secret"' -e frame.number -e _ws.expert.message >"$work/got"
printf '55\t\n56\t\n' | same "a vendor's command"

# All that belongs to a command in several stages belongs to the first.
run_tshark -2 -r "$work/odd.pcapng" -Y 'frame.number >= 64 && frame.number <= 68' -T fields \
	-E separator='|' -e frame.number -e nvme.cmd_pkt -e nvmetap.data_pkt -e nvme.cqe_pkt \
	>"$work/got"
same "stages" <<'END'
64||67|68
65|64|67|68
66|64|67|68
67|64||68
68|64|67|
END

# A guest that does nothing odd, whatever is recorded of it; what is slow depends on the machine.
number=0
for events in -fetch +all -doorbell -queue -cpl -io -admin -ctrl cpl,doorbell,queue,ctrl \
	doorbell,io; do
	number=$((number + 1))
	serve --ns mem=64M -w "$work/$number.pcapng" --events="$events"
	guest 0 -n 300 -d 8
	kill -INT "$drive"
	ended 0
	chmod a+r "$work/$number.pcapng"
	odd $number.pcapng -o nvmetap.slow:1000000000
	same "a guest, events $events" </dev/null
	run_tshark -r "$work/$number.pcapng" -c 20 >"$work/got"
	test "$(wc -l <"$work/got")" -eq 20 || fail "events $events: no records"
done

test $status -eq 0 && "$tshark" --version 2>/dev/null | head -n 1
exit $status
