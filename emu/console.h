/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's console as the drive hears it, cut into lines: a socket that
 * QEMU's -chardev socket,path=… (server=off) connects to, or a pipe that
 * user-mode Linux writes to.  On the loop's thread.
 */
#ifndef EMU_CONSOLE_H
#define EMU_CONSOLE_H

#include <stddef.h>
#include <stdint.h>
#include "emu/loop.h"

enum {
	CONSOLE_MAX_LINE = 1024,	/* bytes; a longer line is handed on in pieces */
	CONSOLE_PARTIAL_MS = 200,	/* after which a line's beginning is handed on */
};

struct console;

/*
 * line is called with each line, without its CR LF or LF, and the time its
 * first byte was read (nvmetap_ticks); with what
 * there is of one after CONSOLE_PARTIAL_MS and when the connection closes.
 * bytes is called with all that comes, as it comes, before line.  Either may be
 * NULL.  The bytes are the guest's: anything, NUL too.
 */
struct console_user {
	void (*line)(void *ctx, uint64_t ticks, const char *text, size_t len);
	void (*bytes)(void *ctx, const void *bytes, size_t len);
	void *ctx;
};

/*
 * Listens at path (mode 0600); one connection at a time, and again when it has
 * closed.  NULL, and in err one line that names the path and what is wrong with
 * it.
 */
struct console *console_new(struct loop *loop, const char *path, const struct console_user *user,
			    char *err, size_t errlen);
/* Reads from fd, which is its own then, until that ends.  NULL: no memory, or
 * no open descriptor. */
struct console *console_new_fd(struct loop *loop, int fd, const struct console_user *user);
/* Hands on what there is, closes, and removes the path.  Before loop_free. */
void console_free(struct console *console);

#endif
