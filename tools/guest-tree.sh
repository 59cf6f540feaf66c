# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154
# Source trees of Linux, and the folders of the cache in which they are built as user-mode Linux.
# Part of nvmetap-guest, whose $cache, $work, run and fail it uses.

# Sets $tree to the full name of tree $1, and $objects to the folder that it is built in.
tree_name()
{
	tree=$(readlink -m -- "$1")
	objects=$cache/trees/$(basename "$tree")-$(echo "$tree" | cksum | cut -d ' ' -f 1)
}

# Sets $uml to user-mode Linux built from tree $1, in a folder that is kept, so that the next time
# only what has changed is built.
tree_build()
{
	tree_name "$1"
	for file in Makefile arch/um/Kconfig drivers/nvme/host/pci.c; do
		[ -f "$tree/$file" ] || die "$1: is no source tree of Linux, it has no $file"
	done
	uml_require_packages tree
	start_work
	[ -d "$objects" ] || say "building user-mode Linux from $tree, which takes minutes"
	uml_build "$tree" "$objects"
	uml=$objects/linux
	say "user-mode Linux $(cat "$objects/include/config/kernel.release") of $tree is ready"
}

# --- Debian's source for the user ---

tree_unpack() { exec tar -C "$partial" --strip-components=1 -xf "$cache/uml-source/source.tar.xz"; }

# What was built of this source elsewhere, as if it had been built of tree $tree: names of files in
# what kbuild has noted are those of the tree; times stay those of the build.
tree_unpack_objects()
{
	tar -C "$work" -xf "$cache/uml-source/objects.tar.xz" &&
	built_from=$(readlink "$work/objects/source") &&
	find "$work/objects" -type f -name '*.cmd' -exec grep -lF -- "$built_from" {} + |
		xargs sed -i "s|$built_from|$tree|g" &&
	ln -sfn "$tree" "$work/objects/source" &&
	mkdir -p "$cache/trees" &&
	rm -rf "$objects" &&
	mv -T "$work/objects" "$objects"
}

# The tree comes last: where it stands its objects do.
cmd_source()
{
	[ $# -eq 1 ] || usage_error "source wants the name of a folder"
	find_cache
	tree_name "$1"
	case $tree in
	*[!A-Za-z0-9_./,+@%=-]*) die "$1: Linux cannot be built in a folder of such a name" ;;
	esac
	[ ! -e "$tree" ] || [ -z "$(ls -A -- "$tree" 2>&1)" ] ||
		die "$1: is there already, and not an empty folder"
	mkdir -p -- "${tree%/*}/" || die "$1: cannot be made"
	fetch uml-source
	start_work
	partial=$(mktemp -d "$tree.XXXXXX") || die "$1: cannot be made"
	chmod 755 "$partial"
	say "unpacking Linux $(cat "$cache/uml-source/release")"
	run tree_unpack || fail "$1: cannot be unpacked"
	tree_unpack_objects >>"$work/log" 2>&1 || fail "$objects: cannot be made"
	[ ! -d "$tree" ] || rmdir -- "$tree" || die "$1: is not empty any more"
	mv -T -- "$partial" "$tree" || die "$1: cannot be made"
	partial=
	say "$1 is ready: change it, and nvmetap boot --linux-source $1"
}

# --- the folders in which trees are built ---

# How large a folder is, when it was last built, and of which tree.
cmd_trees()
{
	[ $# -eq 0 ] || usage_error "trees wants no argument"
	find_cache
	for objects in "$cache"/trees/*/; do
		tree=$(readlink "${objects}source") || continue
		printf '%5d MB  %s  %s%s\n' "$(du -sm "$objects" | cut -f 1)" \
			"$(date -r "${objects}include/config/kernel.release" +%Y-%m-%d)" "$tree" \
			"$([ -d "$tree" ] || echo ' (is gone)')"
	done
}

# Without names: those whose trees are gone.
cmd_remove()
{
	find_cache
	for name; do
		tree_name "$name"
		[ -d "$objects" ] || die "$name: nothing was built of it"
	done
	start_work
	for name; do
		tree_name "$name"
		rm -rf "$objects" || fail "$objects: cannot be removed"
	done
	[ $# -eq 0 ] || return 0
	for objects in "$cache"/trees/*/; do
		[ -d "$objects" ] || continue
		tree=$(readlink "${objects}source")
		[ -d "$tree" ] || rm -rf "$objects" || fail "$objects: cannot be removed"
	done
}
