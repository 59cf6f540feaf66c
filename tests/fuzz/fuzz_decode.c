/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzz target: records in every form in which they are shown, and the model.
 * The bytes are packets one after the other, each after its length in two
 * bytes, the high one first.
 */
#include "config.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "dissector/line.h"
#include "dissector/model.h"
#include "spec/bytes.h"
#include "tests/fuzz/fuzz.h"
#include "tools/show.h"

enum { TEXT_MAX = 4 << 20 };

struct shown {
	struct collect collect;
	struct model *model;
	char buf[TEXT_MAX];
};

/* One line, and nothing in it that a terminal would obey. */
static void check_line(const struct text *text)
{
	for (size_t i = 0; i < text->len; i++) {
		if ((unsigned char)text->buf[i] < ' ' || text->buf[i] == 0x7f)
			abort();
	}
}

static void check_json(const struct text *text)
{
	json_t *json;

	if (text->len == text->size)
		return;
	json = json_loadb(text->buf, text->len,
			  JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL, NULL);
	if (!json_is_object(json))
		abort();
	json_decref(json);
}

static void show_packet_all(struct shown *shown, const struct show_packet *packet)
{
	struct text text = { .buf = shown->buf, .size = sizeof(shown->buf) };

	line_record(&text, packet->rec);
	check_line(&text);
	text.len = 0;
	show_details(&text, packet);
	show_hex(&text, packet);
	text.len = 0;
	if (show_json(&text, &shown->collect, packet) != 0)
		abort();
	check_json(&text);
}

/* In memory of its very size. */
static void show_bytes(struct shown *shown, const uint8_t *bytes, size_t len, uint64_t number)
{
	static const struct reader_interface interface = { .name = "00:06.0" };
	uint8_t *data = malloc(len);
	struct reader_packet pkt = { .number = number, .interface = &interface, .data = data,
				     .caplen = (uint32_t)len, .len = (uint32_t)len };
	struct record rec = { .time_ns = number * UINT64_C(1000000001) };
	struct show_packet packet = { .pkt = &pkt };

	if (len > 0)
		memcpy(data, bytes, len);
	pkt.error = record_decode(data, len, &rec);
	if (pkt.error == 0) {
		packet.rec = &rec;
		show_packet_all(shown, &packet);
		if (model_feed(shown->model, &rec) != 0)
			abort();
	}
	free(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct shown shown;
	size_t nr_async;

	if (shown.collect.items == NULL && collect_init(&shown.collect) != 0)
		abort();
	shown.model = model_new();
	for (uint64_t number = 1; len >= 2; number++) {
		size_t n = bytes_get_be(data, 2);

		data += 2;
		len -= 2;
		n = n < len ? n : len;
		show_bytes(&shown, data, n, number);
		data += n;
		len -= n;
	}
	if (model_outstanding(shown.model, &nr_async) < nr_async)
		abort();
	model_free(shown.model);
	return 0;
}
