/* SPDX-License-Identifier: BSD-2-Clause */
/* The vhost-user server.  Interrupts: messages, the pin, and guests without room for them. */
#include <config.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "spec/nvme.h"
#include "tests/vhost_fixture.h"

enum {
	MSIX = NVMETAP_IRQ_MSIX,
	INTX = NVMETAP_IRQ_INTX,
	DATA = DOUBLE_BUFFER,	/* of BAR0, memory */
	SOON_MS = 10000,
};

static void irq_go(struct vhost_fixture *f, uint32_t type, uint32_t level)
{
	vh_set_reg(f, DOUBLE_IRQ_GO, 5 | type << 16 | level << 24);
}

/* struct virtio_pcidev_msg: op 7, size 4, then address and data, here 0. */
static void test_msix_sends_a_message_of_four_bytes(void **state)
{
	static const uint8_t want[20] = { 7, 0, 0, 0, 4 };
	struct vhost_fixture *f = *state;
	uint8_t msg[VHOST_IRQ_LEN];

	irq_go(f, MSIX, 0);
	assert_int_equal(vhost_client_irq(&f->c, msg, SOON_MS), 20);
	assert_memory_equal(msg, want, 20);
}

/* op 6, and in the address the pin: INTA is 1. */
static void test_intx_sends_its_pin(void **state)
{
	static const uint8_t want[16] = { 6, 0, 0, 0, 0, 0, 0, 0, 1 };
	struct vhost_fixture *f = *state;
	uint8_t msg[VHOST_IRQ_LEN];

	irq_go(f, INTX, 1);
	assert_int_equal(vhost_client_irq(&f->c, msg, SOON_MS), 16);
	assert_memory_equal(msg, want, 16);
}

static void test_intx_that_is_deasserted_sends_nothing(void **state)
{
	struct vhost_fixture *f = *state;
	uint8_t msg[VHOST_IRQ_LEN];

	irq_go(f, INTX, 0);
	assert_int_equal(vh_reg(f, DOUBLE_IRQ_RESULT), 0);
	assert_int_equal(vhost_client_irq(&f->c, msg, 0), -EAGAIN);
}

static void test_each_write_to_a_bar_may_end_an_intx(void **state)
{
	struct vhost_fixture *f = *state;
	uint32_t before;

	irq_go(f, INTX, 1);
	before = vh_reg(f, DOUBLE_NR_READY_INTX);
	vh_set_reg(f, DATA, 1);
	assert_int_equal(vh_reg(f, DOUBLE_NR_READY_INTX), before + 1);
	irq_go(f, INTX, 0);
	before = vh_reg(f, DOUBLE_NR_READY_INTX);
	vh_set_reg(f, DATA, 1);
	assert_int_equal(vh_reg(f, DOUBLE_NR_READY_INTX), before);
}

static bool counts_on(struct vhost_fixture *f, uint32_t reg, uint32_t from)
{
	for (unsigned int i = 0; i < 100000; i++) {
		if (vh_reg(f, reg) != from)
			return true;
	}
	return false;
}

static void test_an_interrupt_without_a_buffer_comes_later(void **state)
{
	struct vhost_fixture *f = *state;
	uint32_t before;
	uint8_t msg[VHOST_IRQ_LEN];

	for (unsigned int i = 0; i < VHOST_NR_IRQ_BUFFERS; i++) {
		irq_go(f, MSIX, 0);
		assert_int_equal(vh_reg(f, DOUBLE_IRQ_RESULT), 0);
	}
	irq_go(f, MSIX, 0);
	assert_int_equal((int)vh_reg(f, DOUBLE_IRQ_RESULT), -EAGAIN);
	before = vh_reg(f, DOUBLE_NR_READY_MSIX);
	assert_int_equal(vhost_client_irq(&f->c, msg, 0), 20);
	assert_true(counts_on(f, DOUBLE_NR_READY_MSIX, before));
	irq_go(f, MSIX, 0);
	assert_int_equal(vh_reg(f, DOUBLE_IRQ_RESULT), 0);
}

/* The device hears that there is room again before an access that the guest made
 * later, and that may make an interrupt of its own. */
