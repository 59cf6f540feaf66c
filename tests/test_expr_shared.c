/* SPDX-License-Identifier: BSD-2-Clause */
/* One expression, matched by several threads, without any memory of the heap. */
#include "config.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "dissector/expr.h"
#include "tests/fields.h"

enum { NR_THREADS = 4, NR_TURNS = 2000 };

static const char *const texts[] = {
	"nvmetap.opc == \"Write\" && nvme.cmd.slba in {1, 0x1000..0x2000}",
	"nvmetap.text contains \"nvme\" || nvmetap.text == \"\\\\xff\"",
	"frame contains \"nvme0\" xor frame[-1] == :00",
	"nvme.cmd.nsid != nvmetap.nsid or !nvmetap.command",
#ifdef HAVE_PCRE2
	"nvmetap.text matches \"nvme[0-9]: .*timeout\" or nvmetap.text matches \"^(a+)+$\"",
#endif
};

enum { NR_TEXTS = sizeof(texts) / sizeof(texts[0]), NR_RECORDS = 3 };

static struct expr *exprs[NR_TEXTS];
static struct record records[NR_RECORDS];
static bool expected[NR_TEXTS][NR_RECORDS];

static bool match(int text, int record)
{
	struct expr_frame frame = { .caplen = records[record].caplen,
				    .header = records[record].payload };

	/* Of the frame its bytes alone: a header is made again. */
	if (text != 2)
		frame.header = NULL;
	return expr_match_frame(exprs[text], &records[record], &frame);
}

static void *match_all(void *nr_wrong)
{
	for (int i = 0; i < NR_TURNS; i++)
		for (int text = 0; text < NR_TEXTS; text++)
			for (int rec = 0; rec < NR_RECORDS; rec++)
				*(int *)nr_wrong += match(text, rec) != expected[text][rec];
	return NULL;
}

static int make(void **state)
{
	static uint8_t sqe[64] = { [0] = 0x01, [4] = 1, [41] = 0x10, [48] = 7 };
	static const uint8_t clean[] = "nvme0: I/O timeout, aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab";
	static uint8_t dirty[4096];
	struct expr_error err;

	(void)state;
	memset(dirty, 'a', sizeof(dirty));
	dirty[9] = 0xff;
	records[0] = record_of_command(2, sqe, sizeof(sqe));
	records[1] = (struct record){ .event = NVMETAP_EV_CONSOLE, .payload = clean,
				      .len = sizeof(clean) - 1, .caplen = sizeof(clean) - 1 };
	records[2] = (struct record){ .event = NVMETAP_EV_CONSOLE, .payload = dirty,
				      .len = sizeof(dirty), .caplen = sizeof(dirty) };
	for (int text = 0; text < NR_TEXTS; text++) {
		exprs[text] = expr_compile_frame(texts[text], strlen(texts[text]), &err);
		if (exprs[text] == NULL)
			fail_msg("%s: %s", texts[text], err.what);
		for (int rec = 0; rec < NR_RECORDS; rec++)
			expected[text][rec] = match(text, rec);
	}
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	for (int text = 0; text < NR_TEXTS; text++)
		expr_free(exprs[text]);
	return 0;
}

static void test_threads_share_an_expression(void **state)
{
	pthread_t threads[NR_THREADS];
	int nr_wrong[NR_THREADS] = { 0 };

	(void)state;
	for (int i = 0; i < NR_THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, match_all, &nr_wrong[i]), 0);
	for (int i = 0; i < NR_THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(nr_wrong[i], 0);
	}
}

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
/* Everybody's malloc, PCRE2's too, since it is visible. */
#define EVERYBODYS __attribute__((visibility("default")))

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t nr, size_t size);
void *__libc_realloc(void *old, size_t size);

static int nr_allocated;

EVERYBODYS void *malloc(size_t size)
{
	nr_allocated++;
	return __libc_malloc(size);
}

EVERYBODYS void *calloc(size_t nr, size_t size)
{
	nr_allocated++;
	return __libc_calloc(nr, size);
}

EVERYBODYS void *realloc(void *old, size_t size)
{
	nr_allocated++;
	return __libc_realloc(old, size);
}

static void test_matching_allocates_nothing(void **state)
{
	int before, wrong = 0;

	(void)state;
	free(malloc(1));
	assert_true(nr_allocated > 0);
	before = nr_allocated;
	for (int text = 0; text < NR_TEXTS; text++)
		for (int rec = 0; rec < NR_RECORDS; rec++)
			wrong += match(text, rec) != expected[text][rec];
	assert_int_equal(nr_allocated, before);
	assert_int_equal(wrong, 0);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_threads_share_an_expression),
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
		cmocka_unit_test(test_matching_allocates_nothing),
#endif
	};

	return cmocka_run_group_tests(tests, make, unmake);
}
