/* SPDX-License-Identifier: BSD-2-Clause */
/* The whole drive over vhost-user: what a guest gets, and what taps see. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <unistd.h>
#include "tests/open_fds.h"
#include "tests/served_drive.h"
#include "tests/unix_connect.h"
#include "tests/vhost_access.h"

enum {
	SIZE = 8 << 20,
	NR_SEEN = 512,
	NR_GUESTS = 100,
	SOON_MS = 10000,
	VECTOR_1 = VHOST_ACCESS_TABLE + 16,	/* its entry of the MSI-X table */
	CONTROL = 12,			/* in an entry */
};

struct seen {
	uint16_t event;
	struct nvmetap_access acc;
	struct nvmetap_irq irq;
};

struct fixture {
	struct served_drive served;
	struct vhost_access way;
	struct nvme_driver driver;
	struct seen seen[NR_SEEN];
	unsigned int nr_seen;
	char session[8192];
	char dir[64], path[80];
};

static int watch(void *ctx, struct nvmetap_event *ev)
{
	struct fixture *f = ctx;
	struct seen *seen = &f->seen[f->nr_seen];

	if (ev->event == NVMETAP_EV_SESSION) {
		snprintf(f->session, sizeof(f->session), "%.*s", (int)ev->text_len,
			 (const char *)ev->text);
		return 0;
	}
	if (f->nr_seen == NR_SEEN)
		return 0;
	seen->event = ev->event;
	if (ev->event == NVMETAP_EV_INTERRUPT)
		seen->irq = *ev->irq;
	else
		seen->acc = *ev->acc;
	f->nr_seen++;
	return 0;
}

static int watcher_setup(struct nvmetap_plugin *self, void *ctx)
{
	static const char *const taps[] = {
		"pci:regread:writeback", "pci:regwrite:decode", "nvme:msixread:writeback",
		"nvme:msixwrite:decode", "pci:msix:writeback",	"nvmetap:session:writeback",
	};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(taps) / sizeof(taps[0]); i++)
		rc = nvmetap_attach(self, taps[i], watch, ctx, NVMETAP_OBSERVE);
	return rc == 0 ? nvmetap_snapshot(self) : rc;
}

static struct drive_plugin watcher(struct fixture *f)
{
	return (struct drive_plugin){ "watcher", watcher_setup, NULL, f };
}

static void start_guest(struct fixture *f, int fd)
{
	f->way = (struct vhost_access){ .failed = served_drive_failed };
	assert_int_equal(vhost_access_take(&f->way, fd, SIZE), 0);
	driver_init(&f->driver, &f->way.access, true);
	served_drive_enable(&f->driver);
}

static int drive_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct drive_plugin plugin = watcher(f);
	struct drive_config config = { .once = true };

	start_guest(f, served_drive_connect(&f->served, &config, &config.vhost_user_fd, &plugin));
	*state = f;
	return 0;
}

static void finish(struct fixture *f)
{
	vhost_access_close(&f->way);
	served_drive_join(&f->served);
}

static int drive_teardown(void **state)
{
	struct fixture *f = *state;

	drive_free(f->served.drive);
	free(f);
	return 0;
}

static void test_a_guest_writes_and_reads_back(void **state)
{
	struct fixture *f = *state;

	served_drive_write_read(&f->driver);
	finish(f);
}

static void flush(struct fixture *f)
{
	struct nvme_command cmd = { .opc = NVME_OPC_FLUSH, .nsid = 1 };

	assert_int_equal(driver_command(&f->driver, 1, &cmd), 0);
}

static void hear_vector_1(struct fixture *f, unsigned int want)
{
	while (f->way.nr_irqs[1] < want)
		assert_true(f->way.access.wait(f->way.access.ctx));
}

