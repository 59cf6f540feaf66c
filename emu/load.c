/* SPDX-License-Identifier: BSD-2-Clause */
/* Plug-ins from shared libraries. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "emu/library.h"
#include "emu/load.h"
#include "emu/load_file.h"
#include "spec/near.h"

enum {
	WHY_MAX = 1024,
};

struct loaded {
	struct taps *taps;
	struct load_file file;
	unsigned int nr;	/* see emu/library.h, 0: none */
	struct nvmetap_plugin *plugin;
	int answered;		/* by setup */
	char *path;		/* "./", then given */
	const char *given;	/* the file's name, as the user says it */
	char *name;
	const char *options;	/* in what was given */
};

/* Takes the file's name, whose commas are doubled, from what was given; the
 * answer is what follows it. */
static const char *cut_file(char *path, const char *what)
{
	for (; *what != '\0'; what++) {
		if (*what == ',' && *++what != ',')
			break;
		*path++ = *what;
	}
	*path = '\0';
	return what;
}

static bool is_taken(const struct taps *taps, const char *name)
{
	for (const struct nvmetap_plugin *p = taps->plugins; p != NULL; p = plugin_next(p)) {
		if (!plugin_gone(p) && strcmp(plugin_name(p), name) == 0)
			return true;
	}
	return false;
}

/* The file's name without folder and ".so", and if it is taken, with a number. */
static char *make_name(const struct taps *taps, const char *path)
{
	const char *base = strrchr(path, '/') + 1;	/* it has a folder */
	size_t len = strlen(base), room = len + sizeof("#4294967295");
	char *name = malloc(room);

	if (name == NULL)
		return NULL;
	if (len > 3 && strcmp(base + len - 3, ".so") == 0)
		len -= 3;
	snprintf(name, room, "%.*s", (int)len, base);
	for (unsigned int nr = 2; is_taken(taps, name); nr++)
		snprintf(name, room, "%.*s#%u", (int)len, base, nr);
	return name;
}

static uint64_t enter(struct loaded *loaded, unsigned int where)
{
	return watch_enter(&loaded->taps->mark, watch_place(loaded->nr, where));
}

static void leave(struct loaded *loaded, uint64_t before)
{
	watch_leave(&loaded->taps->mark, before);
}

static void loaded_free(void *ctx)
{
	struct loaded *loaded = ctx;
	uint64_t before = enter(loaded, WATCH_UNLOAD);

	load_file_close(&loaded->file);
	leave(loaded, before);
	if (loaded->nr != 0)
		library_remove(loaded->nr);
	free(loaded->path);
	free(loaded->name);
	free(loaded);
}

static struct loaded *loaded_new(struct taps *taps, const char *what)
{
	struct loaded *loaded = calloc(1, sizeof(*loaded));
	char *path = malloc(sizeof("./") + strlen(what));

	if (loaded == NULL || path == NULL) {
		free(loaded);
		free(path);
		return NULL;
	}
	loaded->taps = taps;
	strcpy(path, "./");
	loaded->options = cut_file(path + 2, what);
	loaded->file.copy_fd = -1;
	loaded->path = path;
	loaded->given = path + 2;
	return loaded;
}

static int run_setup(struct nvmetap_plugin *self, void *ctx)
{
	struct loaded *loaded = ctx;
	uint64_t before;
	int rc;

	loaded->plugin = self;
	before = enter(loaded, WATCH_SETUP);
	rc = loaded->file.setup();
	leave(loaded, before);
	loaded->answered = rc;
	return rc;
}

static void run_teardown(struct nvmetap_plugin *self, void *ctx)
{
	struct loaded *loaded = ctx;
	uint64_t before;
	char line[64];
	int rc;

	if (loaded->file.teardown == NULL)
		return;
	before = enter(loaded, WATCH_TEARDOWN);
	rc = loaded->file.teardown();
	leave(loaded, before);
	if (rc == 0)
		return;
	snprintf(line, sizeof(line), "teardown answered %d", rc);
	plugin_say(self, line);
}

