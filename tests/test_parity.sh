#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The C decoder and the Lua dissector say the same: every field of the table,
# printed by dump -T fields and by tshark -T fields, over captures with every
# event.

srcdir=${srcdir:-.}
tshark=$(command -v "${TSHARK:-tshark}") || {
	echo "SKIP: tshark is not installed"
	exit 77
}
test -f dissector/nvmetap.lua || {
	echo "SKIP: the Lua dissector is not built"
	exit 77
}
status=0
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
mkdir "$work/home" "$work/plugins" || exit 99
cp dissector/nvmetap.lua "$work/" || exit 99

# As root Wireshark loads no user's script, so root's tests run as nobody.
user=
if test "$(id -u)" = 0; then
	user="setpriv --reuid=65534 --regid=65534 --clear-groups"
	$user true 2>/dev/null || {
		echo "SKIP: root cannot become an ordinary user here"
		exit 77
	}
	chown 65534:65534 "$work/home"
fi

# Flags are 1 and 0 in Wireshark 4.0, True and False later.
flags=$(awk -F'[(,] *' '/^FIELD\(/ && $4 == "FLAG" { gsub(/"/, "", $9); print $9 }' \
	"$srcdir/spec/nvme.def" | sort -u)
columns=$(awk -F'[(,] *' '/^FIELD\(/ { gsub(/"/, "", $9); print $9 }' \
	"$srcdir/spec/nvme.def" | sort -u)
arguments="-e frame.number -e frame.time_epoch -e frame.len -e frame.interface_name"
arguments="$arguments -e frame.comment $(echo "$columns" | sed 's/^/-e /')"
first=6		# the column of the first field of the table

# One line a value that is there: packet, field, value.
values()
{
	{ echo "$flags"; echo =; echo "$columns"; echo =; cat; } | awk -F'\t' -v first=$first '
	part < 2 && $0 == "=" { part++; next }
	part == 0 { flag[$0] = 1; next }
	part == 1 { name[n++] = $0; next }
	{
		for (i = 1; i <= NF; i++) {
			field = i < first ? "frame " i : name[i - first]
			if (field in flag) {
				gsub(/True/, "1", $i)
				gsub(/False/, "0", $i)
			}
			if ($i != "")
				print $1, field, $i
		}
	}'
}

compare()
{
	chmod -R a+rX "$work"
	(cd "$work" && $user env HOME="$work/home" XDG_CONFIG_HOME="$work/home" \
		WIRESHARK_CONFIG_DIR="$work/home" WIRESHARK_PLUGIN_DIR="$work/plugins" \
		WIRESHARK_EXTCAP_DIR="$work/plugins" LC_ALL=C.UTF-8 \
		"$tshark" -X "lua_script:$work/nvmetap.lua" -r "$1" -T fields $arguments) \
		2>"$work/err" | values >"$work/theirs"
	if grep -iq lua "$work/err" || ! grep -q nvmetap.seq "$work/theirs"; then
		echo "FAIL: tshark does not decode $1: $(cat "$work/err")" >&2
		status=1
	fi
	./nvmetap dump -T fields $arguments "$1" | values >"$work/ours"
	if ! diff "$work/theirs" "$work/ours" >"$work/diff"; then
		echo "FAIL: $1: tshark (<) and dump (>) differ" >&2
		head -n 20 "$work/diff" >&2
		status=1
	fi
}

for what in sample every; do
	./tests/make_capture "$what" >"$work/$what.pcapng" || exit 99
	compare "$work/$what.pcapng"
done
exit $status