static void test_an_interrupt_has_the_address_and_data_of_its_entry(void **state)
{
	struct fixture *f = *state;

	flush(f);
	hear_vector_1(f, 1);
	f->way.access.reg_write(&f->way, VECTOR_1, 4, VHOST_ACCESS_ADDR + 16 * 40);
	f->way.access.reg_write(&f->way, VECTOR_1 + 8, 4, VHOST_ACCESS_DATA + 40);
	flush(f);
	while (f->way.nr_irqs[40] == 0)
		assert_true(f->way.access.wait(f->way.access.ctx));
	assert_int_equal(f->way.nr_irqs[1], 1);
	finish(f);
}

static void test_a_masked_vector_is_pending_until_it_is_unmasked(void **state)
{
	struct fixture *f = *state;

	f->way.access.reg_write(&f->way, VECTOR_1 + CONTROL, 4, 1);
	flush(f);
	assert_int_equal(f->way.access.reg_read(&f->way, VHOST_ACCESS_PBA, 8), 2);
	vhost_access_hear(&f->way, 0);
	assert_int_equal(f->way.nr_irqs[1], 0);
	f->way.access.reg_write(&f->way, VECTOR_1 + CONTROL, 4, 0);
	hear_vector_1(f, 1);
	assert_int_equal(f->way.access.reg_read(&f->way, VHOST_ACCESS_PBA, 8), 0);
	finish(f);
}

static const struct seen *find(const struct fixture *f, uint16_t event, uint64_t offset)
{
	for (unsigned int i = 0; i < f->nr_seen; i++) {
		if (f->seen[i].event == event && f->seen[i].acc.offset == offset)
			return &f->seen[i];
	}
	fail_msg("no event %u at %llx", event, (unsigned long long)offset);
	return NULL;
}

/* The table's entry 1 as vhost_access_fill_table wrote it. */
static void test_taps_see_the_table_written_and_read(void **state)
{
	struct fixture *f = *state;
	const struct seen *seen;

	(void)f->way.access.reg_read(&f->way, VECTOR_1 + 8, 4);
	finish(f);
	seen = find(f, NVMETAP_EV_MSIXWRITE, VECTOR_1);
	assert_int_equal(seen->acc.value, 0x7ee00010);
	assert_int_equal(seen->acc.vector, 1);
	assert_int_equal(find(f, NVMETAP_EV_MSIXWRITE, VECTOR_1 + 8)->acc.value, 0x4001);
	assert_int_equal(find(f, NVMETAP_EV_MSIXWRITE, VECTOR_1 + CONTROL)->acc.value, 0);
	seen = find(f, NVMETAP_EV_MSIXREAD, VECTOR_1 + 8);
	assert_int_equal(seen->acc.value, 0x4001);
	assert_int_equal(seen->acc.vector, 1);
}

static void test_taps_see_every_interrupt_with_address_and_data(void **state)
{
	struct fixture *f = *state;
	const struct nvmetap_irq *irq = NULL;

	flush(f);
	hear_vector_1(f, 1);
	finish(f);
	for (unsigned int i = 0; i < f->nr_seen; i++) {
		if (f->seen[i].event == NVMETAP_EV_INTERRUPT)
			irq = &f->seen[i].irq;
	}
	assert_non_null(irq);
	assert_int_equal(irq->vector, 1);
	assert_int_equal(irq->message, 1);
	assert_int_equal(irq->addr, 0x7ee00010);
	assert_int_equal(irq->data, 0x4001);
	assert_int_equal(irq->result, NVMETAP_IRQ_SENT);
}

/* The nth from the end of the accesses to configuration space. */
static const struct seen *last_config(const struct fixture *f, unsigned int n)
{
	for (unsigned int i = f->nr_seen; i > 0; i--) {
		const struct seen *seen = &f->seen[i - 1];

		if ((seen->event == NVMETAP_EV_CFGREAD || seen->event == NVMETAP_EV_CFGWRITE) &&
		    n-- == 0)
			return seen;
	}
	fail_msg("fewer accesses");
	return NULL;
}

