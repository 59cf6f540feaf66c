/* SPDX-License-Identifier: BSD-2-Clause */
/* How a drive is at this moment, for its program to tell a user. */
#ifndef EMU_DRIVE_STATUS_H
#define EMU_DRIVE_STATUS_H

#include <stdbool.h>
#include <stdint.h>

enum { DRIVE_STATUS_QUEUES = 130 };	/* 65 pairs */

struct drive_status {
	const char *transport;	/* "vfio-user" */
	bool connected;		/* a guest is at the other end */
	const char *state;	/* of the controller: "disabled", "enabling", "ready", "disabling",
				   "shut down", "failed" (CSTS.CFS) */
	uint32_t cc, csts;
	uint32_t nr_outstanding;	/* commands fetched and not completed */
	uint32_t nr_held;		/* of these, by plug-ins */
	uint64_t nr_reads, nr_writes;	/* commands, as SMART counts them */
	uint64_t bytes_read, bytes_written;
	uint64_t nr_errors;		/* entries ever made in the Error Information log */
	uint64_t nr_power_cycles, nr_unsafe_shutdowns;
	unsigned int nr_queues;		/* completion queues, then submission queues */
	struct drive_status_queue {
		bool submission;
		uint16_t qid;
		uint16_t cqid;		/* of a submission queue */
		uint16_t vector;	/* of a completion queue */
		uint32_t size, head, tail;	/* entries */
		uint32_t nr_outstanding;	/* of a submission queue: as above */
	} queue[DRIVE_STATUS_QUEUES];
};

#endif