/* What it said itself comes first. */
static int refuse_setup(const struct loaded *loaded, int rc, char *err, size_t errlen)
{
	const char *said = plugin_said(loaded->plugin);

	if (loaded->answered == 0)
		snprintf(err, errlen, "%s", said);
	else if (*said != '\0')
		snprintf(err, errlen, "%s (setup answered %d)", said, rc);
	else if (rc < 0)
		snprintf(err, errlen, "setup answered %d: %s", rc, strerror(-rc));
	else
		snprintf(err, errlen, "setup answered %d", rc);
	return -ECANCELED;
}

static int add(struct loaded *loaded, char *err, size_t errlen)
{
	struct plugin_code code = {
		.name = loaded->name,
		.setup = run_setup,
		.teardown = run_teardown,
		.ctx = loaded,
	};
	struct plugin_library library = { loaded->given, loaded->nr, loaded_free };
	int rc = plugin_add_library(loaded->taps, &code, loaded->options, &library);

	if (rc == 0)
		return 0;
	if (loaded->plugin != NULL)
		return refuse_setup(loaded, rc, err, errlen);
	snprintf(err, errlen, "%s", strerror(-rc));
	return rc;
}

static int open_file(struct loaded *loaded, const char *path, char *err, size_t errlen)
{
	uint64_t before = enter(loaded, WATCH_LOAD);
	int rc = load_file_open(&loaded->file, path, err, errlen);

	leave(loaded, before);
	if (rc == 0)
		library_place(loaded->nr, loaded->file.from, loaded->file.len);
	return rc;
}

static int give_name(struct loaded *loaded, const char *path, char *err, size_t errlen)
{
	loaded->name = make_name(loaded->taps, path);
	if (loaded->name == NULL) {
		snprintf(err, errlen, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	loaded->nr = library_add(loaded->name);
	if (loaded->nr != 0)
		return 0;
	snprintf(err, errlen, "too many plug-ins");
	return -EMFILE;
}

/* A name without a folder would be searched for. */
static int load(struct loaded *loaded, char *err, size_t errlen)
{
	const char *path = strchr(loaded->given, '/') != NULL ? loaded->given : loaded->path;
	int rc;

	if (*loaded->given == '\0') {
		snprintf(err, errlen, "no file is named");
		return -ENOENT;
	}
	rc = give_name(loaded, path, err, errlen);
	if (rc == 0)
		rc = open_file(loaded, path, err, errlen);
	return rc == 0 ? add(loaded, err, errlen) : rc;
}

int load_plugin(struct taps *taps, const char *what, char *err, size_t errlen)
{
	struct loaded *loaded = loaded_new(taps, what);
	char why[WHY_MAX] = "";
	int rc;

	if (loaded == NULL) {
		snprintf(err, errlen, "%s: %s", what, strerror(ENOMEM));
		return -ENOMEM;
	}
	rc = load(loaded, why, sizeof(why));
	if (rc == 0)
		return 0;
	snprintf(err, errlen, "%s%s%s", loaded->given, *loaded->given != '\0' ? ": " : "", why);
	loaded_free(loaded);
	return rc;
}

int load_remove(struct taps *taps, const char *name, char *err, size_t errlen)
{
	char words[WHY_MAX];
	struct near near;

	near_init(&near, name, strlen(name));
	for (struct nvmetap_plugin *p = taps->plugins; p != NULL; p = plugin_next(p)) {
		if (plugin_gone(p) || plugin_file(p) == NULL)
			continue;
		if (strcmp(plugin_name(p), name) == 0) {
			plugin_remove(p);
			return 0;
		}
		near_offer(&near, plugin_name(p));
	}
	near_words(&near, words, sizeof(words));
	snprintf(err, errlen, "no plug-in %s was loaded%s", name, words);
	return -ENOENT;
}
