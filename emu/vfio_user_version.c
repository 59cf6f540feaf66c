/* SPDX-License-Identifier: BSD-2-Clause */
/* Negotiation of version and capabilities. */
#include <config.h>

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "emu/vfio_user_server.h"

/* What we say of ourselves, as far as the client spoke of it too. */
static const struct {
	const char *name;
	json_int_t value;
	bool at_most_theirs;
} ours[] = {
	{ "max_msg_fds", CONN_MAX_FDS, false },
	{ "max_data_xfer_size", VU_MAX_XFER, false },
	{ "max_dma_maps", GUESTMEM_MAX_MAPPINGS, true },
	{ "pgsizes", GUESTMEM_PAGE, false },
};

/* The client's JSON: an object, or NULL. */
static json_t *json_parse(const struct conn_msg *msg)
{
	const char *text = (const char *)msg->body + VU_VERSION_LEN;
	size_t len = msg->len - VU_VERSION_LEN;
	json_t *json;

	if (text[len - 1] != '\0')
		return NULL;
	json = json_loadb(text, strlen(text), JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(json)) {
		json_decref(json);
		return NULL;
	}
	return json;
}

/* Ours is what we can receive, theirs what we may send. */
static int peer_limits(struct vfio_user *v, const json_t *caps)
{
	const json_t *xfer = json_object_get(caps, "max_data_xfer_size");

	if (caps != NULL && !json_is_object(caps))
		return -EINVAL;
	if (xfer == NULL)
		return 0;
	if (!json_is_integer(xfer) || json_integer_value(xfer) <= 0)
		return -EINVAL;
	if (json_integer_value(xfer) < VU_MAX_XFER)
		v->peer_max_xfer = (uint64_t)json_integer_value(xfer);
	return 0;
}

static json_t *caps_answer(const json_t *theirs)
{
	json_t *caps = json_object();

	for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++) {
		const json_t *value = json_object_get(theirs, ours[i].name);
		json_int_t said = ours[i].value;

		if (!json_is_integer(value) || json_integer_value(value) <= 0)
			continue;
		if (ours[i].at_most_theirs && json_integer_value(value) < said)
			said = json_integer_value(value);
		json_object_set_new(caps, ours[i].name, json_integer(said));
	}
	return json_pack("{s:o}", "capabilities", caps);
}

/* A client may have made room for no more than it sent. */
static int answer_set(struct vu_reply *reply, const json_t *answer, size_t room)
{
	char *text = json_dumps(answer, JSON_COMPACT);

	if (text != NULL && strlen(text) >= room) {
		free(text);
		text = strdup("{}");
	}
	if (text == NULL)
		return -ENOMEM;
	reply->data = (uint8_t *)text;
	reply->data_len = strlen(text) + 1;
	return 0;
}

static int json_answer(struct vfio_user *v, const struct conn_msg *msg, struct vu_reply *reply)
{
	json_t *json = json_parse(msg);
	json_t *caps, *answer;
	int err;

	if (json == NULL)
		return -EINVAL;
	caps = json_object_get(json, "capabilities");
	err = peer_limits(v, caps);
	if (err == 0) {
		answer = caps_answer(caps);
		err = answer_set(reply, answer, msg->len - VU_VERSION_LEN);
		json_decref(answer);
	}
	json_decref(json);
	return err;
}

int vu_version(struct vfio_user *v, struct conn_msg *msg, struct vu_reply *reply)
{
	int err = 0;

	if (VU_VERSION_MAJOR_get(msg->body) != 0)
		err = -ENOTSUP;
	else if (msg->len > VU_MAX_VERSION)
		err = -E2BIG;
	else if (msg->len > VU_VERSION_LEN)
		err = json_answer(v, msg, reply);
	if (err != 0) {
		server_break(&v->server, "no version or capabilities in common");
		return err;
	}
	VU_VERSION_MAJOR_set(reply->head, 0);
	VU_VERSION_MINOR_set(reply->head, 0);
	reply->head_len = VU_VERSION_LEN;
	v->server.greeted = true;
	return 0;
}
