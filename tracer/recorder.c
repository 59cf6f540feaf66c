/* SPDX-License-Identifier: BSD-2-Clause */
/* Entries become records, and records a capture. */
#include "config.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include "tracer/encode.h"
#include "tracer/pcapng.h"
#include "tracer/recorder.h"

enum {
	RECORDER_LINE = 512,	/* bytes of a line of the recorder's own */
};

static int recorder_copy(char **to, const char *from)
{
	if (from == NULL)
		return 0;
	*to = strdup(from);
	return *to != NULL ? 0 : -ENOMEM;
}

int recorder_init(struct recorder *recorder, const struct tracer_config *config,
		  struct outfile *output)
{
	memset(recorder, 0, sizeof(*recorder));
	recorder->output = output;
	recorder->sink = config->sink;
	recorder->sink_ctx = config->sink_ctx;
	recorder->scratch = malloc(PCAPNG_BLOCK_MAX);
	if (recorder->scratch != NULL && recorder_copy(&recorder->name, config->if_name) == 0 &&
	    recorder_copy(&recorder->description, config->if_description) == 0 &&
	    recorder_copy(&recorder->hardware, config->if_hardware) == 0 &&
	    recorder_copy(&recorder->application, config->application) == 0)
		return 0;
	recorder_fini(recorder);
	return -ENOMEM;
}

void recorder_fini(struct recorder *recorder)
{
	free(recorder->scratch);
	free(recorder->name);
	free(recorder->description);
	free(recorder->hardware);
	free(recorder->application);
}

void recorder_begin(struct recorder *recorder, uint32_t bdf)
{
	struct utsname host;
	char name[32], os[sizeof(host.sysname) + sizeof(host.release) + 1];
	struct pcapng_section section = {
		.application = recorder->application, .os = os, .closes = PCAPNG_CLOSES,
	};
	struct pcapng_interface interface = {
		.linktype = PCAPNG_LINKTYPE,
		.name = recorder->name != NULL ? recorder->name : name,
		.description = recorder->description,
		.hardware = recorder->hardware,
		.os = os,
	};
	int len = 0;

	recorder->begun = true;
	if (recorder->output == NULL)
		return;
	if (bdf >> 16 != 0)
		len = snprintf(name, sizeof(name), "%04x:", bdf >> 16);
	snprintf(name + len, sizeof(name) - (size_t)len, "%02x:%02x.%x", bdf >> 8 & 0xff,
		 bdf >> 3 & 0x1f, bdf & 7);
	os[0] = '\0';
	if (uname(&host) >= 0) {
		snprintf(os, sizeof(os), "%s %s", host.sysname, host.release);
		section.hardware = host.machine;
	}
	(void)outfile_commit(recorder->output,
			    pcapng_section(outfile_reserve(recorder->output, PCAPNG_BLOCK_MAX),
					   &section));
	(void)outfile_commit(recorder->output,
			    pcapng_interface(outfile_reserve(recorder->output, PCAPNG_BLOCK_MAX),
					     &interface));
}

static void recorder_count(struct recorder *recorder, const struct entry *entry, uint64_t time_ns)
{
	const struct entry_drop *drop = entry_info_const(entry);

	if (recorder->nr_records++ == 0)
		recorder->first_ns = time_ns;
	recorder->last_ns = time_ns;
	recorder->bdf = entry->bdf;
	if (entry->event == NVMETAP_EV_DROP)
		recorder->nr_dropped += drop->count;
}

void recorder_put(struct recorder *recorder, const struct entry *entry)
{
	const struct entry_drop *drop = entry_info_const(entry);
	bool write = recorder->output != NULL && outfile_error(recorder->output) == 0;
	struct pcapng_packet packet = {
		.time_ns = nvmetap_ns(entry->ticks),
		.flags = encode_direction(entry),
		.id = entry->seq,
		.dropped = entry->event == NVMETAP_EV_DROP ? drop->count : 0,
	};
	struct record rec = {.time_ns = packet.time_ns};
	uint8_t *to = recorder->scratch;

	if (!recorder->begun)
		recorder_begin(recorder, entry->bdf);
	if (write)
		to = outfile_reserve(recorder->output, pcapng_packet_room(encode_size(entry), 0));
	else if (recorder->sink == NULL)
		return;
	packet.caplen = (uint32_t)encode_entry(to + PCAPNG_PACKET_DATA, entry, &rec);
	packet.len = packet.caplen - rec.caplen + rec.len;
	if (recorder->sink != NULL)
		recorder->sink(recorder->sink_ctx, &rec);
	if (write && outfile_commit(recorder->output, pcapng_packet(to, &packet)) != 0)
		return;
	recorder_count(recorder, entry, packet.time_ns);
}

void recorder_put_step(struct recorder *recorder, uint64_t ticks, int64_t step_ns)
{
	struct {
		struct entry entry;
		struct entry_clock clock;
	} step = {
		.entry = {
			.ticks = ticks,
			.event = NVMETAP_EV_CLOCK,
			.stage = NVMETAP_WRITEBACK,
			.info_len = clock_info_HOST,
		},
		.clock = {.step_ns = step_ns},
	};

	recorder_put(recorder, &step.entry);
}

void recorder_put_line(struct recorder *recorder, const char *line)
{
	struct {
		struct entry entry;
		char text[RECORDER_LINE];
	} last = {
		.entry = {
			.ticks = nvmetap_ticks(),
			.bdf = recorder->bdf,
			.event = NVMETAP_EV_LOG,
			.stage = NVMETAP_WRITEBACK,
			.info_len = none_HOST,
		},
	};
	size_t len = strlen(line);

	last.entry.len = (uint32_t)len;
	if (len > sizeof(last.text)) {
		len = sizeof(last.text);
		last.entry.flags = NVMETAP_TRUNCATED;
	}
	last.entry.caplen = (uint32_t)len;
	memcpy(last.text, line, len);
	recorder_put(recorder, &last.entry);
}

void recorder_put_drops(struct recorder *recorder, const struct event_drops *drops)
{
	struct {
		struct entry entry;
		struct entry_drop info;
	} drop;

	if (drops->info.count == 0)
		return;
	event_drop_entry(&drop.entry, drops);
	recorder_put(recorder, &drop.entry);
}

void recorder_end(struct recorder *recorder)
{
	struct pcapng_statistics statistics = {0};

	if (recorder->output == NULL)
		return;
	if (!recorder->begun)
		recorder_begin(recorder, 0);
	statistics.time_ns = nvmetap_ns(nvmetap_ticks());
	statistics.start_ns = recorder->first_ns;
	statistics.end_ns = recorder->last_ns;
	statistics.delivered = recorder->nr_records;
	statistics.dropped = recorder->nr_dropped;
	statistics.received = recorder->nr_records + recorder->nr_dropped;
	(void)outfile_commit(recorder->output,
			    pcapng_statistics(outfile_reserve(recorder->output, PCAPNG_BLOCK_MAX),
					      &statistics));
	(void)outfile_close(recorder->output);
}

struct tracer_stats recorder_stats(const struct recorder *recorder)
{
	struct tracer_stats stats = {
		.nr_records = recorder->nr_records,
		.nr_dropped = recorder->nr_dropped,
	};

	if (recorder->output != NULL) {
		stats.nr_bytes = outfile_bytes(recorder->output);
		stats.nr_file_bytes = outfile_file_bytes(recorder->output);
		stats.error = outfile_error(recorder->output);
	}
	return stats;
}
