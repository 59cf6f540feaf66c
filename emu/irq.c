/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts of the PCI function. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "emu/provoke.h"
#include "emu/irq.h"

#define RETRY_NS UINT64_C(1000000)

/* An interrupt that a plug-in delays. */
struct late_irq {
	struct late_irq *next;
	struct irq *irq;
	struct loop_timer timer;
	struct inject_name *name;
	struct nvmetap_plugin *plugin;
	struct nvmetap_event ev, was;
	struct nvmetap_irq info, before;
	uint64_t arg;
};

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

static uint8_t send_now(struct irq *irq, const struct nvmetap_irq *info)
{
	/* As when a link goes down, the pin is let go. */
	if (irq->gone && (info->type == NVMETAP_IRQ_MSIX || info->level))
		return NVMETAP_IRQ_DISABLED;
	return info->type == NVMETAP_IRQ_MSIX ? send_msix(irq, info) : transmit(irq, info);
}

static void late_free(struct late_irq *late)
{
	struct late_irq **at = &late->irq->lates;

	while (*at != late)
		at = &(*at)->next;
	*at = late->next;
	loop_timer_cancel(late->irq->loop, &late->timer);
	free(late);
}

static void late_end(struct late_irq *late, uint8_t how)
{
	const struct inject_note note = {
		.name = late->name,
		.ev = &late->ev,
		.was = &late->was,
		.arg = late->arg,
		.how = how,
		.fault = NVMETAP_FAULT_LATE_IRQ,
	};

	inject_tell(late->irq->taps, &note);
	late_free(late);
}

/* A pin that has been let go meanwhile stays so. */
static void late_send(struct late_irq *late)
{
	struct irq *irq = late->irq;

	if (late->info.type == NVMETAP_IRQ_INTX && irq->asserted != late->info.level) {
		late_end(late, NVMETAP_INJECT_REVOKED);
		return;
	}
	late->info.result = send_now(irq, &late->info);
	late_end(late, NVMETAP_INJECT_EFFECT);
}

static void late_timer(struct loop_timer *timer)
{
	late_send((struct late_irq *)((char *)timer - offsetof(struct late_irq, timer)));
}

/* false: no memory. */
static bool send_later(struct irq *irq, const struct nvmetap_event *ev,
		       const struct tap_fault *fault)
{
	struct late_irq *late = calloc(1, sizeof(*late));

	if (late == NULL)
		return false;
	late->timer.fn = late_timer;
	if (loop_timer_set(irq->loop, &late->timer, loop_now_ns() + fault->arg) != 0) {
		free(late);
		return false;
	}
	late->irq = irq;
	late->name = fault->name;
	late->plugin = fault->plugin;
	late->arg = fault->arg;
	late->info = *ev->irq;
	late->before = *ev->irq;
	late->before.result = NVMETAP_IRQ_DELAYED;
	late->ev = *ev;
	late->ev.irq = &late->info;
	late->was = late->ev;
	late->was.irq = &late->before;
	late->next = irq->lates;
	irq->lates = late;
	return true;
}

/* A modifier that chose another vector chose its message, unless it wrote one. */
static void readdress(const struct irq *irq, const struct nvmetap_event *ev)
{
	const struct nvmetap_irq *was = ev->was != NULL ? ev->was->irq : ev->irq;
	struct nvmetap_irq *info = ev->irq;

	if (info->message == 1 && info->vector != was->vector && info->addr == was->addr &&
	    info->data == was->data && info->vector < msix_nr_vectors(irq->msix))
		msix_message(irq->msix, info->vector, &info->addr, &info->data);
}

/* After the modifiers: what they left is sent, and the observers see the result. */
static void send(void *ctx, struct nvmetap_event *ev, int verdict)
{
	struct irq *irq = ctx;
	const struct tap_fault *late = NULL;
	bool twice = false;

	if (provoke_any(irq->taps)) {
		late = provoke_take(irq->taps, NVMETAP_FAULT_LATE_IRQ, ev->seq);
		twice = provoke_take(irq->taps, NVMETAP_FAULT_DOUBLE_IRQ, ev->seq) != NULL;
	}
	if (verdict == NVMETAP_DROP || verdict == NVMETAP_HANDLED) {
		ev->irq->result = NVMETAP_IRQ_DROPPED;
		return;
	}
	readdress(irq, ev);
	if (late != NULL && send_later(irq, ev, late)) {
		ev->irq->result = NVMETAP_IRQ_DELAYED;
		return;
	}
	ev->irq->result = send_now(irq, ev->irq);
	if (twice)
		(void)send_now(irq, ev->irq);
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
	if (result == NVMETAP_IRQ_RETRIED || result == NVMETAP_IRQ_NO_TARGET)
		turns_add(&irq->again, (uint16_t)vector);
	else
		turns_remove(&irq->again, (uint16_t)vector);
	if (result == NVMETAP_IRQ_SENT || result == NVMETAP_IRQ_DROPPED ||
	    result == NVMETAP_IRQ_DELAYED) {
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
	/* Each once: it leaves the list, or keeps its place. */
	for (unsigned int at = 0, left = irq->again.nr; left > 0 && at < irq->again.nr; left--) {
		uint16_t vector = irq->again.list[at];

		if (!pci_msix_enabled(irq->pci))
			return;
		fire_msix(irq, vector);
		at += at < irq->again.nr && irq->again.list[at] == vector;
	}
}

void irq_reset(struct irq *irq)
{
	loop_timer_cancel(irq->loop, &irq->timer);
	while (irq->lates != NULL)
		late_end(irq->lates, NVMETAP_INJECT_REVOKED);
	irq->again.nr = 0;
	memset(irq->cause, 0, sizeof(irq->cause));
	memset(irq->count, 0, sizeof(irq->count));
	irq->intx_cause = 0;
	irq->intx_count = 0;
}

void irq_abandon(struct irq *irq, struct nvmetap_plugin *plugin)
{
	struct late_irq *next;

	for (struct late_irq *late = irq->lates; late != NULL; late = next) {
		next = late->next;
		if (late->plugin == plugin)
			late_send(late);
	}
}

void irq_fini(struct irq *irq)
{
	while (irq->lates != NULL)
		late_free(irq->lates);
	loop_timer_cancel(irq->loop, &irq->timer);
}
