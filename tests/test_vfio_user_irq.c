/* SPDX-License-Identifier: BSD-2-Clause */
/* The vfio-user server.  Interrupts: eventfds, masks, INTx. */
#include <config.h>

#include <errno.h>
#include <linux/vfio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "spec/nvme.h"
#include "tests/vfio_fixture.h"

static int fire(struct vfio_fixture *f, uint32_t type, uint32_t vector, uint32_t level)
{
	fx_set_reg(f, DOUBLE_IRQ_GO, vector | type << 16 | level << 24);
	return (int)fx_reg(f, DOUBLE_IRQ_RESULT);
}

static unsigned int fired(int fd)
{
	uint64_t count = 0;

	return read(fd, &count, 8) == 8 ? (unsigned int)count : 0;
}

static void test_interrupt_types_are_described(void **state)
{
	static const uint32_t counts[] = { 1, 0, DOUBLE_NR_VECTORS, 1, 1 };
	struct vfio_fixture *f = *state;
	uint32_t flags, count;

	for (uint32_t i = 0; i < VFIO_PCI_NUM_IRQS; i++) {
		assert_int_equal(vfio_client_irq_info(f->c, i, &flags, &count), 0);
		assert_int_equal(count, counts[i]);
		assert_int_equal(flags, i == INTX ? 7 : VFIO_IRQ_INFO_EVENTFD);
	}
	assert_int_equal(vfio_client_irq_info(f->c, 5, &flags, &count), -EINVAL);
}

static void test_a_vector_fires_its_eventfd_until_it_is_taken_away(void **state)
{
	struct vfio_fixture *f = *state;
	int fds[3] = { fx_eventfd(), fx_eventfd(), fx_eventfd() };

	assert_int_equal(fire(f, NVMETAP_IRQ_MSIX, 4, 0), -ENOTCONN);
	assert_int_equal(vfio_client_set_irqs(f->c, MSIX, 3, 3, TRIGGER_FD, NULL, fds, 3), 0);
	assert_int_equal(fire(f, NVMETAP_IRQ_MSIX, 4, 0), 0);
	assert_int_equal(fired(fds[0]) + fired(fds[2]), 0);
	assert_int_equal(fired(fds[1]), 1);
	assert_int_equal(vfio_client_set_irqs(f->c, MSIX, 4, 1, TRIGGER_FD, NULL, NULL, 0), 0);
	assert_int_equal(fire(f, NVMETAP_IRQ_MSIX, 4, 0), -ENOTCONN);
	assert_int_equal(fire(f, NVMETAP_IRQ_MSIX, 5, 0), 0);
	assert_int_equal(vfio_client_set_irqs(f->c, MSIX, 0, 0, TRIGGER, NULL, NULL, 0), 0);
	assert_int_equal(fire(f, NVMETAP_IRQ_MSIX, 5, 0), -ENOTCONN);
	assert_int_equal(fire(f, NVMETAP_IRQ_MSIX, 65535, 0), -ENOTCONN);
	for (unsigned int i = 0; i < 3; i++)
		close(fds[i]);
}

static void test_a_client_can_trigger_by_itself(void **state)
{
	static const uint8_t bools[3] = { 1, 0, 1 };
	struct vfio_fixture *f = *state;
	int fds[3] = { fx_eventfd(), fx_eventfd(), fx_eventfd() };

	assert_int_equal(vfio_client_set_irqs(f->c, MSIX, 0, 3, TRIGGER_FD, NULL, fds, 3), 0);
	assert_int_equal(vfio_client_set_irqs(f->c, MSIX, 0, 2, TRIGGER, NULL, NULL, 0), 0);
	assert_int_equal(vfio_client_set_irqs(f->c, MSIX, 0, 3, VFIO_IRQ_SET_DATA_BOOL |
					      VFIO_IRQ_SET_ACTION_TRIGGER, bools, NULL, 0), 0);
	assert_int_equal(fired(fds[0]), 2);
	assert_int_equal(fired(fds[1]), 1);
	assert_int_equal(fired(fds[2]), 1);
	for (unsigned int i = 0; i < 3; i++)
		close(fds[i]);
}

