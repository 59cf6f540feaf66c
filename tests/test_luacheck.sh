#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# luacheck finds nothing in the dissector as it is installed.

srcdir=${srcdir:-.}
command -v luacheck >/dev/null || { echo "skipped: no luacheck (package lua-check)"; exit 77; }
luacheck --config "$srcdir/.luacheckrc" --no-color --no-cache dissector/nvmetap.lua
