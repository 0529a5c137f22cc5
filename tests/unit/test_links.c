/* Unit test of what the kernel tells of links: broker/monitor/links.c, with a real kernel in a network namespace. */
#include "tests/unit/monitor.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define NAME "lan-0"
#define CHANGES 400 /* more than the smallest buffer holds */

static struct monitor monitor;
static bool own_namespace;

static int set_up(void **state)
{
	int size = 1;

	(void)state;
	assert_int_equal(monitor_start(&monitor, 8), 0);
	monitor.networks.networks[0].kind = TB_KIND_TUN;
	own_namespace = unshare(CLONE_NEWNET) == 0;
	assert_int_equal(link_socket_open(&monitor.workshop.link), 0);
	monitor.events = link_events_open();
	assert_true(monitor.events >= 0);
	return setsockopt(monitor.events, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

static int tear_down(void **state)
{
	(void)state;
	close(monitor.events);
	close(monitor.workshop.link.fd);
	monitor_end(&monitor);
	return 0;
}

/* A tun as the guard wants it, and its lease. Returns its fd, or -1 if there is no /dev/net/tun to be had. */
static int make_device(struct lease **lease)
{
	static const uint8_t id[TB_ID_SIZE] = {1};
	struct ifreq request = {.ifr_name = NAME};
	char alias[LEASE_ALIAS_SIZE];
	struct link_setup setup = {.alias = alias, .mtu = 1500};
	char name[TB_NAME_SIZE] = NAME;
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -1;
	request.ifr_flags = IFF_TUN | IFF_NO_PI;
	assert_int_equal(ioctl(fd, TUNSETIFF, &request), 0);
	assert_int_equal(ioctl(fd, TUNSETOWNER, 0), 0);
	assert_int_equal(ioctl(fd, TUNSETGROUP, 0), 0);
	*lease = lease_begin(&monitor.leases, &monitor.networks.networks[0], 1000, id);
	lease_set_device(&monitor.leases, *lease, name, if_nametoindex(NAME));
	lease_alias(*lease, alias);
	assert_int_equal(link_set(&monitor.workshop.link, (*lease)->ifindex, &setup), 0);
	return fd;
}

/* Changes another link, until news is lost. */
static void flood(void)
{
	struct ifreq request = {.ifr_name = "lo"};

	for (int i = 0; i < CHANGES; i++) {
		request.ifr_mtu = 1500 + i % 2;
		assert_int_equal(ioctl(monitor.workshop.link.fd, SIOCSIFMTU, &request), 0);
	}
}

static void read_all_news(void)
{
	struct pollfd item = {.fd = monitor.events, .events = POLLIN};

	while (poll(&item, 1, 0) > 0)
		links_event(&monitor);
}

/* A device goes while news of other links is lost, or right after the monitor has heard of that: it is missed by
 * nobody. */
static void lose_device(bool after_the_loss)
{
	struct lease *lease = NULL;
	int fd = own_namespace ? make_device(&lease) : -1;

	if (fd < 0) {
		print_message("# not run: it takes a network namespace and /dev/net/tun\n");
		return;
	}
	flood();
	if (after_the_loss)
		links_event(&monitor);
	assert_false(lease->ending);
	close(fd);
	read_all_news();
	assert_true(lease->ending);
	assert_int_equal(lease->ifindex, 0);
}

/* Fails if the devices are looked at before all that was queued has been read: the kernel drops news until then. */
static void test_a_device_that_goes_right_after_news_was_lost(void **state)
{
	(void)state;
	lose_device(true);
}

/* Fails if nobody looks at the devices after news was lost. */
static void test_a_device_that_goes_while_news_is_lost(void **state)
{
	(void)state;
	lose_device(false);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_device_that_goes_right_after_news_was_lost, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_device_that_goes_while_news_is_lost, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("links", tests, NULL, NULL);
}
