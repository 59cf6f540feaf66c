/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes pcapng with records of one kind each to standard output, for the
 * program that makes captures for tests.  It stands apart from the tracer, so
 * that the two can be compared.  Records are at most 8192 bytes.
 */
#ifndef TESTS_PUT_RECORD_H
#define TESTS_PUT_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include "spec/record.h"

enum {
	ADMIN_QUEUE = 0,
	IO_QUEUE = 1,
};

struct maker {
	uint64_t seq;		/* of the last record that has a number */
	uint64_t time_ns;	/* of the next packet */
	uint64_t step_ns;	/* from one packet to the next */
	uint64_t latency_ns;	/* of every command */
	uint64_t random;	/* not 0: bytes are changed and ends cut off by chance */
	bool shuffled;		/* with random: each packet has a time by chance */
	uint16_t cid;		/* of the next command that put_simple makes */
	const char *comment;	/* of the next packet, or NULL */
};

/* The section; an interface, the first is number 0; then packets. */
void put_section(void);
void put_interface(uint16_t linktype, const char *name);
void put_packet(struct maker *m, uint32_t interface, const uint8_t *data, uint32_t caplen,
		uint32_t len);

/* rec, with info_len bytes of info and len bytes of payload; sets its bdf, and
 * its seq unless it is a snapshot's, a drop or a step of the clock. */
void put_record(struct maker *m, struct record *rec);

void put_event(struct maker *m, uint8_t event, uint8_t stage, const void *info, uint8_t info_len,
	       const void *payload, uint32_t len);
void put_text(struct maker *m, uint8_t event, uint8_t stage, const char *text);
void put_snapshot(struct maker *m, uint8_t event, const void *payload, uint32_t len);
void put_access(struct maker *m, uint8_t event, uint64_t offset, uint32_t width, uint64_t value);
/* The same of an entry of the MSI-X table. */
void put_entry_access(struct maker *m, uint8_t event, uint16_t vector, uint64_t offset,
		      uint32_t width, uint64_t value);
void put_doorbell(struct maker *m, uint8_t kind, uint16_t queue, uint32_t old, uint32_t value);

/* The controller, with CC.EN set; and a queue of so many slots, with interrupts. */
enum {
	QUEUE_SLOTS = 4,
};
void put_state(struct maker *m, uint8_t state);
void put_queue(struct maker *m, uint8_t type, uint16_t qid, uint8_t state);

/* A command as it is decoded, from the 64 bytes of its entry, or from its
 * Dwords.  What is returned is given to put_part, put_data and put_completion. */
struct record put_command(struct maker *m, uint16_t queue, const uint8_t *cmd);
struct record put_simple(struct maker *m, uint16_t queue, uint8_t opc, uint32_t nsid,
			 uint32_t cdw10, uint32_t cdw11, uint32_t cdw12);
struct record put_admin(struct maker *m, uint8_t opc, uint32_t cdw10, uint32_t cdw11);

/* An event of the command of; its record is returned. */
struct record put_part(struct maker *m, struct record of, uint8_t event, const void *info,
		       uint8_t info_len, const void *payload, uint32_t len);
/* len bytes of a transfer to the host of total bytes, from byte from on. */
void put_data(struct maker *m, struct record rec, const uint8_t *bytes, uint32_t from, uint32_t len,
	      uint32_t total);
/* status is the status field without its phase tag.  What is returned is given
 * to put_interrupt. */
struct record put_completion(struct maker *m, struct record rec, uint16_t status, uint32_t cdw0);
/* The same, with these fields of its entry. */
struct put_cqe {
	uint16_t sqhd, phase, status;
};
struct record put_cqe(struct maker *m, struct record rec, struct put_cqe entry);
/* The interrupt of one completion, or of none if that is a record of zeros. */
void put_interrupt(struct maker *m, struct record completion, uint32_t vector, uint8_t type);

#endif
