/* Unit test of what the supervisor is told: broker/monitor/store.c. The test plays the supervisor. */
#include "broker/monitor/store.h"
#include "broker/shared/alias.h"
#include "proto/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define LEASE "abababababababababababababababab"

static uint8_t lease[TB_ID_SIZE];
static struct away away;
static int monitor_end;
static int supervisor_end;

static int set_up(void **state)
{
	int pair[2];

	(void)state;
	memset(lease, 0xab, sizeof(lease));
	if (away_init(&away, 2) < 0 || socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) < 0)
		return -1;
	monitor_end = pair[0];
	supervisor_end = pair[1];
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(away.devices);
	close(monitor_end);
	close(supervisor_end);
	return 0;
}

/* Takes one message, which is this, and brings so many fds. */
static void hear(const char *wanted, size_t wanted_fds)
{
	char text[1024];
	int fds[1];
	size_t nfds = 1;
	long length = tb_receive(supervisor_end, text, sizeof(text) - 1, fds, &nfds);

	assert_true(length > 0);
	text[length] = '\0';
	assert_string_equal(text, wanted);
	assert_int_equal(nfds, wanted_fds);
	if (nfds == 1)
		close(fds[0]);
}

static void hear_nothing(void)
{
	size_t nfds = 0;
	char byte;

	assert_int_equal(tb_receive(supervisor_end, &byte, sizeof(byte), NULL, &nfds), -EAGAIN);
}

static void test_a_lifeline(void **state)
{
	(void)state;
	assert_int_equal(store_put_lease(monitor_end, &away, lease, monitor_end), 0);
	hear("FDSTORE=1\nFDPOLL=0\nFDNAME=lease-" LEASE, 1);
	assert_int_equal(store_drop_lease(monitor_end, &away, lease), 0);
	hear("FDSTOREREMOVE=1\nFDPOLL=0\nFDNAME=lease-" LEASE, 0);
	hear_nothing();
}

/* An entry of the table. */
static struct away_device entry(const char *stored, uint32_t network, int fd)
{
	struct away_device device = {.network = network, .nsid = -1, .fd = fd};

	memcpy(device.lease, lease, sizeof(device.lease));
	snprintf(device.stored, sizeof(device.stored), "%s", stored);
	return device;
}

static void test_a_device_that_is_away_is_dropped_when_it_is_deleted(void **state)
{
	struct away_device device = entry("device-x", 7, dup(monitor_end));
	int fd;

	(void)state;
	assert_int_equal(away_add(&away, &device), 0);
	assert_int_equal(store_put_lease(monitor_end, &away, lease, monitor_end), 0);
	hear("FDSTORE=1\nFDPOLL=0\nFDNAME=lease-" LEASE, 1);
	hear("FDSTORE=1\nFDPOLL=0\nFDNAME=device-x", 1);
	assert_int_equal(away_begin(&away, lease, &device), 0);
	assert_int_equal(device.network, 7);
	assert_int_equal(away_begin(&away, lease, &device), -ENODEV);
	fd = away_deleted(&away, lease);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(store_drop_lease(monitor_end, &away, lease), 0);
	hear("FDSTOREREMOVE=1\nFDPOLL=0\nFDNAME=lease-" LEASE, 0);
	hear("FDSTOREREMOVE=1\nFDPOLL=0\nFDNAME=device-x", 0);
	assert_int_equal(away.count, 0);
}

/* Nothing is lost in silence: the clerk repeats. */
static void test_a_supervisor_that_does_not_read(void **state)
{
	int ret = 0;

	(void)state;
	for (int i = 0; i < 100000 && ret == 0; i++)
		ret = store_drop_lease(monitor_end, &away, lease);
	assert_int_equal(ret, -EAGAIN);
	assert_int_equal(store_put_lease(monitor_end, &away, lease, monitor_end), -EAGAIN);
}

/* One that is gone for good holds no place in the table; one that does not read is told again. */
static void test_a_supervisor_that_is_gone(void **state)
{
	struct away_device device = entry("device-x", 7, -1);
	int ret = 0;

	(void)state;
	assert_int_equal(away_add(&away, &device), 0);
	for (int i = 0; i < 100000 && ret == 0; i++)
		ret = store_put_lease(monitor_end, &away, lease, monitor_end);
	assert_int_equal(store_drop_lease(monitor_end, &away, lease), -EAGAIN);
	assert_int_equal(away.count, 1);
	close(supervisor_end);
	supervisor_end = open("/dev/null", O_RDONLY);
	assert_int_equal(store_drop_lease(monitor_end, &away, lease), -ECONNREFUSED);
	assert_int_equal(away.count, 0);
}

static void test_no_supervisor(void **state)
{
	(void)state;
	assert_int_equal(store_put_lease(-1, &away, lease, monitor_end), 0);
	assert_int_equal(store_drop_lease(-1, &away, lease), 0);
}

static void test_the_table_has_an_end(void **state)
{
	struct away_device device = entry("a", 0, -1);

	(void)state;
	assert_int_equal(away_add(&away, &device), 0);
	assert_int_equal(away_add(&away, &device), 0);
	assert_int_equal(away_add(&away, &device), -ENOSPC);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
		TEST(test_a_lifeline),
		TEST(test_a_device_that_is_away_is_dropped_when_it_is_deleted),
		TEST(test_a_supervisor_that_does_not_read),
		TEST(test_a_supervisor_that_is_gone),
		TEST(test_no_supervisor),
		TEST(test_the_table_has_an_end),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