static void test_no_interrupt_overtakes_one_that_had_no_buffer(void **state)
{
	struct vhost_fixture *f = *state;
	uint8_t msg[VHOST_IRQ_LEN];
	uint32_t before;

	for (unsigned int i = 0; i <= VHOST_NR_IRQ_BUFFERS; i++)
		irq_go(f, MSIX, 0);
	assert_int_equal((int)vh_reg(f, DOUBLE_IRQ_RESULT), -EAGAIN);
	before = vh_reg(f, DOUBLE_NR_READY_MSIX);
	host_set(f->c.rings[VHOST_IRQS].mem + VHOST_USED, 2, VRING_USED_F_NO_NOTIFY);
	assert_int_equal(vhost_client_irq(&f->c, msg, 0), 20);
	assert_int_equal(vh_reg(f, DOUBLE_NR_READY_MSIX), before + 1);
}

/* The pin that found no buffer is looked at again with the next one, a message's is not. */
static void test_a_pin_without_a_buffer_is_asked_for_later(void **state)
{
	struct vhost_fixture *f = *state;
	uint8_t msg[VHOST_IRQ_LEN];
	uint32_t before, msix;

	for (unsigned int i = 0; i < VHOST_NR_IRQ_BUFFERS; i++)
		irq_go(f, MSIX, 0);
	irq_go(f, MSIX, 0);
	before = vh_reg(f, DOUBLE_NR_READY_INTX);
	msix = vh_reg(f, DOUBLE_NR_READY_MSIX);
	assert_int_equal(vhost_client_irq(&f->c, msg, 0), 20);
	assert_true(counts_on(f, DOUBLE_NR_READY_MSIX, msix));
	assert_int_equal(vh_reg(f, DOUBLE_NR_READY_INTX), before);
	irq_go(f, MSIX, 0);
	irq_go(f, INTX, 1);
	assert_int_equal((int)vh_reg(f, DOUBLE_IRQ_RESULT), -EAGAIN);
	/* The write that asked for it may have ended it, and looked. */
	before = vh_reg(f, DOUBLE_NR_READY_INTX);
	assert_int_equal(vhost_client_irq(&f->c, msg, 0), 20);
	assert_true(counts_on(f, DOUBLE_NR_READY_INTX, before));
}

static void test_interrupts_of_a_guest_without_a_ring_for_them_have_no_target(void **state)
{
	struct vhost_fixture *f = *state;

	assert_int_equal(vhost_client_features(&f->c), 0);
	assert_int_equal(vhost_client_table(&f->c), 0);
	assert_int_equal(vhost_client_ring(&f->c, VHOST_COMMANDS), 0);
	assert_int_equal(vhost_client_start(&f->c, VHOST_COMMANDS), 0);
	irq_go(f, MSIX, 0);
	assert_int_equal((int)vh_reg(f, DOUBLE_IRQ_RESULT), -ENOTCONN);
	irq_go(f, INTX, 1);
	assert_int_equal((int)vh_reg(f, DOUBLE_IRQ_RESULT), -ENOTCONN);
}

static void test_kicks_are_asked_for_only_while_there_is_no_buffer(void **state)
{
	struct vhost_fixture *f = *state;
	uint8_t msg[VHOST_IRQ_LEN];

	for (unsigned int i = 0; i < VHOST_NR_IRQ_BUFFERS; i++)
		irq_go(f, MSIX, 0);
	assert_false(vhost_client_wants_kicks(&f->c, VHOST_IRQS));
	irq_go(f, MSIX, 0);
	assert_true(vhost_client_wants_kicks(&f->c, VHOST_IRQS));
	assert_int_equal(vhost_client_irq(&f->c, msg, 0), 20);
	irq_go(f, MSIX, 0);
	assert_int_equal(vh_reg(f, DOUBLE_IRQ_RESULT), 0);
	assert_false(vhost_client_wants_kicks(&f->c, VHOST_IRQS));
}

#define T(test) cmocka_unit_test_setup_teardown(test, vh_setup, vh_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_msix_sends_a_message_of_four_bytes),
		T(test_intx_sends_its_pin),
		T(test_intx_that_is_deasserted_sends_nothing),
		T(test_each_write_to_a_bar_may_end_an_intx),
		T(test_an_interrupt_without_a_buffer_comes_later),
		T(test_no_interrupt_overtakes_one_that_had_no_buffer),
		T(test_a_pin_without_a_buffer_is_asked_for_later),
		cmocka_unit_test_setup_teardown(
			test_interrupts_of_a_guest_without_a_ring_for_them_have_no_target,
			vh_setup_silent, vh_teardown),
		T(test_kicks_are_asked_for_only_while_there_is_no_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
