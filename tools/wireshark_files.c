/* SPDX-License-Identifier: BSD-2-Clause */
/* Where Wireshark looks for scripts and profiles, and files that are put there. */
#include "config.h"

#include "tools/wireshark_files.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FILE_MAX = 1 << 22 };	/* bytes of a file of ours, or of one in its place */

/* What follows key in line, without the spaces round it, or NULL. */
static char *value_of(char *line, const char *key)
{
	size_t len = strlen(key);
	char *end;

	if (strncmp(line, key, len) != 0 || line[len] != ':')
		return NULL;
	line += len + 1;
	line += strspn(line, " \t");
	end = line + strlen(line);
	while (end > line && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return line;
}

/* From 4.2 on tshark names the user's own folder and everyone's.  Earlier versions name
 * everyone's alone, but look into "extcap" beside the user's settings, too.  Everyone's can be
 * several, a line each, of which the first will do. */
static void take_extcap(char *line, struct wireshark_folders *folders, bool root)
{
	char *named = value_of(line, root ? "Global Extcap path" : "Personal Extcap path");
	char *any = value_of(line, "Extcap path");

	if (any != NULL && !root)
		snprintf(folders->extcap, WIRESHARK_PATH_MAX, "%s/extcap", folders->config);
	else if ((any != NULL || named != NULL) && folders->extcap[0] == '\0')
		snprintf(folders->extcap, WIRESHARK_PATH_MAX, "%s", any != NULL ? any : named);
}

static int take_folder(char *line, struct wireshark_folders *folders)
{
	bool root = geteuid() == 0;
	char *global = value_of(line, "Global Lua Plugins");
	char *plugins = root ? global : value_of(line, "Personal Lua Plugins");
	char *config = value_of(line, root ? "Global configuration" : "Personal configuration");

	if (strlen(line) >= WIRESHARK_PATH_MAX - WIRESHARK_NAME_MAX)
		return -ENAMETOOLONG;
	if (global != NULL)
		strcpy(folders->global, global);
	if (plugins != NULL)
		strcpy(folders->plugins, plugins);
	if (config != NULL) {
		strcpy(folders->config, config);
		snprintf(folders->profile, WIRESHARK_PATH_MAX, "%s/profiles/NVMe", config);
	}
	take_extcap(line, folders, root);
	return 0;
}

static int ask(const char *program, struct wireshark_folders *folders)
{
	char command[256], line[WIRESHARK_PATH_MAX + 64];
	FILE *said;
	int ret = 0;

	snprintf(command, sizeof(command), "\"%s\" -G folders 2>/dev/null", program);
	said = popen(command, "r");
	if (said == NULL)
		return -errno;
	while (ret == 0 && fgets(line, sizeof(line), said) != NULL)
		ret = take_folder(line, folders);
	pclose(said);
	if (ret == 0 && (folders->plugins[0] == '\0' || folders->profile[0] == '\0'))
		ret = -ENOENT;
	return ret;
}

int wireshark_find(struct wireshark_folders *folders)
{
	const char *program = getenv("TSHARK");
	int ret;

	folders->plugins[0] = folders->profile[0] = folders->extcap[0] = '\0';
	folders->global[0] = folders->config[0] = '\0';
	if (program != NULL && strpbrk(program, "\"\\$`") == NULL)
		return ask(program, folders);
	ret = ask("tshark", folders);
	return ret == -ENOENT ? ask("wireshark", folders) : ret;
}

static void set_data(struct wireshark_data *data, const char *folder)
{
	snprintf(data->dissector, sizeof(data->dissector), "%s/nvmetap.lua", folder);
	snprintf(data->profile, sizeof(data->profile), "%s/profile", folder);
}

void wireshark_data(struct wireshark_data *data)
{
	const char *named = getenv("NVMETAP_DATADIR");
	char self[WIRESHARK_PATH_MAX / 2];
	ssize_t len = -1;

	set_data(data, named != NULL ? named : PKGDATADIR);
	if (named == NULL)
		len = readlink("/proc/self/exe", self, sizeof(self) - 16);
	if (len <= 0)
		return;
	self[len] = '\0';
	*strrchr(self, '/') = '\0';
	strcat(self, "/dissector");
	if (access(self, F_OK) == 0)
		set_data(data, self);
}

/* The bytes of a file, NUL ended, or NULL and errno. */
static char *slurp(const char *path, size_t *len)
{
	FILE *file = fopen(path, "rb");
	char *bytes = file != NULL ? malloc(FILE_MAX + 1) : NULL;
	int error = errno;

	if (bytes != NULL) {
		*len = fread(bytes, 1, FILE_MAX, file);
		bytes[*len] = '\0';
		error = ferror(file) ? EIO : 0;
	}
	if (file != NULL)
		fclose(file);
	if (error != 0) {
		free(bytes);
		bytes = NULL;
		errno = error;
	}
	return bytes;
}

int wireshark_compare(const char *from, const char *to, bool marked, enum wireshark_state *state)
{
	size_t ours_len, theirs_len, mark;
	char *ours = slurp(from, &ours_len), *theirs;

	if (ours == NULL)
		return -errno;
	theirs = slurp(to, &theirs_len);
	mark = strcspn(ours, "\n") + 1;
	if (theirs == NULL)
		*state = WIRESHARK_MISSING;
	else if (theirs_len == ours_len && memcmp(ours, theirs, ours_len) == 0)
		*state = WIRESHARK_SAME;
	else if (marked && strncmp(ours, theirs, mark) != 0)
		*state = WIRESHARK_CHANGED;
	else
		*state = WIRESHARK_OLDER;
	free(ours);
	free(theirs);
	return 0;
}

static int make_folders(const char *path)
{
	char dir[WIRESHARK_PATH_MAX];

	snprintf(dir, sizeof(dir), "%s", path);
	for (char *at = strchr(dir + 1, '/'); at != NULL; at = strchr(at + 1, '/')) {
		*at = '\0';
		if (mkdir(dir, 0777) != 0 && errno != EEXIST)
			return -errno;
		*at = '/';
	}
	return 0;
}

static int read_link(const char *path, char to[WIRESHARK_PATH_MAX])
{
	ssize_t len = readlink(path, to, WIRESHARK_PATH_MAX - 1);

	to[len > 0 ? len : 0] = '\0';
	return len >= 0 ? 0 : -errno;
}

int wireshark_link_state(const char *to, enum wireshark_state *state)
{
	char self[WIRESHARK_PATH_MAX], now[WIRESHARK_PATH_MAX];
	int ret = read_link("/proc/self/exe", self), err = read_link(to, now);

	if (err == -ENOENT || err == -ENOTDIR)
		*state = WIRESHARK_MISSING;
	else if (err != 0)
		*state = WIRESHARK_CHANGED;
	else
		*state = strcmp(self, now) == 0 ? WIRESHARK_SAME : WIRESHARK_OLDER;
	return ret;
}

int wireshark_link(const char *to)
{
	char self[WIRESHARK_PATH_MAX];
	int ret = read_link("/proc/self/exe", self);

	if (ret == 0)
		ret = make_folders(to);
	if (ret != 0)
		return ret;
	if (unlink(to) != 0 && errno != ENOENT)
		return -errno;
	return symlink(self, to) == 0 ? 0 : -errno;
}

int wireshark_copy(const char *from, const char *to)
{
	size_t len;
	char *bytes = slurp(from, &len);
	int ret = bytes != NULL ? make_folders(to) : -errno;
	FILE *file = NULL;

	if (ret == 0) {
		file = fopen(to, "wb");
		ret = file != NULL ? 0 : -errno;
	}
	if (file != NULL) {
		if (fwrite(bytes, 1, len, file) != len)
			ret = -EIO;
		if (fclose(file) != 0 && ret == 0)
			ret = -errno;
	}
	free(bytes);
	return ret;
}
