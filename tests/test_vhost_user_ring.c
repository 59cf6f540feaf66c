/* SPDX-License-Identifier: BSD-2-Clause */
/* Guests whose rings are wrong: each is disconnected, with a word. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "tests/vhost_fixture.h"

#define OWN (VHOST_OWN_IOVA + VHOST_BULK)

/* --- descriptors */

static void submit(struct vhost_fixture *f, uint16_t head)
{
	vhost_client_avail(&f->c, VHOST_COMMANDS, head);
	vhost_client_kick(&f->c, VHOST_COMMANDS);
}

static void desc(struct vhost_fixture *f, unsigned int index, uint64_t addr, uint32_t len,
		 uint16_t flags, uint16_t next)
{
	vhost_client_desc(&f->c, VHOST_COMMANDS, index, addr, len, flags, next);
}

static void head_beyond(struct vhost_fixture *f)
{
	submit(f, VHOST_ENTRIES);
}

static void next_beyond(struct vhost_fixture *f)
{
	desc(f, 0, OWN, 16, VRING_DESC_F_NEXT, 0xffff);
	submit(f, 0);
}

static void loop_of_one(struct vhost_fixture *f)
{
	desc(f, 0, OWN, 1, VRING_DESC_F_NEXT, 0);
	submit(f, 0);
}

static void loop_of_all(struct vhost_fixture *f)
{
	for (uint16_t i = 0; i < VHOST_ENTRIES; i++)
		desc(f, i, OWN, UINT32_MAX, VRING_DESC_F_NEXT, (uint16_t)((i + 1) % VHOST_ENTRIES));
	submit(f, 7);
}

static void indirect(struct vhost_fixture *f)
{
	desc(f, 0, OWN, 16, VRING_DESC_F_INDIRECT, 0);
	submit(f, 0);
}

static void readable_behind_writable(struct vhost_fixture *f)
{
	desc(f, 0, OWN, 16, VRING_DESC_F_WRITE | VRING_DESC_F_NEXT, 1);
	desc(f, 1, OWN, 16, 0, 0);
	submit(f, 0);
}

static void writable_only(struct vhost_fixture *f)
{
	desc(f, 0, OWN, 64, VRING_DESC_F_WRITE, 0);
	submit(f, 0);
}

static void index_runs_away(struct vhost_fixture *f)
{
	host_set(f->c.rings[VHOST_COMMANDS].mem + VHOST_AVAIL + 2, 2, VHOST_ENTRIES + 1);
	vhost_client_kick(&f->c, VHOST_COMMANDS);
}

static void index_runs_back(struct vhost_fixture *f)
{
	host_set(f->c.rings[VHOST_COMMANDS].mem + VHOST_AVAIL + 2, 2, 0xffff);
	vhost_client_kick(&f->c, VHOST_COMMANDS);
}

/* --- messages in descriptors */

static void message(struct vhost_fixture *f, uint8_t op, uint32_t size, uint32_t out, uint32_t in)
{
	uint8_t *msg = f->c.own + VHOST_BULK;

	memset(msg, 0, 64);
	VHU_PCI_OP_set(msg, op);
	VHU_PCI_SIZE_set(msg, size);
	desc(f, 0, OWN, out, in > 0 ? VRING_DESC_F_NEXT : 0, 1);
	desc(f, 1, OWN + 4096, in, VRING_DESC_F_WRITE, 0);
	submit(f, 0);
}

static void header_cut_off(struct vhost_fixture *f)
{
	message(f, VIRTIO_PCIDEV_OP_CFG_READ, 4, 15, 4);
}

static void read_without_room(struct vhost_fixture *f)
{
	message(f, VIRTIO_PCIDEV_OP_MMIO_READ, 8, 16, 7);
}

/* What a message before it had is no room of its own. */
static void second_read_without_room(struct vhost_fixture *f)
{
	vh_reg(f, DOUBLE_BUFFER);
	read_without_room(f);
}

static void second_write_without_data(struct vhost_fixture *f)
{
	vh_set_reg(f, DOUBLE_BUFFER, 0);
	message(f, VIRTIO_PCIDEV_OP_MMIO_WRITE, 8, 16 + 7, 0);
}

