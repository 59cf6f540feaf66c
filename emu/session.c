/* SPDX-License-Identifier: BSD-2-Clause */
/* The session text. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "emu/ctrl.h"
#include "emu/session.h"
#include "emu/transport.h"

enum { NAMES_MAX = 512 };

struct text {
	char *buf;
	size_t len, used;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *text, const char *format, ...)
{
	size_t room = text->len - text->used;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text->buf + text->used, room, format, args);
	va_end(args);
	if (n > 0)
		text->used += (size_t)n < room ? (size_t)n : room - 1;
}

static void put_transport(struct text *text, const struct transport_ops *ops)
{
	put(text, "transport: %s\n", ops->name);
	put(text, "sees: registers doorbells config-writes%s%s%s\n",
	    ops->sees & TRANSPORT_SEES_CONFIG_READS ? " config-reads" : "",
	    ops->sees & TRANSPORT_SEES_BARS ? " bars" : "",
	    ops->sees & TRANSPORT_SEES_MSIX_TABLE ? " msix-table" : "");
}

static void put_taps(struct text *text, const struct taps *taps)
{
	char names[NAMES_MAX];

	for (unsigned int tap = 0; tap < NVMETAP_NR_TAPS; tap++) {
		if (!tap_armed(taps, tap))
			continue;
		tap_attached_names(taps, tap, names, sizeof(names));
		put(text, "tap: %s by%s\n", tap_name(tap), names);
	}
}

static void put_plugins(struct text *text, const struct taps *taps)
{
	for (const struct nvmetap_plugin *p = taps->plugins; p != NULL; p = plugin_next(p)) {
		if (plugin_gone(p))
			continue;
		put(text, "plug-in: %s %s\n", plugin_name(p), plugin_options(p));
		if (*plugin_said(p) != '\0')
			put(text, "says: %s %s\n", plugin_name(p), plugin_said(p));
	}
}

static void put_controller(struct text *text, const struct device_config *config,
			   const struct pci_ids *ids)
{
	put(text, "function: %02x:%02x.%x\n", config->bdf >> 8 & 0xff, config->bdf >> 3 & 0x1f,
	    config->bdf & 7);
	put(text, "vendor: %04x\ndevice: %04x\n", ids->vendor, ids->device);
	put(text, "serial: %s\nmodel: %s\nfirmware: %s\n", config->serial, config->model,
	    config->firmware);
	put(text, "nvme: %d.%d\n", CTRL_VERSION >> 16, CTRL_VERSION >> 8 & 0xff);
	put(text, "queue entries: %d\nio queues: %d\ntransfer: %d\n", CTRL_MAX_ENTRIES,
	    CTRL_NR_IO_QUEUES, CTRL_MAX_TRANSFER);
}

size_t session_text(const struct device_config *config, const struct pci_ids *ids,
		    const struct taps *taps, char *buf, size_t len)
{
	struct text text = { buf, len, 0 };

	put(&text, "program: %s\n", config->program);
	put_transport(&text, config->transport->ops);
	put_controller(&text, config, ids);
	for (unsigned int i = 0; i < config->nr_ns; i++) {
		const struct ns *ns = config->ns[i];

		put(&text, "namespace: nsid=%u blocks=%llu lbads=%u%s %s\n", ns->nsid,
		    (unsigned long long)ns->nr_blocks, ns->lba_shift, ns->read_only ? " ro" : "",
		    ns->what);
	}
	put_plugins(&text, taps);
	put_taps(&text, taps);
	return text.used;
}