static void test_intx_masks_itself_and_unmask_says_ready(void **state)
{
	struct vfio_fixture *f = *state;
	int fd = fx_eventfd();

	assert_int_equal(fire(f, NVMETAP_IRQ_INTX, 0, 1), -ENOTCONN);
	assert_int_equal(vfio_client_set_irqs(f->c, INTX, 0, 1, TRIGGER_FD, NULL, &fd, 1), 0);
	assert_int_equal(fx_reg(f, DOUBLE_NR_READY_INTX), 1);
	assert_int_equal(fire(f, NVMETAP_IRQ_INTX, 0, 1), 0);
	assert_int_equal(fire(f, NVMETAP_IRQ_INTX, 0, 1), -EAGAIN);
	assert_int_equal(fire(f, NVMETAP_IRQ_INTX, 0, 0), 0);
	assert_int_equal(fired(fd), 1);
	assert_int_equal(vfio_client_set_irqs(f->c, INTX, 0, 1, UNMASK, NULL, NULL, 0), 0);
	assert_int_equal(fx_reg(f, DOUBLE_NR_READY_INTX), 2);
	assert_int_equal(fire(f, NVMETAP_IRQ_INTX, 0, 1), 0);
	assert_int_equal(fired(fd), 1);
	close(fd);
}

static void test_intx_is_unmasked_by_its_eventfd_too(void **state)
{
	enum { UNMASK_FD = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_UNMASK };
	struct vfio_fixture *f = *state;
	int fd = fx_eventfd(), unmask = fx_eventfd();
	uint64_t one = 1;

	assert_int_equal(vfio_client_set_irqs(f->c, INTX, 0, 1, TRIGGER_FD, NULL, &fd, 1), 0);
	assert_int_equal(vfio_client_set_irqs(f->c, INTX, 0, 1, UNMASK_FD, NULL, &unmask, 1), 0);
	assert_int_equal(fire(f, NVMETAP_IRQ_INTX, 0, 1), 0);
	assert_int_equal(write(unmask, &one, 8), 8);
	while (fx_reg(f, DOUBLE_NR_READY_INTX) < 2)
		;
	assert_int_equal(fire(f, NVMETAP_IRQ_INTX, 0, 1), 0);
	assert_int_equal(fired(fd), 2);
	close(fd);
	close(unmask);
}

static void test_masks_hold_interrupts_back_and_announce_themselves(void **state)
{
	enum { MASK_FD = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_MASK };
	struct vfio_fixture *f = *state;
	int fd = fx_eventfd(), mask = fx_eventfd();
	uint32_t ready;

	assert_int_equal(vfio_client_set_irqs(f->c, MSIX, 1, 1, TRIGGER_FD, NULL, &fd, 1), 0);
	assert_int_equal(vfio_client_set_irqs(f->c, MSIX, 1, 1, MASK, NULL, NULL, 0), 0);
	assert_int_equal(fire(f, NVMETAP_IRQ_MSIX, 1, 0), -EAGAIN);
	ready = fx_reg(f, DOUBLE_NR_READY_MSIX);
	assert_int_equal(vfio_client_set_irqs(f->c, MSIX, 1, 1, UNMASK, NULL, NULL, 0), 0);
	assert_int_equal(fx_reg(f, DOUBLE_NR_READY_MSIX), ready + 1);
	assert_int_equal(fire(f, NVMETAP_IRQ_MSIX, 1, 0), 0);
	assert_int_equal(vfio_client_set_irqs(f->c, INTX, 0, 1, MASK_FD, NULL, &mask, 1), 0);
	assert_int_equal(vfio_client_set_irqs(f->c, INTX, 0, 1, MASK, NULL, NULL, 0), 0);
	assert_int_equal(fired(mask), 1);
	close(fd);
	close(mask);
}

