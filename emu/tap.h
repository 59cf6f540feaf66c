/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The taps of one controller: who is attached where, and the firing of an
 * event at its tap.  All on the controller's thread unless marked (T).  The
 * rules that plug-ins see are those of emu/plugin.h.
 */
#ifndef EMU_TAP_H
#define EMU_TAP_H

#include <assert.h>
#include <stdbool.h>
#include "emu/loop.h"
#include "emu/plugin.h"
#include "emu/watch.h"

struct inject_name;

/* What the taps ask of the controller behind them.  resume, complete and
 * abandon only note what is to be done; what they tell of it is raised
 * (emu/raise.h), so that inside a callback it fires later. */
struct tap_host {
	int (*resume)(void *ctx, struct nvmetap_plugin *by, uint64_t cmd_id, uint64_t after_ns);
	int (*complete)(void *ctx, struct nvmetap_plugin *by, uint64_t cmd_id,
			const struct nvme_completion *cpl);
	/* What by holds ends with Internal Error. */
	void (*abandon)(void *ctx, struct nvmetap_plugin *by);
	struct nvme_command *(*find)(void *ctx, uint16_t sqid, uint16_t cid);
	/* Fires what nvmetap_snapshot promises; taps_snapshot has aimed it. */
	void (*snapshot)(void *ctx);
	/* Does a fault that belongs to no event; it may fire events. */
	void (*fault)(void *ctx, struct inject_name *name, unsigned int fault, uint64_t arg);
};

/* Room for what the info of any event points to. */
union tap_info {
	struct nvmetap_access acc;
	struct nvmetap_irq irq;
	struct nvmetap_xfer xfer;
	struct nvmetap_list list;
	struct nvmetap_ctrl ctrl;
	struct nvmetap_queue queue;
	struct nvmetap_dma dma;
	struct nvmetap_async async;
};
/* How many bytes of it the info of an event of this kind has; 0: it has none. */
size_t tap_info_size(uint8_t event);

enum {
	TAP_FAULTS = 32,	/* bit of struct taps' armed for fault 0 */
	TAP_NR_FAULTS = 32,
	TAP_STEP_FAULTS = 8,	/* that one call of a callback may provoke */
};

/* A fault that was provoked at event seq; emu/inject.h. */
struct tap_fault {
	struct inject_name *name;
	struct nvmetap_plugin *plugin;
	uint64_t seq, arg;
};

/* Whose modifier ended an event, whom it blamed if that is held, and its place
 * among the modifiers. */
struct tap_answer {
	struct nvmetap_plugin *plugin;
	struct inject_name *name;
	int order;
	uint32_t serial;
};

/* What the modifier that runs has done so far. */
struct tap_step {
	struct {
		uint64_t arg;
		uint8_t fault;
	} faults[TAP_STEP_FAULTS];
	unsigned int nr_faults;
	uint32_t changed;	/* bytes of data */
	size_t data_off, data_len;	/* what data_was holds of the data */
	uint8_t data_was[NVMETAP_INJECT_DATA];
};

struct tap_attachment;
struct raised;

struct taps {
	uint64_t armed;		/* bit n: somebody is attached to tap n; TAP_FAULTS + n: fault n */
	struct tap_attachment *first[NVMETAP_NR_TAPS];	/* by order */
	const struct tap_host *host;
	void *host_ctx;
	struct loop *loop;
	struct nvmetap_plugin *plugins;		/* in the order they were added */
	struct nvmetap_plugin *current;		/* whose code runs */
	struct tap_answer answer;	/* what ended the last event's modifiers */
	uint32_t nr_attached;		/* so far */
	struct nvmetap_plugin *only;		/* a snapshot's receiver: nobody else hears */
	struct raised *raised, **raised_end;	/* inside a callback; emu/raise.h */
	const struct nvmetap_event *event;	/* being fired */
	const struct nvmetap_event *unheard;	/* as it came: its modifiers run, or NULL */
	uint8_t *data;		/* of the event being fired, data_len bytes */
	size_t data_len;
	bool altered;		/* data was stored, or a fault provoked */
	bool modifying;		/* modifiers run, not observers */
	bool detached;		/* dead attachments wait to be swept */
	bool snapshots;		/* a plug-in has asked for one inside a callback */
	unsigned int depth;	/* of plug-ins' code on the stack */
	struct inject_name *names;
	struct inject_name *blamed;	/* by the callback that runs, or NULL */
	struct tap_step step;
	struct tap_fault faults[TAP_NR_FAULTS];	/* whose bits are set in armed */
	struct watch_mark mark;	/* whose code runs, of those that were loaded */
	/* A line for the user, which begins with the plug-in's name; (T); or NULL. */
	void (*say)(void *ctx, const char *line);
	void *say_ctx;
	uint64_t seq;		/* of the last event */
	uint32_t bdf;
};

