/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of the drive that need nothing but a driver: they run over every
 * transport that the table of suite.c names.  Include after cmocka.h.
 */
#ifndef TESTS_SUITE_H
#define TESTS_SUITE_H

#include "tests/rig.h"

/* Runs the tests, whose setup is rig_setup or rig_setup_bare, once a
 * transport; their names say which.  NVMETAP_TEST_TRANSPORT=NAME: over that
 * one alone.  How many failed. */
int suite_run(const struct CMUnitTest *tests, size_t nr);

#define SUITE_RUN(tests) suite_run(tests, sizeof(tests) / sizeof((tests)[0]))
/* A controller that is enabled and has queue pair 1; or one as it comes. */
#define SUITE_TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
#define SUITE_BARE(name) cmocka_unit_test_setup_teardown(name, rig_setup_bare, rig_teardown)

#endif
