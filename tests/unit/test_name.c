/* Unit test of proto/name.c: what a name may look like, and that the kernel keeps every name that we accept byte for
 * byte. The kernel is asked in a network namespace of the test's own, by renaming its loopback device.
 */
#include "proto/message.h"
#include "proto/name.h"

#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* A field as it comes over a channel: the bytes of a string, and NULs. */
#define FIELD(size, string) ((const char[size]){string})
#define NAME(string) FIELD(TB_NAME_SIZE, string)
#define NETWORK(string) FIELD(TB_NETWORK_SIZE, string)

static void test_names(void **state)
{
	static const char accepted[][TB_NAME_SIZE] = {
		"a",  "vm0",   "lan-c0ffee",      "eth0.100", "a_b",      "z-",
		"a.", "a.b.c", "abcdefghijklmno", "alll",     "default0", "defaul",
	};
	static const char refused[][TB_NAME_SIZE] = {
		"",                 /* the broker chooses: not a name */
		"abcdefghijklmnop", /* 16 characters: the kernel would cut it */
		"all",              /* sysctls of all devices */
		"default",          /* sysctls of devices to come */
		".",
		"..",
		"a..b", /* a path's way up */
		"a..",
		"tap%d", /* the kernel would put a number there */
		"%d",
		"-rf", /* an option, to a program */
		"0vm",
		"_vm",
		".vm",
		"Vm0",
		"vmA",
		"v m",
		" vm",
		"vm ",
		"vm\t",
		"vm\n",
		"a/b",
		"a:1",
		"a\x1b[2J", /* a terminal's control sequence */
		"a\x7f",
		"vm\xc3\xa4",
		"\xc3\xa4",
		"$(id)",
		"a'b",
		"a\"b",
		"a\\b",
		"a*",
		"vm\0x", /* something behind the NUL */
		"vm\0\0\0\0\0\0\0\0\0\0\0\0x",
		"\0vm",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++)
		if (!tb_name_valid(accepted[i], TB_NAME_SIZE))
			fail_msg("\"%s\" is refused", accepted[i]);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (tb_name_valid(refused[i], TB_NAME_SIZE))
			fail_msg("row %zu, \"%.16s\", is accepted", i, refused[i]);
}

/* Every byte, alone and as the second. */
static void test_every_byte(void **state)
{
	(void)state;
	for (int byte = 0; byte < 256; byte++) {
		bool letter = byte >= 'a' && byte <= 'z';
		bool digit = byte >= '0' && byte <= '9';
		char first[TB_NAME_SIZE] = {(char)byte};
		char second[TB_NAME_SIZE] = {'x', (char)byte};
		char network[TB_NETWORK_SIZE] = {'x', (char)byte};

		assert_int_equal(tb_name_valid(first, sizeof(first)), letter);
		assert_int_equal(tb_name_valid(second, sizeof(second)),
				 byte == 0 || letter || digit || byte == '_' || byte == '.' || byte == '-');
		assert_int_equal(tb_network_valid(network, sizeof(network)),
				 byte == 0 || letter || digit || byte == '_' || byte == '-');
	}
}

static void test_network_names(void **state)
{
	(void)state;
	assert_true(tb_network_valid(NETWORK("lan"), TB_NETWORK_SIZE));
	assert_true(tb_network_valid(NETWORK("all"), TB_NETWORK_SIZE));
	assert_true(tb_network_valid(NETWORK("a_b-9"), TB_NETWORK_SIZE));
	assert_true(tb_network_valid(NETWORK("abcdefghijklmnopqrstuvwxyz01234"), TB_NETWORK_SIZE));
	assert_false(tb_network_valid(NETWORK(""), TB_NETWORK_SIZE));
	assert_false(tb_network_valid(NETWORK("lan.conf"), TB_NETWORK_SIZE));
	assert_false(tb_network_valid(NETWORK("../lan"), TB_NETWORK_SIZE));
	assert_false(tb_network_valid(NETWORK("Lan"), TB_NETWORK_SIZE));
	assert_false(tb_network_valid(NETWORK("lan\0x"), TB_NETWORK_SIZE));
	assert_false(tb_network_valid("abcdefghijklmnopqrstuvwxyz012345", TB_NETWORK_SIZE));
}

static void test_fields(void **state)
{
	char field[8];

	(void)state;
	memset(field, 'x', sizeof(field));
	assert_int_equal(tb_field_set(field, sizeof(field), "seven.."), 0);
	assert_memory_equal(field, "seven..", 8);
	assert_int_equal(tb_field_set(field, sizeof(field), "a"), 0);
	assert_memory_equal(field, "a\0\0\0\0\0\0", 8);
	assert_int_equal(tb_field_set(field, sizeof(field), "eight..."), -ENAMETOOLONG);
	assert_int_equal(tb_field_set(field, sizeof(field), ""), 0);
	assert_true(tb_field_empty(field, sizeof(field)));
	field[7] = 1;
	assert_false(tb_field_empty(field, sizeof(field)));
	assert_true(tb_field_empty(field, 7));
	assert_true(tb_field_empty(field, 0));
}

