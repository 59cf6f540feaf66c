#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Wireshark shows what belongs together by frame numbers, both ways, and what
# is wrong, with the section of the specification; and it links nothing wrongly
# when records are missing.  The capture is that of tests/capture_threads.c.

srcdir=${srcdir:-.}
# shellcheck source=tests/tshark.sh
. "$srcdir/tests/tshark.sh"
tshark_works || exit 77
status=0
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
tshark_setup "$work/tshark" dissector/nvmetap.lua || exit 99
./tests/make_capture threads >"$work/all.pcapng" || exit 99
mkdir "$work/parts"
chmod -R a+rX "$work"
chmod a+rwx "$work/parts"

fail()
{
	echo "FAIL: $*" >&2
	status=1
}

# fields CAPTURE FIELD...: a line a frame, in two passes; numbers separated by |.
fields()
{
	capture=$1
	shift
	# shellcheck disable=SC2046
	run_tshark -2 -r "$capture" -T fields -E separator='|' -e frame.number \
		$(printf -- '-e %s ' "$@") >"$work/out" ||
		fail "tshark: $(cat "$work/tshark/stderr")"
	cat "$work/out"
}

# same WHAT: the standard input is what "$work/got" has.
same()
{
	diff - "$work/got" >"$work/diff" && return
	fail "$1: expected (<), got (>):"
	cat "$work/diff" >&2
}

# The threads of the whole capture: doorbells of the submission queue at 8 and 16.
fields "$work/all.pcapng" nvme.cmd_pkt nvme.cqe_pkt nvmetap.doorbell_pkt nvmetap.data_pkt \
	nvmetap.irq_pkt nvmetap.head_pkt | sed -n '8,25p;29,33p' >"$work/got"
same "threads" <<'END'
8|9,10|||||
9||13|8|||
10||12|8|11||
11|10|12|8|||
12|10||8|11|14|15
13|9||8||14|15
14|10,9|12,13||||
15|10,9|12,13||||
16|17,19,23|||||
17||18|16|||
18|17||16||21|22
19||20|16|||
20|19||16||21|22
21|17,19|18,20||||
22|17,19|18,20||||
23||24|16|||
24|23||16|||
25|23|24|16|||
29|||28|||
30||31|28|||
31|30||28|||
32||||||
33||||||
END

# One command and all that belongs to it.
run_tshark -2 -r "$work/all.pcapng" -Y 'nvme.cmd_pkt == 10 || frame.number == 10' \
	-T fields -e frame.number >"$work/got"
same "one command" <<'END'
8
10
11
12
14
15
END

# What the queues hold, phases, and who drives, at the moments that change them.
fields "$work/all.pcapng" nvmetap.depth nvmetap.outstanding nvmetap.doorbell.entries \
	nvmetap.phase nvmetap.agent | sed -n '1,2p;4,6p;8,10p;12,13p;16p;33,34p;41,43p' \
	>"$work/got"
same "state" <<'END'
1||||2|0
2||||3|0
4||||3|0
5||||3|3
6||||5|3
8|0|0|2|5|3
9|1|1||5|3
10|2|2||5|3
12|1|||6|3
13|0|||6|3
16|0|0|3|6|3
33|1|1||6|3
34|2|2||6|3
41||||2|3
42||||8|3
43|1|1||8|3
END

# What is wrong, and only that.
fields "$work/all.pcapng" _ws.expert.severity _ws.expert.message | grep -v '||$' >"$work/got"
same "expert information" <<'END'
24|8388608|Wrong phase tag (section 4.6): expected 0 in slot 0 of queue 1
25|8388608|Second completion of a command (section 4.6): first in frame 24
26|8388608|Doorbell out of range (section 3.1.24): 9 in a queue of 4
27|8388608|Doorbell of a queue that does not exist (section 3.1.24)
29|6291456|No completion in this capture
30|8388608|Command identifier in use (section 4.2): since frame 29
31|8388608|SQ head pointer does not fit (section 4.6): 0, not from 1 to tail 3
32|4194304|The command is not in this capture
33|4194304|Given up, by a reset or with its queue (section 7.3.2): frame 41
34|6291456,8388608|Reserved field is not zero (section 4.2): byte 1 of the command,PRP entry with a wrong offset (section 4.3): PRP entry 1
35|8388608|Media or data integrity error (section 4.6.1): Unrecovered Read Error
37|6291456,4194304|Command failed (section 4.6.1): LBA Out of Range,Slow: 20.0 ms
38|4194304|Interrupt not sent (section 7.5): masked and pending
39|6291456|Write to a read-only register (section 3.1): VS
40|6291456|Register access of an unusual width or alignment (section 3.1): 2 bytes at 14
42|8388608|Controller fatal status (section 3.1.6)
43|6291456|No completion in this capture
44|2097152|Still waiting for an event when the capture ends (section 5.2)
46|6291456,4194304|Command failed (section 4.6.1): Invalid Command Opcode,Slow: 20.0 ms
END

# part FILTER: the records that it keeps, as a capture of their own.
part()
{
	rm -f "$work/parts/part.pcapng"
	run_tshark -r "$work/all.pcapng" -Y "$1" -w "$work/parts/part.pcapng" ||
		fail "$1: $(cat "$work/tshark/stderr")"
}

# From the middle of the second group on: frame 1 was 18, whose command is gone. How far the
# doorbell that wraps moved cannot be known.
part 'frame.number >= 18 && frame.number < 26'
fields "$work/parts/part.pcapng" nvme.cmd_pkt nvme.cqe_pkt nvmetap.doorbell_pkt \
	nvmetap.irq_pkt nvmetap.head_pkt _ws.expert.message >"$work/got"
same "the middle" <<'END'
1||||4||The command is not in this capture
2||3||||
3|2|||4||
4|2|1,3||||
5||||||
6||7||||
7|6|||||
8|6|7||||Second completion of a command (section 4.6): first in frame 7
END

# Without doorbells, interrupts and the queues' creation; the commands stay linked.
part 'nvmetap.event == 11 || nvmetap.event == 12'
fields "$work/parts/part.pcapng" nvme.cmd_pkt nvme.cqe_pkt nvmetap.doorbell_pkt \
	nvmetap.irq_pkt | sed -n '1,8p' >"$work/got"
same "without doorbells" <<'END'
1||4||
2||3||
3|2|||
4|1|||
5||6||
6|5|||
7||8||
8|7|||
END

# Some commands are gone: no doorbell is given to another's commands.
part 'frame.number != 9 && frame.number != 17'
fields "$work/parts/part.pcapng" nvme.cmd_pkt nvme.cqe_pkt nvmetap.doorbell_pkt |
	sed -n '8,9p;15,19p' >"$work/got"
same "without some commands" <<'END'
8|9||
9||11|8
15|17,21||
16|||
17||18|15
18|17||15
19|17|16,18|
END

# A doorbell, its commands and all completions are gone: the next one begins anew.
part 'frame.number in {1..8, 28..30}'
fields "$work/parts/part.pcapng" nvme.cmd_pkt nvmetap.doorbell_pkt | sed -n '8,11p' >"$work/got"
same "without a doorbell" <<'END'
8||
9|10,11|
10||9
11||9
END

test $status -eq 0 && echo "$("$tshark" --version 2>/dev/null | head -n 1)"
exit $status