static_assert((int)NVMETAP_NR_TAPS <= (int)TAP_FAULTS, "taps and faults share one word");

/* Caller's memory.  host may be NULL in tests of the taps alone. */
void taps_init(struct taps *taps, struct loop *loop, uint32_t bdf, const struct tap_host *host,
	       void *host_ctx);
/* Removes the plug-ins, the last one first, and frees them. */
void taps_fini(struct taps *taps);

/*
 * What nobody uses costs this one branch.  NVMETAP_NO_TAPS makes a drive that
 * nobody can listen to, whose taps the compiler leaves out; make bench compares
 * with it.
 */
#ifdef NVMETAP_NO_TAPS
#define TAPS_ARMED(taps) ((void)(taps), UINT64_C(0))
#else
#define TAPS_ARMED(taps) ((taps)->armed)
#endif
static inline bool tap_armed(const struct taps *taps, unsigned int tap)
{
	return __builtin_expect(TAPS_ARMED(taps) >> tap & 1, 0);
}
/* Whether any tap is. */
static inline bool taps_armed(const struct taps *taps)
{
	return __builtin_expect(TAPS_ARMED(taps) != 0, 0);
}

/* An event that belongs to no command, aimed at the tap; NVMETAP_NR_TAPS: at
 * none.  Copied, which takes a third of the time of clearing it. */
extern const struct nvmetap_event tap_blank[NVMETAP_NR_TAPS + 1];
static inline struct nvmetap_event tap_event(unsigned int tap)
{
	return tap_blank[tap];
}

/*
 * Fires ev, which tap_event has made, at its tap, which is armed.  Sets seq, bdf
 * and, if it is 0, ticks; everything else is the caller's.  The answer is the
 * verdict; what ev points to is as the modifiers left it (the phase bit of a
 * completion excepted, which is the controller's).
 */
int tap_fire(struct taps *taps, struct nvmetap_event *ev);
/* The same with len bytes that nvmetap_data reaches. */
int tap_fire_data(struct taps *taps, struct nvmetap_event *ev, void *data, size_t len);
/* The same; act does what the verdict says after the modifiers and before the
 * observers, who see what came of it.  act fires no event. */
typedef void tap_act_fn(void *ctx, struct nvmetap_event *ev, int verdict);
int tap_fire_act(struct taps *taps, struct nvmetap_event *ev, tap_act_fn *act, void *ctx);
/* Goes on with an event that was held: the modifiers behind the one that held it
 * run, and nobody else.  seq is that of the event. */
int tap_fire_rest(struct taps *taps, struct nvmetap_event *ev, const struct tap_answer *held,
		  void *data, size_t len);
/* A batch end, NVMETAP_BATCH_*, without number and time. */
void tap_fire_batch(struct taps *taps, unsigned int which);
/* Such a batch end, unfired. */
static inline struct nvmetap_event tap_batch_event(const struct taps *taps, unsigned int which)
{
	struct nvmetap_event ev = tap_event(NVMETAP_TAP_BATCH);

	ev.bdf = taps->bdf;
	ev.count = which;
	return ev;
}
/* A line of text at a tap of text (SESSION, CONSOLE, MARK, LOG); ticks 0: now. */
void tap_fire_text(struct taps *taps, unsigned int tap, uint64_t ticks, const void *text,
		   size_t len);

/* Fires a snapshot at plugin's observers only. */
void taps_snapshot(struct taps *taps, struct nvmetap_plugin *plugin);
/* Brackets round every call of a plug-in's code; at the outermost leave, what
 * was raised inside is fired.  enter answers what leave takes back. */
