/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A namespace: its size, its block size, and the back end that holds its
 * bytes.  Requests run on the pool's threads; results come back through the
 * loop's mailbox, in any order.
 */
#ifndef EMU_NS_H
#define EMU_NS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "emu/loop.h"

struct pool;		/* threads that run requests */
struct backend;

struct ns {
	uint32_t nsid;
	unsigned int lba_shift;		/* 9 to 16 */
	uint64_t nr_blocks;		/* NSZE */
	bool read_only;
	uint8_t nguid[16];		/* network order; stable for a serial, nsid and what */
	uint8_t eui64[8];
	uint8_t uuid[16];
	struct backend *backend;
	const char *what;		/* "path=disk.img" or "mem=1G", for messages */
};

/*
 * "path=disk.img[,lbads=9..16][,ro]", "mem=SIZE[,lbads=N][,ro]".  SIZE with
 * suffix K M G T.  Two commas within a path stand for one.  A file or a block
 * device, locked against other drives; the rest of a size that is no multiple
 * of the block size is not used, less than one block is refused.
 * NULL, and in err one line that names the option and what is wrong with it.
 */
struct ns *ns_new(const char *option, uint32_t nsid, const char *serial, char *err, size_t errlen);
void ns_free(struct ns *ns);

/* What is zeroed or deallocated reads as zeroes.  Deallocating gives the
 * storage back where the back end can. */
enum ns_op { NS_READ, NS_WRITE, NS_FLUSH, NS_WRITE_ZEROES, NS_DEALLOCATE };

/* One request.  Embedded in its owner's structure; the caller keeps it and buf
 * until msg.fn runs on the loop. */
struct ns_req {
	struct loop_msg msg;	/* caller sets msg.fn */
	struct ns_req *next;	/* the pool's */
	struct ns *ns;
	enum ns_op op;
	bool fua;		/* what changes bytes: durable (fdatasync) before the answer */
	uint64_t slba;		/* caller has checked slba and nlb against nr_blocks */
	uint32_t nlb;		/* blocks; 0 for NS_FLUSH */
	uint32_t nlb_done;	/* the pool's */
	void *buf;		/* nlb << lba_shift bytes for read and write */
	int result;		/* 0 or -errno: -EROFS, -ENOSPC, -EIO … */
};

/*
 * Requests run at the same time and in any order, but for those that touch the
 * same blocks and of which one changes them: these run one after the other, as
 * they were submitted.  Long NS_WRITE_ZEROES and NS_DEALLOCATE are done in
 * parts, between which others run.  A short request that needs no waiting, while
 * the pool has none other, is done by pool_submit itself: copying the bytes
 * takes less time than waking a thread.  Its result comes by the mailbox, too.
 */
struct pool *pool_new(struct loop *loop, unsigned int nr_threads);	/* 0: a default; at most
									   64.  NULL and errno */
void pool_submit(struct pool *pool, struct ns_req *req);	/* never fails, never blocks */
/* Runs what was submitted to its end, then ends the threads.  The messages have
 * been posted then, but the loop has yet to run them. */
void pool_free(struct pool *pool);

/*
 * The pool's half of a request.  ns_req_now does a short one whole, if that
 * needs no waiting: true, and result is set; it is for when the pool has none
 * other.  ns_req_step does the next part on the calling
 * thread; true: it was the last, and result is set.  ns_req_part says which
 * blocks the next step touches, and whether it changes them.
 */
bool ns_req_now(struct ns_req *req);
bool ns_req_step(struct ns_req *req);
bool ns_req_part(const struct ns_req *req, uint64_t *slba, uint32_t *nlb);

#endif
