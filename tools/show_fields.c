/* SPDX-License-Identifier: BSD-2-Clause */
/* dump -T fields and -T csv: the columns that -e names. */
#include "tools/show.h"

#include <string.h>
#include "dissector/value.h"
#include "tools/command.h"

enum {
	FRAME_NUMBER, FRAME_TIME_EPOCH, FRAME_LEN, FRAME_CAP_LEN, FRAME_INTERFACE_NAME,
	FRAME_COMMENT, NR_FRAME_FIELDS,
};

/* Wireshark's names for what it knows of every packet. */
static const char *const frame_names[NR_FRAME_FIELDS] = {
	[FRAME_NUMBER] = "frame.number",
	[FRAME_TIME_EPOCH] = "frame.time_epoch",
	[FRAME_LEN] = "frame.len",
	[FRAME_CAP_LEN] = "frame.cap_len",
	[FRAME_INTERFACE_NAME] = "frame.interface_name",
	[FRAME_COMMENT] = "frame.comment",
};

void columns_init(struct columns *columns)
{
	memset(columns, 0, sizeof(*columns));
	columns->separator = '\t';
	columns->aggregator = ',';
	columns->occurrence = 'a';
}

static int find_frame_field(const char *name)
{
	for (int i = 0; i < NR_FRAME_FIELDS; i++)
		if (strcmp(frame_names[i], name) == 0)
			return i;
	return -1;
}

static int refuse_field(const char *name)
{
	const char *names[NR_FRAME_FIELDS + NR_ROWS];
	const char *near;
	unsigned int nr = NR_FRAME_FIELDS;

	memcpy(names, frame_names, sizeof(frame_names));
	for (unsigned int i = 0; i < NR_ROWS; i++)
		if (table_rows[i].type == TYPE_FIELD)
			names[nr++] = table_rows[i].abbrev;
	near = nearest_name(name, names, nr);
	if (near != NULL)
		complain("dump: no field %s; did you mean %s?", name, near);
	else
		complain("dump: no field %s; dump -V shows the names", name);
	return -1;
}

int columns_add(struct columns *columns, const char *name)
{
	const struct table_row *row = table_find(name);
	int frame = find_frame_field(name);

	if (row == NULL && frame < 0)
		return refuse_field(name);
	if (columns->nr == COLUMNS_MAX) {
		complain("dump: more than %d fields", COLUMNS_MAX);
		return -1;
	}
	columns->list[columns->nr].name = name;
	columns->list[columns->nr].frame = frame;
	columns->list[columns->nr].group = row != NULL ? (uint16_t)(row - table_rows) : 0;
	columns->nr++;
	return 0;
}

/* A character as tshark takes it: itself, or /t for a tab, /s for a space. */
static char parse_char(const char *value)
{
	if (strcmp(value, "/t") == 0)
		return '\t';
	if (strcmp(value, "/s") == 0)
		return ' ';
	return value[0] != '\0' && value[1] == '\0' ? value[0] : '\0';
}

static bool parse_quote(const char *value, char *quote)
{
	*quote = *value == 'd' ? '"' : *value == 's' ? '\'' : '\0';
	return strlen(value) == 1 && strchr("dsn", *value) != NULL;
}

static bool set_option(struct columns *columns, const char *option, const char *value)
{
	size_t len = (size_t)(value - option);

	if (strncmp(option, "header=", len) == 0) {
		columns->header = *value == 'y';
		return strcmp(value, "y") == 0 || strcmp(value, "n") == 0;
	}
	if (strncmp(option, "separator=", len) == 0)
		return (columns->separator = parse_char(value)) != '\0';
	if (strncmp(option, "aggregator=", len) == 0)
		return (columns->aggregator = parse_char(value)) != '\0';
	if (strncmp(option, "quote=", len) == 0)
		return parse_quote(value, &columns->quote);
	if (strncmp(option, "occurrence=", len) == 0) {
		columns->occurrence = *value;
		return strlen(value) == 1 && strchr("fla", *value) != NULL;
	}
	return false;
}

int columns_option(struct columns *columns, const char *option)
{
	const char *equals = strchr(option, '=');

	if (equals != NULL && equals > option && set_option(columns, option, equals + 1))
		return 0;
	complain("dump: no -E %s; there are header=y|n, separator=C, occurrence=f|l|a, "
		 "aggregator=C and quote=d|s|n", option);
	return -1;
}

