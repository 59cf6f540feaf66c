/* SPDX-License-Identifier: BSD-2-Clause */
/* Fuzz target: a capture as it might come from anywhere, read to its end. */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "tests/fuzz/fuzz.h"
#include "tracer/reader.h"

enum {
	LINE_MAX_LEN = 512,
	PACKETS_MORE = 16,	/* than one a byte: compressed bytes are more than they look */
	EXPANSION = 65536,
};

/* Reads what was handed out, for the sanitizer to see. */
static void touch(const void *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		(void)((const volatile uint8_t *)bytes)[i];
}

static void touch_string(const char *string)
{
	if (string != NULL)
		touch(string, strlen(string));
}

static void touch_packet(const struct reader_packet *pkt, const struct record *rec)
{
	touch(pkt->data, pkt->caplen);
	touch_string(reader_comment(pkt));
	touch_string(pkt->interface->name);
	touch_string(pkt->interface->description);
	touch_string(pkt->interface->hardware);
	if (pkt->error != 0)
		return;
	touch(rec->info, rec->info_len);
	touch(rec->payload, rec->caplen);
	if (rec->caplen > rec->len)
		abort();
}

/* Trouble is said in one line, with the file's name. */
static void check_words(const char *words, const char *path)
{
	if (strncmp(words, path, strlen(path)) != 0 || strchr(words, '\n') != NULL)
		abort();
}

static void read_all(struct reader *reader, const char *path, uint64_t max)
{
	struct reader_packet pkt;
	struct record rec;
	uint64_t number = 0;
	int result;

	while ((result = reader_next(reader, &pkt, &rec)) == 1) {
		touch_packet(&pkt, &rec);
		if (pkt.number <= number || max-- == 0)
			abort();
		number = pkt.number;
	}
	if (result < 0)
		check_words(reader_error(reader), path);
	if (reader_next(reader, &pkt, &rec) != result)
		abort();
	touch_string(reader_application(reader));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char path[64], err[LINE_MAX_LEN] = "";
	int fd = memfd_create("capture", MFD_CLOEXEC);
	struct reader *reader;

	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	reader = reader_open(path, err, sizeof(err));
	if (reader != NULL)
		read_all(reader, path, (len + PACKETS_MORE) * EXPANSION);
	else
		check_words(err, path);
	reader_close(reader);
	close(fd);
	return 0;
}
