/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mini_guest [OPTION...] SOCKET: what a guest's driver does to a drive, as a
 * program.  It enables, identifies, creates a queue pair, writes, reads back,
 * compares, resets and shuts down.
 *
 *   -n N     so many writes, and as many reads (64)
 *   -d N     so many of them at once (16)
 *   -s SIZE  bytes of each, 512 to 8192 (4096)
 *   -r MS    only reads, for so long
 *   -x HOW   in the middle of the I/O: "leave" closes the socket, "die" is
 *            killed, "stop" exits with 0 and its commands outstanding
 *   -m       its memory is no file: the drive has to ask for it by message
 *   -u       it speaks vhost-user, as user-mode Linux does, not vfio-user
 *   -c PATH  connects to a console there and says what it does
 *   -v N     says at its end that N steps of its own check failed
 *
 * Says "io" on standard output when the first I/O command has completed, and
 * at the end how many did.  Exit status: 0 done, 1 the drive did wrong, 2
 * usage, 3 the drive has gone.
 */
#include <config.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "emu/loop.h"
#include "spec/table.h"
#include "tests/unix_connect.h"
#include "tests/vfio_access.h"
#include "tests/vhost_access.h"

enum {
	PAGE = 4096,
	ENTRIES = 256,
	DEPTH_MAX = ENTRIES - 1,
	SIZE_MAX_BYTES = 2 * PAGE,
	MEMORY = 16 << 20,
	BLOCK = 512,
	EXIT_WRONG = 1,
	EXIT_GONE = 3,
	CC_SHUTDOWN = 4u << 20 | 6u << 16 | 1 << 14 | 1,
};

struct guest {
	unsigned int nr, depth, size, read_ms;
	const char *how;		/* to end in the middle, or NULL */
	const char *console, *verdict;
	bool by_message, by_vhost;
	const struct nvme_access *access;
	struct vfio_access way;
	struct vhost_access vhost_way;
	struct nvme_driver driver;
	uint64_t buffer[DEPTH_MAX];	/* iova */
	struct slot {
		bool busy;
		uint16_t cid;
		unsigned int index;	/* of the command among its kind */
	} slot[DEPTH_MAX];
	unsigned long long nr_done;
	uint64_t nr_blocks;		/* of the namespace */
	int console_fd;
};

static void wrong(const char *what, unsigned int value)
{
	fprintf(stderr, "mini_guest: %s: %#x\n", what, value);
	exit(EXIT_WRONG);
}

static void failed(void *ctx, int error)
{
	(void)ctx;
	fprintf(stderr, "mini_guest: %s\n", strerror(-error));
	exit(error == -ENOTCONN || error == -EPIPE || error == -ECONNRESET ? EXIT_GONE :
	     EXIT_WRONG);
}

static void console_open(struct guest *g)
{
	g->console_fd = -1;
	if (g->console == NULL)
		return;
	g->console_fd = unix_connect(g->console);
	if (g->console_fd < 0)
		failed(g, g->console_fd);
}

static int drive_open(struct guest *g, const char *path)
{
	int fd;

	g->way.failed = failed;
	g->vhost_way.failed = failed;
	g->access = g->by_vhost ? &g->vhost_way.access : &g->way.access;
	if (!g->by_vhost)
		return vfio_access_open(&g->way, path, MEMORY, !g->by_message);
	fd = unix_connect_patiently(path);
	return fd < 0 ? fd : vhost_access_take(&g->vhost_way, fd, MEMORY);
}

static void drive_close(struct guest *g)
{
	if (g->by_vhost)
		vhost_access_close(&g->vhost_way);
	else
		vfio_access_close(&g->way);
}

static void say(const struct guest *g, const char *what, const char *more)
{
	if (g->console_fd >= 0 && dprintf(g->console_fd, "mini_guest: %s%s\r\n", what, more) < 0)
		failed(NULL, -errno);
}

static void command(struct guest *g, struct nvme_command *cmd, const char *what)
{
	uint16_t code = driver_command(&g->driver, 0, cmd);

	if (code != 0)
		wrong(what, code);
}

static void identify(struct guest *g)
{
	struct nvme_command cmd = { .opc = NVME_OPC_IDENTIFY, .cdw10 = NVME_CNS_CTRL };
	const uint8_t *data;

	cmd.prp1 = driver_alloc(&g->driver, PAGE);
	data = driver_ptr(&g->driver, cmd.prp1);
	command(g, &cmd, "Identify Controller");
	if (data[4] == 0 || data[24] == 0)
		wrong("no serial or model number", data[4]);
	cmd.cdw10 = NVME_CNS_NS;
	cmd.nsid = 1;
	command(g, &cmd, "Identify Namespace");
	g->nr_blocks = bytes_get_le(data, 8);
	if (g->nr_blocks < (uint64_t)g->nr * (g->size / BLOCK))
		wrong("namespace too small", (unsigned int)g->nr_blocks);
}

static void start(struct guest *g)
{
	uint16_t code;

	driver_init(&g->driver, g->access, true);
	g->way.polls = true;
	if (!driver_disable(&g->driver) || !driver_enable(&g->driver, 32))
		wrong("CSTS", driver_csts(&g->driver));
	g->way.polls = false;
	identify(g);
	code = driver_create(&g->driver, 1, ENTRIES, 1);
	if (code != 0)
		wrong("create a queue pair", code);
}

/* No two blocks are alike, and none is all zeroes. */
static void pattern(uint8_t *to, size_t size, unsigned int index)
{
	for (size_t i = 0; i < size; i++)
		to[i] = (uint8_t)(index * 31 + i / BLOCK * 7 + i % 251 + 1);
}

