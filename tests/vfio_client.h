/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vfio-user client: what QEMU does to a device, as functions.  Calls wait
 * for the reply (10 s at most) and meanwhile answer the server's DMA messages;
 * so the server runs on another thread or in another process.  One thread.
 *
 * Functions return 0 or -errno: what the server answered, -ENOTCONN if it has
 * closed, -ETIMEDOUT, or -EPROTO if an answer does not fit.
 */
#ifndef TESTS_VFIO_CLIENT_H
#define TESTS_VFIO_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "emu/vfio_user_proto.h"

enum { VFIO_CLIENT_READ = 1, VFIO_CLIENT_WRITE = 2 };	/* what the device may do */

struct vfio_client;

struct vfio_client *vfio_client_new(int fd);		/* a connected socket, now the client's */
struct vfio_client *vfio_client_connect(const char *path);	/* NULL and errno */
void vfio_client_free(struct vfio_client *c);		/* unmaps and closes */
int vfio_client_fd(const struct vfio_client *c);

/* Says VERSION as QEMU does.  reply, if not NULL: the server's JSON. */
int vfio_client_version(struct vfio_client *c, char *reply, size_t size);

/*
 * Makes size bytes of zeroed memory and maps them at iova; *mem is the guest's
 * view, valid until the unmap.  With shared a memory file, else the server has
 * to ask by message, and answers itself are counted by vfio_client_nr_dma.
 */
int vfio_client_map(struct vfio_client *c, uint64_t iova, uint64_t size, unsigned int prot,
		    bool shared, void **mem);
int vfio_client_unmap(struct vfio_client *c, uint64_t iova);
unsigned int vfio_client_nr_dma(const struct vfio_client *c);
/* The DMA answers get this errno (0: none), or are not given at all (-1). */
void vfio_client_fail_dma(struct vfio_client *c, int error);

int vfio_client_region_info(struct vfio_client *c, uint32_t index, uint32_t *flags,
			    uint64_t *size);
int vfio_client_irq_info(struct vfio_client *c, uint32_t index, uint32_t *flags, uint32_t *count);
/* flags: VFIO_IRQ_SET_*; data: the booleans, or NULL; fds stay the caller's. */
int vfio_client_set_irqs(struct vfio_client *c, uint32_t index, uint32_t start, uint32_t count,
			 uint32_t flags, const uint8_t *data, const int *fds, unsigned int nr_fds);
int vfio_client_read(struct vfio_client *c, uint32_t region, uint64_t off, void *buf,
		     uint32_t len);
int vfio_client_write(struct vfio_client *c, uint32_t region, uint64_t off, const void *buf,
		      uint32_t len);
/* Wants no reply: returns when the message is on its way. */
int vfio_client_post(struct vfio_client *c, uint32_t region, uint64_t off, const void *buf,
		     uint32_t len);
int vfio_client_reset(struct vfio_client *c);

/* Any message and its reply's body (*reply_len: its room, then its length). */
int vfio_client_call(struct vfio_client *c, uint16_t command, const void *body, size_t len,
		     const int *fds, unsigned int nr_fds, void *reply, size_t *reply_len);
/* Sends only. */
int vfio_client_send(struct vfio_client *c, uint16_t command, uint32_t flags, const void *body,
		     size_t len, const int *fds, unsigned int nr_fds);
/* Answers DMA messages until the descriptor fd is readable.  0 or -errno. */
int vfio_client_serve(struct vfio_client *c, int fd);

#endif
