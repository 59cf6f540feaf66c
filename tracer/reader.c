/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads captures: finds out the format, and decodes the records. */
#include "config.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "spec/bytes.h"
#include "tracer/pcapng.h"
#include "tracer/reader_pcapng.h"

struct reader {
	struct reader_source source;
	struct reader_pcapng *pcapng;	/* one of both */
	struct reader_pcap *pcap;
	struct reader_pcapng *quick;	/* pcapng, until it has ended; or NULL */
	char *path;
	char *error;		/* path and source.what */
	int ended;		/* what reader_next has ended with, 1 before */
};

static const uint32_t reader_pcap_magics[] = {
	0xa1b2c3d4,	/* microseconds */
	0xa1b23c4d,	/* nanoseconds */
	0xa1b2cd34,	/* Kuznetzov's */
};

static int reader_why(struct reader_source *source, int err)
{
	uint64_t offset = input_offset(source->input);
	const char *why = NULL;

	if (err == -ENODATA)
		why = "zstd frame not finished: cut short or still being written";
	else if (err == -EBADMSG)
		why = "damaged zstd data";
	else
		why = strerror(-err);
	if (offset == 0)	/* of a folder, say */
		snprintf(source->what, sizeof(source->what), "%s", why);
	else
		snprintf(source->what, sizeof(source->what), "%s; after byte %llu%s", why,
			 (unsigned long long)offset,
			 input_compressed(source->input) ? " (uncompressed)" : "");
	return err;
}

int reader_source_fail(struct reader_source *source, int err, uint64_t offset, const char *what)
{
	int why = input_error(source->input);

	if (err == -ENODATA && why != 0)
		return reader_why(source, why);
	snprintf(source->what, sizeof(source->what), "%s at byte %llu%s", what,
		 (unsigned long long)offset,
		 input_compressed(source->input) ? " (uncompressed)" : "");
	return err;
}

/* By the first 4 bytes. */
static int reader_detect(struct reader *reader)
{
	struct reader_source *source = &reader->source;
	const uint8_t *at;
	size_t have;

	at = input_peek(source->input, 4, &have);
	if (at == NULL && input_error(source->input) != 0)
		return reader_why(source, input_error(source->input));
	if (at == NULL && have == 0) {
		snprintf(source->what, sizeof(source->what), "is empty");
		return -ENODATA;
	}
	if (at != NULL && bytes_get_le(at, 4) == PCAPNG_SECTION) {
		reader->pcapng = reader->quick = reader_pcapng_new(source);
		return reader->pcapng != NULL ? 0 : -ENOMEM;
	}
	for (size_t i = 0; at != NULL && i < 3; i++) {
		if (bytes_get_le(at, 4) != reader_pcap_magics[i] &&
		    bytes_get_be(at, 4) != reader_pcap_magics[i])
			continue;
		reader->pcap = reader_pcap_new(source);
		return reader->pcap != NULL ? 0 : -errno;
	}
	snprintf(source->what, sizeof(source->what), "is no capture: neither pcapng nor pcap%s",
		 input_compressed(source->input) ? " is in it" : " nor zstd of them");
	return -EINVAL;
}

struct reader *reader_open(const char *path, char *err, size_t errlen)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	const char *name = strcmp(path, "-") != 0 ? path : "standard input";
	const char *what = strerror(ENOMEM);
	int result = -ENOMEM;

	if (reader != NULL) {
		reader->ended = 1;
		reader->path = strdup(name);
		if (reader->path != NULL)
			reader->error = malloc(strlen(reader->path) + READER_LINE + 3);
	}
	if (reader != NULL && reader->error != NULL) {
		reader->source.input = input_open(path);
		result = reader->source.input != NULL ? reader_detect(reader) : -errno;
		what = reader->source.what[0] != '\0' ? reader->source.what : strerror(-result);
	}
	if (result == 0)
		return reader;
	snprintf(err, errlen, "%s: %s", name, what);
	reader_close(reader);
	errno = -result;
	return NULL;
}

void reader_close(struct reader *reader)
{
	if (reader == NULL)
		return;
	reader_pcapng_free(reader->pcapng);
	reader_pcap_free(reader->pcap);
	input_close(reader->source.input);
	free(reader->path);
	free(reader->error);
	free(reader);
}

void reader_on_wait(struct reader *reader, void (*fn)(void *ctx), void *ctx)
{
	input_on_wait(reader->source.input, fn, ctx);
}

static inline void reader_judge(struct reader *reader, struct reader_packet *pkt)
{
	pkt->reader = reader;
	pkt->error = pkt->interface->linktype == PCAPNG_LINKTYPE
			     ? record_check(pkt->data, pkt->caplen)
			     : -EINVAL;
}

static __attribute__((noinline)) int reader_slowly(struct reader *reader, struct reader_packet *pkt)
{
	int result = reader->ended;

	if (result != 1)
		return result;
	if (reader->pcapng != NULL)
		result = reader_pcapng_next(reader->pcapng, pkt);
	else
		result = reader_pcap_next(reader->pcap, pkt);
	if (result == 1) {
		reader_judge(reader, pkt);
	} else {
		reader->ended = result;
		reader->quick = NULL;
	}
	return result;
}

static inline __attribute__((always_inline)) int reader_any(struct reader *reader,
							    struct reader_packet *pkt)
{
	if (reader->quick == NULL || !reader_pcapng_quick(reader->quick, &reader->source, pkt))
		return reader_slowly(reader, pkt);
	reader_judge(reader, pkt);
	return 1;
}

int reader_next_packet(struct reader *reader, struct reader_packet *pkt)
{
	return reader_any(reader, pkt);
}

void reader_record(const struct reader_packet *pkt, struct record *rec)
{
	rec->time_ns = pkt->time_ns;
	if (pkt->error == 0)
		record_read(pkt->data, pkt->caplen, rec);
}

int reader_next(struct reader *reader, struct reader_packet *pkt, struct record *rec)
{
	int result = reader_any(reader, pkt);

	if (result == 1)
		reader_record(pkt, rec);
	return result;
}

const char *reader_comment(const struct reader_packet *pkt)
{
	return pkt->end != NULL ? reader_pcapng_comment(pkt->reader->pcapng, pkt) : NULL;
}

const char *reader_error(const struct reader *reader)
{
	const char *what = reader->source.what;

	if (reader->ended >= 0)
		return "";
	if (*what == '\0')
		what = strerror(-reader->ended);
	sprintf(reader->error, "%s: %s", reader->path, what);
	return reader->error;
}

const char *reader_application(const struct reader *reader)
{
	return reader->pcapng != NULL ? reader_pcapng_application(reader->pcapng) : NULL;
}

bool reader_unfinished(const struct reader *reader)
{
	return reader->ended == 0 && reader->pcapng != NULL &&
	       reader_pcapng_unfinished(reader->pcapng);
}
