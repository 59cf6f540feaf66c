# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154
# Downloads Debian's packages by the machine's own apt, with a state of its own: no root, nothing
# installed, signatures checked. Uses $work, run and fail of guest-cache.sh.

# The first of apt's sources that looks like Debian proper, from the list of what an update would
# download: unlike "apt-get indextargets" that is there before the first update, too.
find_mirror()
{
	mirror=${NVMETAP_MIRROR:-}
	[ -z "$mirror" ] || return 0
	mirror=$(apt-get --print-uris update 2>>"$work/log" |
		sed -n "s|^'\(.*\)/dists/\([^/]*\)/main/binary-[^/]*/Packages.*|\1 \2|p" |
		awk '$1 !~ /^(cdrom|file|copy):/ &&
			$2 ~ /^(bookworm|trixie|forky|sid|oldstable|stable|testing|unstable)$/ {
				print $1; exit }')
	[ -n "$mirror" ] || fail "apt's sources on this machine name no mirror of Debian" \
		"NVMETAP_MIRROR gives one, as \"deb\" lines of sources.list have it"
}

find_keyring()
{
	for keyring in /usr/share/keyrings/debian-archive-keyring.pgp \
		/usr/share/keyrings/debian-archive-keyring.gpg; do
		[ ! -r "$keyring" ] || return 0
	done
	die "Debian's keys are not here: install the package debian-archive-keyring"
}

write_apt_conf()
{
	mkdir -p "$work/apt/lists/partial" "$work/apt/archives/partial" "$work/apt/preferences.d"
	: >"$work/apt/status"
	: >"$work/apt/preferences"
	: >"$work/apt/sources.list"
	for suite; do
		echo "deb [signed-by=$keyring] $mirror $suite main" >>"$work/apt/sources.list"
	done
	cat >"$work/apt/apt.conf" <<-EOF
	#clear APT::Update::Pre-Invoke;
	#clear APT::Update::Post-Invoke;
	#clear APT::Update::Post-Invoke-Success;
	#clear APT::Architectures;
	#clear DPkg::Pre-Install-Pkgs;
	APT::Architecture "amd64";
	APT::Default-Release "";
	APT::Sandbox::User "";
	APT::Update::Error-Mode "any";
	APT::Get::AllowUnauthenticated "false";
	Acquire::AllowInsecureRepositories "false";
	Acquire::AllowDowngradeToInsecureRepositories "false";
	Acquire::Languages "none";
	Acquire::Retries "2";
	Acquire::http::Timeout "30";
	Acquire::https::Timeout "30";
	Dir::State "$work/apt";
	Dir::State::status "$work/apt/status";
	Dir::Cache "$work/apt";
	Dir::Cache::pkgcache "pkgcache.bin";
	Dir::Cache::srcpkgcache "srcpkgcache.bin";
	Dir::Etc::sourcelist "$work/apt/sources.list";
	Dir::Etc::sourceparts "$work/apt/none";
	Dir::Etc::preferences "$work/apt/preferences";
	Dir::Etc::preferencesparts "$work/apt/preferences.d";
	EOF
}

apt() { apt-get -c "$work/apt/apt.conf" "$@"; }

# Fetches the index of each suite given, once.
open_archive()
{
	for tool in apt-get apt-cache dpkg-deb; do
		command -v "$tool" >/dev/null ||
			die "$tool: not found; $me fetches by Debian's own tools"
	done
	find_mirror
	find_keyring
	write_apt_conf "$@"
	say "fetching the index of $(echo "$*" | sed 's/ / and /g') from ${mirror}"
	run apt_update || fail "no package index from $mirror" \
		"is the network there? \"apt-get update\" as root uses the same mirror" \
		"without a network: copy the folder $cache from a machine that has it"
}

apt_update() { apt update; }

# What apt would install for package $2 of suite $1: lines "name version".
archive_resolve()
{
	apt -s install --no-install-recommends -t "$1" "$2" 2>>"$work/log" |
		awk '$1 == "Inst" { print $2, substr($3, 2) }'
}

# Downloads packages (name=version or name/suite) into $work/debs; $1 is what they make.
archive_download()
{
	what=$1
	shift
	bytes=$(apt download --print-uris "$@" 2>>"$work/log" |
		awk '{ n += $3 } END { print n + 0 }')
	say "downloading $what ($(((bytes + 500000) / 1000000)) MB)"
	rm -rf "$work/debs"
	mkdir "$work/debs"
	run apt_download "$@" ||
		fail "$what: download from $mirror failed" "run the same command again to try again"
}

apt_download() { cd "$work/debs" && apt download "$@"; }

archive_unpack()
{
	mkdir -p "$1"
	for deb in "$work"/debs/*.deb; do
		run dpkg-deb -x "$deb" "$1" || fail "${deb##*/}: cannot be unpacked"
	done
	rm -rf "$work/debs"
}

# archive_wrapper FILE PROGRAM WORDS: FILE, beside the folder "root" of unpacked packages, starts
# that program of them in place, through the loader that it was linked for. Standard input is what
# the script sets before; WORDS are the program's first arguments.
archive_wrapper()
{
	{
		cat <<-'EOF'
		#!/bin/sh
		# Starts a program that was unpacked beside this file.
		here=$(readlink -f -- "$0")
		root=${here%/*}/root
		lib=$root/usr/lib/x86_64-linux-gnu
		EOF
		cat
		printf 'exec "$lib/ld-linux-x86-64.so.2" --argv0 "$0" --library-path "$lib" \\\n'
		printf '\t"$root/usr/bin/%s" %s "$@"\n' "$2" "$3"
	} >"$1"
	chmod 755 "$1"
}
