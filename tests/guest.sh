# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# Sourced by the tests that boot a real guest: "make check-guests".  With
# NVMETAP_TEST_LONG=1 they try every kernel where otherwise one is enough.

set -u
here=${srcdir:-.}/tests
nvmetap=$PWD/nvmetap
name=${0##*/}
NVMETAP_LIBEXECDIR=${NVMETAP_LIBEXECDIR:-$(readlink -f -- "${srcdir:-.}/tools")}
export NVMETAP_LIBEXECDIR
# shellcheck source=tests/tshark.sh
. "$here/tshark.sh"
# shellcheck source=tests/parity.sh
. "$here/parity.sh"
# shellcheck source=tests/oracle.sh
. "$here/oracle.sh"
# shellcheck source=tests/versions.sh
. "$here/versions.sh"

round=
say() { echo "$name: ${round:+$round: }$*"; }
skip() { say "skipped: $*" >&2; exit 77; }

# Shows what is there to find out why, and ends the test.
fail()
{
	for log in console.txt boot.err; do
		[ ! -s "$work/$log" ] || { echo "--- $log"; tail -n 60 "$work/$log"; } >&2
	done
	say "FAILED: $*" >&2
	exit 1
}

work=$(mktemp -d) || exit 1
chmod 755 "$work"
trap 'rm -rf "$work"' EXIT

# kernels SOME...: these, or in long rounds all that there are.
kernels()
{
	[ -z "${NVMETAP_TEST_LONG:-}" ] || set -- linux-6.1 linux-6.12 linux-7
	echo "$@"
}

# try_boot GUEST CAPTURE OPTION...: from $work/disk.img, into $work/CAPTURE; GUEST may be "none".
# The exit status is that of nvmetap boot.
try_boot()
{
	guest=$1
	capture=$work/$2
	shift 2
	[ "$guest" = none ] || set -- --guest "$guest" "$@"
	[ -f "$work/disk.img" ] || truncate -s 64M "$work/disk.img"
	# shellcheck disable=SC2016
	sh -c 'echo $$ >"$0/pid" && exec "$@"' "$work" \
		"$nvmetap" boot --ns "path=$work/disk.img" -w "$capture" \
		--console-file "$work/console.txt" --timeout 150 "$@" 2>"$work/boot.err"
	status=$?
	[ ! -f "$capture" ] || chmod a+r "$capture"
	return $status
}

# The guest was user-mode Linux and met a fault of its kernel's own, see nvmetap-boot(1): a test
# that keeps its queues busy boots it again, three times at most.
lost_an_answer()
{
	grep -aqE 'um virt-pci delay|virtio_pcidev_[a-z_]+\+0x' "$work/console.txt" || return 1
	say "the kernel took an answer from itself, see nvmetap-boot(1): once more"
}

# The same of a guest that finds nothing wrong.
boot()
{
	try_boot "$@" || fail "boot's exit status is $?"
}

# boot_linux GUEST CPUS IOMMU STEPS QEMU-OPTION...: from a new disk, on a machine of one or two
# CPUs, IOMMU on or off; STEPS are the guest's, empty for those that it does by itself.
boot_linux()
{
	cpus=$2
	iommu=$3
	steps=$4
	round="$1, CPUs: $cpus, IOMMU: $iommu"
	# On a machine as busy as this one the kernel may find that its timer does not tick.
	words="no_timer_check${steps:+ nvmetap.steps=$steps}"
	guest=$1
	shift 4
	if [ "$iommu" = on ]; then
		words="$words intel_iommu=on"
		set -- -device intel-iommu,caching-mode=on "$@"
	fi
	rm -f "$work/disk.img" "$work/console.txt"
	boot "$guest" boot.pcapng.zst --cpus "$cpus" --append "$words" -- "$@"
	machine_is_right
	disk_is_right
}

# The guest had that machine, and a queue pair for each CPU; an IOMMU maps and unmaps page by page.
machine_is_right()
{
	grep -q "smp: Brought up 1 node, $cpus CPU" "$work/console.txt" || fail "not $cpus CPUs"
	grep -q "nvme nvme0: $cpus/0/0 default/read/poll queues" "$work/console.txt" ||
		fail "not $cpus queue pairs"
	pages=$("$nvmetap" dump -r "$capture" | grep -c ' DMA map .* size=1000 ')
	case $iommu in
	on) [ "$pages" -gt 100 ] ;;
	off) [ "$pages" -eq 0 ] ;;
	esac || fail "$pages pages were mapped"
}

