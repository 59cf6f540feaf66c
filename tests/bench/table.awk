# SPDX-License-Identifier: BSD-2-Clause
# The table of make bench, from tests/bench/rows and then the lines of what was
# measured: "key<TAB>value", of which the median counts, and "-key<TAB>reason".

function insert(key, value,   i) {
	for (i = nr[key]++; i > 0 && values[key, i - 1] > value; i--)
		values[key, i] = values[key, i - 1]
	values[key, i] = value
}

function median(key) {
	return values[key, int(nr[key] / 2)]
}

function number(value) {
	if (value >= 1e6 || value <= -1e6)
		return sprintf("%.2fM", value / 1e6)
	if (value >= 1e4 || value <= -1e4)
		return sprintf("%.1fk", value / 1e3)
	return sprintf(value < 10 ? "%.2f" : "%.1f", value)
}

# Why there is no value, or "".
function missing(key) {
	if (key == "" || nr[key] > 0)
		return ""
	for (prefix in reason)
		if (index(key, prefix) == 1)
			return reason[prefix]
	return "not measured"
}

function verdict(value, budget,   limit) {
	if (budget == "")
		return "-"
	limit = substr(budget, 3) + 0
	if (budget ~ /^<=/ ? value <= limit : value >= limit)
		return "met"
	return "missed"
}

function show(what, ours, theirs, who, budget,   why, value, form) {
	why = missing(ours)
	if (why == "")
		why = missing(theirs)
	if (why != "") {
		skipped = skipped sprintf("skipped: %s, %s: %s\n", what, who, why)
		return
	}
	form = budget
	sub(/[<>]=.*/, "", form)
	sub(/^[ot\/]*/, "", budget)
	value = median(ours)
	if (theirs != "")
		value = form == "t/o" ? median(theirs) / median(ours) : median(ours) / median(theirs)
	printf "  %-36s %10s %10s  %-22s %8s %8s  %s\n", what, number(median(ours)),
		theirs != "" ? number(median(theirs)) : "", who,
		theirs != "" ? sprintf("%.3g", value) : "", budget, verdict(value, budget)
	if (budget != "" && verdict(value, budget) == "missed")
		nr_missed++
	nr_shown++
}

FNR == 1 { file++ }

file == 1 {
	if ($0 != "" && $0 !~ /^#/)
		rows[nr_rows++] = $0
	next
}

/^-/ {
	split(substr($0, 2), word, "\t")
	reason[word[1]] = word[2]
	next
}

{
	split($0, word, "\t")
	insert(word[1], word[2] + 0)
}

END {
	printf "  %-36s %10s %10s  %-22s %8s %8s  %s\n", "what", "ours", "theirs", "who", "ratio",
		"budget", "verdict"
	for (i = 0; i < nr_rows; i++) {
		n = split(rows[i], field, "|")
		if (field[2] == "")
			print field[1]
		else
			show(field[1], field[2], field[3], field[4], field[5])
	}
	printf "%s", skipped
	printf "%d rows, %d of them miss their budget\n", nr_shown, nr_missed
}