static void test_bad_interrupt_requests_are_refused(void **state)
{
	static const struct {
		uint32_t index, start, count, flags;
		unsigned int nr_fds;
	} bad[] = {
		{ 5, 0, 0, TRIGGER, 0 },
		{ MSIX, 0, 1, VFIO_IRQ_SET_DATA_NONE, 0 },
		{ MSIX, 0, 1, VFIO_IRQ_SET_ACTION_TRIGGER, 0 },
		{ MSIX, 0, 1, TRIGGER | VFIO_IRQ_SET_DATA_BOOL, 0 },
		{ MSIX, 0, 1, TRIGGER | VFIO_IRQ_SET_ACTION_MASK, 0 },
		{ MSIX, 0, 1, TRIGGER | 64, 0 },
		{ MSIX, 0, DOUBLE_NR_VECTORS + 1, TRIGGER, 0 },
		{ MSIX, 1, DOUBLE_NR_VECTORS, TRIGGER, 0 },
		{ MSIX, UINT32_MAX, 1, TRIGGER, 0 },
		{ MSIX, 1, UINT32_MAX, TRIGGER, 0 },
		{ MSIX, 1, 0, TRIGGER, 0 },
		{ MSIX, 0, 0, TRIGGER_FD, 0 },
		{ MSIX, 0, 3, TRIGGER_FD, 2 },
		{ MSIX, 0, 1, TRIGGER_FD, 2 },
		{ MSIX, 0, 2, VFIO_IRQ_SET_DATA_BOOL | VFIO_IRQ_SET_ACTION_TRIGGER, 0 },
		{ VFIO_PCI_MSI_IRQ_INDEX, 0, 1, TRIGGER, 0 },
		{ VFIO_PCI_ERR_IRQ_INDEX, 0, 1, MASK, 0 },
		{ MSIX, 0, 1, VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_MASK, 1 },
	};
	struct vfio_fixture *f = *state;
	int fds[2] = { fx_eventfd(), fx_eventfd() };
	int pipes[2];

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(vfio_client_set_irqs(f->c, bad[i].index, bad[i].start,
						      bad[i].count, bad[i].flags, NULL, fds,
						      bad[i].nr_fds), -EINVAL);
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(vfio_client_set_irqs(f->c, MSIX, 0, 1, TRIGGER_FD, NULL, &pipes[1], 1),
			 -EINVAL);
	for (unsigned int i = 0; i < 2; i++) {
		close(fds[i]);
		close(pipes[i]);
	}
}

static void test_errors_and_requests_have_an_eventfd_each(void **state)
{
	struct vfio_fixture *f = *state;
	int fd = fx_eventfd();

	for (uint32_t i = VFIO_PCI_ERR_IRQ_INDEX; i <= VFIO_PCI_REQ_IRQ_INDEX; i++) {
		assert_int_equal(vfio_client_set_irqs(f->c, i, 0, 1, TRIGGER_FD, NULL, &fd, 1), 0);
		assert_int_equal(vfio_client_set_irqs(f->c, i, 0, 1, TRIGGER, NULL, NULL, 0), 0);
		assert_int_equal(fired(fd), 1);
	}
	close(fd);
}

#define T(test) cmocka_unit_test_setup_teardown(test, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_interrupt_types_are_described),
		T(test_a_vector_fires_its_eventfd_until_it_is_taken_away),
		T(test_a_client_can_trigger_by_itself),
		T(test_intx_masks_itself_and_unmask_says_ready),
		T(test_intx_is_unmasked_by_its_eventfd_too),
		T(test_masks_hold_interrupts_back_and_announce_themselves),
		T(test_bad_interrupt_requests_are_refused),
		T(test_errors_and_requests_have_an_eventfd_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