# Waits until the guest's console has said $1, then sends the line $2 to QEMU's monitor, which
# "boot" has been told of by $monitor. Meanwhile the drive stands still: the guest is given time to
# wait for its commands.
# shellcheck disable=SC2034
monitor="-monitor pipe:$work/monitor"
tell_qemu()
{
	tries=1200
	until grep -q "$1" "$work/console.txt" 2>/dev/null; do
		[ $((tries -= 1)) -gt 0 ] || return 1
		sleep 0.1
	done
	drive=$(cat "$work/pid")
	kill -STOP "$drive"
	sleep 1
	echo "$2" >"$work/monitor.in"
	sleep 0.5
	kill -CONT "$drive"
}

# start_tell_qemu TEXT LINE: in the background, before "boot".
start_tell_qemu()
{
	rm -f "$work/console.txt" "$work/monitor.in" "$work/monitor.out"
	mkfifo "$work/monitor.in" "$work/monitor.out" || fail "mkfifo"
	tell_qemu "$@" &
	teller=$!
	trap 'kill $teller 2>/dev/null; rm -rf "$work"' EXIT
}

# How often the controller was disabled by what $1 says is $2 times at least.
disabled_by()
{
	times=$("$nvmetap" dump -r "$capture" | grep -c " CTL disabled by $1 ")
	[ "$times" -ge "$2" ] || fail "the controller was disabled by $1 $times times, not $2"
}

# The disk holds what the guest wrote to it.
disk_is_right()
{
	"$NVMETAP_LIBEXECDIR/nvmetap-guest" verify ${steps:+--steps="$steps"} "$work/disk.img" ||
		fail "the disk from outside"
}

# QEMU has said nothing of what it did not like.
qemu_is_content()
{
	! grep -v '^nvmetap-guest: ' "$work/boot.err" | grep -i 'vfio\|qemu' >&2 ||
		fail "QEMU complains"
}

# The number of records by everyone who counts them is the same.
same_counts()
{
	whole=$(tests/check_capture "$capture") || fail "the capture is not whole"
	lines=$("$nvmetap" dump -r "$capture" | wc -l) || fail "dump"
	[ "$lines" -eq "$whole" ] || fail "dump has $lines lines for $whole records"
	case $capture in
	*.zst) zstd -dcq "$capture" >"$work/plain.pcapng" || fail "zstd" ;;
	*) cp "$capture" "$work/plain.pcapng" ;;
	esac
	chmod a+r "$work/plain.pcapng"
	pcap=$(tests/count_pcap "$work/plain.pcapng") || fail "libpcap"
	[ "$pcap" -eq "$whole" ] || fail "libpcap sees $pcap of $whole records"
	command -v capinfos >/dev/null || skip "no capinfos"
	info=$(capinfos -Mrc "$capture" | sed -n 's/^Number of packets:[^0-9]*//p')
	info=${info:-$(capinfos -TMrc "$capture" | cut -f 2)}
	[ "$info" -eq "$whole" ] || fail "capinfos counts $info of $whole records"
}

# Nothing in tshark's dissection of the capture is wrong.
clean_in_tshark()
{
	tshark_works >&2 || exit 77
	tshark_setup "$work/tshark" dissector/nvmetap.lua
	run_tshark -r "$capture" -V >"$work/tshark.txt" || fail "tshark -V: $?"
	frames=$(grep -c '^Frame [0-9]' "$work/tshark.txt")
	[ "$frames" -eq "$whole" ] || fail "tshark sees $frames of $whole records"
	! grep -m 3 -i 'lua error\|malformed\|dissector bug' "$work/tshark.txt" ||
		fail "tshark finds something wrong"
	rows=$(run_tshark -r "$capture" -Y 'nvme.cmd.opc == 6' | wc -l)
	[ "$rows" -gt 0 ] || fail "no Identify for the filter nvme.cmd.opc == 6"
	run_tshark -r "$capture" -T pdml | awk -f "$here/pdml_bytes.awk" >"$work/bytes" ||
		fail "bytes that no field accounts for: $(cat "$work/bytes")"
}

