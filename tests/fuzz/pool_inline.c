/* SPDX-License-Identifier: BSD-2-Clause */
/* The pool without threads: a request is done where it is submitted. */
#include <stdlib.h>
#include "emu/ns.h"

struct pool {
	struct loop *loop;
};

struct pool *pool_new(struct loop *loop, unsigned int nr_threads)
{
	struct pool *pool = malloc(sizeof(*pool));

	(void)nr_threads;
	if (pool != NULL)
		pool->loop = loop;
	return pool;
}

void pool_submit(struct pool *pool, struct ns_req *req)
{
	req->nlb_done = 0;
	while (!ns_req_step(req))
		continue;
	loop_post(pool->loop, &req->msg);
}

void pool_free(struct pool *pool)
{
	free(pool);
}
