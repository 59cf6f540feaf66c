/* SPDX-License-Identifier: BSD-2-Clause */
/* The file or files that a live capture goes to. */
#include "config.h"

#include "tools/capture_files.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "emu/loop.h"
#include "tools/command.h"
#include "tracer/outfile.h"
#include "tracer/pcapng.h"

enum { HEAD_MAX = 64 << 10, TIME_LEN = 32 };

static const char *shown(const struct capture_files *files)
{
	return strcmp(files->name, "-") == 0 ? "standard output" : files->name;
}

/* Whoever read it may leave; and an error that stays is said once. */
static int refuse(struct capture_files *files, int err)
{
	if (err == -EPIPE || err == files->said)
		return err;
	files->said = err;
	if (err == -EBUSY)
		complain("capture: %s: in use by a drive or by another capture", shown(files));
	else
		complain("capture: %s: %s", shown(files), strerror(-err));
	return err;
}

/* "a/b.pcapng.zst" becomes "a/b_00001_20261125193000.pcapng.zst". */
static char *file_name(const struct capture_files *files)
{
	const char *base = strrchr(files->path, '/'), *dot;
	char when[TIME_LEN], *name;
	time_t now = time(NULL);
	struct tm tm;

	if (!files->many)
		return strdup(files->path);
	dot = strchr(base != NULL ? base : files->path, '.');
	if (dot == NULL)
		dot = files->path + strlen(files->path);
	localtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y%m%d%H%M%S", &tm);
	if (asprintf(&name, "%.*s_%05u_%s%s", (int)(dot - files->path), files->path, files->nr + 1,
		     when, dot) < 0)
		return NULL;
	return name;
}

/* Makes room for the name of the file that comes now. */
static void remove_oldest(struct capture_files *files)
{
	char **slot;

	if (files->kept == NULL)
		return;
	slot = &files->kept[files->nr % files->nr_keep];
	if (*slot != NULL)
		unlink(*slot);
	free(*slot);
	*slot = strdup(files->name);
}

static int open_file(struct capture_files *files)
{
	free(files->name);
	files->name = file_name(files);
	if (files->name == NULL)
		return -ENOMEM;
	files->out = outfile_open(files->name, files->zstd_level);
	if (files->out == NULL && errno == EAGAIN)
		files->out = outfile_open_wait(files->name, files->zstd_level);
	if (files->out == NULL)
		return refuse(files, -errno);
	remove_oldest(files);
	files->nr++;
	files->nr_records = files->nr_dropped = files->first_ns = files->last_ns = 0;
	files->opened_ns = loop_now_ns();
	return 0;
}

int capture_files_open(struct capture_files *files)
{
	files->head = malloc(HEAD_MAX);
	if (files->nr_keep != 0)
		files->kept = calloc(files->nr_keep, sizeof(*files->kept));
	if (files->head == NULL || (files->nr_keep != 0 && files->kept == NULL)) {
		complain("capture: %s", strerror(ENOMEM));
		return -ENOMEM;
	}
	return open_file(files);
}

static int check(struct capture_files *files, int err)
{
	return err == 0 ? 0 : refuse(files, err);
}

int capture_files_put(struct capture_files *files, const struct stream_block *block)
{
	if (block->type == PCAPNG_SECTION || block->type == PCAPNG_INTERFACE) {
		if (block->len > HEAD_MAX - files->head_len)
			return refuse(files, -EPROTO);
		memcpy(files->head + files->head_len, block->bytes, block->len);
		files->head_len += block->len;
	} else if (block->type == PCAPNG_STATISTICS) {
		return 0;	/* of the whole stream; each file has its own */
	} else if (block->type == PCAPNG_ENHANCED) {
		if (files->nr_records++ == 0)
			files->first_ns = block->rec.time_ns;
		files->last_ns = block->rec.time_ns;
		files->nr_dropped += block->dropped;
	}
	return check(files, outfile_write(files->out, block->bytes, block->len));
}

int capture_files_flush(struct capture_files *files)
{
	return check(files, outfile_flush(files->out));
}

uint64_t capture_files_bytes(const struct capture_files *files)
{
	return outfile_bytes(files->out);
}

static int end_file(struct capture_files *files)
{
	struct pcapng_statistics statistics = {
		.time_ns = files->last_ns,
		.start_ns = files->first_ns,
		.end_ns = files->last_ns,
		.received = files->nr_records + files->nr_dropped,
		.dropped = files->nr_dropped,
		.delivered = files->nr_records,
	};
	int err;

	if (files->head_len > 0)
		(void)outfile_commit(files->out,
				     pcapng_statistics(outfile_reserve(files->out,
								       PCAPNG_BLOCK_MAX),
						       &statistics));
	err = outfile_close(files->out);
	files->all_records += files->nr_records;
	files->all_dropped += files->nr_dropped;
	files->all_bytes += outfile_file_bytes(files->out);
	outfile_free(files->out);
	files->out = NULL;
	return check(files, err);
}

int capture_files_next(struct capture_files *files)
{
	int err = end_file(files);

	if (err == 0)
		err = open_file(files);
	if (err == 0)
		err = check(files, outfile_write(files->out, files->head, files->head_len));
	return err;
}

static void report(const struct capture_files *files)
{
	fprintf(stderr, "%s: ", files->nr > 1 ? files->path : shown(files));
	if (files->nr > 1)
		fprintf(stderr, "%u files, ", files->nr);
	fprintf(stderr, "%" PRIu64 " records, %" PRIu64 " events dropped, %" PRIu64 " bytes\n",
		files->all_records, files->all_dropped, files->all_bytes);
}

int capture_files_close(struct capture_files *files)
{
	int err = files->out != NULL ? end_file(files) : 0;

	if (files->nr > 0 && err == 0 && !files->quiet)
		report(files);
	for (unsigned int i = 0; files->kept != NULL && i < files->nr_keep; i++)
		free(files->kept[i]);
	free(files->kept);
	free(files->head);
	free(files->name);
	return err;
}
