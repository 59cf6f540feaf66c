/* SPDX-License-Identifier: BSD-2-Clause */
/* A compiled tracepoint of LTTng-UST for the same 96 bytes as tests/bench/mechanism.h. */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER nvmetap_bench

#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "tests/bench/lttng_events.h"

#if !defined(TESTS_BENCH_LTTNG_EVENTS_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define TESTS_BENCH_LTTNG_EVENTS_H

#include <lttng/tracepoint.h>
#include <stdint.h>
#include "tests/bench/mechanism.h"

LTTNG_UST_TRACEPOINT_EVENT_CLASS(nvmetap_bench, command,
	LTTNG_UST_TP_ARGS(const struct bench_event *, ev),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint64_t, seq, ev->seq)
		lttng_ust_field_integer(uint64_t, cause, ev->cause)
		lttng_ust_field_integer(uint32_t, bdf, ev->bdf)
		lttng_ust_field_integer(uint32_t, count, ev->count)
		lttng_ust_field_integer(uint16_t, sqid, ev->sqid)
		lttng_ust_field_integer(uint16_t, cid, ev->cid)
		lttng_ust_field_integer(uint8_t, event, ev->event)
		lttng_ust_field_integer(uint8_t, stage, ev->stage)
		lttng_ust_field_integer(uint8_t, flags, ev->flags)
		lttng_ust_field_integer(uint8_t, qkind, ev->qkind)
		lttng_ust_field_array(uint8_t, sqe, (const uint8_t *)&ev->cmd, 64)
	)
)
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE(nvmetap_bench, command, nvmetap_bench, tap,
	LTTNG_UST_TP_ARGS(const struct bench_event *, ev))
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE(nvmetap_bench, command, nvmetap_bench, file,
	LTTNG_UST_TP_ARGS(const struct bench_event *, ev))
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE(nvmetap_bench, command, nvmetap_bench, off,
	LTTNG_UST_TP_ARGS(const struct bench_event *, ev))

#endif

#include <lttng/tracepoint-event.h>
