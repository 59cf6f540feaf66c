# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2154
# The cache of what is fetched: each item is a folder of it, made beside it and renamed when complete,
# so that what stands there is whole. For programs that say their name as $me.

say() { echo "$me: $*" >&2; }
die() { say "$@"; exit 1; }
usage_error() { say "$@"; say "try \"$me --help\""; exit 2; }

find_cache()
{
	if [ -n "${NVMETAP_CACHE:-}" ]; then
		cache=$NVMETAP_CACHE
	elif [ -n "${XDG_CACHE_HOME:-}" ]; then
		cache=$XDG_CACHE_HOME/nvmetap
	elif [ -n "${HOME:-}" ]; then
		cache=$HOME/.cache/nvmetap
	else
		die "no folder for the cache: set NVMETAP_CACHE, XDG_CACHE_HOME or HOME"
	fi
	case $cache in
	/*) ;;
	*) cache=$(pwd)/$cache ;;
	esac
}

# --- items of the cache: folders with a list of what belongs into them ---

item_contents()
{
	(cd -- "$1" && find . -type f ! -path ./.contents -printf '%s %p\n' | sort)
}

item_is_whole()
{
	[ -f "$cache/$1/.contents" ] && item_contents "$cache/$1" | cmp -s - "$cache/$1/.contents"
}

# Moves $work/$1 to its place in the cache.
item_finish()
{
	item_contents "$work/$1" >"$work/contents" || fail "$cache/$1: cannot be made"
	mv "$work/contents" "$work/$1/.contents"
	rm -rf "${cache:?}/$1"
	mv -T "$work/$1" "$cache/$1" || fail "$cache/$1: cannot be made"
}

# --- the work folder, which is the lock holder's alone ---

work=
partial=	# what becomes a folder of the user's
child=
shower=

clean_up()
{
	[ -z "$shower" ] || kill "$shower" 2>/dev/null
	# What it writes must not come after our removal.
	[ -z "$child" ] || { kill "$child" && wait "$child"; } 2>/dev/null
	[ -z "$work" ] || rm -rf "$work" ${partial:+"$partial"}
}

interrupted()
{
	clean_up
	trap - EXIT "$1"
	kill -s "$1" $$
}

start_work()
{
	[ -z "$work" ] || return 0
	mkdir -p "$cache" 2>/dev/null
	{ [ -d "$cache" ] && [ -w "$cache" ]; } ||
		die "$cache: cannot write there; NVMETAP_CACHE names another folder"
	exec 9>"$cache/.lock" || die "$cache/.lock: cannot be made"
	if ! flock -n 9; then
		say "waiting for another $me"
		flock 9 || die "$cache/.lock: cannot be locked"
	fi
	trap clean_up EXIT
	for signal in HUP INT TERM; do
		# shellcheck disable=SC2064
		trap "interrupted $signal" $signal
	done
	rm -rf "$cache"/.work.*
	work=$(mktemp -d "$cache/.work.XXXXXX") || die "$cache: cannot write there"
	: >"$work/log"
}

# Runs "$@" with its output in the log, so that a signal ends both it and us at once.
run()
{
	"$@" >>"$work/log" 2>&1 &
	child=$!
	wait "$child"
	status=$?
	child=
	return $status
}

# The end: $1 is what failed, the rest is advice. Shows what the log says about it.
fail()
{
	say "$1"
	shift
	grep -E '^(E|W|Err|dpkg-deb|gpgv|tar):|rror:|No space' "$work/log" |
		tail -n 5 | sed 's/^/    /' >&2
	if grep -qE 'No space left|enough free space' "$work/log" ||
		! (echo >"$work/full") 2>/dev/null; then
		set -- "there is no space left in $cache; NVMETAP_CACHE names another folder"
	elif grep -qE 'NO_PUBKEY|Missing key|not signed' "$work/log"; then
		set -- "are Debian's keys here too old? upgrade the package debian-archive-keyring"
	fi
	for advice; do
		say "$advice"
	done
	exit 1
}
