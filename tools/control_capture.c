/* SPDX-License-Identifier: BSD-2-Clause */
/* capture and snapshot: what viewers ask for. */
#include "config.h"

#include <errno.h>
#include <string.h>
#include "tools/control_commands.h"
#include "tools/live.h"
#include "tracer/words.h"

enum {
	RING = 4 << 20,		/* of a viewer that does not say */
	RING_MIN = 4 << 10,
	RING_MAX = 1 << 30,
};

static int take_number(struct control_request *req, const char *name, json_int_t min,
		       json_int_t max, json_int_t otherwise, json_int_t *to)
{
	*to = control_number(req, name, otherwise);
	if (*to >= min && *to <= max)
		return 0;
	return control_refuse(req, "%s: must be a number from %lld to %lld", name, (long long)min,
			      (long long)max);
}

int control_capture(struct control_request *req)
{
	const char *events = control_string(req, "events", NULL);
	json_int_t snap, data_snap, ring;
	int id = live_next(req->config->live);
	uint64_t set;

	if (words_parse(events, &set, req->err, sizeof(req->err)) != 0 ||
	    take_number(req, "snap", 0, UINT32_MAX, TRACER_SNAP_WHOLE, &snap) != 0 ||
	    take_number(req, "data-snap", 0, UINT32_MAX, 0, &data_snap) != 0 ||
	    take_number(req, "ring", RING_MIN, RING_MAX, RING, &ring) != 0)
		return -1;
	if (id < 0)
		return control_refuse(req, "too many viewers");
	req->viewer = (struct tracer_config){
		.events = events,
		.snap_admin = (uint32_t)snap,
		.snap_io = (uint32_t)data_snap,
		.ring_size = (size_t)ring,
		.application = PACKAGE_STRING,
		.if_name = req->config->function,
		.if_description = "nvmetap NVMe drive",
	};
	req->streams = true;
	req->result = json_pack("{s:i}", "viewer", id);
	return 0;
}

int control_snapshot(struct control_request *req)
{
	json_int_t id = control_number(req, "viewer", 0);
	int rc = live_snapshot(req->config->live, id <= INT32_MAX ? (int)id : 0);

	if (rc == -ENOENT)
		return control_refuse(req, "no viewer %lld", (long long)id);
	return rc == 0 ? 0 : control_refuse(req, "the drive is ending");
}
