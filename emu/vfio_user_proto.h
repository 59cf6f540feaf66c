/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The messages of the vfio-user protocol, version 0.0, as accessors:
 * VU_message_field_get(p) and _set(p, value).  p points to the message's first
 * byte after its header (HDR: to the header itself), of any alignment; the
 * caller has checked the length.  Integers are in the host's byte order.
 * Described in QEMU's docs/interop/vfio-user.rst; numbers of regions and
 * interrupts and all flags that begin with VFIO_ are in <linux/vfio.h>.
 */
#ifndef EMU_VFIO_USER_PROTO_H
#define EMU_VFIO_USER_PROTO_H

#include "emu/conn.h"
#include "emu/host_field.h"

enum {
	VU_VERSION = 1,
	VU_DMA_MAP = 2,
	VU_DMA_UNMAP = 3,
	VU_DEVICE_GET_INFO = 4,
	VU_DEVICE_GET_REGION_INFO = 5,
	VU_DEVICE_GET_REGION_IO_FDS = 6,
	VU_DEVICE_GET_IRQ_INFO = 7,
	VU_DEVICE_SET_IRQS = 8,
	VU_REGION_READ = 9,
	VU_REGION_WRITE = 10,
	VU_DMA_READ = 11,
	VU_DMA_WRITE = 12,
	VU_DEVICE_RESET = 13,
	VU_REGION_WRITE_MULTI = 15,
};

/* Of HDR.FLAGS. */
enum {
	VU_TYPE_MASK = 0xf,
	VU_TYPE_COMMAND = 0,
	VU_TYPE_REPLY = 1,
	VU_NO_REPLY = 0x10,
	VU_ERROR = 0x20,
};

/* Bytes; those of messages without what follows the fixed part. */
enum {
	VU_HDR_LEN = 16,
	VU_VERSION_LEN = 4,
	VU_MAP_LEN = 32,
	VU_UNMAP_LEN = 24,
	VU_INFO_LEN = 16,
	VU_REGION_LEN = 32,
	VU_IRQ_LEN = 16,
	VU_SET_LEN = 20,
	VU_RW_LEN = 16,
	VU_DMA_LEN = 16,
	VU_DMA_WRITE_REPLY_LEN = 12,	/* as the description has it; QEMU sends 16 */
};

enum {
	VU_MAX_XFER = 1 << 20,		/* bytes of data in a message */
	VU_MAX_BODY = VU_MAX_XFER + VU_DMA_LEN,
	VU_MAX_VERSION = 1 << 16,	/* of a VERSION message with its JSON */
};

#define VU_FIELDS(F) \
	F(HDR, ID, 0, 2) \
	F(HDR, COMMAND, 2, 2) \
	F(HDR, SIZE, 4, 4) \
	F(HDR, FLAGS, 8, 4) \
	F(HDR, ERROR, 12, 4) \
	F(VERSION, MAJOR, 0, 2) \
	F(VERSION, MINOR, 2, 2) \
	F(MAP, ARGSZ, 0, 4) \
	F(MAP, FLAGS, 4, 4) \
	F(MAP, OFFSET, 8, 8) \
	F(MAP, ADDRESS, 16, 8) \
	F(MAP, SIZE, 24, 8) \
	F(UNMAP, ARGSZ, 0, 4) \
	F(UNMAP, FLAGS, 4, 4) \
	F(UNMAP, ADDRESS, 8, 8) \
	F(UNMAP, SIZE, 16, 8) \
	F(INFO, ARGSZ, 0, 4) \
	F(INFO, FLAGS, 4, 4) \
	F(INFO, NUM_REGIONS, 8, 4) \
	F(INFO, NUM_IRQS, 12, 4) \
	F(REGION, ARGSZ, 0, 4) \
	F(REGION, FLAGS, 4, 4) \
	F(REGION, INDEX, 8, 4) \
	F(REGION, CAP_OFFSET, 12, 4) \
	F(REGION, SIZE, 16, 8) \
	F(REGION, OFFSET, 24, 8) \
	F(IRQ, ARGSZ, 0, 4) \
	F(IRQ, FLAGS, 4, 4) \
	F(IRQ, INDEX, 8, 4) \
	F(IRQ, COUNT, 12, 4) \
	F(SET, ARGSZ, 0, 4) \
	F(SET, FLAGS, 4, 4) \
	F(SET, INDEX, 8, 4) \
	F(SET, START, 12, 4) \
	F(SET, COUNT, 16, 4) \
	F(RW, OFFSET, 0, 8) \
	F(RW, REGION, 8, 4) \
	F(RW, COUNT, 12, 4) \
	F(DMA, ADDRESS, 0, 8) \
	F(DMA, COUNT, 8, 8)

#define VU_ACCESSORS(message, field, offset, len) \
	HOST_FIELD(VU_##message##_##field, offset, len)
VU_FIELDS(VU_ACCESSORS)
#undef VU_ACCESSORS

extern const struct conn_proto vu_proto;	/* the framing */

#endif
