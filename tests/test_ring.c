/* SPDX-License-Identifier: BSD-2-Clause */
/* The ring between the controller's thread and the writer. */
#include "config.h"
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "tracer/ring.h"

enum {
	SIZE = 4096,
	NR_STRESS = 200000,
};

static int push(struct ring *ring, uint8_t value, size_t len)
{
	void *at = ring_reserve(ring, len);

	if (at == NULL)
		return 0;
	memset(at, value, len);
	ring_commit(ring, len);
	return 1;
}

static int push_published(struct ring *ring, uint8_t value, size_t len)
{
	int done = push(ring, value, len);

	ring_publish(ring);
	return done;
}

static void assert_next(struct ring *ring, uint8_t value, size_t len)
{
	size_t got;
	const uint8_t *at = ring_next(ring, &got);

	assert_non_null(at);
	assert_int_equal(got, len);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(at[i], value);
}

static void test_a_size_becomes_a_power_of_two(void **state)
{
	struct ring *ring = ring_new(5000);

	(void)state;
	assert_int_equal(ring_size(ring), 8192);
	ring_free(ring);
}

static void test_what_is_not_published_is_not_seen(void **state)
{
	struct ring *ring = ring_new(SIZE);
	size_t len;

	(void)state;
	assert_true(push(ring, 1, 10));
	assert_null(ring_next(ring, &len));
	ring_publish(ring);
	assert_next(ring, 1, 10);
	assert_null(ring_next(ring, &len));
	ring_free(ring);
}

static void test_a_batch_of_half_the_ring_is_seen_before_its_end(void **state)
{
	struct ring *ring = ring_new(SIZE);
	size_t len;

	(void)state;
	for (unsigned int done = 0; done <= SIZE / 2; done += 64)
		assert_true(push(ring, 1, 64 - RING_HEADER));
	assert_non_null(ring_next(ring, &len));
	ring_free(ring);
}

static void test_records_come_out_as_they_went_in_over_many_turns(void **state)
{
	struct ring *ring = ring_new(SIZE);

	(void)state;
	for (unsigned int i = 0; i < 5000; i++) {
		assert_true(push_published(ring, (uint8_t)i, i % 900));
		assert_true(push_published(ring, (uint8_t)~i, i % 13));
		assert_next(ring, (uint8_t)i, i % 900);
		assert_next(ring, (uint8_t)~i, i % 13);
		ring_release(ring);
	}
	ring_free(ring);
}

static void test_a_full_ring_refuses_until_something_is_released(void **state)
{
	struct ring *ring = ring_new(SIZE);
	unsigned int nr = 0;
	size_t len;

	(void)state;
	while (push_published(ring, (uint8_t)nr, 120))
		nr++;
	assert_int_equal(nr, SIZE / 128);
	assert_non_null(ring_next(ring, &len));
	assert_false(push(ring, 0, 120));
	ring_release(ring);
	assert_true(push(ring, 0, 120));
	assert_false(push(ring, 0, 120));
	ring_free(ring);
}

static void test_the_rest_of_a_reservation_can_be_had(void **state)
{
	struct ring *ring = ring_new(SIZE);

	(void)state;
	for (unsigned int i = 0; i < 1000; i++) {
		assert_non_null(ring_reserve(ring, 48 + RING_HEADER + 1000));
		assert_true(push(ring, 1, 41));
		assert_true(push(ring, 2, 1000));
		ring_publish(ring);
		assert_next(ring, 1, 41);
		assert_next(ring, 2, 1000);
		ring_release(ring);
	}
	ring_free(ring);
}

static void test_a_record_longer_than_half_fits_wherever_the_ring_stands(void **state)
{
	size_t big = SIZE - RING_HEADER, len;

	(void)state;
	for (size_t before = 0; before < SIZE - RING_HEADER; before += 8) {
		struct ring *ring = ring_new(SIZE);

		assert_true(push_published(ring, 1, before));
		assert_next(ring, 1, before);
		ring_release(ring);
		for (unsigned int tries = 0; !push_published(ring, 2, big); tries++) {
			assert_in_range(tries, 0, 1);
			assert_null(ring_next(ring, &len));
			ring_release(ring);
		}
		assert_next(ring, 2, big);
		ring_free(ring);
	}
}

static void test_a_record_longer_than_the_ring_is_never_held(void **state)
{
	struct ring *ring = ring_new(SIZE);

	(void)state;
	assert_true(ring_holds(ring, SIZE - RING_HEADER));
	assert_false(ring_holds(ring, SIZE - RING_HEADER + 1));
	assert_null(ring_reserve(ring, SIZE - RING_HEADER + 1));
	assert_true(push(ring, 0, 8));
	assert_null(ring_reserve(ring, SIZE_MAX));
	ring_free(ring);
}

static size_t stress_len(uint32_t number)
{
	return sizeof(number) + number * 2654435761u % 600 / 4 * 4;
}

static void *stress_consume(void *ctx)
{
	struct ring *ring = ctx;
	uintptr_t bad = 0;
	size_t len;

	for (uint32_t number = 0; number < NR_STRESS;) {
		const uint32_t *at = ring_next(ring, &len);

		if (at == NULL) {
			ring_release(ring);
			sched_yield();
			continue;
		}
		bad += len != stress_len(number);
		for (size_t i = 0; i < len / sizeof(*at); i++)
			bad += at[i] != number;
		if (number++ % 5 == 0)
			ring_release(ring);
	}
	return (void *)bad;
}

static void test_two_threads_lose_nothing_and_mix_nothing(void **state)
{
	struct ring *ring = ring_new(SIZE);
	pthread_t consumer;
	uint32_t *at;
	void *bad;

	(void)state;
	assert_int_equal(pthread_create(&consumer, NULL, stress_consume, ring), 0);
	for (uint32_t number = 0; number < NR_STRESS; number++) {
		while ((at = ring_reserve(ring, stress_len(number))) == NULL) {
			ring_publish(ring);
			sched_yield();
		}
		for (size_t i = 0; i < stress_len(number) / sizeof(*at); i++)
			at[i] = number;
		ring_commit(ring, stress_len(number));
	}
	ring_publish(ring);
	pthread_join(consumer, &bad);
	assert_null(bad);
	ring_free(ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_size_becomes_a_power_of_two),
		cmocka_unit_test(test_what_is_not_published_is_not_seen),
		cmocka_unit_test(test_a_batch_of_half_the_ring_is_seen_before_its_end),
		cmocka_unit_test(test_records_come_out_as_they_went_in_over_many_turns),
		cmocka_unit_test(test_a_full_ring_refuses_until_something_is_released),
		cmocka_unit_test(test_the_rest_of_a_reservation_can_be_had),
		cmocka_unit_test(test_a_record_longer_than_half_fits_wherever_the_ring_stands),
		cmocka_unit_test(test_a_record_longer_than_the_ring_is_never_held),
		cmocka_unit_test(test_two_threads_lose_nothing_and_mix_nothing),
	};

	return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}
