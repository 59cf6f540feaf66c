# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154,SC2317
# Steps of the guest's init for drives that misbehave: they go on after an error, and count.

# Words of the guest for a test to look for, past the step's own output.
say()
{
	echo "nvmetap-guest: $*" >/dev/console
}

# --- mixed reads and writes, for a time

IO_BLOCKS=32

uptime_s()
{
	read -r up _ </proc/uptime
	echo "${up%.*}"
}

# A disk that has gone must not become a file of its name.
disk_dd()
{
	[ -b "$disk" ] && dd bs=4k "$@" 2>>dd.err
}

# Areas of $IO_BLOCKS blocks of the pattern, by number.
io_write()
{
	disk_dd if=wanted of="$disk" oflag=direct conv=notrunc count="$IO_BLOCKS" \
		skip=$(($1 * IO_BLOCKS)) seek=$((PATTERN_AT / 4096 + $1 * IO_BLOCKS))
}

io_read()
{
	disk_dd if="$disk" of=back iflag=direct count="$IO_BLOCKS" \
		skip=$((PATTERN_AT / 4096 + $1 * IO_BLOCKS))
}

io_same()
{
	dd if=wanted bs=4k skip=$(($1 * IO_BLOCKS)) count="$IO_BLOCKS" 2>/dev/null | cmp - back
}

# Writes one area while the one that was written before is read and compared.
io_round()
{
	io_write "$area" &
	if [ -n "$written" ]; then
		if ! io_read "$written"; then
			nr_failed=$((nr_failed + 1))
		elif ! io_same "$written"; then
			nr_wrong=$((nr_wrong + 1))
		fi
	fi
	written=
	if wait $!; then
		written=$area
		nr_well=$((nr_well + 1))
	else
		nr_failed=$((nr_failed + 1))
		nr_well=0
		sleep 0.1
	fi
}

# It has failed, and is well again.
io_has_recovered() { [ $nr_failed -gt 0 ] && [ $nr_well -ge 3 ]; }

step_io()
{
	until=$(argument nvmetap.until false)
	pattern >wanted
	end=$(($(uptime_s) + $(argument nvmetap.seconds 5)))
	area=0
	written=
	nr_rounds=0
	nr_failed=0
	nr_wrong=0
	nr_well=0
	until [ "$(uptime_s)" -ge $end ] || "$until"; do
		io_round
		nr_rounds=$((nr_rounds + 1))
		[ $nr_rounds -ne 1 ] || say "io: has begun"
		area=$(((area + 1) % (PATTERN_LEN / 4096 / IO_BLOCKS)))
	done
	say "io: $nr_rounds rounds, $nr_failed failed, $nr_wrong with wrong data"
	grep -v ' records ' dd.err | grep ':' | sort | uniq -c
	[ $nr_failed -eq 0 ] && [ $nr_wrong -eq 0 ]
}

# --- a number of writes, one at a time

# The pattern, as long as all the writes.
writes_wanted()
{
	nr_writes=$(argument nvmetap.writes 6000)
	pattern $((nr_writes * 4096)) >writes
}

# Writes block after block from $1 on until one fails; says how many were written.
write_on()
{
	dd if=writes of="$disk" bs=4k oflag=direct conv=notrunc count=$((nr_writes - $1)) \
		skip="$1" seek=$((PATTERN_AT / 4096 + $1)) 2>dd.err
	sed -n 's/+. records out//p' dd.err
}

# Each write is tried once: after one that fails the next goes on.
step_writes()
{
	writes_wanted
	next=0
	nr_failed=0
	first=
	while [ -b "$disk" ] && [ $next -lt "$nr_writes" ]; do
		written=$(write_on $next)
		next=$((next + ${written:-0}))
		[ $next -lt "$nr_writes" ] || break
		next=$((next + 1))
		nr_failed=$((nr_failed + 1))
		first=${first:-$next}
	done
	say "writes: $nr_failed of $next failed${first:+, the first was write $first}"
	[ $nr_failed -eq 0 ] && [ "$next" -eq "$nr_writes" ]
}

# What those writes should have left there, block by block.
step_compare()
{
	[ -f writes ] || writes_wanted
	dd if="$disk" of=back iflag=direct bs=4k skip=$((PATTERN_AT / 4096)) \
		count="$nr_writes" || return 1
	wrong=$(cmp -l writes back | awk '
		{ block = int(($1 - 1) / 4096) + 1 }
		block != last { nr++; last = block; if (nr == 1) first = block }
		END { if (nr) print nr, first, NR }')
	[ -n "$wrong" ] || { say "compare: $nr_writes blocks as they were written"; return 0; }
	# shellcheck disable=SC2086
	set -- $wrong
	say "compare: $1 of $nr_writes blocks are wrong, $3 bytes, the first is block $2"
	return 1
}

# --- programs of the user's, and what the kernel tells user space

# NVMETAP_GUEST_ADD of nvmetap-guest puts programs into /bin.
step_run()
{
	# shellcheck disable=SC2046
	timeout 60 $(argument nvmetap.run false | tr , ' ') >run.out 2>&1
	result=$?
	while read -r line; do
		say "run: $line"
	done <run.out
	return $result
}

# Netlink's protocol 15 is that of uevents; the kernel's own socket has no groups.
hears_uevents()
{
	awk '$2 == 15 && $3 != 0 && $4 + 0 != 0 { found = 1 } END { exit !found }' /proc/net/netlink
}

# Asynchronous events reach user space as uevents.
step_listen()
{
	# shellcheck disable=SC2016
	uevent sh -c '[ -z "$NVME_AEN" ] ||
		echo "nvmetap-guest: uevent: $DEVNAME NVME_AEN=$NVME_AEN" >/dev/console' &
	wait_until hears_uevents
}
