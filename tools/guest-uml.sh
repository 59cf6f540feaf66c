# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2154
# Builds user-mode Linux, a kernel that is a program, from Debian's source or any other. Part of
# nvmetap-guest, whose $cache, $work, run and fail it uses.

uml_oldest=7.2

# What is switched on besides the least that there is: the drive's way in, its driver, and what the
# guest's programs want.
uml_options()
{
	for option in \
		64BIT PRINTK BUG KALLSYMS TTY NULL_CHAN STDERR_CONSOLE STATIC_LINK \
		PCI PCI_MSI UML_PCI VIRTIO_UML UML_PCI_OVER_VIRTIO HIGH_RES_TIMERS \
		BLOCK BLK_DEV BLK_DEV_NVME PARTITION_ADVANCED MSDOS_PARTITION EFI_PARTITION \
		BLK_DEV_INITRD RD_GZIP DEVTMPFS TMPFS SHMEM PROC_FS SYSCTL SYSFS \
		BINFMT_ELF BINFMT_SCRIPT COREDUMP MULTIUSER FILE_LOCKING NET UNIX \
		FUTEX EPOLL EVENTFD SIGNALFD TIMERFD POSIX_TIMERS AIO ADVISE_SYSCALLS; do
		echo "CONFIG_$option=y"
	done
	echo CONFIG_UML_PCI_OVER_VIRTIO_DEVICE_ID=1234
}

# Those without which there is no drive to be seen, and that an older Linux does not have.
uml_needs="UML_PCI_OVER_VIRTIO VIRTIO_UML PCI_MSI BLK_DEV_NVME BLK_DEV_INITRD DEVTMPFS STATIC_LINK"

# --- what a build needs ---

uml_packages()
{
	for tool in gcc make flex bison bc; do
		command -v $tool >/dev/null || echo $tool
	done
	command -v ld >/dev/null || echo binutils
	command -v gcc >/dev/null && [ ! -f "$(gcc -print-file-name=libc.a)" ] && echo libc6-dev
	[ "$1" != source ] || command -v xz >/dev/null || echo xz-utils
}

# $1 is "source" if there is one to unpack.
uml_require_packages()
{
	[ "$(uname -m)" = x86_64 ] || die "this machine is no x86-64: user-mode Linux cannot be built"
	packages=$(uml_packages "$1" | paste -s -d ' ')
	[ -z "$packages" ] ||
		die "to build user-mode Linux, these packages are missing: $packages"
}

# --- building ---

# Becomes make for tree $1 in folder $2, without what a make above us has said.
uml_make()
{
	tree=$1
	objects=$2
	shift 2
	exec env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u KBUILD_OUTPUT \
		make -C "$tree" ARCH=um O="$objects" "$@" </dev/null
}

# Shows how many files have been made of the log, while "$@" runs, on a terminal.
uml_show()
{
	if [ ! -t 2 ]; then
		run "$@"
		return
	fi
	(
		while sleep 1; do
			printf '\r%s: %d files compiled ' "$me" "$(grep -c '^  CC' "$work/log")" >&2
		done
	) &
	shower=$!
	run "$@"
	status=$?
	kill "$shower"
	shower=
	printf '\r%40s\r' '' >&2
	return $status
}

# The configuration of tree $1 in folder $2, where the user may have changed it since: made anew
# only if our options are other ones.
uml_configure()
{
	mkdir -p "$2" || fail "$2: cannot be made"
	cat "$1"/kernel/configs/tiny-base.config "$1"/kernel/configs/tiny.config >"$work/options"
	uml_options >>"$work/options"
	if [ -f "$2/.config" ] && cmp -s "$work/options" "$2/nvmetap-options"; then
		run uml_make "$1" "$2" olddefconfig
	else
		run uml_make "$1" "$2" allnoconfig KCONFIG_ALLCONFIG="$work/options" &&
		cp "$work/options" "$2/nvmetap-options"
	fi || uml_failed "$1" "cannot be configured"
	for option in $uml_needs; do
		grep -q "^CONFIG_$option=y" "$2/.config" ||
			fail "$1: this Linux has no $option for user-mode Linux" \
				"$uml_oldest and later are known to work"
	done
}

