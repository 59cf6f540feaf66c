/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The vhost-user protocol as far as it is spoken here, split virtqueues, and
 * the messages of a virtio PCI device: numbers, and accessors
 * VHU_message_field_get(p) and _set(p, value).  p points to the message's first
 * byte after its header (HDR: to the header itself); the caller has checked
 * the length.  Integers are in the host's byte order.  Described in QEMU's
 * docs/interop/vhost-user.rst, in Virtual I/O Device (VIRTIO) 1.2 section 2.7
 * and in <linux/virtio_pcidev.h>, which has the operations' numbers.
 */
#ifndef EMU_VHOST_USER_PROTO_H
#define EMU_VHOST_USER_PROTO_H

#include "emu/conn.h"
#include "emu/host_field.h"

enum {
	VHU_GET_FEATURES = 1,
	VHU_SET_FEATURES = 2,
	VHU_SET_OWNER = 3,
	VHU_SET_MEM_TABLE = 5,
	VHU_SET_VRING_NUM = 8,
	VHU_SET_VRING_ADDR = 9,
	VHU_SET_VRING_BASE = 10,
	VHU_GET_VRING_BASE = 11,
	VHU_SET_VRING_KICK = 12,
	VHU_SET_VRING_CALL = 13,
	VHU_SET_VRING_ERR = 14,
	VHU_GET_PROTOCOL_FEATURES = 15,
	VHU_SET_PROTOCOL_FEATURES = 16,
	VHU_SET_VRING_ENABLE = 18,
	VHU_SET_BACKEND_REQ_FD = 21,
};

/* Of HDR.FLAGS. */
enum {
	VHU_VERSION_MASK = 3,
	VHU_VERSION = 1,
	VHU_REPLY = 4,
};

/* Bits of features and protocol features. */
enum {
	VHU_F_PROTOCOL_FEATURES = 30,
	VHU_F_VERSION_1 = 32,
	VHU_PROTOCOL_F_BACKEND_REQ = 5,
};

/* Of the number that comes with a descriptor of a ring. */
enum {
	VHU_FD_RING_MASK = 0xff,
	VHU_FD_NONE = 0x100,
};

/* Bytes. */
enum {
	VHU_HDR_LEN = 12,
	VHU_U64_LEN = 8,
	VHU_STATE_LEN = 8,
	VHU_ADDR_LEN = 40,
	VHU_TABLE_LEN = 8,		/* then regions */
	VHU_REGION_LEN = 32,
	VHU_MAX_BODY = 4096,		/* more than any message has */
	VHU_DESC_LEN = 16,
	VHU_USED_LEN = 8,
	VHU_PCI_LEN = 16,		/* then data */
};

enum { VHU_MAX_REGIONS = 8 };		/* as many as the protocol has in a table */

/* Where the parts of both rings are, beside their entries. */
enum {
	VHU_RING_FLAGS = 0,
	VHU_RING_INDEX = 2,
	VHU_RING_ENTRIES = 4,
};

#define VHU_FIELDS(F) \
	F(HDR, REQUEST, 0, 4) \
	F(HDR, FLAGS, 4, 4) \
	F(HDR, SIZE, 8, 4) \
	F(U64, VALUE, 0, 8) \
	F(STATE, INDEX, 0, 4) \
	F(STATE, NUM, 4, 4) \
	F(ADDR, INDEX, 0, 4) \
	F(ADDR, FLAGS, 4, 4) \
	F(ADDR, DESC, 8, 8) \
	F(ADDR, USED, 16, 8) \
	F(ADDR, AVAIL, 24, 8) \
	F(ADDR, LOG, 32, 8) \
	F(TABLE, NR, 0, 4) \
	F(REGION, GUEST, 0, 8) \
	F(REGION, SIZE, 8, 8) \
	F(REGION, USER, 16, 8) \
	F(REGION, OFFSET, 24, 8) \
	F(DESC, ADDR, 0, 8) \
	F(DESC, LEN, 8, 4) \
	F(DESC, FLAGS, 12, 2) \
	F(DESC, NEXT, 14, 2) \
	F(USED, ID, 0, 4) \
	F(USED, LEN, 4, 4) \
	F(PCI, OP, 0, 1) \
	F(PCI, BAR, 1, 1) \
	F(PCI, SIZE, 4, 4) \
	F(PCI, ADDR, 8, 8)

#define VHU_ACCESSORS(message, field, offset, len) \
	HOST_FIELD(VHU_##message##_##field, offset, len)
VHU_FIELDS(VHU_ACCESSORS)
#undef VHU_ACCESSORS

extern const struct conn_proto vhu_proto;	/* the framing */

#endif
