/* SPDX-License-Identifier: BSD-2-Clause */
/* A drive that consists of the functions of the plug-in header. */
#include "config.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "tests/fake_drive.h"

enum {
	FAKE_ATTACHED_MAX = 128,
};

struct fake_drive fake;

static struct {
	unsigned int tap;
	nvmetap_fn *fn;
	void *ctx;
} fake_attachments[FAKE_ATTACHED_MAX];
static unsigned int fake_nr;

static const struct {
	const char *name;
	uint8_t event, stage;
} fake_taps[] = {
#define TAP(cname, number, event, stage, name) [cname] = {name, event, stage},
#include "spec/nvme.def"
};

void fake_reset(void)
{
	memset(&fake, 0, sizeof(fake));
	fake_nr = 0;
}

static int fake_find(const char *name)
{
	for (int tap = 0; tap < NVMETAP_NR_TAPS; tap++) {
		if (strcmp(fake_taps[tap].name, name) == 0)
			return tap;
	}
	return -ENOENT;
}

bool fake_attached(unsigned int tap)
{
	for (unsigned int i = 0; i < fake_nr; i++) {
		if (fake_attachments[i].tap == tap)
			return true;
	}
	return false;
}

unsigned int fake_fire(unsigned int tap, struct nvmetap_event *ev)
{
	unsigned int nr = 0;

	if (!fake_attached(tap))
		return 0;
	ev->size = sizeof(*ev);
	ev->tap = (uint16_t)tap;
	if (tap != NVMETAP_TAP_REGWRITE || ev->event != NVMETAP_EV_DOORBELL)
		ev->event = fake_taps[tap].event;
	ev->stage = fake_taps[tap].stage;
	ev->ticks = nvmetap_ticks();
	ev->bdf = FAKE_BDF;
	if (tap != NVMETAP_TAP_BATCH)
		ev->seq = ++fake.seq;
	for (unsigned int i = 0; i < fake_nr; i++) {
		if (fake_attachments[i].tap != tap)
			continue;
		(void)fake_attachments[i].fn(fake_attachments[i].ctx, ev);
		nr++;
	}
	return nr;
}

void fake_batch(uint32_t which)
{
	struct nvmetap_event ev = {.count = which};

	fake_fire(NVMETAP_TAP_BATCH, &ev);
}

int nvmetap_attach(struct nvmetap_plugin *plugin, const char *tap, nvmetap_fn *fn, void *ctx,
		   int order)
{
	int number = fake_find(tap);

	(void)plugin;
	(void)order;
	if (number < 0)
		return number;
	if (fake_nr == FAKE_ATTACHED_MAX)
		return -ENOMEM;
	fake_attachments[fake_nr].tap = (unsigned int)number;
	fake_attachments[fake_nr].fn = fn;
	fake_attachments[fake_nr++].ctx = ctx;
	return 0;
}

int nvmetap_detach(struct nvmetap_plugin *plugin, const char *tap, nvmetap_fn *fn, void *ctx)
{
	int number = fake_find(tap);

	(void)plugin;
	for (unsigned int i = 0; i < fake_nr; i++) {
		if ((int)fake_attachments[i].tap != number || fake_attachments[i].fn != fn ||
		    fake_attachments[i].ctx != ctx)
			continue;
		fake_attachments[i] = fake_attachments[--fake_nr];
		return 0;
	}
	return -ENOENT;
}

/* Valid for the next eight calls. */
const char *nvmetap_option(struct nvmetap_plugin *plugin, const char *key)
{
	static char values[8][256];
	static unsigned int next;
	const char *at = fake.options;
	size_t len = strlen(key), value_len;
	char *value;

	(void)plugin;
	for (; at != NULL; at = strchr(at, ',') != NULL ? strchr(at, ',') + 1 : NULL) {
		if (strncmp(at, key, len) != 0 || strchr("=,", at[len]) == NULL)
			continue;
		value = values[next++ % 8];
		at += len + (at[len] == '=');
		value_len = strcspn(at, ",");
		snprintf(value, sizeof(values[0]), "%.*s", (int)value_len, at);
		return value;
	}
	return NULL;
}

static uint64_t fake_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

uint64_t nvmetap_ticks(void)
{
	if (fake.ticks_read != NULL)
		sem_post(fake.ticks_read);
	return fake_clock(CLOCK_MONOTONIC);
}

uint64_t nvmetap_ns(uint64_t ticks)
{
	static _Atomic uint64_t start;
	uint64_t none = 0;

	if (atomic_load(&start) == 0)
		atomic_compare_exchange_strong(
			&start, &none, fake_clock(CLOCK_REALTIME) - fake_clock(CLOCK_MONOTONIC));
	return atomic_load(&start) + ticks - (uint64_t)atomic_load(&fake.wall_lag_ns);
}

int nvmetap_data(const struct nvmetap_event *ev, uint64_t off, void *buf, size_t len, int store)
{
	(void)ev;
	(void)store;
	if (fake.data == NULL)
		return -ENODATA;
	if (off > fake.data_len || len > fake.data_len - off)
		return -ERANGE;
	memcpy(buf, fake.data + off, len);
	return 0;
}

int nvmetap_resume(struct nvmetap_plugin *plugin, uint64_t cmd_id, uint64_t after_ns)
{
	(void)plugin;
	(void)cmd_id;
	(void)after_ns;
	return -ENOENT;
}

int nvmetap_complete(struct nvmetap_plugin *plugin, uint64_t cmd_id,
		     const struct nvme_completion *cpl)
{
	(void)plugin;
	(void)cmd_id;
	(void)cpl;
	return -ENOENT;
}

int nvmetap_call(struct nvmetap_plugin *plugin, uint64_t after_ns, nvmetap_fn *fn, void *ctx)
{
	(void)plugin;
	(void)after_ns;
	(void)fn;
	(void)ctx;
	return -ENOMEM;
}

int nvmetap_log(struct nvmetap_plugin *plugin, const char *line)
{
	(void)plugin;
	snprintf(fake.log, sizeof(fake.log), "%s", line);
	return 0;
}

int nvmetap_snapshot(struct nvmetap_plugin *plugin)
{
	static const char text[] = "transport: fake\n";
	struct nvmetap_event ev = {
		.flags = NVMETAP_SNAPSHOT,
		.text = text,
		.text_len = sizeof(text) - 1,
	};

	(void)plugin;
	fake.nr_snapshots++;
	fake_fire(NVMETAP_TAP_SESSION, &ev);
	return 0;
}

struct nvme_command *find_cmd(uint32_t sqid, uint32_t cid)
{
	(void)sqid;
	(void)cid;
	return NULL;
}