/* Bridges and parents are the administrator's: they may have capitals, but nothing that the kernel or a path
 * changes. */
static void test_interfaces(void **state)
{
	static const char accepted[][TB_NAME_SIZE] = {"br0", "Qbr0", "0br", "eth0.100", "a..b", "abcdefghijklmno"};
	static const char refused[][TB_NAME_SIZE] = {
		"",    "abcdefghijklmnop",
		"all", "default",
		".",   "..",
		".br", "-br",
		"_br", "br%d",
		"b r", "br\n",
		"a/b", "a:1",
	};
	char longer[TB_NETWORK_SIZE] = "abcdefghijklmnop"; /* 16 characters, in a field that has room */
	char padded[TB_NAME_SIZE] = "br0\0x";

	(void)state;
	for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++)
		if (!tb_interface_valid(accepted[i], TB_NAME_SIZE))
			fail_msg("\"%s\" is refused", accepted[i]);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (tb_interface_valid(refused[i], TB_NAME_SIZE))
			fail_msg("\"%.16s\" is accepted", refused[i]);
	assert_false(tb_interface_valid(longer, sizeof(longer)));
	assert_false(tb_interface_valid(padded, sizeof(padded)));
}

static void test_patterns(void **state)
{
	(void)state;
	assert_true(tb_name_matches("vm0", "vm0"));
	assert_true(tb_name_matches("vm0", "vm*"));
	assert_true(tb_name_matches("vm", "vm*"));
	assert_false(tb_name_matches("v", "vm*"));
	assert_false(tb_name_matches("", "vm*"));
	assert_false(tb_name_matches("vm00", "vm0"));
	assert_false(tb_name_matches("vm", "vm0"));
	assert_false(tb_name_matches("xvm", "vm*"));
	assert_false(tb_name_matches("vm", ""));
	assert_false(tb_name_matches("vmx0", "v*0")); /* a '*' is one only at the end */
}

/* A socket in a network namespace where this process may rename devices, or -1. */
static int own_network(void)
{
	if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return -1;
	return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

/* Renames the device with this ifindex and reads back what the kernel made of the name. */
static void kernel_keeps(int sock, int ifindex, const char field[TB_NAME_SIZE])
{
	struct ifreq request;

	memset(&request, 0, sizeof(request));
	request.ifr_ifindex = ifindex;
	assert_int_equal(ioctl(sock, SIOCGIFNAME, &request), 0);
	memcpy(request.ifr_newname, field, TB_NAME_SIZE);
	if (ioctl(sock, SIOCSIFNAME, &request) < 0)
		fail_msg("the kernel refuses \"%.16s\": %s", field, strerror(errno));
	memset(&request, 0, sizeof(request));
	request.ifr_ifindex = ifindex;
	assert_int_equal(ioctl(sock, SIOCGIFNAME, &request), 0);
	assert_string_equal(request.ifr_name, field);
}

/* One field of random bytes, most of them such that a name comes about now and then. */
static void random_field(unsigned int *seed, char field[TB_NAME_SIZE])
{
	static const char likely[] = "aabcxyz0189__..--al";
	int length = 1 + rand_r(seed) % TB_NAME_SIZE;

	memset(field, 0, TB_NAME_SIZE);
	for (int i = 0; i < length; i++)
		field[i] = rand_r(seed) % 40 == 0 ? (char)rand_r(seed)
						  : likely[(size_t)rand_r(seed) % (sizeof(likely) - 1)];
}

static void test_kernel_keeps(void **state)
{
	int sock = own_network();
	int ifindex = (int)if_nametoindex("lo");
	unsigned int seed = 1;
	int accepted = 0;

	(void)state;
	if (sock < 0 || ifindex == 0) {
		puts("# test_kernel_keeps needs a network namespace"); /* cmocka's skip() is a failure to prove */
		return;
	}
	for (int i = 0; i < 20000; i++) {
		char field[TB_NAME_SIZE];

		random_field(&seed, field);
		if (tb_name_valid(field, sizeof(field))) {
			kernel_keeps(sock, ifindex, field);
			accepted++;
		}
	}
	assert_in_range(accepted, 1000, 19000);
	close(sock);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),         cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_network_names), cmocka_unit_test(test_fields),
		cmocka_unit_test(test_patterns),      cmocka_unit_test(test_interfaces),
		cmocka_unit_test(test_kernel_keeps),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("name", tests, NULL, NULL);
}
