# SPDX-License-Identifier: BSD-2-Clause
# awk -f qemu-trace.awk QEMU-TRACE OURS: both say the same of one run, or exit 1.
#
# QEMU-TRACE has, line by line, what QEMU's own trace prints:
#   vfio_user_region_rw  region 0 offset 0x14 count 4       every access, in order
#   vfio_region_read  (NAME:region0+0x1c, 4) = 0x1           values of reads of BAR0
#   vfio_region_write  (NAME:region0+0x14, 0x460001, 4)      values of writes
#   vfio_pci_write_config  (NAME, @0x4, 0x7, len=0x2)        values of config writes
# OURS has event, region, offset, width and value of every access, tabs between,
# numbers as tshark prints them.  QEMU's first read of the whole configuration
# space is one access of 4096 bytes there, and many here.  QEMU's own config
# writes (sizing the ROM, reset) are among its accesses, but not among its config
# writes, so these are found among ours in their order.

function number(text,	i, value, digits)
{
	if (text !~ /^0x/)
		return text + 0
	digits = "0123456789abcdef"
	text = tolower(substr(text, 3))
	for (i = 1; i <= length(text); i++)
		value = value * 16 + index(digits, substr(text, i, 1)) - 1
	return value
}

# Values are compared as text: 64 bits do not fit an awk number.
function plain(text)
{
	sub(/^0x0*/, "", text)
	return text == "" ? "0" : text
}

function clean(line)
{
	gsub(/[(),:=@]/, " ", line)
	return line
}

function differ(what, mine, theirs)
{
	printf "%s: QEMU says %s, we say %s\n", what, theirs, mine
	failed = 1
	exit 1
}

BEGIN { nr_theirs = nr_values = nr_configs = at = values = configs = 0 }

FNR == 1 { file++ }

file == 1 && /vfio_user_region_rw/ {
	for (i = 1; i < NF; i++) {
		if ($i == "region") region = number($(i + 1))
		if ($i == "offset") offset = number($(i + 1))
		if ($i == "count") count = number($(i + 1))
	}
	theirs[nr_theirs++] = region " " offset " " count
}

file == 1 && /vfio_region_(read|write)/ && /region0/ {
	line = $0
	write = line ~ /vfio_region_write/
	sub(/.*region0\+/, "", line)
	split(clean(line), part, / +/)
	if (write)
		their_values[nr_values++] = "write " number(part[1]) " " plain(part[2])
	else
		their_values[nr_values++] = "read " number(part[1]) " " plain(part[3])
}

file == 1 && /vfio_pci_write_config/ {
	line = $0
	sub(/.*vfio_pci_write_config */, "", line)
	sub(/^\([^,]*,/, "", line)
	split(clean(line), part, / +/)
	their_configs[nr_configs++] = number(part[2]) " " plain(part[3])
}

file == 2 {
	event = number($1)
	region = event <= 3 ? 7 : number($2)
	width = number($4)
	offset = number($3)
	# The pieces of one long access follow each other.
	split(theirs[at], part, " ")
	if (part[3] > 8 && part[1] == region && offset == part[2] + done) {
		done += width
		if (done == part[3]) {
			at++
			done = 0
		}
	} else {
		if (theirs[at] != region " " offset " " width)
			differ("access " at, region " " offset " " width, theirs[at])
		at++
	}
	if (region == 0) {
		read = event == 4 || event == 7
		mine = (read ? "read " : "write ") offset " " plain($5)
		if (their_values[values] != mine)
			differ("access to BAR0 " values, mine, their_values[values])
		values++
	}
	if (event == 3) {
		if (their_configs[configs] == offset " " plain($5))
			configs++
	}
}

END {
	if (failed)
		exit 1
	if (at != nr_theirs)
		differ("accesses", at, nr_theirs)
	if (values != nr_values)
		differ("accesses to BAR0", values, nr_values)
	if (configs != nr_configs)
		differ("config writes, then not " their_configs[configs], configs, nr_configs)
	if (!at || !values || !configs) {
		print "nothing to compare"
		exit 1
	}
	printf "%d accesses, %d values of BAR0, %d config writes agree\n", at, values, configs
}
