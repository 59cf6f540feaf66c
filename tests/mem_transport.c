/* SPDX-License-Identifier: BSD-2-Clause */
/* A transport without a guest. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "tests/mem_transport.h"

static uint8_t *translate(struct mem_transport *mem, uint64_t iova, size_t len)
{
	mem->nr_early += mem->answering;
	if (iova < MEM_BASE || iova - MEM_BASE > MEM_SIZE || len > MEM_SIZE - (iova - MEM_BASE))
		return NULL;
	if (iova < mem->bad_end && iova + len > mem->bad_start)
		return NULL;
	return mem->memory + (iova - MEM_BASE);
}

static bool not_now(struct mem_transport *mem)
{
	return mem->every_nth_again != 0 && ++mem->nr_copies % mem->every_nth_again == 0;
}

static int mem_read(struct transport *t, uint64_t iova, void *buf, size_t len)
{
	const uint8_t *from = translate((struct mem_transport *)t, iova, len);

	if (not_now((struct mem_transport *)t))
		return -EAGAIN;
	if (from == NULL)
		return -EFAULT;
	memcpy(buf, from, len);
	return 0;
}

static int mem_write(struct transport *t, uint64_t iova, const void *buf, size_t len)
{
	uint8_t *to = translate((struct mem_transport *)t, iova, len);

	if (not_now((struct mem_transport *)t))
		return -EAGAIN;
	if (to == NULL)
		return -EFAULT;
	memcpy(to, buf, len);
	return 0;
}

static int mem_irq(struct transport *t, const struct transport_irq *irq)
{
	struct mem_transport *mem = (struct mem_transport *)t;

	if (mem->irq_result == 0 && mem->nr_irqs < MEM_NR_IRQS)
		mem->irqs[mem->nr_irqs++] = *irq;
	return mem->irq_result;
}

static int mem_start(struct transport *t, struct loop *loop, struct device *dev)
{
	(void)t;
	(void)loop;
	(void)dev;
	return 0;
}

static void mem_free(struct transport *t)
{
	struct mem_transport *mem = (struct mem_transport *)t;

	free(mem->memory);
	free(mem);
}

struct mem_transport *mem_transport_new(void)
{
	struct mem_transport *mem = calloc(1, sizeof(*mem));

	if (mem == NULL)
		abort();
	mem->ops = (struct transport_ops){
		"memory", 0, mem_start, mem_irq, mem_read, mem_write, NULL, mem_free,
	};
	mem->transport.ops = &mem->ops;
	mem->memory = calloc(1, MEM_SIZE);
	if (mem->memory == NULL)
		abort();
	return mem;
}