/* Base address register 0: 16 KiB, 64-bit. */
static void test_taps_see_config_reads_and_the_bar_being_sized(void **state)
{
	struct fixture *f = *state;

	(void)f->way.access.config_read(&f->way, 0, 4);
	f->way.access.config_write(&f->way, 16, 4, 0xffffffff);
	assert_int_equal(f->way.access.config_read(&f->way, 16, 4), 0xffffc004);
	finish(f);
	assert_int_equal(last_config(f, 2)->event, NVMETAP_EV_CFGREAD);
	assert_int_equal(last_config(f, 2)->acc.offset, 0);
	assert_int_equal(last_config(f, 1)->event, NVMETAP_EV_CFGWRITE);
	assert_int_equal(last_config(f, 1)->acc.value, 0xffffffff);
	assert_int_equal(last_config(f, 0)->event, NVMETAP_EV_CFGREAD);
	assert_int_equal(last_config(f, 0)->acc.value, 0xffffc004);
}

static void test_the_session_says_what_is_seen(void **state)
{
	struct fixture *f = *state;

	finish(f);
	assert_non_null(strstr(f->session, "transport: vhost-user\n"));
	assert_non_null(strstr(f->session, "sees: registers doorbells config-writes config-reads "
					   "bars msix-table\n"));
}

static int setup_listening(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct drive_plugin plugin = watcher(f);
	struct drive_config config = { .once = false };

	strcpy(f->dir, "/tmp/nvmetap-vhost-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/nvme.sock", f->dir);
	config.vhost_user = f->path;
	served_drive_start(&f->served, &config, &plugin);
	*state = f;
	return 0;
}

static int teardown_listening(void **state)
{
	struct fixture *f = *state;

	drive_stop(f->served.drive);
	served_drive_join(&f->served);
	drive_free(f->served.drive);
	assert_int_equal(access(f->path, F_OK), -1);
	rmdir(f->dir);
	free(f);
	return 0;
}

/* As a kernel that is killed: everything of it is closed at once. */
static void go_in_the_middle(struct fixture *f)
{
	struct nvme_command aer = { .opc = NVME_OPC_ASYNC_EVENT_REQUEST };
	struct nvme_command write = { .opc = NVME_OPC_WRITE, .nsid = 1, .cdw12 = 7 };

	write.prp1 = driver_alloc(&f->driver, 4096);
	driver_submit(&f->driver, 0, &aer);
	for (unsigned int i = 0; i < 40; i++) {
		write.cdw10 = i * 8;
		driver_submit(&f->driver, 1, &write);
	}
	vhost_access_close(&f->way);
}

static void test_guests_that_go_in_the_middle_leave_nothing_behind(void **state)
{
	struct fixture *f = *state;
	unsigned int nr_fds = 0;

	for (unsigned int i = 0; i < NR_GUESTS; i++) {
		start_guest(f, unix_connect(f->path));
		if (i == 0)
			nr_fds = nr_open_fds();
		else
			assert_int_equal(nr_open_fds(), nr_fds);
		go_in_the_middle(f);
	}
	start_guest(f, unix_connect(f->path));
	flush(f);
	vhost_access_close(&f->way);
}

#define T(test) cmocka_unit_test_setup_teardown(test, drive_setup, drive_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_a_guest_writes_and_reads_back),
		T(test_an_interrupt_has_the_address_and_data_of_its_entry),
		T(test_a_masked_vector_is_pending_until_it_is_unmasked),
		T(test_taps_see_the_table_written_and_read),
		T(test_taps_see_every_interrupt_with_address_and_data),
		T(test_taps_see_config_reads_and_the_bar_being_sized),
		T(test_the_session_says_what_is_seen),
		cmocka_unit_test_setup_teardown(
			test_guests_that_go_in_the_middle_leave_nothing_behind, setup_listening,
			teardown_listening),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
