/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults as plug-ins provoke them, on their way to who does them. */
#include <errno.h>
#include <stdlib.h>
#include "emu/export.h"
#include "emu/provoke.h"
#include "emu/raise.h"

/* A fault that happens by itself. */
struct fault_raised {
	struct raised raised;
	struct inject_name *name;
	uint64_t arg;
	unsigned int fault;
};

static const struct {
	uint8_t event, arg;
} faults[] = {
#define FAULT(cname, number, name, event, argument, text) \
	[number] = { event, NVMETAP_FAULT_ARG_##argument },
#include "spec/nvme.def"
};

enum { NR_FAULTS = sizeof(faults) / sizeof(faults[0]) };

static_assert((int)NR_FAULTS <= (int)TAP_NR_FAULTS, "taps and faults share one word");

static void fire_fault(struct taps *taps, struct raised *raised)
{
	const struct fault_raised *at = (const struct fault_raised *)raised;

	if (taps->host != NULL)
		taps->host->fault(taps->host_ctx, at->name, at->fault, at->arg);
}

static int raise_fault(struct taps *taps, struct inject_name *name, unsigned int fault,
		       uint64_t arg)
{
	struct fault_raised *raised = malloc(sizeof(*raised));

	if (raised == NULL)
		return -ENOMEM;
	raised->raised.fire = fire_fault;
	raised->name = name;
	raised->fault = fault;
	raised->arg = arg;
	raise_add(taps, &raised->raised);
	return 0;
}

void provoke_step(struct taps *taps, struct nvmetap_plugin *plugin, const struct nvmetap_event *ev)
{
	struct inject_name *name = inject_name(taps, plugin, NULL);

	for (unsigned int i = 0; i < taps->step.nr_faults; i++) {
		unsigned int fault = taps->step.faults[i].fault;

		if (faults[fault].event == NVMETAP_EV_NONE) {
			(void)raise_fault(taps, name, fault, taps->step.faults[i].arg);
			continue;
		}
		taps->faults[fault] = (struct tap_fault){
			.name = name,
			.plugin = plugin,
			.seq = ev->seq,
			.arg = taps->step.faults[i].arg,
		};
		taps->armed |= UINT64_C(1) << (TAP_FAULTS + fault);
		taps->altered = true;
	}
}

const struct tap_fault *provoke_take(struct taps *taps, unsigned int fault, uint64_t seq)
{
	if (!tap_armed(taps, TAP_FAULTS + fault))
		return NULL;
	taps->armed &= ~(UINT64_C(1) << (TAP_FAULTS + fault));
	return taps->faults[fault].seq == seq ? &taps->faults[fault] : NULL;
}

static bool arg_valid(unsigned int kind, uint64_t arg)
{
	static const uint64_t max[] = {
		[NVMETAP_FAULT_ARG_none] = 0,
		[NVMETAP_FAULT_ARG_ns] = UINT64_C(3600) * 1000000000,
		[NVMETAP_FAULT_ARG_count] = UINT16_MAX,
		[NVMETAP_FAULT_ARG_event] = 0xffff07,
	};

	return arg <= max[kind] &&
	       (kind != NVMETAP_FAULT_ARG_event || (arg & ~UINT64_C(0xffff07)) == 0);
}

/* Whether a fault of that kind can be provoked by this event. */
static bool applies(unsigned int fault, const struct nvmetap_event *ev)
{
	if (ev == NULL || ev->event != faults[fault].event)
		return false;
	if (fault == NVMETAP_FAULT_STALE_QUEUE)
		return ev->queue->state == NVMETAP_QUEUE_CREATED;
	if (fault == NVMETAP_FAULT_NO_READY)
		return ev->ctrl->state == NVMETAP_CTRL_ENABLED;
	return true;
}

/* A fault of no event: told first, then done. */
static int fault_alone(struct nvmetap_plugin *plugin, unsigned int fault, uint64_t arg)
{
	struct taps *taps = plugin_taps(plugin);
	struct inject_note note = {
		.name = inject_name(taps, plugin, NULL),
		.arg = arg,
		.fault = (uint8_t)fault,
	};

	inject_tell(taps, &note);
	return raise_fault(taps, note.name, fault, arg);
}

NVMETAP_EXPORT int nvmetap_fault(struct nvmetap_plugin *plugin, unsigned int fault, uint64_t arg)
{
	struct tap_step *step;
	struct taps *taps;

	plugin = plugin_speaker(plugin);
	if (plugin == NULL || fault == 0 || fault >= NR_FAULTS ||
	    !arg_valid(faults[fault].arg, arg))
		return -EINVAL;
	if (plugin_strays(plugin))
		return -EPERM;
	taps = plugin_taps(plugin);
	if (faults[fault].event != NVMETAP_EV_NONE) {
		if (!applies(fault, taps->event))
			return -ENODATA;
		if (!taps->modifying)
			return -EPERM;
	}
	if (!taps->modifying)
		return fault_alone(plugin, fault, arg);
	step = &taps->step;
	if (step->nr_faults == TAP_STEP_FAULTS)
		return -EBUSY;
	step->faults[step->nr_faults].fault = (uint8_t)fault;
	step->faults[step->nr_faults++].arg = arg;
	return 0;
}