# The dissector finds nothing odd, but for commands that fail, are slow or end with a reset, for
# interrupts that are sent once more, as a pin's are, and that Linux rings a queue's head once more
# when it has disabled the controller.  $odd_too is a filter for what else a guest may meet.
nothing_is_odd()
{
	run_tshark -2 -r "$capture" -Y '_ws.expert && !nvmetap.expert.status &&
		!nvmetap.expert.slow && !nvmetap.expert.given_up && !nvmetap.expert.waiting &&
		!nvmetap.expert.doorbell_disabled &&
		!(nvmetap.irq.result == "refused and to be retried")'"${odd_too:+ && !($odd_too)}" \
		-T fields -e frame.number -e _ws.expert.message >"$work/odd" || fail "tshark -Y"
	[ ! -s "$work/odd" ] || fail "odd in Wireshark: $(head -n 5 "$work/odd")"
}

# Pieces of the capture with bytes changed and, each second one, ends cut off raise no error; in
# long rounds a thousand.
damaged_in_tshark()
{
	variants=20
	[ -z "${NVMETAP_TEST_LONG:-}" ] || variants=1000
	mkdir -p "$work/damaged"
	for seed in $(seq $variants); do
		first=$((seed * 37 % whole + 1))
		editcap -r -E 0.002 --seed "$seed" -s $((seed % 2 ? 262144 : 90)) "$capture" \
			"$work/damaged/$seed" $first-$((first + 199)) 2>"$work/out" ||
			fail "editcap: $(cat "$work/out")"
		[ $((seed % 100)) -eq 0 ] || [ "$seed" -eq $variants ] || continue
		mergecap -a -w "$work/damaged.pcapng" "$work"/damaged/* || fail "mergecap"
		rm "$work"/damaged/*
		chmod a+r "$work/damaged.pcapng"
		run_tshark -2 -r "$work/damaged.pcapng" -T fields -e _ws.lua.error -e frame.number \
			-Y '_ws.lua.error || _ws.malformed || nvme.cmd_pkt == 4294967295 ||
				nvmetap.depth > 4000000000 || nvmetap.outstanding > 60000000' \
			>"$work/out" || fail "tshark, damaged: $?"
		[ ! -s "$work/out" ] || fail "damaged: $(head -n 3 "$work/out")"
	done
	damaged=$(run_tshark -r "$work/damaged.pcapng" -Y nvmetap.seq | wc -l)
	rm "$work/damaged.pcapng"
	[ "$damaged" -gt 2000 ] || fail "only $damaged damaged records are ours"
}

# dump and tshark say the same of every field.
same_fields()
{
	parity "$capture" "$work" || fail "the decoders do not agree"
	values=$(wc -l <"$work/ours")
}

# Our dissector and Wireshark's own say the same, but for what is explained.
same_as_wireshark()
{
	[ -n "${oracle_home:-}" ] || oracle_setup "$work"
	agreed=$(oracle "$capture" "$work") || fail "Wireshark's own dissector does not agree"
}

# What holds for every capture, whatever the guest did.
capture_is_right()
{
	qemu_is_content
	same_counts
	clean_in_tshark
	nothing_is_odd
	same_fields
	same_as_wireshark
	say "$whole records by everyone's count, $values values of fields by both decoders," \
		"$agreed"
}

# Every version of tshark finds nothing wrong, and a field for each byte; all say the same of our
# fields, and each has a dissector of its own that agrees.
same_in_versions()
{
	[ -n "$(versions_others)" ] || "$here/fetch-tshark" || fail "no other versions of tshark"
	versions_setup "$work" || fail "the versions of tshark do not agree"
	alike=$(versions "$capture" "$work") || fail "the versions of tshark do not agree"
	for tshark in ${versions#* }; do
		oracle "$capture" "$work" >"$work/said" || fail "the own dissector of $tshark does not agree"
		alike="$alike; $(cat "$work/said")"
	done
	tshark=${versions%% *}
	say "$alike"
}

# The guest's own lines are in the capture, between what the driver did.
console_is_there()
{
	"$nvmetap" dump -r "$capture" >"$work/dump.txt" || fail "dump"
	grep -q 'CON .*nvmetap-guest: step 1' "$work/dump.txt" || fail "no console lines"
	awk '/ CON .*nvme nvme0: pci function/ { probed = NR }
	     / CON .*nvmetap-guest: exit 0/ { ended = NR }
	     / IO  *SQ=/ { if (probed && !ended) between++ }
	     END { exit !(probed && ended && between > 100) }' "$work/dump.txt" ||
		fail "the kernel's lines are not where they belong"
}