void columns_begin(struct text *text, const struct columns *columns, struct collect *collect)
{
	memset(collect->wanted, 0, sizeof(collect->wanted));
	for (unsigned int i = 0; i < columns->nr; i++)
		if (columns->list[i].frame < 0)
			collect->wanted[columns->list[i].group] = true;
	if (!columns->header)
		return;
	for (unsigned int i = 0; i < columns->nr; i++) {
		if (i > 0)
			text_char(text, columns->separator);
		text_string(text, columns->list[i].name);
	}
	text_char(text, '\n');
}

static void add_time(struct text *text, const struct record *rec)
{
	if (rec != NULL)
		text_time(text, rec->time_ns, '.');
}

static void add_words(struct text *text, const char *words)
{
	if (words != NULL)
		text_escaped(text, (const uint8_t *)words, strlen(words));
}

static void add_frame_field(struct text *text, int field, const struct show_packet *packet)
{
	const struct reader_packet *pkt = packet->pkt;

	switch (field) {
	case FRAME_NUMBER:
		text_dec(text, pkt->number);
		break;
	case FRAME_TIME_EPOCH:
		add_time(text, packet->rec);
		break;
	case FRAME_LEN:
		text_dec(text, pkt->len);
		break;
	case FRAME_CAP_LEN:
		text_dec(text, pkt->caplen);
		break;
	case FRAME_INTERFACE_NAME:
		add_words(text, pkt->interface != NULL ? pkt->interface->name : NULL);
		break;
	case FRAME_COMMENT:
		add_words(text, reader_comment(pkt));
		break;
	}
}

static void add_occurrences(struct text *text, const struct columns *columns,
			    const struct collect *collect, uint16_t group)
{
	uint32_t i = columns->occurrence == 'l' ? collect->last[group] : collect->first[group];

	if (collect->first[group] == 0)
		return;
	value_plain(text, &collect->items[i - 1].item);
	while (columns->occurrence == 'a' && (i = collect->items[i - 1].next) != 0) {
		text_char(text, columns->aggregator);
		value_plain(text, &collect->items[i - 1].item);
	}
}

/* Appends to another text with quotes round it and those within doubled. */
struct quoting {
	struct text text;
	struct text *out;
	char quote;
	char buf[256];
};

static void flush_quoted(struct text *text)
{
	struct quoting *quoting = (struct quoting *)text;	/* its first member */

	for (size_t i = 0; i < text->len; i++) {
		if (text->buf[i] == quoting->quote)
			text_char(quoting->out, quoting->quote);
		text_char(quoting->out, text->buf[i]);
	}
	text->len = 0;
}

static void add_column(struct text *text, const struct columns *columns, unsigned int i,
		       const struct collect *collect, const struct show_packet *packet)
{
	if (columns->list[i].frame >= 0)
		add_frame_field(text, columns->list[i].frame, packet);
	else if (packet->rec != NULL)
		add_occurrences(text, columns, collect, columns->list[i].group);
}

static void add_quoted(struct text *text, const struct columns *columns, unsigned int i,
		       const struct collect *collect, const struct show_packet *packet)
{
	struct quoting quoting = { .out = text, .quote = columns->quote };

	quoting.text = (struct text){
		.buf = quoting.buf, .size = sizeof(quoting.buf), .flush = flush_quoted,
	};
	text_char(text, columns->quote);
	add_column(&quoting.text, columns, i, collect, packet);
	flush_quoted(&quoting.text);
	text_char(text, columns->quote);
}

int columns_show(struct text *text, const struct columns *columns, struct collect *collect,
		 const struct show_packet *packet)
{
	int ret = 0;

	if (packet->rec != NULL)
		ret = collect_record(collect, packet->rec, packet->pkt->data);
	for (unsigned int i = 0; i < columns->nr; i++) {
		if (i > 0)
			text_char(text, columns->separator);
		if (columns->quote != '\0')
			add_quoted(text, columns, i, collect, packet);
		else
			add_column(text, columns, i, collect, packet);
	}
	text_char(text, '\n');
	return ret;
}
