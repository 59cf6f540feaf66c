/* SPDX-License-Identifier: BSD-2-Clause */
/* A tracer on a fake drive, and what its capture says. */
#include "config.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "tests/traced.h"
#include "tracer/pcapng.h"
#include "tracer/reader.h"

struct tracer *traced_new(const struct tracer_config *config)
{
	char err[512] = "";
	struct tracer *tracer;

	fake_reset();
	tracer = tracer_new(config, err, sizeof(err));
	if (tracer == NULL)
		print_error("%s\n", err);
	assert_non_null(tracer);
	assert_int_equal(tracer_attach(tracer, NULL), 0);
	return tracer;
}

struct tracer_stats traced_finish(struct tracer *tracer)
{
	struct tracer_stats stats;

	tracer_detach(tracer, NULL);
	tracer_close(tracer, &stats);
	return stats;
}

unsigned int traced_fire(uint16_t cid)
{
	struct nvme_command cmd = {.opc = NVME_OPC_READ, .cid = cid, .nsid = 1, .cdw10 = cid};
	struct nvmetap_event ev = {
		.flags = NVMETAP_HAS_COMMAND, .qkind = NVMETAP_QUEUE_IO, .sqid = 1, .cqid = 1,
		.cmd = &cmd,
	};

	return fake_fire(NVMETAP_TAP_IO_DECODE, &ev);
}

static void count_drop(struct contents *contents, const struct record *rec)
{
	uint64_t first = drop_info_first_get(rec->info), last = drop_info_last_get(rec->info);

	assert_int_equal(first, contents->last_seq + 1);
	assert_int_equal(drop_info_count_get(rec->info), last - first + 1);
	contents->nr_dropped += last - first + 1;
	contents->last_seq = last;
}

struct contents traced_read(const char *from)
{
	struct contents contents = {0};
	struct reader_packet pkt;
	struct record rec;
	char err[512];
	struct reader *reader = reader_open(from, err, sizeof(err));

	assert_non_null(reader);
	while ((contents.result = reader_next(reader, &pkt, &rec)) == 1) {
		assert_int_equal(pkt.error, 0);
		contents.nr++;
		contents.nr_events[rec.event]++;
		contents.nr_data_bytes += rec.event == NVMETAP_EV_DATA ? rec.caplen : 0;
		snprintf(contents.name, sizeof(contents.name), "%s", pkt.interface->name);
		if (rec.event == NVMETAP_EV_SESSION)
			snprintf(contents.session, sizeof(contents.session), "%.*s",
				 (int)rec.caplen, (const char *)rec.payload);
		if (rec.event == NVMETAP_EV_DROP)
			count_drop(&contents, &rec);
		else if (rec.seq != 0 && rec.seq != contents.last_seq) {
			contents.nr_gaps += rec.seq != contents.last_seq + 1;
			contents.last_seq = rec.seq;
		}
	}
	reader_close(reader);
	return contents;
}

uint64_t traced_stated_drops(const char *from)
{
	uint8_t bytes[256], *at;
	FILE *file = fopen(from, "rb");
	size_t len;

	assert_non_null(file);
	assert_int_equal(fseek(file, -(long)sizeof(bytes), SEEK_END), 0);
	assert_int_equal(fread(bytes, 1, sizeof(bytes), file), sizeof(bytes));
	fclose(file);
	len = bytes_get_le(bytes + sizeof(bytes) - 4, 4);
	assert_in_range(len, 24, sizeof(bytes));
	at = bytes + sizeof(bytes) - len;
	assert_int_equal(bytes_get_le(at, 4), PCAPNG_STATISTICS);
	for (at += 20; bytes_get_le(at, 2) != PCAPNG_ISB_IFDROP; at += 12)
		assert_int_equal(bytes_get_le(at + 2, 2), 8);
	return bytes_get_le(at + 4, 8);
}