static void write_without_data(struct vhost_fixture *f)
{
	message(f, VIRTIO_PCIDEV_OP_MMIO_WRITE, 8, 16 + 7, 0);
}

static void memset_without_data(struct vhost_fixture *f)
{
	message(f, VIRTIO_PCIDEV_OP_MMIO_MEMSET, 8, 16, 0);
}

static void config_of_three(struct vhost_fixture *f)
{
	message(f, VIRTIO_PCIDEV_OP_CFG_READ, 3, 16, 8);
}

static void config_of_none(struct vhost_fixture *f)
{
	message(f, VIRTIO_PCIDEV_OP_CFG_WRITE, 0, 24, 0);
}

static void too_long(struct vhost_fixture *f)
{
	message(f, VIRTIO_PCIDEV_OP_MMIO_READ, (1 << 16) + 1, 16, 1 << 18);
}

static void longest(struct vhost_fixture *f)
{
	message(f, VIRTIO_PCIDEV_OP_MMIO_MEMSET, UINT32_MAX, 17, 0);
}

static void op_reserved(struct vhost_fixture *f)
{
	message(f, VIRTIO_PCIDEV_OP_RESERVED, 0, 16, 16);
}

static void op_of_the_device(struct vhost_fixture *f)
{
	message(f, VIRTIO_PCIDEV_OP_MSI, 4, 20, 0);
}

static void op_of_the_device_s_pin(struct vhost_fixture *f)
{
	message(f, VIRTIO_PCIDEV_OP_INT, 4, 20, 0);
}

static void op_unknown(struct vhost_fixture *f)
{
	message(f, 255, 4, 20, 0);
}

static void out_outside(struct vhost_fixture *f)
{
	desc(f, 0, VHOST_OWN_IOVA + VHOST_OWN_SIZE - 8, 16, 0, 0);
	submit(f, 0);
}

static void out_wraps(struct vhost_fixture *f)
{
	desc(f, 0, UINT64_MAX - 8, 16, 0, 0);
	submit(f, 0);
}

/* From the last page of the address space to the first; both are memory. */
static void out_wraps_from_memory_to_memory(struct vhost_fixture *f)
{
	const uint64_t iovas[] = { VHOST_OWN_IOVA, UINT64_MAX - 4095, 0 };
	const uint64_t sizes[] = { VHOST_OWN_SIZE, 4096, 4096 };
	uint8_t body[VHU_TABLE_LEN + 3 * VHU_REGION_LEN] = { 0 }, *region = body + VHU_TABLE_LEN;
	int fds[3] = { f->c.memfd, f->c.memfd, f->c.memfd };

	VHU_TABLE_NR_set(body, 3);
	for (unsigned int i = 0; i < 3; i++, region += VHU_REGION_LEN) {
		VHU_REGION_GUEST_set(region, iovas[i]);
		VHU_REGION_SIZE_set(region, sizes[i]);
		VHU_REGION_USER_set(region, VHOST_OWN_IOVA + VHOST_USER_OFFSET +
						    i * (uint64_t)VHOST_OWN_SIZE);
		VHU_REGION_OFFSET_set(region, i == 0 ? f->c.size : i * 4096);
	}
	VHU_PCI_OP_set(f->c.mem + 8192 - 16, VIRTIO_PCIDEV_OP_MMIO_WRITE);
	VHU_PCI_SIZE_set(f->c.mem + 8192 - 16, 4);
	VHU_PCI_ADDR_set(f->c.mem + 8192 - 16, DOUBLE_BUFFER);
	assert_int_equal(vhost_client_send(&f->c, VHU_SET_MEM_TABLE, body, sizeof(body), fds, 3),
			 0);
	assert_int_equal(vhost_client_sync(&f->c), 0);
	desc(f, 0, UINT64_MAX - 15, 20, 0, 0);
	submit(f, 0);
}

