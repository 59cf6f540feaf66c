# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154
# Fetches the guests' kernels, and for some the NVMe driver as modules. Part of nvmetap-guest, whose
# $cache, $work, run and fail it uses.

# The package of flavour $2 in suite $1. Where there is a linux-binary package the linux-image
# package is empty.
kernel_package()
{
	archive_resolve "$1" "linux-image-$2" | awk '
		$1 ~ /^linux-image-[0-9]/ && !name { name = $1 "=" $2 }
		$1 ~ /^linux-binary-[0-9]/ { name = $1 "=" $2 }
		END { print name }'
}

# The cloud flavour has the driver built in.
kernel_flavour()
{
	case $1 in
	*-modules) echo amd64 ;;
	*) echo cloud-amd64 ;;
	esac
}

fetch_kernel()
{
	suite=$(guest_suite "$1")
	flavour=$(kernel_flavour "$1")
	package=$(kernel_package "$suite" "$flavour")
	[ -n "$package" ] || fail "$mirror has no linux-image-$flavour in $suite"
	archive_download "$1, ${package%=*}" "$package"
	archive_unpack "$work/kernel"
	mkdir "$work/$1"
	for image in "$work"/kernel/boot/vmlinuz-* "$work"/kernel/usr/lib/modules/*/vmlinuz; do
		[ ! -f "$image" ] || cp "$image" "$work/$1/vmlinuz"
	done
	[ "$flavour" != amd64 ] || make_modules nvme "$work/$1/modules.gz"
	rm -rf "$work/kernel"
	[ -s "$work/$1/vmlinuz" ] || fail "${package%=*} has no kernel in it"
	release=${package%=*}
	echo "${release#linux-*-}" >"$work/$1/release"
	item_finish "$1"
	say "$1 is ready"
}

# Adds module $1 of the unpacked kernel to $work/modules, after those that it needs.
add_module()
{
	[ ! -f "$work/modules/$1.ko" ] || return 0
	file=$(find "$work/kernel" -name "$1.ko.xz")
	[ -n "$file" ] || fail "the kernel's package has no module $1"
	xz -dc "$file" >"$work/modules/$1.ko" || fail "$1: cannot be unpacked"
	for needed in $(tr '\0' '\n' <"$work/modules/$1.ko" | sed -n 's/^depends=//p' | tr , ' '); do
		add_module "$needed"
	done
	echo "$1.ko" >>"$work/modules/order"
}

# A cpio archive $2 of module $1 and those that it needs, in the order of their loading.
make_modules()
{
	command -v xz >/dev/null || die "xz: not found; install the package xz-utils"
	mkdir "$work/modules"
	add_module "$1"
	cpio_modules | gzip -n -9 >"$2"
	[ -s "$2" ] || fail "$2: cannot be made"
}

cpio_modules()
{
	# shellcheck disable=SC2034
	ino=2000
	cpio_dir modules
	while read -r file; do
		cpio_program "modules/$file" "$work/modules/$file"
	done <"$work/modules/order"
	cpio_program modules/order "$work/modules/order"
	cpio_end
}
