/* SPDX-License-Identifier: BSD-2-Clause */
/* Guests whose messages are wrong: each is disconnected, with a word. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>
#include "tests/vhost_fixture.h"

#define USER (VHOST_OWN_IOVA + VHOST_USER_OFFSET)

/* --- messages */

static void header(struct vhost_fixture *f, uint32_t request, uint32_t flags, uint32_t size)
{
	uint8_t hdr[VHU_HDR_LEN];

	VHU_HDR_REQUEST_set(hdr, request);
	VHU_HDR_FLAGS_set(hdr, flags);
	VHU_HDR_SIZE_set(hdr, size);
	assert_int_equal(send(f->c.conn.fd, hdr, sizeof(hdr), MSG_NOSIGNAL), sizeof(hdr));
}

static void truncated(struct vhost_fixture *f)
{
	header(f, VHU_SET_FEATURES, 1, 8);
	assert_int_equal(send(f->c.conn.fd, "1234", 4, MSG_NOSIGNAL), 4);
	shutdown(f->c.conn.fd, SHUT_WR);
}

static void oversized(struct vhost_fixture *f)
{
	header(f, VHU_SET_FEATURES, 1, VHU_MAX_BODY + 1);
}

static void huge(struct vhost_fixture *f)
{
	header(f, VHU_SET_FEATURES, 1, UINT32_MAX);
}

static void other_version(struct vhost_fixture *f)
{
	header(f, VHU_GET_FEATURES, 2, 0);
}

static void reply(struct vhost_fixture *f)
{
	header(f, VHU_GET_FEATURES, 5, 0);
}

static void unknown(struct vhost_fixture *f)
{
	header(f, 99, 1, 0);
}

static void unknown_big(struct vhost_fixture *f)
{
	header(f, 0x10001, 1, 0);
}

static void unknown_zero(struct vhost_fixture *f)
{
	header(f, 0, 1, 0);
}

static void short_message(struct vhost_fixture *f)
{
	vhost_client_send(&f->c, VHU_SET_VRING_ADDR, "1234567890", 10, NULL, 0);
}

static void not_offered(struct vhost_fixture *f)
{
	vhost_client_send_u64(&f->c, VHU_SET_FEATURES, UINT64_C(1) << 28, -1);
}

static void protocol_not_offered(struct vhost_fixture *f)
{
	vhost_client_send_u64(&f->c, VHU_SET_PROTOCOL_FEATURES, 1 << 14, -1);
}

static void no_req_fd(struct vhost_fixture *f)
{
	vhost_client_send(&f->c, VHU_SET_BACKEND_REQ_FD, NULL, 0, NULL, 0);
}

static void many_fds(struct vhost_fixture *f)
{
	int fds[CONN_MAX_FDS + 1];
	union {
		char buf[CMSG_SPACE(sizeof(fds))];
		struct cmsghdr align;
	} control = { .buf = "" };
	uint8_t hdr[VHU_HDR_LEN] = { 0 };
	struct iovec iov = { hdr, sizeof(hdr) };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
			     .msg_controllen = sizeof(control) };

	for (unsigned int i = 0; i < CONN_MAX_FDS + 1; i++)
		fds[i] = f->c.memfd;
	control.align.cmsg_level = SOL_SOCKET;
	control.align.cmsg_type = SCM_RIGHTS;
	control.align.cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(&control.align), fds, sizeof(fds));
	assert_int_equal(sendmsg(f->c.conn.fd, &mh, MSG_NOSIGNAL), sizeof(hdr));
}

/* --- memory tables */

struct region {
	uint64_t guest, size, offset;
};

static void table_with(struct vhost_fixture *f, uint32_t nr, const struct region *regions,
		       unsigned int nr_regions, int fd, unsigned int nr_fds)
{
	uint8_t body[VHU_TABLE_LEN + 2 * VHU_REGION_LEN] = { 0 };
	int fds[2] = { fd, fd };

	VHU_TABLE_NR_set(body, nr);
	for (unsigned int i = 0; i < nr_regions; i++) {
		uint8_t *r = body + VHU_TABLE_LEN + i * VHU_REGION_LEN;

		VHU_REGION_GUEST_set(r, regions[i].guest);
		VHU_REGION_SIZE_set(r, regions[i].size);
		VHU_REGION_USER_set(r, regions[i].guest);
		VHU_REGION_OFFSET_set(r, regions[i].offset);
	}
	vhost_client_send(&f->c, VHU_SET_MEM_TABLE, body,
			  VHU_TABLE_LEN + nr_regions * VHU_REGION_LEN, fds, nr_fds);
}

static void table(struct vhost_fixture *f, uint32_t nr, const struct region *regions,
		  unsigned int nr_regions, int fd)
{
	table_with(f, nr, regions, nr_regions, fd, nr_regions);
}

static void region_without_file(struct vhost_fixture *f)
{
	const struct region r[] = { { 0, 4096, 0 }, { 8192, 4096, 0 } };

	table_with(f, 2, r, 2, f->c.memfd, 1);
}

