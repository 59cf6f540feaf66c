/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What holds a namespace's bytes.  Operations run on the pool's threads,
 * several at a time, but never two on the same bytes of which one changes
 * them, but for those named _now: these run on the controller's thread, must
 * not wait for anything, answer -EAGAIN where they would have to, and may be
 * NULL.  The caller keeps off + len within size.  0 or -errno.
 */
#ifndef EMU_BACKEND_H
#define EMU_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct backend;

struct backend_ops {
	int (*read)(struct backend *, uint64_t off, void *buf, size_t len);
	int (*write)(struct backend *, uint64_t off, const void *buf, size_t len);
	int (*flush)(struct backend *);		/* all that was written is durable */
	/* These bytes read as zeroes; deallocate: their storage is given back
	 * where that is possible. */
	int (*zero)(struct backend *, uint64_t off, uint64_t len, bool deallocate);
	int (*read_now)(struct backend *, uint64_t off, void *buf, size_t len);
	int (*write_now)(struct backend *, uint64_t off, const void *buf, size_t len);
	void (*free)(struct backend *);
};

struct backend {
	const struct backend_ops *ops;
	uint64_t size;		/* bytes */
};

/* Memory that is used as it is written to.  NULL and errno. */
struct backend *backend_mem_new(uint64_t size);

/*
 * A file or a block device, locked (flock: shared if read_only) until freed.
 * NULL, and in why a few words, which live until the next call of strerror:
 * what open said, "in use by another drive", "neither a file nor a block
 * device".
 */
struct backend *backend_file_open(const char *path, bool read_only, const char **why);

#endif
