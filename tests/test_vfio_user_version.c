/* SPDX-License-Identifier: BSD-2-Clause */
/* The vfio-user server.  VERSION: what is negotiated, and what is refused. */
#include <config.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "tests/vfio_fixture.h"

static void test_version_offers_what_the_client_spoke_of_and_no_more(void **state)
{
	struct vfio_fixture *f = *state;
	char json[400];

	assert_int_equal(vfio_client_version(f->c, json, sizeof(json)), 0);
	assert_string_equal(json, "{\"capabilities\":{\"max_msg_fds\":16,"
				  "\"max_data_xfer_size\":1048576,\"max_dma_maps\":32768,"
				  "\"pgsizes\":4096}}");
}

static int say_version(struct vfio_fixture *f, uint16_t major, const char *json, size_t json_len,
		       char *reply, size_t *reply_len)
{
	uint8_t body[512] = { 0 };

	VU_VERSION_MAJOR_set(body, major);
	VU_VERSION_MINOR_set(body, 7);
	memcpy(body + VU_VERSION_LEN, json, json_len);
	return vfio_client_call(f->c, VU_VERSION, body, VU_VERSION_LEN + json_len, NULL, 0, reply,
				reply_len);
}

static void test_a_version_reply_is_never_longer_than_its_request(void **state)
{
	static const char json[] = "{\"capabilities\":{\"pgsizes\":4096}}";
	struct vfio_fixture *f = *state;
	size_t len = 64;
	char reply[64];

	assert_int_equal(say_version(f, 0, json, sizeof(json), reply, &len), 0);
	assert_true(len <= VU_VERSION_LEN + sizeof(json));
	assert_int_equal(VU_VERSION_MINOR_get(reply), 0);
	assert_int_equal(reply[len - 1], '\0');
}

static void test_a_version_without_capabilities_is_enough(void **state)
{
	struct vfio_fixture *f = *state;
	size_t len = 64;
	char reply[64];

	assert_int_equal(say_version(f, 0, "", 0, reply, &len), 0);
	assert_int_equal(len, VU_VERSION_LEN);
	assert_int_equal(fx_reg(f, 0), 0);
}

static void test_a_version_with_empty_json_gets_empty_json(void **state)
{
	struct vfio_fixture *f = *state;
	size_t len = 64;
	char reply[64];

	assert_int_equal(say_version(f, 0, "{}", 3, reply, &len), 0);
	assert_string_equal(reply + VU_VERSION_LEN, "{}");
}

static void refuse_version(struct vfio_fixture *f, uint16_t major, const char *json, size_t len,
			   int err)
{
	size_t reply_len = 64;
	char reply[64];

	assert_int_equal(say_version(f, major, json, len, reply, &reply_len), err);
	fx_assert_disconnected(f, "no version or capabilities in common");
}

static void test_another_major_version_is_refused(void **state)
{
	refuse_version(*state, 1, "{}", 3, -ENOTSUP);
}

static void test_json_without_a_nul_is_refused(void **state)
{
	refuse_version(*state, 0, "{}", 2, -EINVAL);
}

static void test_json_that_is_none_is_refused(void **state)
{
	refuse_version(*state, 0, "{\"capabilities\"", 16, -EINVAL);
}

static void test_json_that_is_no_object_is_refused(void **state)
{
	refuse_version(*state, 0, "[]", 3, -EINVAL);
}

static void test_capabilities_of_the_wrong_type_are_refused(void **state)
{
	static const char json[] = "{\"capabilities\":{\"max_data_xfer_size\":\"x\"}}";

	refuse_version(*state, 0, json, sizeof(json), -EINVAL);
}

static void test_a_message_before_version_disconnects(void **state)
{
	struct vfio_fixture *f = *state;

	assert_int_equal(vfio_client_reset(f->c), -ENOTCONN);
	fx_assert_disconnected(f, "a message before VERSION");
	assert_int_equal(fx_nr_gone(f), 0);
}

static void test_a_second_version_disconnects(void **state)
{
	struct vfio_fixture *f = *state;

	assert_int_equal(vfio_client_version(f->c, NULL, 0), -ENOTCONN);
	fx_assert_disconnected(f, "VERSION for the second time");
	assert_int_equal(fx_nr_gone(f), 1);
}

#define SILENT(test) cmocka_unit_test_setup_teardown(test, fx_setup_silent, fx_teardown)
#define T(test) cmocka_unit_test_setup_teardown(test, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SILENT(test_version_offers_what_the_client_spoke_of_and_no_more),
		SILENT(test_a_version_reply_is_never_longer_than_its_request),
		SILENT(test_a_version_without_capabilities_is_enough),
		SILENT(test_a_version_with_empty_json_gets_empty_json),
		SILENT(test_another_major_version_is_refused),
		SILENT(test_json_without_a_nul_is_refused),
		SILENT(test_json_that_is_none_is_refused),
		SILENT(test_json_that_is_no_object_is_refused),
		SILENT(test_capabilities_of_the_wrong_type_are_refused),
		SILENT(test_a_message_before_version_disconnects),
		T(test_a_second_version_disconnects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
