/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts of the PCI function. */
#include <errno.h>
#include <string.h>
#include "emu/irq.h"

#define RETRY_NS UINT64_C(1000000)

static bool sees_table(const struct irq *irq)
{
	return irq->transport->ops->sees & TRANSPORT_SEES_MSIX_TABLE;
}

static void retry(struct loop_timer *timer)
{
	struct irq *irq = (struct irq *)((char *)timer - offsetof(struct irq, timer));

	irq_ready(irq, NVMETAP_IRQ_MSIX);
	if (irq->intx_again)
		irq_ready(irq, NVMETAP_IRQ_INTX);
}

/* What the transport's answer means.  Without memory for a timer, the next
 * irq_ready has to do. */
static uint8_t transmit(struct irq *irq, const struct nvmetap_irq *info)
{
	struct transport_irq msg = {
		.addr = info->addr,
		.data = info->data,
		.vector = info->vector,
		.type = info->type,
		.level = info->level,
	};

	switch (irq->transport->ops->irq(irq->transport, &msg)) {
	case 0:
		return NVMETAP_IRQ_SENT;
	case -EAGAIN:
		irq->timer.fn = retry;
		(void)loop_timer_set(irq->loop, &irq->timer, loop_now_ns() + RETRY_NS);
		return NVMETAP_IRQ_RETRIED;
	default:
		return NVMETAP_IRQ_NO_TARGET;
	}
}

static uint8_t send_msix(struct irq *irq, const struct nvmetap_irq *info)
{
	if (!pci_msix_enabled(irq->pci) || !pci_bus_master(irq->pci) ||
	    info->vector >= msix_nr_vectors(irq->msix))
		return NVMETAP_IRQ_DISABLED;
	if (!sees_table(irq))
		return transmit(irq, info);
	if (pci_msix_masked(irq->pci) || msix_masked(irq->msix, info->vector))
		return NVMETAP_IRQ_MASKED;
	return transmit(irq, info);
}

/* After the modifiers: what they left is sent, and the observers see the result. */
static void send(void *ctx, struct nvmetap_event *ev, int verdict)
{
	struct irq *irq = ctx;

	if (verdict == NVMETAP_DROP || verdict == NVMETAP_HANDLED)
		ev->irq->result = NVMETAP_IRQ_DROPPED;
	else if (ev->irq->type == NVMETAP_IRQ_MSIX)
		ev->irq->result = send_msix(irq, ev->irq);
	else
		ev->irq->result = transmit(irq, ev->irq);
}

static uint8_t fire(struct irq *irq, struct nvmetap_irq *info, uint64_t cause, uint32_t count)
{
	struct nvmetap_event ev = tap_event(NVMETAP_TAP_INTERRUPT);

	ev.irq = info;
	ev.cause = cause;
	ev.count = count;
	if (tap_armed(irq->taps, NVMETAP_TAP_INTERRUPT))
		tap_fire_act(irq->taps, &ev, send, irq);
	else
		send(irq, &ev, NVMETAP_GO);
	return info->result;
}

static void fire_msix(struct irq *irq, unsigned int vector)
{
	struct nvmetap_irq info = { .vector = vector, .type = NVMETAP_IRQ_MSIX };
	uint8_t result;

	if (sees_table(irq)) {
		msix_message(irq->msix, vector, &info.addr, &info.data);
		info.message = 1;
	}
	result = fire(irq, &info, irq->cause[vector], irq->count[vector]);
	msix_set_pending(irq->msix, vector, result == NVMETAP_IRQ_MASKED);
	bit_clear(irq->again, vector);
	if (result == NVMETAP_IRQ_RETRIED || result == NVMETAP_IRQ_NO_TARGET)
		bit_set(irq->again, vector);
	if (result == NVMETAP_IRQ_SENT || result == NVMETAP_IRQ_DROPPED) {
		irq->cause[vector] = 0;
		irq->count[vector] = 0;
	}
}

void irq_msix(struct irq *irq, unsigned int vector, uint64_t cause, uint32_t count)
{
	irq->cause[vector] = cause;
	irq->count[vector] += count;
	fire_msix(irq, vector);
}

static bool intx_wanted(const struct irq *irq)
{
	return irq->level && !pci_intx_disabled(irq->pci) && !pci_msix_enabled(irq->pci);
}

static void fire_intx(struct irq *irq, bool level)
{
	struct nvmetap_irq info = { .type = NVMETAP_IRQ_INTX, .level = level };
	uint8_t result = fire(irq, &info, irq->intx_cause, irq->intx_count);

	irq->asserted = level;
	irq->intx_again = level && result == NVMETAP_IRQ_RETRIED;
	irq->intx_cause = 0;
	irq->intx_count = 0;
}

void irq_intx(struct irq *irq, bool level, uint64_t cause, uint32_t count)
{
	irq->level = level;
	if (cause != 0)
		irq->intx_cause = cause;
	irq->intx_count += count;
	pci_intx_status(irq->pci, level);
	if (intx_wanted(irq) != irq->asserted)
		fire_intx(irq, !irq->asserted);
}

void irq_update(struct irq *irq)
{
	for (unsigned int vector = 0; vector < CTRL_NR_VECTORS; vector++) {
		if (msix_pending(irq->msix, vector) && !pci_msix_masked(irq->pci) &&
		    !msix_masked(irq->msix, vector) && pci_msix_enabled(irq->pci) &&
		    pci_bus_master(irq->pci))
			fire_msix(irq, vector);
	}
	if (intx_wanted(irq) != irq->asserted)
		fire_intx(irq, !irq->asserted);
}

void irq_ready(struct irq *irq, unsigned int type)
{
	if (type == NVMETAP_IRQ_INTX) {
		if (intx_wanted(irq))
			fire_intx(irq, true);
		return;
	}
	for (unsigned int vector = 0; vector < CTRL_NR_VECTORS; vector++) {
		if (bit_test(irq->again, vector) && pci_msix_enabled(irq->pci))
			fire_msix(irq, vector);
	}
}

void irq_reset(struct irq *irq)
{
	bool asserted = irq->asserted;

	loop_timer_cancel(irq->loop, &irq->timer);
	memset(irq->again, 0, sizeof(irq->again));
	memset(irq->cause, 0, sizeof(irq->cause));
	memset(irq->count, 0, sizeof(irq->count));
	irq->level = false;
	irq->intx_again = false;
	irq->intx_cause = 0;
	irq->intx_count = 0;
	pci_intx_status(irq->pci, false);
	if (asserted)
		fire_intx(irq, false);
}

void irq_fini(struct irq *irq)
{
	loop_timer_cancel(irq->loop, &irq->timer);
}