static void file_without_region(struct vhost_fixture *f)
{
	const struct region r = { 0, 4096, 0 };

	table_with(f, 1, &r, 1, f->c.memfd, 2);
}

static void overlapping(struct vhost_fixture *f)
{
	const struct region regions[] = { { 0, 8192, 0 }, { 4096, 8192, 0 } };

	table(f, 2, regions, 2, f->c.memfd);
}

static void misaligned_region(struct vhost_fixture *f)
{
	const struct region r = { 100, 4096, 0 };

	table(f, 1, &r, 1, f->c.memfd);
}

static void empty_region(struct vhost_fixture *f)
{
	const struct region r = { 0, 0, 0 };

	table(f, 1, &r, 1, f->c.memfd);
}

static void wrapping_region(struct vhost_fixture *f)
{
	const struct region r = { UINT64_MAX - 4095, 8192, 0 };

	table(f, 1, &r, 1, f->c.memfd);
}

static void file_that_is_none(struct vhost_fixture *f)
{
	const struct region r = { 0, 4096, 0 };

	table(f, 1, &r, 1, f->c.conn.fd);
}

static void no_regions(struct vhost_fixture *f)
{
	table(f, 0, NULL, 0, -1);
}

static void too_many_regions(struct vhost_fixture *f)
{
	const struct region r[] = { { 0, 4096, 0 }, { 8192, 4096, 0 } };

	table(f, 9, r, 2, f->c.memfd);
}

static void regions_cut_off(struct vhost_fixture *f)
{
	const struct region r[] = { { 0, 4096, 0 }, { 8192, 4096, 0 } };

	table_with(f, 2, r, 1, f->c.memfd, 2);
}

/* The rings were there, and are no more. */
static void memory_vanishes(struct vhost_fixture *f)
{
	const struct region r = { 0, 4096, 0 };

	table(f, 1, &r, 1, f->c.memfd);
	vhost_client_kick(&f->c, VHOST_COMMANDS);
}

static void memory_shrinks(struct vhost_fixture *f)
{
	vh_keep_from_bus_errors();
	assert_int_equal(ftruncate(f->c.memfd, VH_SIZE), 0);
	vhost_client_kick(&f->c, VHOST_COMMANDS);
}

/* --- what is said of rings */

static void third_ring(struct vhost_fixture *f)
{
	vhost_client_send_state(&f->c, VHU_SET_VRING_NUM, 2, 256);
}

static void third_ring_fd(struct vhost_fixture *f)
{
	vhost_client_send_u64(&f->c, VHU_SET_VRING_CALL, 255, f->c.rings[0].kick);
}

static void size_three(struct vhost_fixture *f)
{
	vhost_client_send_state(&f->c, VHU_SET_VRING_NUM, 0, 3);
}

static void size_zero(struct vhost_fixture *f)
{
	vhost_client_send_state(&f->c, VHU_SET_VRING_NUM, 0, 0);
}

static void size_huge(struct vhost_fixture *f)
{
	vhost_client_send_state(&f->c, VHU_SET_VRING_NUM, 0, 1u << 31);
}

static void base_huge(struct vhost_fixture *f)
{
	vhost_client_send_state(&f->c, VHU_SET_VRING_BASE, 0, 65536);
}

static void place(struct vhost_fixture *f, uint64_t desc, uint64_t avail, uint64_t used)
{
	uint8_t body[VHU_ADDR_LEN] = { 0 };

	VHU_ADDR_DESC_set(body, desc);
	VHU_ADDR_AVAIL_set(body, avail);
	VHU_ADDR_USED_set(body, used);
	vhost_client_send(&f->c, VHU_SET_VRING_ADDR, body, sizeof(body), NULL, 0);
	vhost_client_sync(&f->c);
}

static void misaligned_desc(struct vhost_fixture *f)
{
	place(f, USER + 8, USER + VHOST_AVAIL, USER + VHOST_USED);
}

static void misaligned_avail(struct vhost_fixture *f)
{
	place(f, USER, USER + VHOST_AVAIL + 1, USER + VHOST_USED);
}

static void misaligned_used(struct vhost_fixture *f)
{
	place(f, USER, USER + VHOST_AVAIL, USER + VHOST_USED + 2);
}

static void avail_outside(struct vhost_fixture *f)
{
	place(f, USER, USER + VHOST_OWN_SIZE, USER + VHOST_USED);
	vhost_client_kick(&f->c, VHOST_COMMANDS);
}

/* Guest's addresses where the peer's own are wanted. */
static void guest_address(struct vhost_fixture *f)
{
	place(f, VHOST_OWN_IOVA, VHOST_OWN_IOVA + VHOST_AVAIL, VHOST_OWN_IOVA + VHOST_USED);
	vhost_client_kick(&f->c, VHOST_COMMANDS);
}

static void post(struct vhost_fixture *f)
{
	uint32_t value = 0;

	vhost_client_post(&f->c, VIRTIO_PCIDEV_OP_MMIO_WRITE, 0, DOUBLE_BUFFER, &value, 4);
}

static void desc_outside(struct vhost_fixture *f)
{
	place(f, UINT64_MAX - 15, USER + VHOST_AVAIL, USER + VHOST_USED);
	post(f);
}

