# SPDX-License-Identifier: BSD-2-Clause
# Puts the table of taps into a manual page, in place of @TAPS@.
# usage: awk -f taps.awk spec/nvme.def page.in

BEGIN {
	FS = "[(,)] *"
	member["access_info"] = "acc"
	member["interrupt_info"] = "irq"
	member["completion_info"] = "cmd, cpl"
	member["list_info"] = "list"
	member["data_info"] = "xfer"
	member["ctrl_info"] = "ctrl"
	member["queue_info"] = "queue"
	member["async_info"] = "async"
	member["dma_info"] = "dma"
	member["sqe"] = "cmd, cpl"
	member["text"] = member["registers"] = "text"
	member["none"] = "count"
}

function unquote(text) {
	gsub(/"/, "", text)
	return text
}

/^EVENT\(/ {
	name[$2] = unquote($7)
	more[$2] = $4 != "none" ? member[$4] : member[$5]
}

/^TAP\(/ {
	if (!($4 in name) || more[$4] == "") {
		print FILENAME ":" FNR ": " $4 ": no such event" | "cat >&2"
		exit failed = 1
	}
	tap[nr_taps++] = ".It Sy " unquote($6) " Ta " name[$4] " Ta " more[$4]
}

/^@TAPS@$/ {
	print ".Bl -column nvmetap:registers:writeback \"MSI-X table write\""
	print ".It Em Tap Ta Em Event Ta Em Member"
	for (i = 0; i < nr_taps; i++)
		print tap[i]
	print ".El"
	next
}

FILENAME ~ /[.]in$/ { print }

END { exit failed || nr_taps == 0 }
