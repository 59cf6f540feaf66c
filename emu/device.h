/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The drive as its transport sees it, one PCI function, and at the end as its
 * program sees it.  All on the controller's thread.  Every argument of the
 * transport's half comes from the peer; whatever it is, these functions answer
 * with an errno at worst.
 */
#ifndef EMU_DEVICE_H
#define EMU_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct device;
struct drive_status;
struct loop;
struct ns;
struct pool;
struct taps;
struct transport;

enum {
	DEVICE_CONFIG_SIZE = 4096,
	DEVICE_NR_BARS = 6,
};

uint64_t device_bar_size(const struct device *dev, unsigned int bar);	/* bytes; 0: none */
unsigned int device_nr_vectors(const struct device *dev);	/* MSI-X */

/*
 * Configuration space and BARs.  Any offset and length; accesses to registers
 * of 1, 2, 4 and 8 bytes are one access and one event, so is a read of the
 * header (64 bytes and more from offset 0), others are cut up.
 * 0, or -ERANGE beyond the end: nothing done, buf untouched.
 */
int device_config_read(struct device *dev, uint64_t off, void *buf, size_t len);
int device_config_write(struct device *dev, uint64_t off, const void *buf, size_t len);
int device_bar_read(struct device *dev, unsigned int bar, uint64_t off, void *buf, size_t len);
int device_bar_write(struct device *dev, unsigned int bar, uint64_t off, const void *buf,
		     size_t len);

/* The peer's message has been answered: work that copies guest memory (queues
 * whose doorbells were rung) is done now. */
void device_done(struct device *dev);

void device_reset(struct device *dev);	/* conventional reset */
void device_gone(struct device *dev);	/* the guest went away: as a reset, and nobody listens */

/* The guest's memory changed; for the taps only. */
void device_dma_map(struct device *dev, uint64_t iova, uint64_t size, uint64_t offset,
		    bool readable, bool writable, bool mapped);
void device_dma_unmap(struct device *dev, uint64_t iova, uint64_t size);

/* An interrupt can be sent (again): the peer unmasked INTx or set an eventfd. */
void device_irq_ready(struct device *dev, unsigned int type);

/* The program's half.  What is pointed to is the caller's and outlives the device. */
struct device_config {
	struct loop *loop;
	struct pool *pool;
	struct transport *transport;
	struct ns *const *ns;		/* nsid 1, 2, … */
	unsigned int nr_ns;
	const char *serial, *model, *firmware;
	const char *program;		/* "nvmetap 0.1.0", for the session text */
	uint32_t bdf;
};

struct device *device_new(const struct device_config *config);	/* NULL and errno */
struct taps *device_taps(struct device *dev);
void device_status(const struct device *dev, struct drive_status *status);
/* For loop_on_idle: announces what the back ends have completed; batch ends. */
void device_idle(struct device *dev, bool messages, bool sleeping);
/*
 * The end: device_stop gives up all commands and removes the plug-ins, and the
 * back ends get no more requests.  Then pool_free and one more loop_once, and
 * device_free; the transport is the caller's to free, before or after.
 */
void device_stop(struct device *dev);
void device_free(struct device *dev);

#endif
