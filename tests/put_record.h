/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes pcapng with records of one kind each to standard output, for the
 * programs that make captures for tests.  It stands apart from the tracer, so
 * that the two can be compared.  Records are at most 8192 bytes.
 */
#ifndef TESTS_PUT_RECORD_H
#define TESTS_PUT_RECORD_H

#include <stdint.h>
#include "spec/record.h"

enum {
	ADMIN_QUEUE = 0,
	IO_QUEUE = 1,
};

struct maker {
	uint64_t seq;		/* of the last record */
	uint64_t time_ns;	/* of the last packet */
	uint64_t random;	/* not 0: bytes are changed and ends cut off by chance */
};

/* The section and its one interface; then a packet. */
void put_head(uint16_t linktype);
void put_packet(struct maker *m, const uint8_t *data, uint32_t caplen, uint32_t len);

/* rec, with info_len bytes of info and len bytes of payload; sets its seq and bdf. */
void put_record(struct maker *m, struct record *rec);

void put_event(struct maker *m, uint8_t event, uint8_t stage, const void *info, uint8_t info_len,
	       const void *payload, uint32_t len);
void put_text(struct maker *m, uint8_t event, const char *text);
void put_access(struct maker *m, uint8_t event, uint64_t offset, uint32_t width, uint64_t value);
void put_doorbell(struct maker *m, uint8_t kind, uint16_t queue, uint32_t old, uint32_t value);
void put_interrupt(struct maker *m, uint32_t vector, uint8_t type);

/* A command as it is decoded, from the 64 bytes of its entry, or from its
 * Dwords.  What is returned is given to put_data and put_completion. */
struct record put_command(struct maker *m, uint16_t queue, const uint8_t *cmd);
struct record put_simple(struct maker *m, uint16_t queue, uint8_t opc, uint32_t nsid,
			 uint32_t cdw10, uint32_t cdw11, uint32_t cdw12);
struct record put_admin(struct maker *m, uint8_t opc, uint32_t cdw10, uint32_t cdw11);

/* len bytes of a transfer to the host of total bytes, from byte from on. */
void put_data(struct maker *m, struct record rec, const uint8_t *bytes, uint32_t from, uint32_t len,
	      uint32_t total);
/* status is the status field without its phase tag. */
void put_completion(struct maker *m, struct record rec, uint16_t status, uint32_t cdw0);

#endif
