/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A whole controller under load: a driver that reads 4 KiB at queue
 * depth 32, and a namespace in memory.
 *
 *   commands off|out KEY COMMANDS      nobody listens; key: commands a second of CPU
 *   commands on KEY COMMANDS FOLDER    the same while the tracer writes a file
 *   commands rule KEY COMMANDS RULE    the same with a rule
 *   commands viewer KEY COMMANDS       the same with a viewer that reads as fast as it can
 *   commands stalled KEY COMMANDS      the same with one that does not read at all
 *   commands capture KEY COMMANDS FILE reads and writes of many sizes, captured:
 *                                      KEY.records, KEY.bytes, KEY.file_bytes,
 *                                      KEY.writer (CPU ns of the writer's thread)
 */
#include "config.h"
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "tests/bench/measure.h"
#include "tests/rig.h"
#include "tools/inject.h"
#include "tracer/tracer.h"

enum {
	DEPTH = 32,
	BLOCK = 512,
	BLOCKS_4K = 8,
	PAGE = 4096,
	VIEWER_RING = 4 << 20,	/* as of a live capture */
};

struct load {
	struct rig *rig;
	uint64_t buffer[DEPTH];		/* iova */
	uint32_t random;
	bool mixed;		/* sizes and directions */
	struct tracer *tracer;	/* or NULL */
	int viewer[2];		/* the tracer's end and the viewer's, or -1 */
	bool reads;		/* the viewer does */
	pthread_t reader;
	struct inject *inject;	/* or NULL */
};

static uint32_t load_random(struct load *load, uint32_t below)
{
	load->random = load->random * 1664525 + 1013904223;
	return (load->random >> 16) % below;
}

static void load_write(struct load *load, unsigned int slot)
{
	struct nvme_command cmd = {
		.opc = NVME_OPC_READ, .nsid = 1, .prp1 = load->buffer[slot],
		.cdw10 = load_random(load, RIG_NS1_BLOCKS / BLOCKS_4K) * BLOCKS_4K,
		.cdw12 = BLOCKS_4K - 1,
	};

	if (load->mixed) {
		cmd.cdw12 = load_random(load, BLOCKS_4K);
		if (load_random(load, 4) == 0)
			cmd.opc = NVME_OPC_WRITE;
	}
	driver_write(&load->rig->driver, 1, &cmd);
}

/* Takes what has completed, and tells the drive once. */
static unsigned int load_reap(struct load *load)
{
	struct driver_queue *q = &load->rig->driver.queue[1];
	unsigned int nr = 0;

	while (driver_peek(&load->rig->driver, 1)) {
		nr++;
		if (++q->head == q->cq_size) {
			q->head = 0;
			q->phase = !q->phase;
		}
	}
	if (nr != 0)
		driver_ring_cq(&load->rig->driver, 1);
	return nr;
}

static void load_run(struct load *load, unsigned int nr)
{
	for (unsigned int done = 0, n; done < nr; done += n) {
		n = nr - done < DEPTH ? nr - done : DEPTH;
		for (unsigned int i = 0; i < n; i++)
			load_write(load, i);
		driver_ring(&load->rig->driver, 1);
		for (unsigned int left = n; left > 0; left -= load_reap(load))
			loop_once(load->rig->loop, 0);
	}
}

static int attach(struct nvmetap_plugin *self, void *ctx)
{
	return tracer_attach(ctx, self);
}

static void detach(struct nvmetap_plugin *self, void *ctx)
{
	tracer_detach(ctx, self);
}

static void load_trace_to(struct load *load, const struct tracer_config *config)
{
	struct plugin_code code = {.name = "tracer", .setup = attach, .teardown = detach};
	char err[256];

	load->tracer = tracer_new(config, err, sizeof(err));
	code.ctx = load->tracer;
	if (load->tracer == NULL || plugin_add(load->rig->taps, &code, NULL) != 0)
		bench_die("the tracer");
}

static void load_trace(struct load *load, const char *path, bool lossless)
{
	struct tracer_config config = {
		.path = path, .snap_admin = TRACER_SNAP_WHOLE, .lossless = lossless,
	};

	load_trace_to(load, &config);
}

static void *read_away(void *ctx)
{
	static char bytes[64 << 10];
	const int *fd = ctx;

	while (read(*fd, bytes, sizeof(bytes)) > 0)
		;
	return NULL;
}

static void load_viewer(struct load *load, bool reads)
{
	struct tracer_config config = {
		.snap_admin = TRACER_SNAP_WHOLE, .ring_size = VIEWER_RING,
	};

	signal(SIGPIPE, SIG_IGN);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, load->viewer) != 0)
		bench_die("a viewer");
	load->reads = reads;
	if (reads && pthread_create(&load->reader, NULL, read_away, &load->viewer[1]) != 0)
		bench_die("a viewer's thread");
	config.fd = load->viewer[0];
	load_trace_to(load, &config);
}

/* One that stands still leaves before the tracer would wait for it. */
static void load_viewer_leaves(struct load *load)
{
	if (load->viewer[0] >= 0 && !load->reads)
		close(load->viewer[1]);
}

