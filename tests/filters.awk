# SPDX-License-Identifier: BSD-2-Clause
# Filters on every field of the table, with values that a capture has.
#
#   awk -v version=4.0 -f filters.awk ROWS VALUES
#
# ROWS is what spec/table.awk says in its mode rows, VALUES lines of a field, a
# tab and a value as dump -T fields prints it.

BEGIN {
	FS = "\t"
	MAX = 2		# values of a field, names of a set
	text_column["VALUE"] = 5
	text_column["STATUS"] = 5
	text_column["COMMAND"] = 6
	text_column["FEATURE"] = 5
	text_column["EVENT"] = 7
	set_of["STATUS"] = "status"
	set_of["COMMAND"] = "opc"
	set_of["FEATURE"] = "fid"
	set_of["EVENT"] = "event"
}

function add_name(set, name) {
	if (nr_names[set] < 2 * MAX)
		text[set, ++nr_names[set]] = name
}

FILENAME == ARGV[1] {
	if ($1 == "FIELD" && !($9 in kind)) {
		kind[$9] = $4
		set[$9] = $10
		name[++n] = $9
	}
	if ($1 == "ARRAY")
		print $7
	if ($1 in text_column)
		add_name($1 in set_of ? set_of[$1] : $2, $text_column[$1])
	next
}

nr[$1] < MAX && !(($1, $2) in seen) {
	seen[$1, $2] = 1
	value[$1, ++nr[$1]] = $2
}

function all_relations(f, v) {
	print f " == " v
	print f " != " v
	print f " === " v
	print f " !== " v
	print "any " f " != " v
	print "all " f " == " v
	print f " in {" v "}"
	print "!(" f " == " v ")"
}

function ordered(f, v) {
	print f " < " v
	print f " <= " v
	print f " > " v
	print f " >= " v
}

function numbers(f,   i, v) {
	for (i = 1; i <= nr[f]; i++) {
		v = value[f, i]
		all_relations(f, v)
		ordered(f, v)
		if (kind[f] != "BINT") {
			print f " & " v
			print f " & " v " == " v
		}
	}
	if (nr[f] == 0) {
		print f " != 1"
		print f " && " f " not in {1..5}"
	}
	if (nr[f] >= 2) {
		print f " in {" value[f, 1] ", " value[f, 2] "}"
		print f " && " f " not in {" value[f, 2] ".." value[f, nr[f]] "}"
		print f " in {" value[f, 1] ".." value[f, nr[f]] "}"
	}
	if (f !~ /^nvmetap\./ || set[f] == "NONE" || set[f] == "place")
		return
	# To Wireshark 4.6 a name is that of the command, not a number's of two names.
	if (set[f] == "opc" && version >= 4.6)
		return
	for (i = 1; i <= nr_names[set[f]]; i++) {
		print f " == \"" text[set[f], i] "\""
		print f " == \"" toupper(text[set[f], i]) "\""
		print f " != \"" text[set[f], i] "\""
	}
}

function quoted(v) {
	gsub(/\\/, "\\\\", v)
	gsub(/"/, "\\\"", v)
	return "\"" v "\""
}

function strings(f,   i, v) {
	for (i = 1; i <= nr[f]; i++) {
		v = value[f, i]
		all_relations(f, quoted(v))
		ordered(f, quoted(v))
		print f " contains " quoted(substr(v, 2, 4))
		print f " contains " quoted(v)
		print f " in {" quoted(v) ", \"x\"}"
	}
	print f " contains \"no such thing\""
}

function colons(v) {
	gsub(/../, "&:", v)
	sub(/:$/, "", v)
	return v ~ /:/ ? v : ":" v
}

# Bytes of different lengths have another order in each version of Wireshark.
function same_length(f,   i) {
	for (i = 2; i <= nr[f]; i++)
		if (length(value[f, i]) != length(value[f, 1]))
			return 0
	return 1
}

function bytes(f,   i, v) {
	for (i = 1; i <= nr[f]; i++) {
		v = colons(value[f, i])
		all_relations(f, v)
		if (same_length(f))
			ordered(f, v)
		if (length(v) > 8)
			print f " contains " substr(v, 4, 5)
	}
	print f " != aa:bb"
}

END {
	for (k = 1; k <= n; k++) {
		f = name[k]
		print f
		print "!" f
		if (kind[f] == "CHARS" || kind[f] == "TEXT")
			strings(f)
		else if (kind[f] == "BYTES" || kind[f] == "U128")
			bytes(f)
		else if (kind[f] == "UUID" || kind[f] == "FLAG")
			for (i = 1; i <= nr[f]; i++)
				all_relations(f, value[f, i])
		else
			numbers(f)
	}
}