static void in_outside(struct vhost_fixture *f)
{
	uint8_t *msg = f->c.own + VHOST_BULK;

	memset(msg, 0, 16);
	VHU_PCI_OP_set(msg, VIRTIO_PCIDEV_OP_CFG_READ);
	VHU_PCI_SIZE_set(msg, 4);
	desc(f, 0, OWN, 16, VRING_DESC_F_NEXT, 1);
	desc(f, 1, 0, 4, VRING_DESC_F_WRITE, 0);
	submit(f, 0);
}

/* --- buffers for interrupts: those of a good guest, and at their front a bad one */

static void irq_buffer(struct vhost_fixture *f, uint32_t len, uint16_t flags)
{
	uint32_t go = 2 << 16;

	vhost_client_desc(&f->c, VHOST_IRQS, 0, OWN, len, flags, 0);
	vhost_client_post(&f->c, VIRTIO_PCIDEV_OP_MMIO_WRITE, 0, DOUBLE_IRQ_GO, &go, 4);
}

static void irq_too_small(struct vhost_fixture *f)
{
	irq_buffer(f, 19, VRING_DESC_F_WRITE);
}

static void irq_read_only(struct vhost_fixture *f)
{
	irq_buffer(f, 20, 0);
}

static void irq_loop(struct vhost_fixture *f)
{
	irq_buffer(f, 20, VRING_DESC_F_WRITE | VRING_DESC_F_NEXT);
}

static void irq_outside(struct vhost_fixture *f)
{
	uint32_t go = 2 << 16;

	vhost_client_desc(&f->c, VHOST_IRQS, 0, 0, 20, VRING_DESC_F_WRITE, 0);
	vhost_client_post(&f->c, VIRTIO_PCIDEV_OP_MMIO_WRITE, 0, DOUBLE_IRQ_GO, &go, 4);
}

static const struct vh_row rows[] = {
#define ROW(bad, word) { #bad, bad, word }
	ROW(head_beyond, "a descriptor beyond its table"),
	ROW(next_beyond, "a descriptor beyond its table"),
	ROW(loop_of_one, "a chain of descriptors without an end"),
	ROW(loop_of_all, "a chain of descriptors without an end"),
	ROW(indirect, "an indirect descriptor, which was not offered"),
	ROW(readable_behind_writable, "a readable descriptor behind a writable one"),
	ROW(writable_only, "a message that is not there, or not to be read"),
	ROW(index_runs_away, "a ring's index beyond its entries"),
	ROW(index_runs_back, "a ring's index beyond its entries"),
	ROW(header_cut_off, "a message that is not there, or not to be read"),
	ROW(read_without_room, "an access without room for its answer"),
	ROW(second_read_without_room, "an access without room for its answer"),
	ROW(second_write_without_data, "an access without its data"),
	ROW(write_without_data, "an access without its data"),
	ROW(memset_without_data, "an access without its data"),
	ROW(config_of_three, "an access whose size cannot be"),
	ROW(config_of_none, "an access whose size cannot be"),
	ROW(too_long, "an access whose size cannot be"),
	ROW(longest, "an access whose size cannot be"),
	ROW(op_reserved, "an operation that is not the guest's to ask for"),
	ROW(op_of_the_device, "an operation that is not the guest's to ask for"),
	ROW(op_of_the_device_s_pin, "an operation that is not the guest's to ask for"),
	ROW(op_unknown, "an operation that is not the guest's to ask for"),
	ROW(out_outside, "a descriptor outside of the memory"),
	ROW(out_wraps, "a descriptor outside of the memory"),
	ROW(out_wraps_from_memory_to_memory, "a descriptor outside of the memory"),
	ROW(in_outside, "a descriptor outside of the memory"),
	ROW(irq_too_small, "a buffer for interrupts that is too small, or not to be written"),
	ROW(irq_read_only, "a buffer for interrupts that is too small, or not to be written"),
	ROW(irq_loop, "a chain of descriptors without an end"),
	ROW(irq_outside, "a descriptor outside of the memory"),
#undef ROW
};

int main(void)
{
	return vh_run_rows(rows, sizeof(rows) / sizeof(*rows));
}