static void load_viewer_fini(struct load *load)
{
	if (load->viewer[0] < 0)
		return;
	close(load->viewer[0]);
	if (!load->reads)
		return;
	pthread_join(load->reader, NULL);
	close(load->viewer[1]);
}

static void load_rule(struct load *load, const char *rule)
{
	struct drive_plugin plugin;
	struct plugin_code code;
	char err[256];

	load->inject = inject_new(NULL);
	if (load->inject == NULL)
		bench_die("rules");
	plugin = inject_plugin(load->inject);
	code = (struct plugin_code){ plugin.name, plugin.setup, plugin.teardown, plugin.ctx };
	if (plugin_add(load->rig->taps, &code, NULL) != 0 ||
	    inject_add(load->inject, rule, err, sizeof(err)) <= 0)
		bench_die(rule);
}

static void load_init(struct load *load, bool bare)
{
	void *state = NULL;

	*load = (struct load){.random = 1, .mixed = bare, .viewer = { -1, -1 }};
	if ((bare ? rig_setup_bare : rig_setup)(&state) != 0)
		bench_die("the drive");
	load->rig = state;
}

static void load_buffers(struct load *load)
{
	for (unsigned int i = 0; i < DEPTH; i++)
		load->buffer[i] = driver_alloc(&load->rig->driver, PAGE);
}

static void load_fini(struct load *load, struct tracer_stats *stats)
{
	void *state = load->rig;

	rig_teardown(&state);
	inject_free(load->inject);
	if (load->tracer == NULL)
		return;
	load_viewer_leaves(load);
	tracer_close(load->tracer, stats);
	load_viewer_fini(load);
	if (stats->nr_dropped != 0 && load->viewer[0] < 0)
		fprintf(stderr, "bench: %llu events lost\n", (unsigned long long)stats->nr_dropped);
}

/* Whom the load goes on under: one of these, or nobody. */
struct company {
	const char *folder;	/* of a capture */
	const char *rule;
	bool viewer, reads;
};

static void measure(const char *key, unsigned int nr, const struct company *company)
{
	const char *path = company->folder != NULL ?
			   bench_path(company->folder, "commands.pcapng") : NULL;
	struct tracer_stats stats;
	struct load load;
	double begin;

	load_init(&load, false);
	load_buffers(&load);
	if (path != NULL)
		load_trace(&load, path, false);
	if (company->rule != NULL)
		load_rule(&load, company->rule);
	if (company->viewer)
		load_viewer(&load, company->reads);
	load_run(&load, nr / 10 + 1);
	begin = bench_cpu_ns();
	load_run(&load, nr);
	bench_say(key, nr * 1e9 / (bench_cpu_ns() - begin));
	load_fini(&load, &stats);
	if (path != NULL)
		unlink(path);
}

static void say_more(const char *key, const char *what, double value)
{
	char name[64];

	snprintf(name, sizeof(name), "%s.%s", key, what);
	bench_say(name, value);
}

/* From the drive's start on, as a guest's boot is. */
static void capture(const char *key, unsigned int nr, const char *path)
{
	struct tracer_stats stats = {0};
	struct load load;
	double others;

	load_init(&load, true);
	load_trace(&load, path, true);
	driver_init(&load.rig->driver, &load.rig->access, true);
	if (!driver_enable(&load.rig->driver, DEPTH) ||
	    driver_create(&load.rig->driver, 1, 2 * DEPTH, 1) != 0)
		bench_die("the driver");
	load_buffers(&load);
	load_run(&load, nr);
	load_fini(&load, &stats);
	others = bench_process_cpu_ns() - bench_cpu_ns();
	say_more(key, "records", (double)stats.nr_records);
	say_more(key, "bytes", (double)stats.nr_bytes);
	say_more(key, "file_bytes", (double)stats.nr_file_bytes);
	say_more(key, "writer", others / (double)stats.nr_records);
}

static bool company_of(struct company *company, int argc, char **argv)
{
	bool alone = argc == 4, more = argc == 5;

	*company = (struct company){ .folder = NULL };
	if (more && strcmp(argv[1], "on") == 0)
		company->folder = argv[4];
	else if (more && strcmp(argv[1], "rule") == 0)
		company->rule = argv[4];
	else if (alone && strcmp(argv[1], "viewer") == 0)
		company->viewer = company->reads = true;
	else if (alone && strcmp(argv[1], "stalled") == 0)
		company->viewer = true;
	else
		return alone && (strcmp(argv[1], "off") == 0 || strcmp(argv[1], "out") == 0);
	return true;
}

int main(int argc, char **argv)
{
	struct company company;

	if (argc == 5 && strcmp(argv[1], "capture") == 0)
		capture(argv[2], bench_number(argv[3]), argv[4]);
	else if (argc >= 4 && company_of(&company, argc, argv))
		measure(argv[2], bench_number(argv[3]), &company);
	else {
		fprintf(stderr, "usage: commands off|on|rule|viewer|stalled|capture "
				"KEY COMMANDS [FOLDER|RULE|FILE]\n");
		return 2;
	}
	return 0;
}
