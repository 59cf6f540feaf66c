#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A plug-in typed in from the manual, outside of the tree, built by one line against an installed
# copy, refuses the write that it is told to.

# shellcheck source=tests/serve.sh
. "${srcdir:-.}/tests/serve.sh"

# shellcheck source=tests/install.sh
. "$srcdir/tests/install.sh"

why=$(no_compiler)
test -z "$why" || { echo "SKIP: $why"; exit 77; }
install_copy "$work/inst" || { cat "$work/inst.log"; fail "make install"; exit 1; }

cat >"$work/ro_fail.c" <<'END'
#include "plugin.h"

#include <stdlib.h>

static DECL_NPLUGIN_IO_DECODE(refuse);
static DECL_NPLUGIN_IO_WRITEBACK(look);
static DECL_NPLUGIN_NVME_REGREAD_WRITEBACK(look_at);

static unsigned long writes, after = 5000;

static int refuse(uint32_t bdf, struct nvme_command *cmd, struct nvme_completion *cpl,
		  uint32_t sqid)
{
	if (bdf != 0x30 || sqid == 0 || cmd->opc != NVME_OPC_WRITE || ++writes != after + 1)
		return 0;
	NVME_STATUS_SET(cpl->status, NVME_SCT_COMMAND_SPECIFIC,
			NVME_SC_ATTEMPTED_WRITE_TO_RO_PAGE);
	return 1;
}

static int look(uint32_t bdf, struct nvme_completion *cpl, uint32_t sqid)
{
	return bdf != 0x30 || sqid == 0 || find_cmd(sqid, cpl->cid) == NULL;
}

static int look_at(uint32_t bdf, uint64_t offset, uint32_t width, uint64_t *value)
{
	return bdf != 0x30 || offset > 0x1000 || width > 8 || value == NULL;
}

int setup(void)
{
	const char *given = nvmetap_option(NULL, "after");
	int err;

	if (given != NULL)
		after = strtoul(given, NULL, 0);
	err = plugin_tap_attach("nvme:io:decode", (void *)refuse);
	if (err == 0)
		err = plugin_tap_attach("nvme:io:writeback", (void *)look);
	if (err == 0)
		err = plugin_tap_attach("nvme:regread:writeback", (void *)look_at);
	return err;
}

int teardown(void)
{
	return plugin_tap_detach("nvme:io:decode") != 0 ||
	       plugin_tap_detach("nvme:io:writeback") != 0 ||
	       plugin_tap_detach("nvme:regread:writeback") != 0;
}
END
sed 's/(void \*)//' "$work/ro_fail.c" >"$work/pedantic.c"
sed 's/"plugin.h"/<nvmetap\/plugin.h>/' "$work/pedantic.c" >"$work/angle.c"

# build COMPILER FILE LIBRARY OPTION...
build()
{
	compiler=$1 source=$2 library=$3
	shift 3
	# shellcheck disable=SC2046
	"$compiler" "$@" -Wall -Wextra -shared -fPIC $(pkg-config --cflags nvmetap) "$source" \
		-o "$library" 2>"$work/err" || fail "$compiler $* $source"
	test ! -s "$work/err" || fail "$compiler $* $source: warnings"
}

build cc "$work/ro_fail.c" "$work/ro_fail.so"
for compiler in gcc clang; do
	command -v $compiler >/dev/null || continue
	for std in c99 c11 gnu17; do
		build "$compiler" "$work/pedantic.c" "$work/pedantic.so" "-std=$std" -pedantic -O2
		build "$compiler" "$work/angle.c" "$work/angle.so" "-std=$std" -pedantic
	done
done
for compiler in g++ clang++; do
	command -v $compiler >/dev/null || continue
	for std in c++11 gnu++17; do
		build "$compiler" "$work/angle.c" "$work/plus.so" -x c++ "-std=$std" -pedantic -O2
	done
done
build cc "$work/ro_fail.c" "$work/hidden.so" -fvisibility=hidden

# --- the eleventh write, and no other, whoever has built it
for plugin in ro_fail pedantic angle plus hidden; do
	test -e "$work/$plugin.so" || continue
	serve --ns mem=8M -w "$work/$plugin.pcapng" --plugin "$work/$plugin.so,after=10"
	guest 1 -n 20 -d 1
	kill -TERM "$drive"
	ended 0
	whole "$work/$plugin.pcapng" -c
	./nvmetap dump "$work/$plugin.pcapng" >"$work/dump"
	grep -q 'status: 0x182' "$work/guest" || fail "$plugin: the guest: $(cat "$work/guest")"
	grep 'OPC=Write\|CPL SQ=1' "$work/dump" | head -22 | tail -2 >"$work/eleventh"
	grep -q 'OPC=Write' "$work/eleventh" || fail "$plugin: no write: $(cat "$work/eleventh")"
	grep -q 'STS=0x0182' "$work/eleventh" ||
		fail "$plugin: the eleventh write: $(cat "$work/eleventh")"
	test "$(grep -c 'STS=0x0182' "$work/dump")" = 1 || fail "$plugin: not one is refused"
	./nvmetap dump -T jsonl "$work/$plugin.pcapng" | head -1 |
		grep -q "plug-in: $plugin after=10" || fail "$plugin: not in the session text"
done

# --- so does the installed program
program=$(find "$work/inst" -name nvmetap -type f)
"$program" serve --help >"$work/help" 2>"$work/err" || fail "$program serve --help"
grep -q -e --plugin "$work/help" || fail "$program serve has no --plugin"

exit $status
