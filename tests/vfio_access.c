/* SPDX-License-Identifier: BSD-2-Clause */
/* The small NVMe driver's way over a vfio-user client. */
#include <config.h>

#include <errno.h>
#include <linux/vfio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include "spec/bytes.h"
#include "tests/unix_connect.h"
#include "tests/vfio_access.h"

enum {
	IOVA = 1 << 20,
	MOMENT_NS = 1000 * 1000,
	TIMER = VFIO_ACCESS_VECTORS,	/* what ready_fd says of timer_fd */
	FDS_A_MESSAGE = CONN_MAX_FDS,
};

static uint64_t region_read(struct vfio_access *a, uint32_t region, uint64_t off,
			    unsigned int width)
{
	uint8_t bytes[8] = { 0 };
	int err = vfio_client_read(a->client, region, off, bytes, width);

	if (err != 0)
		a->failed(a->ctx, err);
	return bytes_get_le(bytes, width);
}

/* As QEMU does: a write to a BAR wants no answer. */
static void region_write(struct vfio_access *a, uint32_t region, uint64_t off,
			 unsigned int width, uint64_t value)
{
	uint8_t bytes[8];
	int err;

	bytes_set_le(bytes, width, value);
	if (region == VFIO_PCI_BAR0_REGION_INDEX)
		err = vfio_client_post(a->client, region, off, bytes, width);
	else
		err = vfio_client_write(a->client, region, off, bytes, width);
	if (err != 0)
		a->failed(a->ctx, err);
}

static uint64_t reg_read(void *ctx, uint64_t off, unsigned int width)
{
	return region_read(ctx, VFIO_PCI_BAR0_REGION_INDEX, off, width);
}

static void reg_write(void *ctx, uint64_t off, unsigned int width, uint64_t value)
{
	region_write(ctx, VFIO_PCI_BAR0_REGION_INDEX, off, width, value);
}

static uint64_t config_read(void *ctx, uint64_t off, unsigned int width)
{
	return region_read(ctx, VFIO_PCI_CONFIG_REGION_INDEX, off, width);
}

static void config_write(void *ctx, uint64_t off, unsigned int width, uint64_t value)
{
	region_write(ctx, VFIO_PCI_CONFIG_REGION_INDEX, off, width, value);
}

/* What has come is counted, so that ready_fd is quiet again. */
static void take_interrupts(struct vfio_access *a)
{
	struct epoll_event ev[VFIO_ACCESS_VECTORS + 1];
	int nr = epoll_wait(a->ready_fd, ev, VFIO_ACCESS_VECTORS + 1, 0);
	uint64_t count;

	for (int i = 0; i < nr; i++) {
		uint32_t vector = ev[i].data.u32;
		int fd = vector == TIMER ? a->timer_fd : a->irq_fd[vector];

		if (read(fd, &count, sizeof(count)) == (ssize_t)sizeof(count) && vector != TIMER)
			a->nr_irqs[vector] += (unsigned int)count;
	}
}

static bool wait_for_drive(void *ctx)
{
	struct itimerspec moment = { .it_value.tv_nsec = MOMENT_NS };
	struct vfio_access *a = ctx;
	int err;

	if (a->polls)
		timerfd_settime(a->timer_fd, 0, &moment, NULL);
	err = vfio_client_serve(a->client, a->ready_fd);
	if (err != 0)
		a->failed(a->ctx, err);
	a->nr_waits++;
	take_interrupts(a);
	return err == 0;
}

static int set_up_vectors(struct vfio_access *a)
{
	unsigned int nr;
	int err = 0;

	for (unsigned int first = 0; err == 0 && first < VFIO_ACCESS_VECTORS; first += nr) {
		nr = VFIO_ACCESS_VECTORS - first;
		if (nr > FDS_A_MESSAGE)
			nr = FDS_A_MESSAGE;
		err = vfio_client_set_irqs(a->client, VFIO_PCI_MSIX_IRQ_INDEX, first, nr,
					   VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
					   NULL, a->irq_fd + first, nr);
	}
	return err;
}

static int set_up(struct vfio_access *a, size_t memory_size, bool shared)
{
	void *mem = NULL;
	int err = vfio_client_version(a->client, NULL, 0);

	if (err == 0)
		err = vfio_client_map(a->client, IOVA, memory_size,
				      VFIO_CLIENT_READ | VFIO_CLIENT_WRITE, shared, &mem);
	a->access.memory = mem;
	return err != 0 ? err : set_up_vectors(a);
}

static void listen_to(const struct vfio_access *a, int fd, uint32_t what)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.u32 = what };

	epoll_ctl(a->ready_fd, EPOLL_CTL_ADD, fd, &ev);
}

static void prepare(struct vfio_access *a, size_t memory_size)
{
	a->access = (struct nvme_access){
		.ctx = a,
		.reg_read = reg_read,
		.reg_write = reg_write,
		.config_read = config_read,
		.config_write = config_write,
		.wait = wait_for_drive,
		.iova = IOVA,
		.memory_size = memory_size,
	};
	a->ready_fd = epoll_create1(EPOLL_CLOEXEC);
	a->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	listen_to(a, a->timer_fd, TIMER);
	for (uint32_t i = 0; i < VFIO_ACCESS_VECTORS; i++) {
		a->irq_fd[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		listen_to(a, a->irq_fd[i], i);
	}
}

int vfio_access_open(struct vfio_access *a, const char *path, size_t memory_size, bool shared)
{
	int fd = unix_connect_patiently(path);

	return fd < 0 ? fd : vfio_access_take(a, fd, memory_size, shared);
}

int vfio_access_take(struct vfio_access *a, int fd, size_t memory_size, bool shared)
{
	prepare(a, memory_size);
	a->client = vfio_client_new(fd);
	return set_up(a, memory_size, shared);
}

void vfio_access_close(struct vfio_access *a)
{
	vfio_client_free(a->client);
	for (unsigned int i = 0; i < VFIO_ACCESS_VECTORS; i++)
		close(a->irq_fd[i]);
	close(a->timer_fd);
	close(a->ready_fd);
}
