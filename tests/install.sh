# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# Sourced by the tests that build a plug-in as a user does, against an installed copy.

# Why a plug-in cannot be built here; nothing if it can.
no_compiler()
{
	for tool in cc pkg-config "${MAKE:-make}"; do
		command -v "$tool" >/dev/null || { echo "no $tool"; return; }
	done
}

# install_copy DIR: program, headers and nvmetap.pc; pkg-config then knows that copy. What the
# tests need is built, and must not be by two at once.
install_copy()
{
	(unset MAKEFLAGS MFLAGS MAKELEVEL
	"${MAKE:-make}" -s DESTDIR="$1" install-binPROGRAMS install-pkgconfigDATA \
		install-dist_nvmetapincludeHEADERS) >"$1.log" 2>&1 || return 1
	PKG_CONFIG_PATH=$(dirname "$(find "$1" -name nvmetap.pc)")
	PKG_CONFIG_SYSROOT_DIR=$1
	PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1
	export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR PKG_CONFIG_ALLOW_SYSTEM_CFLAGS
}