static void submit(struct guest *g, unsigned int at, uint8_t opc, unsigned int index)
{
	unsigned int nlb = g->size / BLOCK;
	struct nvme_command cmd = {
		.opc = opc,
		.nsid = 1,
		.prp1 = g->buffer[at],
		.prp2 = g->size > PAGE ? g->buffer[at] + PAGE : 0,
		.cdw10 = index % g->nr * nlb,
		.cdw12 = nlb - 1,
	};
	uint8_t *buffer = driver_ptr(&g->driver, g->buffer[at]);

	if (opc == NVME_OPC_WRITE)
		pattern(buffer, g->size, index);
	else
		memset(buffer, 0, g->size);
	g->slot[at].busy = true;
	g->slot[at].index = index;
	g->slot[at].cid = driver_submit(&g->driver, 1, &cmd);
}

static void __attribute__((noreturn)) end_in_the_middle(struct guest *g)
{
	if (strcmp(g->how, "die") == 0)
		raise(SIGKILL);
	if (strcmp(g->how, "leave") == 0)
		drive_close(g);
	_exit(0);
}

static unsigned int find(const struct guest *g, uint16_t cid)
{
	for (unsigned int i = 0; i < g->depth; i++)
		if (g->slot[i].busy && g->slot[i].cid == cid)
			return i;
	wrong("a completion of nothing, CID", cid);
	return 0;
}

/* Waits for one completion.  The slot that is free again. */
static unsigned int complete(struct guest *g, bool compare)
{
	uint8_t expected[SIZE_MAX_BYTES];
	struct nvme_completion cpl;
	unsigned int at;

	if (!driver_wait(&g->driver, 1, &cpl))
		wrong("no completion, outstanding", g->depth);
	if (status_code(&cpl) != 0)
		wrong("status", status_code(&cpl));
	at = find(g, cpl.cid);
	pattern(expected, g->size, g->slot[at].index % g->nr);
	if (compare && memcmp(driver_ptr(&g->driver, g->buffer[at]), expected, g->size) != 0)
		wrong("data differ, command", g->slot[at].index);
	g->slot[at].busy = false;
	if (g->nr_done++ == 0) {
		puts("io");
		fflush(stdout);
	}
	return at;
}

/* nr commands, or with until_ns so many as there is time for. */
static void do_io(struct guest *g, uint8_t opc, bool compare, unsigned int nr, uint64_t until_ns)
{
	unsigned int issued = 0, open = 0;

	for (; open < g->depth && (until_ns != 0 || issued < nr); open++)
		submit(g, open, opc, issued++);
	while (open > 0) {
		unsigned int at = complete(g, compare);

		open--;
		if (g->how != NULL && g->nr_done >= nr / 2)
			end_in_the_middle(g);
		if (until_ns != 0 ? loop_now_ns() < until_ns : issued < nr) {
			submit(g, at, opc, issued++);
			open++;
		}
	}
}

static void run(struct guest *g)
{
	uint64_t until_ns = loop_now_ns() + (uint64_t)g->read_ms * 1000000;

	for (unsigned int i = 0; i < g->depth; i++)
		g->buffer[i] = driver_alloc(&g->driver, g->size);
	if (g->read_ms != 0) {
		do_io(g, NVME_OPC_READ, false, g->nr, until_ns);
		return;
	}
	do_io(g, NVME_OPC_WRITE, false, g->nr, 0);
	do_io(g, NVME_OPC_READ, true, g->nr, 0);
}

/* A reset of the controller, as a driver's timeout handling does, and the shutdown. */
static void finish(struct guest *g)
{
	struct nvme_driver *d = &g->driver;

	g->way.polls = true;
	if (!driver_disable(d) || !driver_enable(d, 32))
		wrong("CSTS after a reset", driver_csts(d));
	d->access->reg_write(d->access->ctx, NVME_REG_CC, 4, CC_SHUTDOWN);
	while ((driver_csts(d) >> 2 & 3) != 2)
		d->access->wait(d->access->ctx);
}

static int number(const char *text, unsigned int min, unsigned int max, unsigned int *to)
{
	unsigned long value = strtoul(text, NULL, 10);

	*to = (unsigned int)value;
	return value < min || value > max;
}

static int take_option(struct guest *g, int option)
{
	switch (option) {
	case 'n':
		return number(optarg, 1, 1000000, &g->nr);
	case 'd':
		return number(optarg, 1, DEPTH_MAX, &g->depth);
	case 's':
		return number(optarg, BLOCK, SIZE_MAX_BYTES, &g->size) || g->size % BLOCK != 0;
	case 'r':
		return number(optarg, 1, 600000, &g->read_ms);
	case 'x':
		g->how = optarg;
		return 0;
	case 'm':
		g->by_message = true;
		return 0;
	case 'u':
		g->by_vhost = true;
		return 0;
	case 'c':
		g->console = optarg;
		return 0;
	case 'v':
		g->verdict = optarg;
		return 0;
	default:
		return 1;
	}
}

int main(int argc, char **argv)
{
	static struct guest g = { .nr = 64, .depth = 16, .size = PAGE };
	int option, err;

	while ((option = getopt(argc, argv, "n:d:s:r:x:muc:v:")) != -1)
		if (take_option(&g, option) != 0)
			return 2;
	if (optind != argc - 1)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	err = drive_open(&g, argv[optind]);
	if (err != 0)
		failed(&g, err);
	console_open(&g);
	start(&g);
	say(&g, "started", "");
	run(&g);
	finish(&g);
	say(&g, "shut down", "");
	if (g.verdict != NULL && dprintf(g.console_fd, "nvmetap-guest: exit %s\r\n", g.verdict) < 0)
		failed(&g, -errno);
	printf("%llu commands\n", g.nr_done);
	drive_close(&g);
	return 0;
}
