/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A recorded stream of vfio-user messages.  The file, which may be compressed
 * with zstd, is "vustream" and then for each message, in the order in which
 * they passed, integers little-endian:
 *
 *   1 byte        '>' from the client, '<' from the drive
 *   1 byte        number of file descriptors that came with it
 *   8 bytes each  their sizes, 0 for what is no file (an eventfd)
 *   4 bytes       length of what follows
 *   header and body as they were; of DMA_READ and DMA_WRITE the header only
 */
#ifndef TESTS_STREAM_H
#define TESTS_STREAM_H

#define STREAM_MAGIC "vustream"

enum {
	STREAM_MAGIC_LEN = 8,
	STREAM_FROM_CLIENT = '>',
	STREAM_FROM_DRIVE = '<',
};

#endif
