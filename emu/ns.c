/* SPDX-License-Identifier: BSD-2-Clause */
/* A namespace: made from its option, named, and its requests done part by part. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "emu/backend.h"
#include "emu/ns.h"
#include "emu/ns_option.h"
#include "spec/bytes.h"

enum {
	PART_SIZE = 16 << 20,	/* bytes zeroed or deallocated in one go */
	NOW_SIZE = 16 << 10,	/* bytes whose copy takes less time than waking a thread */
};

/* FNV-1a, and the finalizer of SplitMix64 to draw several numbers from it. */
static uint64_t hash_bytes(uint64_t hash, const void *from, size_t len)
{
	const uint8_t *p = from;

	while (len-- > 0)
		hash = (hash ^ *p++) * UINT64_C(0x100000001b3);
	return hash;
}

static uint64_t hash_draw(uint64_t *state)
{
	uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* The EUI-64s are locally administered; the UUID is of version 8 (RFC 9562). */
static void ns_identify(struct ns *ns, const char *serial)
{
	uint64_t state = UINT64_C(0xcbf29ce484222325);
	uint8_t nsid[4];

	bytes_set_le(nsid, sizeof(nsid), ns->nsid);
	state = hash_bytes(state, serial, strlen(serial) + 1);
	state = hash_bytes(state, nsid, sizeof(nsid));
	state = hash_bytes(state, ns->what, strlen(ns->what));
	bytes_set_be(ns->eui64, 8, hash_draw(&state));
	bytes_set_be(ns->nguid, 8, hash_draw(&state));
	bytes_set_be(ns->nguid + 8, 8, hash_draw(&state));
	bytes_set_be(ns->uuid, 8, hash_draw(&state));
	bytes_set_be(ns->uuid + 8, 8, hash_draw(&state));
	ns->eui64[0] = (ns->eui64[0] & 0xfc) | 0x02;
	ns->nguid[8] = (ns->nguid[8] & 0xfc) | 0x02;
	ns->uuid[6] = (ns->uuid[6] & 0x0f) | 0x80;
	ns->uuid[8] = (ns->uuid[8] & 0x3f) | 0x80;
}

/* NULL and why. */
static struct backend *open_backend(const struct ns_option *opt, const char **why)
{
	struct backend *backend;

	if (opt->path == NULL) {
		backend = backend_mem_new(opt->mem);
		if (backend == NULL)
			*why = strerror(errno);
		return backend;
	}
	backend = backend_file_open(opt->path, opt->read_only, why);
	if (backend == NULL || backend->size >> opt->lbads > 0)
		return backend;
	*why = backend->size == 0 ? "the file is empty" : "smaller than one block";
	backend->ops->free(backend);
	return NULL;
}

struct ns *ns_new(const char *option, uint32_t nsid, const char *serial, char *err, size_t errlen)
{
	struct ns_option opt;
	struct ns *ns;
	const char *why;

	if (ns_option_parse(&opt, option, err, errlen) != 0)
		return NULL;
	ns = calloc(1, sizeof(*ns));
	if (ns == NULL)
		why = strerror(errno);
	else
		ns->backend = open_backend(&opt, &why);
	if (ns == NULL || ns->backend == NULL) {
		ns_option_error(err, errlen, opt.what, why);
		ns_option_fini(&opt);
		free(ns);
		return NULL;
	}
	ns->nsid = nsid;
	ns->lba_shift = opt.lbads;
	ns->nr_blocks = ns->backend->size >> opt.lbads;
	ns->read_only = opt.read_only;
	ns->what = opt.what;
	ns_identify(ns, serial);
	return ns;
}

void ns_free(struct ns *ns)
{
	if (ns == NULL)
		return;
	ns->backend->ops->free(ns->backend);
	free((char *)ns->what);
	free(ns);
}

static bool changes(const struct ns_req *req)
{
	return req->op != NS_READ && req->op != NS_FLUSH;
}

bool ns_req_part(const struct ns_req *req, uint64_t *slba, uint32_t *nlb)
{
	uint32_t most = UINT32_MAX;

	if (req->op == NS_WRITE_ZEROES || req->op == NS_DEALLOCATE)
		most = PART_SIZE >> req->ns->lba_shift;
	*slba = req->slba + req->nlb_done;
	*nlb = req->nlb - req->nlb_done;
	if (*nlb > most)
		*nlb = most;
	return changes(req);
}

static int do_part(const struct ns_req *req, uint64_t slba, uint32_t nlb)
{
	struct backend *backend = req->ns->backend;
	uint64_t off = slba << req->ns->lba_shift, len = (uint64_t)nlb << req->ns->lba_shift;

	switch (req->op) {
	case NS_READ:
		return backend->ops->read(backend, off, req->buf, len);
	case NS_WRITE:
		return backend->ops->write(backend, off, req->buf, len);
	case NS_WRITE_ZEROES:
		return backend->ops->zero(backend, off, len, false);
	case NS_DEALLOCATE:
		return backend->ops->zero(backend, off, len, true);
	case NS_FLUSH:
		return backend->ops->flush(backend);
	}
	return -EINVAL;
}

bool ns_req_now(struct ns_req *req)
{
	const struct backend_ops *ops = req->ns->backend->ops;
	uint64_t off = req->slba << req->ns->lba_shift;
	uint64_t len = (uint64_t)req->nlb << req->ns->lba_shift;
	int result = -EAGAIN;

	if (len > NOW_SIZE)
		return false;
	if (req->op == NS_READ && ops->read_now != NULL)
		result = ops->read_now(req->ns->backend, off, req->buf, len);
	else if (req->op == NS_WRITE && ops->write_now != NULL && !req->ns->read_only && !req->fua)
		result = ops->write_now(req->ns->backend, off, req->buf, len);
	if (result == -EAGAIN)
		return false;
	req->result = result;
	return true;
}

bool ns_req_step(struct ns_req *req)
{
	struct backend *backend = req->ns->backend;
	uint64_t slba;
	uint32_t nlb;

	if (ns_req_part(req, &slba, &nlb) && req->ns->read_only) {
		req->result = -EROFS;
		return true;
	}
	req->result = do_part(req, slba, nlb);
	req->nlb_done += nlb;
	if (req->result == 0 && req->nlb_done < req->nlb)
		return false;
	if (req->result == 0 && req->fua && changes(req))
		req->result = backend->ops->flush(backend);
	return true;
}
