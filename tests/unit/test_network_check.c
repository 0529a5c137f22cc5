/* Unit test of `tapbrokerd --check`: broker/config/check.c. What it prints can be read again, and means the same. */
#include "broker/config/check.h"

#include "broker/config/network.h"
#include "broker/config/network_print.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char top[64], etc[80], networks[96], usr[80], path[128];

static int make_directories(void **state)
{
	(void)state;
	strcpy(top, "/tmp/test_network_check.XXXXXX");
	if (mkdtemp(top) == NULL)
		return -1;
	snprintf(etc, sizeof(etc), "%s/etc", top);
	snprintf(usr, sizeof(usr), "%s/usr", top);
	snprintf(networks, sizeof(networks), "%s/etc/networks.d", top);
	snprintf(path, sizeof(path), "%s/etc/networks.d/lan.conf", top);
	return mkdir(etc, 0755) + mkdir(networks, 0755);
}

static int remove_directories(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(networks) + rmdir(etc) + rmdir(top);
}

static void write_file(const char *name, const char *text)
{
	FILE *file = fopen(name, "we");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void test_printed_networks_are_the_same(void **state)
{
	static const char *const texts[] = {
		"Kind=tap\n",
		"Kind=tap\nBridge=br0\nNames=vm0 vm-*\nMTU=9000\nQueues=16\nVhost=yes\nMax=2\nListed=no\n",
		"Kind=tap\nBridge=br0\nDirect=yes\nIsolated=no\nIPv6=no-ra\nLifetimes=persistent session\nVnetHeader=no\n",
		"Kind=tap\nAddress=10.0.77.1/24\n",
		"Kind=tap\nDevice=given0\nQueues=2\nVhost=yes\n",
		"Kind=tun\nDevice=given0\nMaxLeaseTimeSec=60\nListed=no\n",
		"Kind=macvtap\nParent=eth0\nSourceAddresses=192.0.2.0/28 fd00::8/125\nHostInterface=192.0.2.99 fd00::2\n",
		"Kind=tap\nAddress=auto\nReach=all\nForward=both\nMasquerade=ipv6\nAllow=10.0.0.0/8 fd00::1\n",
		"Kind=tap\nAddress=auto fd00:77::1/64\nReach=none\n",
		"Kind=tap\nAddress=auto fd00::1/64\nNames=a b\nPublish=80-90:a:70-80/udp [::]:1:b:1 0.0.0.0:2:b:2 10.0.0.1:9:b:9\n",
		"Kind=tap\nAddress=auto fd00:77::1/64\nDHCP=yes\nDNS=no\n",
		"Kind=tap\nAddress=fd00:77::1/64 10.0.77.1/24\nIsolated=no\n",
		"Kind=tun\nNetns=caller host\nNames=a1 a2 a3 a4 a5 a6 a7 a8\nNames=b1 b2 b3 b4 b5 b6 b7 b8\n",
		"Kind=macvtap\nParent=eth0\nMode=passthru\n",
		"Kind=macvtap\nParent=eth0\nMode=vepa\n",
		"Kind=tap\nBridge=br0\nMACs=00:00:5e:00:01:* 02:00:00:00:00:01\nEtherTypes=arp 0x88b5\nTaggedFrames=yes\n",
		"Kind=tap\nBridge=br0\nVLAN=20\n",
		"Kind=macvtap\nParent=eth0\nMACs=any\nEtherTypes=any\nRateFromGuest=10\nRateToGuest=20\nSourceAddresses=192.0.2.0/24 ::1\n",
		/* As they are printed, they are longer than a line may be. */
		"Kind=tap\nBridge=br0\nSourceAddresses=2001:db8:1:2:3:4:5:1 2001:db8:1:2:3:4:5:2 2001:db8:1:2:3:4:5:3 "
		"2001:db8:1:2:3:4:5:4 2001:db8:1:2:3:4:5:5 2001:db8:1:2:3:4:5:6 2001:db8:1:2:3:4:5:7 2001:db8::8\n",
		"Kind=tun\nMaxLeaseTimeSec=30min\n",
		"Kind=tun\nMaxLeaseTimeSec=infinity\n",
		"Kind=tun\nMaxLeaseTimeSec=3650d\n",
	};
	static struct network_table first, second;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char text[512];
		FILE *file;

		snprintf(text, sizeof(text), "[Network]\n%s", texts[i]);
		write_file(path, text);
		assert_int_equal(networks_read_file(&first, path), 0);
		assert_int_equal(first.count, 1);
		assert_string_equal(first.networks[0].name, "lan");
		file = fopen(path, "we");
		network_print(&first.networks[0], file);
		fclose(file);
		assert_int_equal(networks_read_file(&second, path), 0);
		assert_string_equal(first.networks[0].path, path);
		/* Only the lines are others: every key stands in the file now. */
		memset(first.networks[0].lines, 0, sizeof(first.networks[0].lines));
		assert_int_equal(second.networks[0].lines[TB_CHECK_KIND], 2);
		assert_int_not_equal(second.networks[0].lines[TB_CHECK_MTU], 0);
		memset(second.networks[0].lines, 0, sizeof(second.networks[0].lines));
		assert_memory_equal(&first.networks[0], &second.networks[0], sizeof(first.networks[0]));
	}
}

/* The networks that are printed would stand among the results, so they go nowhere. */
static int check(const char *what, const char *config_dir)
{
	int out = dup(STDOUT_FILENO);
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	int status;

	fflush(stdout);
	assert_true(out >= 0 && nowhere >= 0 && dup2(nowhere, STDOUT_FILENO) >= 0);
	status = config_check(&(struct check){.path = what,
					      .config_dir = config_dir,
					      .vendor_dir = usr,
					      .socket_path = "/nonexistent/socket"});
	assert_true(dup2(out, STDOUT_FILENO) >= 0);
	close(out);
	close(nowhere);
	return status;
}

/* What ansible, or an administrator, may hand over. */
static void test_status(void **state)
{
	char other[96];

	(void)state;
	unlink(path);
	assert_int_equal(check(NULL, etc), 0); /* no network at all: a reload may take the last one away */
	assert_int_equal(check(etc, etc), 2);  /* but whoever names a directory for the check expects some */
	assert_int_equal(check(NULL, top), 2); /* and a directory without networks.d is a wrong one */
	write_file(path, "[Network]\nKind=tap\nBridge=nowhere0\n");
	assert_int_equal(check(NULL, etc), 0); /* a bridge may be made later */
	assert_int_equal(check(etc, "/nonexistent"), 0);
	assert_int_equal(check(path, "/nonexistent"), 0);
	assert_int_equal(check(networks, etc), 2); /* networks.d is not in it */
	assert_int_equal(check(NULL, "/nonexistent"), 2);
	assert_int_equal(check("/nonexistent", etc), 2);
	write_file(path, "[Network]\nKind=tap\nBrigde=br0\n");
	assert_int_equal(check(NULL, etc), 2);
	assert_int_equal(check(path, etc), 2);

	snprintf(other, sizeof(other), "%s/.source", top); /* no name of a network */
	write_file(other, "[Network]\nKind=tap\n");
	assert_int_equal(check(other, etc), 0);
	write_file(other, "");
	assert_int_equal(check(other, etc), 0); /* a mask */
	unlink(other);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_printed_networks_are_the_same),
		cmocka_unit_test(test_status),
	};

	umask(022);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("network_check", tests, make_directories, remove_directories);
}
