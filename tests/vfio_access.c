/* SPDX-License-Identifier: BSD-2-Clause */
/* The small NVMe driver's way over a vfio-user client. */
#include <config.h>

#include <errno.h>
#include <linux/vfio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include "emu/loop.h"
#include "spec/bytes.h"
#include "tests/vfio_access.h"

enum {
	IOVA = 1 << 20,
	CONNECT_S = 10,
	MOMENT_NS = 1000 * 1000,
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

static bool wait_for_drive(void *ctx)
{
	struct itimerspec moment = { .it_value.tv_nsec = MOMENT_NS };
	struct vfio_access *a = ctx;
	int fd = a->polls ? a->timer_fd : a->irq_fd;
	uint64_t count;
	int err;

	if (a->polls)
		timerfd_settime(a->timer_fd, 0, &moment, NULL);
	err = vfio_client_serve(a->client, fd);
	if (err != 0)
		a->failed(a->ctx, err);
	a->nr_waits++;
	return read(fd, &count, sizeof(count)) == (ssize_t)sizeof(count);
}

static struct vfio_client *connect_to(const char *path)
{
	uint64_t until = loop_now_ns() + CONNECT_S * UINT64_C(1000000000);
	struct timespec moment = { .tv_nsec = MOMENT_NS };
	struct vfio_client *client;

	while ((client = vfio_client_connect(path)) == NULL && loop_now_ns() < until &&
	       (errno == ENOENT || errno == ECONNREFUSED))
		nanosleep(&moment, NULL);
	return client;
}

static int set_up(struct vfio_access *a, size_t memory_size, bool shared)
{
	int fds[VFIO_ACCESS_VECTORS] = { a->irq_fd, a->irq_fd };
	void *mem = NULL;
	int err = vfio_client_version(a->client, NULL, 0);

	if (err == 0)
		err = vfio_client_map(a->client, IOVA, memory_size,
				      VFIO_CLIENT_READ | VFIO_CLIENT_WRITE, shared, &mem);
	a->access.memory = mem;
	if (err == 0)
		err = vfio_client_set_irqs(a->client, VFIO_PCI_MSIX_IRQ_INDEX, 0,
					   VFIO_ACCESS_VECTORS,
					   VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
					   NULL, fds, VFIO_ACCESS_VECTORS);
	return err;
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
	a->irq_fd = eventfd(0, EFD_CLOEXEC);
	a->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
}

int vfio_access_open(struct vfio_access *a, const char *path, size_t memory_size, bool shared)
{
	prepare(a, memory_size);
	a->client = connect_to(path);
	if (a->client == NULL)
		return -errno;
	return set_up(a, memory_size, shared);
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
	close(a->irq_fd);
	close(a->timer_fd);
}
