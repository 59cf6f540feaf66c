/* SPDX-License-Identifier: BSD-2-Clause */
/* What scripts have in common, whatever the transport. */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "emu/conn.h"
#include "spec/bytes.h"
#include "tests/fuzz/frame.h"
#include "tests/fuzz/observer.h"
#include "tests/fuzz/still_time.h"

enum { NS_PER_MS = 1000000, PAGE = 4096, MAX_BODY = 65535 };

struct frame frame;
static const struct frame_way *way;

void frame_take_bytes(void *to, size_t len)
{
	size_t n = len < frame.left ? len : frame.left;

	memset(to, 0, len);
	if (n > 0)
		memcpy(to, frame.at, n);
	frame.at += n;
	frame.left -= n;
}

uint64_t frame_take(size_t len)
{
	uint8_t bytes[8];

	frame_take_bytes(bytes, len);
	return bytes_get_le(bytes, len);
}

/* Bytes with their length before them, as many as there are. */
static size_t take_counted(uint8_t bytes[MAX_BODY])
{
	size_t len = frame_take(2);

	len = len < frame.left ? len : frame.left;
	frame_take_bytes(bytes, len);
	return len;
}

static void step_message(void)
{
	static uint8_t body[MAX_BODY];
	uint16_t command = (uint16_t)frame_take(1);
	uint32_t flags = (uint32_t)frame_take(1);
	unsigned int kinds = (unsigned int)frame_take(1), nr_fds = kinds & 31;
	int fds[CONN_MAX_FDS];

	nr_fds = nr_fds < CONN_MAX_FDS ? nr_fds : CONN_MAX_FDS;
	for (unsigned int i = 0; i < nr_fds; i++)
		fds[i] = frame.kinds[kinds >> 5];
	way->message(command, flags, body, take_counted(body), fds, nr_fds);
}

static void step_memory(void)
{
	uint64_t off = frame_take(4) % SCRIPT_SIZE;
	size_t len = frame_take(1);
	uint8_t bytes[255];

	frame_take_bytes(bytes, len);
	guest_files_put(&frame.files, off, bytes, len);
}

static void step_raw(void)
{
	static uint8_t bytes[MAX_BODY];

	way->raw(bytes, take_counted(bytes));
}

static void step_shrink(void)
{
	guest_files_resize(&frame.files, frame_take(1) % (SCRIPT_SIZE / PAGE + 1) * PAGE);
}

static void (*const steps[SCRIPT_NR_COMMON])(void) = {
	[SCRIPT_MESSAGE] = step_message,
	[SCRIPT_MEMORY] = step_memory,
	[SCRIPT_RAW] = step_raw,
	[SCRIPT_SHRINK] = step_shrink,
};

bool frame_turn(void)
{
	unsigned int what;

	if (frame.left == 0 || way->is_over()) {
		way->hang_up();
		return true;
	}
	what = frame_take(1) % SCRIPT_MAX_STEPS;
	if (what == SCRIPT_TIME) {
		still_time_pass(frame_take(2) * NS_PER_MS);
		return false;
	}
	if (what < SCRIPT_NR_COMMON)
		steps[what]();
	else if (way->steps[what] != NULL)
		way->steps[what]();
	return true;
}

bool frame_drain(void)
{
	return way->drain();
}

void frame_run(const struct frame_way *new_way, struct drive_config *config, int *served,
	       const uint8_t *script, size_t len)
{
	static const char *const ns[] = { "mem=128K", "mem=64K,lbads=12,ro" };
	struct drive *drive;
	char err[200];
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		abort();
	still_time_start();
	*served = fds[0];
	config->ns = ns;
	config->nr_ns = sizeof(ns) / sizeof(ns[0]);
	config->bdf = 0x30;
	config->once = true;
	drive = drive_new(config, err, sizeof(err));
	if (drive == NULL || drive_add_plugin(drive, observer_plugin(), NULL) != 0)
		abort();
	way = new_way;
	guest_files_reset(&frame.files);
	frame.at = script;
	frame.left = len;
	frame.has = (uint8_t)frame_take(1);
	way->begin(fds[1]);
	if (drive_run(drive) != 0)
		abort();
	drive_free(drive);
	way->hang_up();
	if (!guest_files_intact(&frame.files))
		abort();
}