static void used_outside(struct vhost_fixture *f)
{
	place(f, USER, USER + VHOST_AVAIL, 0);
	post(f);
}

/* The index is inside the region, its entries are not. */
static void avail_across_the_end(struct vhost_fixture *f)
{
	host_set(f->c.own + VHOST_OWN_SIZE - 4 + 2, 2, 1);
	place(f, USER, USER + VHOST_OWN_SIZE - 4, USER + VHOST_USED);
	vhost_client_kick(&f->c, VHOST_COMMANDS);
}

static void kick_is_a_file(struct vhost_fixture *f)
{
	vhost_client_send_u64(&f->c, VHU_SET_VRING_KICK, 0, f->c.memfd);
}

static void kick_is_a_socket(struct vhost_fixture *f)
{
	vhost_client_send_u64(&f->c, VHU_SET_VRING_KICK, 0, f->c.conn.fd);
}

static void kick_is_none(struct vhost_fixture *f)
{
	vhost_client_send_u64(&f->c, VHU_SET_VRING_KICK, 0x100, -1);
}

static void kick_is_missing(struct vhost_fixture *f)
{
	vhost_client_send_u64(&f->c, VHU_SET_VRING_KICK, 0, -1);
}

static void call_is_too_much(struct vhost_fixture *f)
{
	vhost_client_send_u64(&f->c, VHU_SET_VRING_CALL, 0x100, f->c.rings[0].kick);
}

static void call_is_a_file(struct vhost_fixture *f)
{
	vhost_client_send_u64(&f->c, VHU_SET_VRING_CALL, 0, f->c.memfd);
}

static void call_is_a_pipe(struct vhost_fixture *f)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	vhost_client_send_u64(&f->c, VHU_SET_VRING_CALL, 0, fds[1]);
	close(fds[0]);
	close(fds[1]);
}

static const struct vh_row rows[] = {
#define ROW(bad, word) { #bad, bad, word }
	ROW(truncated, "truncated message"),
	ROW(oversized, "oversized message"),
	ROW(huge, "oversized message"),
	ROW(other_version, "a message of another version"),
	ROW(reply, "an answer that nobody asked for"),
	ROW(unknown, "unknown message"),
	ROW(unknown_big, "unknown message"),
	ROW(unknown_zero, "unknown message"),
	ROW(short_message, "message shorter than it must be"),
	ROW(not_offered, "features that were not offered"),
	ROW(protocol_not_offered, "protocol features that were not offered"),
	ROW(no_req_fd, "no descriptor where one is needed"),
	ROW(many_fds, "too many file descriptors"),
	ROW(overlapping, "memory regions that overlap"),
	ROW(misaligned_region, "a memory region that is not made of pages"),
	ROW(empty_region, "a memory region that is not made of pages"),
	ROW(wrapping_region, "a memory region that is not made of pages"),
	ROW(file_that_is_none, "a memory region that cannot be mapped"),
	ROW(no_regions, "a memory table without a descriptor for each region"),
	ROW(too_many_regions, "a memory table without a descriptor for each region"),
	ROW(region_without_file, "a memory table without a descriptor for each region"),
	ROW(file_without_region, "a memory table without a descriptor for each region"),
	ROW(regions_cut_off, "a memory table that is cut off"),
	ROW(memory_vanishes, "a ring outside of the memory"),
	ROW(memory_shrinks, "a ring outside of the memory"),
	ROW(third_ring, "a ring that is not there"),
	ROW(third_ring_fd, "a ring that is not there"),
	ROW(size_three, "a ring whose size is no power of two, or more than 1024"),
	ROW(size_zero, "a ring whose size is no power of two, or more than 1024"),
	ROW(size_huge, "a ring whose size is no power of two, or more than 1024"),
	ROW(base_huge, "a ring's base beyond any index"),
	ROW(misaligned_desc, "a misaligned ring"),
	ROW(misaligned_avail, "a misaligned ring"),
	ROW(misaligned_used, "a misaligned ring"),
	ROW(avail_outside, "a ring outside of the memory"),
	ROW(guest_address, "a ring outside of the memory"),
	ROW(desc_outside, "a ring outside of the memory"),
	ROW(used_outside, "a ring outside of the memory"),
	ROW(avail_across_the_end, "a ring outside of the memory"),
	ROW(kick_is_a_file, "a kick descriptor that is no eventfd"),
	ROW(kick_is_a_socket, "a kick descriptor that is no eventfd"),
	ROW(kick_is_none, "a ring to be polled, which is not done here"),
	ROW(kick_is_missing, "a ring's descriptor that is missing or too much"),
	ROW(call_is_too_much, "a ring's descriptor that is missing or too much"),
	ROW(call_is_a_file, "a call descriptor that is neither an eventfd nor a socket"),
	ROW(call_is_a_pipe, "a call descriptor that is neither an eventfd nor a socket"),
#undef ROW
};

int main(void)
{
	return vh_run_rows(rows, sizeof(rows) / sizeof(*rows));
}
