/* SPDX-License-Identifier: BSD-2-Clause */
/* Where Wireshark looks for scripts and profiles, and files that are put there. */
#ifndef TOOLS_WIRESHARK_FILES_H
#define TOOLS_WIRESHARK_FILES_H

#include <stdbool.h>

enum {
	WIRESHARK_PATH_MAX = 4096,
	WIRESHARK_NAME_MAX = 64,	/* what comes behind a folder that Wireshark names */
};

struct wireshark_folders {
	char plugins[WIRESHARK_PATH_MAX];	/* Lua scripts */
	char global[WIRESHARK_PATH_MAX];	/* everyone's, which come before a user's own */
	char profile[WIRESHARK_PATH_MAX];	/* of the profile NVMe */
	char config[WIRESHARK_PATH_MAX - WIRESHARK_NAME_MAX];	/* settings */
	char extcap[WIRESHARK_PATH_MAX];	/* what finds drives; "": Wireshark knows no such */
};

/*
 * Asks tshark, or else wireshark, of the path, or the program that $TSHARK names:
 * for its user's folders; root's are everyone's, since versions from 4.4 on
 * ignore root's own scripts.  0; -ENOENT: there is no such program, or it says
 * nothing of folders; -ENAMETOOLONG; -errno.
 */
int wireshark_find(struct wireshark_folders *folders);

/* Our own: in $NVMETAP_DATADIR, or in the build folder that the program runs from,
 * with its source tree around it, or where they were installed. */
struct wireshark_data {
	char dissector[WIRESHARK_PATH_MAX + 16], profile[WIRESHARK_PATH_MAX + 16];
};
void wireshark_data(struct wireshark_data *data);

enum wireshark_state {
	WIRESHARK_MISSING,
	WIRESHARK_SAME,
	WIRESHARK_OLDER,	/* another one, but ours */
	WIRESHARK_CHANGED,	/* not ours any more: the first line is not, with marked */
};

/* What stands at to.  marked: ours have a first line that Wireshark takes away
 * when the user changes something.  0 or -errno: from cannot be read. */
int wireshark_compare(const char *from, const char *to, bool marked, enum wireshark_state *state);

/* The link at to, by which Wireshark runs this program: MISSING, SAME, OLDER (to another
 * one) or CHANGED (no link).  0 or -errno. */
int wireshark_link_state(const char *to, enum wireshark_state *state);
/* Makes it, and the folders that are missing.  0 or -errno. */
int wireshark_link(const char *to);

/* Makes the folders that are missing.  0 or -errno. */
int wireshark_copy(const char *from, const char *to);

#endif