struct taps_frame {
	struct taps *taps;
	struct nvmetap_plugin *plugin;
};
struct taps_frame taps_enter(struct taps *taps, struct nvmetap_plugin *plugin);
void taps_leave(struct taps *taps, struct taps_frame frame);
/* The taps whose plug-in's code runs on this thread, or NULL.  (T) */
struct taps *taps_running(void);

/* A name's tap, or -ENOENT; and a tap's name. */
int tap_find(const char *name);
const char *tap_name(unsigned int tap);

/* Detaches everything of plugin's. */
void taps_detach_all(struct taps *taps, struct nvmetap_plugin *plugin);
/* Writes the names of the plug-ins attached to tap, separated by spaces. */
void tap_attached_names(const struct taps *taps, unsigned int tap, char *buf, size_t len);
/* A line raised inside a callback, fired after the present event.  0, -ENOMEM
 * or -EDEADLK inside an event of the log itself. */
int taps_queue_log(struct taps *taps, const char *line);

/*
 * A plug-in.  plugin_add calls setup between taps_enter and taps_leave; options
 * are "key=value,key", a comma in a value written twice, copied, or NULL.  0,
 * -ENOMEM, or what setup answered, in which case nothing of it is attached.
 */
struct plugin_code {
	const char *name;
	int (*setup)(struct nvmetap_plugin *self, void *ctx);
	void (*teardown)(struct nvmetap_plugin *self, void *ctx);	/* or NULL */
	void *ctx;
};
int plugin_add(struct taps *taps, const struct plugin_code *code, const char *options);
/* The same for one that comes from a file.  release: what was added has been
 * removed, and none of its code runs any more, or will. */
struct plugin_library {
	const char *file;	/* copied */
	unsigned int nr;	/* emu/library.h */
	void (*release)(void *ctx);	/* with that of the code */
};
int plugin_add_library(struct taps *taps, const struct plugin_code *code, const char *options,
		       const struct plugin_library *library);
/* Teardown, detach, revoke.  The structure and the name, some 200 bytes, live
 * until plugin_free_all, because another thread's message, a late fault or an
 * injection's event may still name it; everything else is given back. */
void plugin_remove(struct nvmetap_plugin *plugin);
void plugin_remove_all(struct taps *taps);
void plugin_free_all(struct taps *taps);
const char *plugin_name(const struct nvmetap_plugin *plugin);
const char *plugin_options(const struct nvmetap_plugin *plugin);	/* as given, or "" */
struct nvmetap_plugin *plugin_next(const struct nvmetap_plugin *plugin);
/* Of watch_enter, for a call there; 0: it is part of the program. */
uint32_t plugin_place(const struct nvmetap_plugin *plugin, unsigned int where);
/* Calls fn of the plug-in's, marked; the caller has entered. */
int plugin_call(struct nvmetap_plugin *plugin, unsigned int where, nvmetap_fn *fn, void *ctx,
		struct nvmetap_event *ev);
/* What it was loaded from; NULL: it is part of the program. */
const char *plugin_file(const struct nvmetap_plugin *plugin);
/* A line for the user, now; within setup what setup has said so far goes with
 * its answer, see plugin_said. */
void plugin_say(struct nvmetap_plugin *plugin, const char *line);
/* What was said within setup, or "". */
const char *plugin_said(const struct nvmetap_plugin *plugin);
/* nvmetap_log on the controller's thread: what a setup logs it also says. */
int plugin_log(struct nvmetap_plugin *plugin, const char *line);
/* Says that there is no such tap, and which there are. */
void plugin_say_no_tap(struct nvmetap_plugin *plugin, const char *tap);
bool plugin_gone(const struct nvmetap_plugin *plugin);
struct taps *plugin_taps(const struct nvmetap_plugin *plugin);
/* The plug-in that a call of the interface speaks for: plugin, or if that is
 * NULL, the one whose code runs on this thread, or NULL.  (T) */
struct nvmetap_plugin *plugin_speaker(struct nvmetap_plugin *plugin);
/* Whether a thread of a loaded plug-in's own asks for what is the controller's.  (T) */
bool plugin_strays(const struct nvmetap_plugin *plugin);
/* Sets or takes back the wish for a snapshot after the present event. */
void plugin_want_snapshot(struct nvmetap_plugin *plugin);
bool plugin_take_snapshot(struct nvmetap_plugin *plugin);

#endif
