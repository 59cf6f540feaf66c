#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# check-includes finds what is planted, names its line and rule, and finds nothing else.

check=${srcdir:-.}/tests/check-includes
tree=$(mktemp -d) || exit 99
trap 'rm -rf "$tree"' EXIT
failed=0

# plant FILE INCLUDE: the only file of a tree, its include in the second line
plant()
{
	rm -rf "$tree"
	mkdir -p "$tree/$(dirname "$1")"
	printf '/* first line */\n#%s\n' "$2" >"$tree/$1"
}

refused()
{
	plant "$1" "$2"
	out=$("$check" "$tree")
	status=$?
	case $status-$out in
	"1-$1:2: "*"$3"*) ;;
	*)
		echo "FAIL: $1: $2: wanted \"$3\", got exit $status and \"$out\""
		failed=1
		;;
	esac
}

accepted()
{
	plant "$1" "$2"
	if ! out=$("$check" "$tree") || [ -n "$out" ]; then
		echo "FAIL: $1: $2: refused: $out"
		failed=1
	fi
}

refused spec/table.h 'include "emu/tap.h"' 'spec may include spec'
refused emu/tap.c 'include "tracer/ring.h"' 'emu may include spec emu'
refused emu/tap.c '  include	"dissector/model.h"' 'emu may include spec emu'
refused emu/tap.c 'include <tracer/ring.h>' 'emu may include spec emu'
refused emu/tap.c 'include "tap.h"' 'emu may include spec emu'
refused emu/tap.c 'include "../tracer/ring.h"' 'from the top of the tree'
refused emu/tap.c 'include "emu/../tracer/ring.h"' 'from the top of the tree'
refused emu/tap.c 'include HEADER' 'cannot be checked'
refused emu/ns.c 'include <linux/fs.h>' 'without Linux headers'
refused emu/ctrl.c 'include "emu/vfio_user.h"' 'through emu/transport.h'
refused emu/plugin.h 'include "emu/tap.h"' 'installed headers only'
refused emu/plugin.h 'include "spec/table.h"' 'installed headers only'
refused spec/nvme.h 'include "spec/bytes.h"' 'installed headers only'
refused tracer/ring.c 'include "emu/loop.h"' 'tracer may include spec tracer emu/plugin.h'
refused tracer/ring.c 'include "dissector/model.h"' 'tracer may include'
refused dissector/model.c 'include "emu/plugin.h"' 'dissector may include spec dissector'
refused dissector/model.c 'include "tracer/reader.h"' 'dissector may include spec dissector'
refused samples/slow.c 'include "emu/plugin.h"' 'samples may include nvmetap'
refused samples/slow.c 'include "config.h"' 'samples may include nvmetap'
refused spec/nvme.h 'include "config.h"' 'installed headers only'

accepted spec/nvme.h 'include "nvme.def"'
accepted spec/table.h 'include "spec/nvme.def"'
accepted emu/plugin.h 'include <nvmetap/nvme.h>'
accepted emu/plugin.h 'include "spec/nvme.h"'
accepted emu/plugin.h 'include <stdint.h>'
accepted emu/tap.c 'include "config.h"'
accepted emu/tap.c 'include <sys/mman.h>'
accepted emu/vfio_user_dma.c 'include <linux/vfio.h>'
accepted emu/vfio_user_dma.c 'include "emu/vfio_user_proto.h"'
accepted emu/drive.c 'include "emu/vfio_user.h"'
accepted tracer/ring.c 'include "emu/plugin.h"'
accepted dissector/model.c 'include "spec/record.h"'
accepted samples/slow.c 'include <nvmetap/plugin.h>'
accepted samples/slow.c 'include "plugin.h"'
accepted tools/dump.c 'include "dissector/model.h"'
accepted tests/test_ring.c 'include "tracer/ring.h"'

plant doc/none.c 'include "emu/tap.h"'
"$check" "$tree" 2>/dev/null
[ $? -eq 2 ] || { echo "FAIL: a tree without sources passes"; failed=1; }

exit $failed
