/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * register COUNT: the round trip of a register read over vfio-user, beside
 * messages of the same sizes that a bare thread sends back and forth: median ns
 * of wall time.
 *   register.drive.sleep, register.bare.sleep   both ends sleep while they wait
 *   register.drive.one, register.bare.one       the drive's end goes on looking
 *   register.drive.look, register.bare.look     both ends go on looking
 */
#include "config.h"
#include <linux/vfio.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "emu/device.h"
#include "emu/loop.h"
#include "emu/ns.h"
#include "emu/vfio_user.h"
#include "spec/nvme.h"
#include "tests/bench/measure.h"
#include "tests/vfio_client.h"

enum {
	REQUEST = VU_HDR_LEN + VU_RW_LEN,
	REGISTER = 4,		/* bytes */
	REPLY = REQUEST + REGISTER,
	LOOK_NS = 1000 * 1000,	/* longer than a round trip takes */
};

struct server {
	pthread_t thread;
	int fd;			/* the client's end */
	bool look, client_looks;	/* for as long as it takes */
	/* of the bare one */
	int own_fd;
	/* of the drive */
	struct loop *loop;
	struct pool *pool;
	struct ns *ns;
	struct transport *transport;
	struct device *dev;
	struct vfio_client *client;
};

static cpu_set_t may_use;

/* The whole of a message, or false at the end of the stream. */
static bool receive(int fd, uint8_t *to, size_t len, bool look)
{
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = recv(fd, to + done, len - done, look ? MSG_DONTWAIT : 0);
		if (n == 0)
			return false;
		if (n > 0)
			done += (size_t)n;
	}
	return true;
}

/* To the nth processor of those we may use: two ends on one wake each other in a
 * third of the time, but a guest's processor and the drive do not share theirs. */
static void pin(unsigned int nth)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	for (unsigned int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &may_use) || nth-- != 0)
			continue;
		CPU_SET(cpu, &one);
		(void)sched_setaffinity(0, sizeof(one), &one);
		return;
	}
}

static void sockets(int fds[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		bench_die("socketpair");
}

static void start_thread(struct server *s, void *(*run)(void *))
{
	if (pthread_create(&s->thread, NULL, run, s) != 0)
		bench_die("pthread_create");
}

static void *bare_run(void *ctx)
{
	struct server *s = ctx;
	uint8_t bytes[REPLY] = {0};

	pin(1);
	while (receive(s->own_fd, bytes, REQUEST, s->look)) {
		if (send(s->own_fd, bytes, REPLY, MSG_NOSIGNAL) != REPLY)
			break;
	}
	return NULL;
}

static void bare_start(struct server *s)
{
	int fds[2];

	sockets(fds);
	s->fd = fds[0];
	s->own_fd = fds[1];
	start_thread(s, bare_run);
}

static void bare_stop(struct server *s)
{
	close(s->fd);
	pthread_join(s->thread, NULL);
	close(s->own_fd);
}

static void idle(void *ctx, bool messages, bool sleeping)
{
	device_idle(((struct server *)ctx)->dev, messages, sleeping);
}

static void *drive_run_loop(void *ctx)
{
	pin(1);
	(void)loop_run(((struct server *)ctx)->loop);
	return NULL;
}

static void drive_make(struct server *s, int fd)
{
	struct device_config config = {
		.nr_ns = 1, .serial = "SERIAL", .model = "Model", .firmware = "1.0",
		.program = "nvmetap bench", .bdf = 0x30,
	};
	char err[256] = "the drive";

	s->loop = loop_new();
	s->pool = pool_new(s->loop, 1);
	s->ns = ns_new("mem=1M", 1, config.serial, err, sizeof(err));
	s->transport = vfio_user_new(NULL, fd, true, err, sizeof(err));
	config.loop = s->loop;
	config.pool = s->pool;
	config.ns = &s->ns;
	config.transport = s->transport;
	s->dev = device_new(&config);
	if (s->ns == NULL || s->transport == NULL || s->dev == NULL)
		bench_die(err);
	loop_on_idle(s->loop, idle, s);
	loop_poll_max(s->loop, s->look ? LOOK_NS : 0);
	if (s->transport->ops->start(s->transport, s->loop, s->dev) != 0)
		bench_die("the transport");
}

static void drive_start(struct server *s)
{
	int fds[2];

	sockets(fds);
	drive_make(s, fds[1]);
	start_thread(s, drive_run_loop);
	s->client = vfio_client_new(fds[0]);
	if (s->client == NULL || vfio_client_version(s->client, NULL, 0) != 0)
		bench_die("the drive's version");
	s->fd = fds[0];
}

static void drive_stop_all(struct server *s)
{
	vfio_client_free(s->client);
	pthread_join(s->thread, NULL);
	device_stop(s->dev);
	pool_free(s->pool);
	loop_once(s->loop, 0);
	device_free(s->dev);
	transport_free(s->transport);
	ns_free(s->ns);
	loop_free(s->loop);
}

static void request(uint8_t *to, uint16_t id)
{
	VU_HDR_ID_set(to, id);
	VU_HDR_COMMAND_set(to, VU_REGION_READ);
	VU_HDR_SIZE_set(to, REQUEST);
	VU_RW_OFFSET_set(to + VU_HDR_LEN, NVME_REG_CSTS);
	VU_RW_REGION_set(to + VU_HDR_LEN, VFIO_PCI_BAR0_REGION_INDEX);
	VU_RW_COUNT_set(to + VU_HDR_LEN, REGISTER);
}

static void measure(const char *key, struct server *s, unsigned int nr)
{
	double *wall = calloc(nr, sizeof(*wall));
	uint8_t asked[REQUEST] = {0}, answer[REPLY];

	if (wall == NULL)
		bench_die(key);
	for (unsigned int i = 0; i < nr; i++) {
		request(asked, (uint16_t)i);
		wall[i] = bench_wall_ns();
		if (send(s->fd, asked, REQUEST, MSG_NOSIGNAL) != REQUEST ||
		    !receive(s->fd, answer, REPLY, s->client_looks))
			bench_die(key);
		wall[i] = bench_wall_ns() - wall[i];
	}
	bench_say(key, bench_quantile(wall, nr, 500));
	free(wall);
}

static void measure_both(const char *mode, bool look, bool client_looks, unsigned int nr)
{
	struct server bare = {.look = look, .client_looks = client_looks}, drive = bare;
	char key[64];

	bare_start(&bare);
	snprintf(key, sizeof(key), "register.bare.%s", mode);
	measure(key, &bare, nr);
	bare_stop(&bare);
	drive_start(&drive);
	snprintf(key, sizeof(key), "register.drive.%s", mode);
	measure(key, &drive, nr);
	drive_stop_all(&drive);
}

int main(int argc, char **argv)
{
	unsigned int nr;

	if (argc != 2) {
		fprintf(stderr, "usage: register COUNT\n");
		return 2;
	}
	nr = bench_number(argv[1]);
	if (sched_getaffinity(0, sizeof(may_use), &may_use) != 0)
		bench_die("sched_getaffinity");
	pin(0);
	measure_both("sleep", false, false, nr);
	measure_both("one", true, false, nr);
	measure_both("look", true, true, nr);
	return 0;
}
