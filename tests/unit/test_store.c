/* Unit test of what the supervisor keeps: broker/monitor/store.c. The test plays the supervisor. */
#include "broker/monitor/store.h"
#include "proto/channel.h"
#include "proto/name.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static struct network network = {.name = "abcdefghijklmnopqrstuvwxyz01234"};
static struct lease lease;
static int monitor_end;
static int supervisor_end;

/* A lease whose text is as long as it can be. */
static int set_up(void **state)
{
	int pair[2];

	(void)state;
	lease = (struct lease){.network = &network,
			       .uid = UINT32_MAX,
			       .gid = UINT32_MAX,
			       .pid = INT32_MAX,
			       .start_time = UINT64_MAX,
			       .since = UINT64_MAX,
			       .away = true};
	memset(lease.id, 0xab, sizeof(lease.id));
	memset(lease.mac, 0xcd, sizeof(lease.mac));
	tb_field_set(lease.name, sizeof(lease.name), "abcdefghijklmno");
	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) < 0)
		return -1;
	monitor_end = pair[0];
	supervisor_end = pair[1];
	lease.lifeline = lease.device = pair[0];
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	close(monitor_end);
	close(supervisor_end);
	return 0;
}

/* Takes one message; checks its first line, and copies the name of what is stored. */
static void hear(const char *what, char name[STORE_NAME_SIZE])
{
	char text[1024];
	int fds[1];
	size_t nfds = 1;
	long length = tb_receive(supervisor_end, text, sizeof(text) - 1, fds, &nfds);
	char begin[64];

	assert_true(length > 0);
	text[length] = '\0';
	snprintf(begin, sizeof(begin), "%s=1\nFDPOLL=0\nFDNAME=", what);
	assert_memory_equal(text, begin, strlen(begin));
	assert_true(strlen(text + strlen(begin)) < STORE_NAME_SIZE);
	snprintf(name, STORE_NAME_SIZE, "%s", text + strlen(begin));
	assert_null(strchr(name, ':'));
	assert_int_equal(nfds, strcmp(what, "FDSTORE") == 0);
	if (nfds == 1)
		close(fds[0]);
}

static void test_a_device_is_read_as_it_was_stored(void **state)
{
	struct stored_device stored = {.fd = -1};
	char again[STORE_NAME_SIZE];
	char network_name[TB_NETWORK_SIZE];
	struct lease found;

	(void)state;
	store_put(monitor_end, &lease);
	hear("FDSTORE", again);
	assert_string_equal(again, "lease-abababababababababababababababab");
	hear("FDSTORE", stored.name);
	assert_int_equal(stored_device_read(&stored, &found, network_name), 0);
	assert_string_equal(network_name, network.name);
	assert_string_equal(found.name, lease.name);
	assert_memory_equal(found.id, lease.id, TB_ID_SIZE);
	assert_memory_equal(found.mac, lease.mac, TB_MAC_SIZE);
	assert_int_equal(found.uid, lease.uid);
	assert_int_equal(found.gid, lease.gid);
	assert_int_equal(found.pid, lease.pid);
	assert_true(found.start_time == lease.start_time && found.since == lease.since);
	store_drop(monitor_end, &lease);
	hear("FDSTOREREMOVE", again);
	hear("FDSTOREREMOVE", again);
	assert_string_equal(again, stored.name);
}

static void test_a_device_that_is_not_away_is_not_stored(void **state)
{
	char name[STORE_NAME_SIZE];
	size_t nfds = 0;
	char byte;

	(void)state;
	lease.away = false;
	store_put(monitor_end, &lease);
	hear("FDSTORE", name);
	assert_true(tb_receive(supervisor_end, &byte, sizeof(byte), NULL, &nfds) < 0);
}

static void test_names_that_we_do_not_write(void **state)
{
	static const char id[] = "abababababababababababababababab";
	static const char *const tails[] = {
		"",
		"+1+1+1+1+1+0+020000000000+lan",      /* no name */
		"+1+1+1+1+1+0+020000000000+lan+",     /* an empty one */
		"+1+1+1+1+1+0+020000000000+lan+vm 1", /* one that no device has */
		"+1+1+1+1+1+0+020000000000+lan+abcdefghijklmnop",
		"+01+1+1+1+1+0+020000000000+lan+vm1",
		"+1+1+1+1+1+9+020000000000+lan+vm1",
		"+1+1+1+1+1+0+020000000000+LAN+vm1",
		"+1+1+1+1+1+0+020000000000+lan+x+vm1",
	};
	struct stored_device stored = {.fd = -1};
	char network_name[TB_NETWORK_SIZE];
	struct lease found;

	(void)state;
	strcpy(stored.name, "device-");
	assert_true(stored_device_read(&stored, &found, network_name) < 0);
	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		snprintf(stored.name, sizeof(stored.name), "device-%s%s", id, tails[i]);
		assert_true(stored_device_read(&stored, &found, network_name) < 0);
	}
	snprintf(stored.name, sizeof(stored.name), "device-%s+1+1+1+1+1+0+020000000000+lan+vm1", id);
	assert_int_equal(stored_device_read(&stored, &found, network_name), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
		TEST(test_a_device_is_read_as_it_was_stored),
		TEST(test_a_device_that_is_not_away_is_not_stored),
		TEST(test_names_that_we_do_not_write),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