# Shows what the compiler said, or the linker or make if it said nothing.
uml_failed()
{
	if grep -q 'source tree is not clean' "$work/log"; then
		fail "$1: has been built in place, which keeps it from being built elsewhere" \
			"\"make -C $1 ARCH=um mrproper\" removes that build, its .config too"
	fi
	{
		grep -m 20 'error:' "$work/log" ||
		grep -E -m 20 'rror [0-9]|undefined reference|\*\*\*' "$work/log"
	} | sed 's/^/    /' >&2
	# Nothing of it is said again.
	sed -i '/No space left/!d' "$work/log" 2>/dev/null
	fail "$1: user-mode Linux $2"
}

# Builds tree $1 in folder $2, which may have an older build of it.
uml_build()
{
	uml_configure "$1" "$2"
	uml_show uml_make "$1" "$2" -j"$(nproc)" linux || uml_failed "$1" "cannot be built"
	[ -x "$2/linux" ] || uml_failed "$1" "was not built"
}

# --- from Debian's source ---

# Whether the cache has it, built with the options of today.
uml_is_there()
{
	item_is_whole uml && uml_options | cmp -s - "$cache/uml/options"
}

# The newest package with Linux's source in suite $1.
uml_package()
{
	archive_resolve "$1" linux-source | awk '$1 ~ /^linux-source-[0-9]/ { print $1 "=" $2 }'
}

# Becomes tar, without what no build for this machine looks at, a third of the whole.
uml_unpack()
{
	exec tar -C "$work/source" --strip-components=1 \
		--exclude='*/drivers/gpu/*.[ch]' --exclude='*/sound/*.[ch]' \
		--exclude='*/Documentation/*.rst' --exclude='*/tools/testing/*' \
		-xf "$1"
}

# Keeps the source and what was built of it as item uml-source: who changes a line of it later need
# not build the rest again. What can be linked in a moment is not kept.
uml_keep_source()
{
	(cd "$work/objects" && rm -f linux vmlinux* .tmp_vmlinux*)
	tar -C "$work" -I 'xz -1 -T 0' -cf "$work/uml-source/objects.tar.xz" objects ||
		fail "$work/objects: cannot be kept"
	cp "$work/uml/release" "$work/uml-source/release"
	item_finish uml-source
}

fetch_uml()
{
	uml_require_packages source
	suite=$(guest_suite uml)
	package=$(uml_package "$suite")
	[ -n "$package" ] || fail "$mirror has no linux-source in $suite"
	archive_download "Linux's source, ${package%=*}" "$package"
	archive_unpack "$work/package"
	mkdir "$work/source" "$work/uml" "$work/uml-source"
	mv "$work/package/usr/src/${package%=*}.tar.xz" "$work/uml-source/source.tar.xz" ||
		fail "${package%=*}: has no source in it"
	rm -rf "$work/package"
	say "unpacking it"
	run uml_unpack "$work/uml-source/source.tar.xz" || fail "${package%=*}: cannot be unpacked"
	say "building user-mode Linux, which takes minutes"
	uml_build "$work/source" "$work/objects"
	strip -o "$work/uml/linux" "$work/objects/linux" || fail "$work/objects/linux: cannot be kept"
	cat "$work/objects/include/config/kernel.release" >"$work/uml/release"
	uml_options >"$work/uml/options"
	uml_keep_source
	rm -rf "$work/source" "$work/objects"
	# One that is in use, maybe this moment, is not replaced for the sake of its source.
	uml_is_there || item_finish uml
	say "uml is ready"
}

# --- its initramfs ---

# Makes $initrd one that is not compressed: to unpack it takes user-mode Linux longer than all that
# comes before.
uml_plain_initrd()
{
	packed=$initrd
	initrd=${packed%.gz}.cpio
	[ ! -s "$initrd" ] || return 0
	start_work
	find "$cache" -maxdepth 1 -name 'initrd-*.cpio' -mtime +0 -delete
	gzip -dc "$packed" >"$work/initrd" || fail "$initrd: cannot be made"
	mv "$work/initrd" "$initrd"
}
