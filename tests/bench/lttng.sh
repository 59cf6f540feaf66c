# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# Sourced: a session of LTTng-UST with a daemon of its own, as an ordinary user.
# One channel loses events when its 16 MiB a CPU are full, one makes the program wait.

lttng_home=
lttng_as=

lttng_can()
{
	[ -x tests/bench/lttng ] && command -v lttng >/dev/null &&
		command -v lttng-sessiond >/dev/null
}

# as_lttng COMMAND...
as_lttng()
{
	# shellcheck disable=SC2086
	$lttng_as env LTTNG_HOME="$lttng_home" LTTNG_UST_ALLOW_BLOCKING=1 "$@"
}

session()
{
	as_lttng lttng --no-sessiond "$@" >>"$lttng_home/log" 2>&1
}

# lttng_start FOLDER: 1 and a word if it does not work here.
lttng_start()
{
	lttng_home=$1/lttng
	mkdir "$lttng_home" && : >"$lttng_home/log"
	if [ "$(id -u)" -eq 0 ]; then
		lttng_as="setpriv --reuid=65534 --regid=65534 --clear-groups"
		chown 65534:65534 "$lttng_home" "$lttng_home/log"
	fi
	as_lttng lttng-sessiond --daemonize --no-kernel --pidfile="$lttng_home/pid" \
		>>"$lttng_home/log" 2>&1 &&
		session create bench --output="$lttng_home/trace" &&
		session enable-channel -u -s bench --subbuf-size=2M --num-subbuf=8 --discard tap &&
		session enable-channel -u -s bench --subbuf-size=2M --num-subbuf=8 \
			--blocking-timeout=inf file &&
		session enable-event -u -s bench -c tap nvmetap_bench:tap &&
		session enable-event -u -s bench -c file nvmetap_bench:file &&
		session start bench && return
	sed 's/^/	/' "$lttng_home/log" >&2
	return 1
}

lttng_stop()
{
	[ -n "$lttng_home" ] && [ -s "$lttng_home/pid" ] || return 0
	session destroy bench
	kill "$(cat "$lttng_home/pid")"
	lttng_home=
}
