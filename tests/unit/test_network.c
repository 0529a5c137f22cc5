/* Unit test of the network files: broker/config/network.c, network_file.c and network_keys.c, through real files in a
 * directory of the test's own; and of broker/config/table.c.
 */
#include "broker/config/guest.h"
#include "broker/config/network.h"
#include "broker/config/network_file.h"
#include "broker/config/table_memory.h"
#include "proto/name.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* The test's directories, the table that was read last, and what was logged meanwhile. */
static char top[64];
static char config_dir[80], vendor_dir[80];
static struct network_table table;
static char logged[1 << 16];

/* True if a client may ask this network for an interface of that name. */
static bool allows_name(const struct network *network, const char *name)
{
	for (size_t i = 0; i < network->names_count; i++)
		if (tb_name_matches(name, network->names[i]))
			return true;
	return false;
}

static const char *path_of(const char *dir, const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/networks.d/%s", dir, name);
	return path;
}

static int remove_one(const char *path, const struct stat *status, int flag, struct FTW *where)
{
	(void)status;
	(void)flag;
	(void)where;
	return remove(path);
}

static int remove_directories(void **state)
{
	(void)state;
	return nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static int make_directories(void **state)
{
	(void)state;
	strcpy(top, "/tmp/test_network.XXXXXX");
	if (mkdtemp(top) == NULL)
		return -1;
	snprintf(config_dir, sizeof(config_dir), "%s/etc", top);
	snprintf(vendor_dir, sizeof(vendor_dir), "%s/usr", top);
	return mkdir(config_dir, 0755) + mkdir(vendor_dir, 0755) + mkdir(path_of(config_dir, ""), 0755) +
	       mkdir(path_of(vendor_dir, ""), 0755);
}

static void write_bytes(const char *path, const char *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	close(fd);
}

static void write_config(const char *name, const char *text)
{
	write_bytes(path_of(config_dir, name), text, strlen(text));
}

static void write_vendor(const char *name, const char *text)
{
	write_bytes(path_of(vendor_dir, name), text, strlen(text));
}

/* Reads the networks into the table, and the log into logged. */
static int read_networks(void)
{
	int log_fd = memfd_create("log", MFD_CLOEXEC);
	int stderr_fd = dup(STDERR_FILENO);
	ssize_t length;
	int ret;

	assert_true(log_fd >= 0 && stderr_fd >= 0);
	dup2(log_fd, STDERR_FILENO);
	ret = networks_read(&table, config_dir, vendor_dir);
	dup2(stderr_fd, STDERR_FILENO);
	length = pread(log_fd, logged, sizeof(logged) - 1, 0);
	assert_true(length >= 0);
	logged[length] = '\0';
	close(stderr_fd);
	close(log_fd);
	return ret;
}

static size_t count_lines(const char *text)
{
	size_t lines = 0;

	for (; *text != '\0'; text++)
		lines += *text == '\n';
	return lines;
}

static void accepted(size_t count)
{
	if (read_networks() != 0)
		fail_msg("refused: %s", logged);
	assert_string_equal(logged, "");
	assert_int_equal(table.count, count);
	for (size_t i = 0; i < count; i++)
		assert_false(table.networks[i].off);
}

/* Expects so many mistakes, each with a line in the log. Returns how many networks are off for them, each with a line
 * that is the last about it. */
static size_t refused(int mistakes)
{
	int found = read_networks();
	size_t off = 0;

	if (found != mistakes)
		fail_msg("%d mistakes, not %d: %s", found, mistakes, logged);
	for (size_t i = 0; i < table.count; i++) {
		char last[96];

		if (!table.networks[i].off)
			continue;
		off++;
		snprintf(last, sizeof(last), "<3>network %s is off: its file has ", table.networks[i].name);
		if (strstr(logged, last) == NULL)
			fail_msg("\"%s\" is not in: %s", last, logged);
	}
	if (count_lines(logged) != (size_t)mistakes + off)
		fail_msg("%d mistakes and %zu networks off, but: %s", mistakes, off, logged);
	return off;
}

/* Expects that one of the logged lines is about this file, and says this. */
static void said(const char *dir, const char *file, const char *text)
{
	char expected[512];

	snprintf(expected, sizeof(expected), "<3>%s%s%s", path_of(dir, file), file[0] != '\0' ? ":" : "", text);
	if (strstr(logged, expected) == NULL)
		fail_msg("\"%s\" is not in: %s", expected, logged);
}

static bool is_off(const char *name)
{
	const struct network *network = network_find(&table, name);

	assert_non_null(network);
	return network->off;
}

/* Reads one network file that is all there is, and expects one complaint. */
static void refuses_text(const char *text, const char *complaint)
{
	write_config("lan.conf", text);
	assert_int_equal(refused(1), 1);
	assert_true(is_off("lan"));
	said(config_dir, "lan.conf", complaint);
}

static const struct network *accepts_text(const char *text)
{
	write_config("lan.conf", text);
	accepted(1);
	return network_find(&table, "lan");
}

static void test_defaults(void **state)
{
	const struct network *network;

	(void)state;
	network = accepts_text("[Network]\nKind=tap\n");
	assert_string_equal(network->name, "lan");
	assert_int_equal(network->kind, TB_KIND_TAP);
	assert_string_equal(network->bridge, "");
	assert_string_equal(network->parent, "");
	assert_int_equal(network->mode, TB_MODE_NONE);
	assert_int_equal(network->names_count, 0);
	assert_int_equal(network->mtu, 1500);
	assert_int_equal(network->queues, 1);
	assert_int_equal(network->max_per_user, 4);
	assert_int_equal(network->max, 64);
	assert_true(network->vnet_hdr);
	assert_false(network->isolated); /* no bridge, no port */
	assert_true(network->ipv6_disabled);
	assert_true(network->listed);
	assert_false(network->vhost);

	network = accepts_text("[Network]\nKind=tap\nBridge=br0\n");
	assert_true(network->isolated);
	network = accepts_text("[Network]\nKind=tun\n");
	assert_int_equal(network->kind, TB_KIND_TUN);
	assert_true(network->vnet_hdr);
	network = accepts_text("[Network]\nKind=macvtap\nParent=eth0\n");
	assert_int_equal(network->kind, TB_KIND_MACVTAP);
	assert_int_equal(network->mode, TB_MODE_BRIDGE);
	assert_true(network->vnet_hdr);
	network = accepts_text("[Network]\nKind=macvtap\nParent=eth0\nMode=passthru\n");
	assert_int_equal(network->mode, TB_MODE_PASSTHRU);
	assert_int_equal(network->max, 1);
	assert_int_equal(network->max_per_user, 1);
	network = accepts_text("[Network]\nKind=tun\nMax=2\n");
	assert_int_equal(network->max_per_user, 2);
}

static void test_every_key(void **state)
{
	const struct network *network = accepts_text("[Network]\n"
						     "Kind=tap\n"
						     "Bridge=br-lan.1\n"
						     "Names=vm0  vm-*\ttest.1\n"
						     "Names=abcdefghijklmno* abcdefghijklmnp\n"
						     "MTU=9000\n"
						     "Queues=16\n"
						     "VnetHeader=no\n"
						     "MaxPerUser=7\n"
						     "Max=7\n"
						     "Isolated=false\n"
						     "IPv6=no-ra\n"
						     "Listed=Off\n");

	(void)state;
	assert_string_equal(network->bridge, "br-lan.1");
	assert_int_equal(network->names_count, 5);
	assert_string_equal(network->names[0], "vm0");
	assert_string_equal(network->names[1], "vm-*");
	assert_string_equal(network->names[3], "abcdefghijklmno*");
	assert_int_equal(network->mtu, 9000);
	assert_int_equal(network->queues, 16);
	assert_false(network->vnet_hdr);
	assert_int_equal(network->max_per_user, 7);
	assert_int_equal(network->max, 7);
	assert_false(network->isolated);
	assert_false(network->ipv6_disabled);
	assert_false(network->listed);

	network = accepts_text("[Network]\nKind=tap\nBridge=br-LAN\nDirect=yes\nLifetimes=session persistent\n");
	assert_string_equal(network->bridge, "br-LAN");
	assert_true(network->direct);
	assert_false(network_shielded(network));
	assert_int_equal(network->lifetimes, 1u << TB_LIFETIME_SESSION | 1u << TB_LIFETIME_PERSISTENT);

	network = accepts_text("[Network]\nKind=tap\nVhost=yes\n");
	assert_true(network->vhost);
	network = accepts_text("[Network]\nKind=macvtap\nParent=eth0\nVnetHeader=yes\nVhost=yes\n");
	assert_true(network->vhost);
	assert_int_equal(network->netns, 1u << NETNS_HOST);
	network = accepts_text("[Network]\nKind=tap\nNetns=caller\n");
	assert_int_equal(network->netns, 1u << NETNS_CALLER);
	network = accepts_text("[Network]\nKind=tun\nNetns=host caller\nLifetimes=fd\n");
	assert_int_equal(network->netns, 1u << NETNS_HOST | 1u << NETNS_CALLER);

	network = accepts_text("[Network]\nKind=macvtap\nParent=enp0s31f6\nMode=private\nIPv6=disabled\n");
	assert_int_equal(network->lifetimes, 1u << TB_LIFETIME_SESSION);
	assert_string_equal(network->parent, "enp0s31f6");
	assert_int_equal(network->mode, TB_MODE_PRIVATE);
	network = accepts_text("[Network]\nKind=macvtap\nParent=eth0\nMode=vepa\nMaxPerUser=1\n");
	assert_int_equal(network->mode, TB_MODE_VEPA);
	network = accepts_text("[Network]\nKind=tun\nVnetHeader=ON\nMTU=65535\nQueues=1\nMax=65536\n");
	assert_true(network->vnet_hdr);
	assert_int_equal(network->mtu, 65535);
	assert_int_equal(network->max, 65536);
}

static void test_lines_accepted(void **state)
{
	const struct network *network;
	char long_comment[600];

	(void)state;
	network = accepts_text("\xef\xbb\xbf[Network]\r\n  Kind = tap \r\n\r\n\tBridge=br0\r\n# \xc3\xa4\r\nMTU=1400");
	assert_string_equal(network->bridge, "br0"); /* an indented line does not continue the one above */
	assert_int_equal(network->mtu, 1400);        /* no newline at the end */
	network = accepts_text("; a comment\n[Network]\nKind=tap ; a comment\n;MTU=9000\n #MTU=9000\n");
	assert_int_equal(network->mtu, 1500);
	memset(long_comment, 'x', sizeof(long_comment));
	long_comment[0] = '#';
	strcpy(long_comment + 500, "\n[Network]\nKind=tun\n");
	accepts_text(long_comment);
}

static void test_lines_refused(void **state)
{
	static const char nul[] = "[Network]\nKind=tap\nMTU=14\0"
				  "00\n";
	static const char *const files[][2] = {
		{"Kind=tap\n[Network]\nKind=tap\n", "1: Kind= stands before the line [Network]"},
		{"# nothing but this\n", "1: there is no [Network] section"},
		{"\n", "1: there is no [Network] section"},
		{"[Network]\nKind=tap\n[network]\nMTU=1\n",
		 "3: \"[network]\" is no section; the only one is [Network], alone in its line; did you mean that?"},
		{"[Network]\nKind=tap\n[Match]\nName=*\nMTU=1\n", "3: \"[Match]\" is no section"},
		{"[Network]\nKind=tap\n[Network] x\n", "3: \"[Network] x\" is no section"},
		{"[Network]\nKind=tap\n[Network\n", "3: \"[Network\" is no section"},
		{"[Network]\nKind=tap\n[]\n", "3: \"[]\" is no section"},
		{"[Network]\nKind=tap\n[Network]\nMTU=1400\n",
		 "3: [Network] stands a second time; the first is in line 1"},
		{"[Network]\nKind=tap\nMTU\n", "3: this line is not understood"},
		{"[Network]\nKind=tap\nMTU: 1400\n", "3: this line is not understood; a line is [Network], KEY=VALUE"},
		{"[Network]\nKind=tap\n=1400\n", "3: this line is not understood"},
		{"[Network]\nKind=tap\nMTU ;=1400\n", "3: this line is not understood"},
		{"[Network]\nKind=tap\n  br0\n", "3: this line is not understood"},
		{"[Network]\nKind=tap\nNames=vm0 \\\n", "3: Names=\\: a name is made of a-z 0-9 _ . -"},
		{"[Network]\nKind=tap\nNames=\x1b[2J\n", "3: a byte in this line is no printable ASCII"},
		{"[Network]\nKind=tap\nNames=k\xc3\xa4se\n", "3: a byte in this line is no printable ASCII"},
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		refuses_text(files[i][0], files[i][1]);
	write_bytes(path_of(config_dir, "lan.conf"), nul, sizeof(nul) - 1);
	refused(1);
	said(config_dir, "lan.conf", "3: a byte in this line is no printable ASCII");
	/* The tail of a long line is not a line of its own. */
	snprintf(text, sizeof(text), "[Network]\nKind=tap\nNames=vm0%181s\nMTU=1400\n", "vm1");
	accepts_text(text);
	snprintf(text, sizeof(text), "[Network]\nKind=tap\nNames=vm0%182s\nMTU=1400\n", "vm1");
	refuses_text(text, "3: the line has more than 190 bytes");
	snprintf(text, sizeof(text), "[Network]\nKind=tap\nNames=vm0%201s\nMTU=1400\n", "MTU=9000");
	refuses_text(text, "3: the line has more than 190 bytes");
}

/* The rest of the broker knows such a network as one with a bridge. */
static void test_own_bridge(void **state)
{
	const struct network *network = accepts_text("[Network]\nKind=tap\nAddress=10.0.77.1/24 fd00:77::1/64\n");

	(void)state;
	assert_true(network->own_bridge);
	assert_string_equal(network->bridge, "tb-lan");
	assert_int_equal(network->ipv4.address, 0x0a004d01);
	assert_int_equal(network->ipv4.prefix, 24);
	assert_int_equal(network->ipv6.address[0], 0xfd);
	assert_int_equal(network->ipv6.address[15], 1);
	assert_int_equal(network->ipv6.prefix, 64);
	assert_true(network->isolated);
	network = accepts_text("[Network]\nKind=tap\nAddress=192.168.7.9/30\nIsolated=no\n");
	assert_int_equal(network->ipv6.prefix, 0);
	assert_false(network->isolated);
	network = accepts_text("[Network]\nKind=tap\nBridge=tb-lan\n");
	assert_false(network->own_bridge);
}

/* A link for each guest: a tun always is one, and a tap where the file says so. */
static void test_routed(void **state)
{
	const struct network *network = accepts_text("[Network]\nKind=tun\nAddress=10.0.77.1/24 fd00:77::1/64\n");
	struct guest guest;

	(void)state;
	assert_true(network->own_bridge && network->routed && !network_has_ports(network));
	assert_string_equal(network->bridge, "tb-lan");
	assert_string_equal(network_bridge(network), "");
	assert_false(network->vnet_hdr);
	assert_false(network_shielded(network) || network_is_locked(network));
	assert_false(network->ipv6_disabled);
	assert_int_equal(network->forward, NETWORK_IPV4);
	guest_make(network, 2, &guest);
	assert_memory_equal(guest.told.ipv4, "\x0a\0\x4d\2", 4);
	assert_int_equal(guest.told.ipv4_prefix, 32);
	assert_int_equal(guest.told.ipv6_prefix, 128);
	assert_memory_equal(guest.told.gateway6, network->ipv6.address, 16);
	assert_true(network_has_device(network, "lan-1a2b3c"));
	assert_false(network_has_device(network, "lan1") || network_has_device(network, "lan"));
	network = accepts_text("[Network]\nKind=tap\nRouted=yes\nAddress=auto\nNames=vm* web\nReach=host\n"
			       "Lifetimes=persistent\n");
	assert_true(network->routed && network->host_replies && network->ipv6_disabled);
	assert_true(network_has_device(network, "vm7") && network_has_device(network, "web"));
	assert_false(network_has_device(network, "web1"));
	assert_false(accepts_text("[Network]\nKind=tap\nRouted=no\nAddress=auto\n")->routed);
	refuses_text("[Network]\nKind=tap\nRouted=yes\n", "3: Routed=yes needs Address=");
	refuses_text("[Network]\nKind=tun\nRouted=yes\nAddress=auto\n", "3: Routed= is for Kind=tap only");
	refuses_text("[Network]\nKind=tap\nRouted=yes\nAddress=auto\nDHCP=yes\n",
		     "5: DHCP= says nothing with Routed=yes");
	refuses_text("[Network]\nKind=tap\nRouted=yes\nAddress=auto\nNames=web\nPublish=80:80\n",
		     "6: Publish= says nothing with Routed=yes");
	refuses_text("[Network]\nKind=tap\nRouted=yes\nAddress=auto\nDirect=yes\n",
		     "5: Direct= says nothing with Routed=yes");
	refuses_text("[Network]\nKind=tap\nRouted=yes\nAddress=auto\nMACs=any\n",
		     "5: MACs= is about what a bridge's port lets through");
	refuses_text("[Network]\nKind=tun\nAddress=fd00::1/64\nIPv6=disabled\n",
		     "4: IPv6=disabled: devices have IPv6 addresses by Address= in line 3");
	refuses_text("[Network]\nKind=tun\nAddress=fd00::1/64\nMTU=1200\n", "4: MTU=1200: with an IPv6 address in");
	refuses_text("[Network]\nKind=tun\nAddress=auto\nAddresses=10.8.0.0/16\n",
		     "4: Addresses= is for devices that their users configure");
}

static void test_routing(void **state)
{
	const struct network *network = accepts_text("[Network]\nKind=tap\nAddress=auto\n");

	(void)state;
	assert_true(network->ipv4_auto);
	assert_false(network->ipv6_auto);
	assert_int_equal(network->reach, REACH_INTERNET);
	assert_int_equal(network->forward, NETWORK_IPV4);
	assert_int_equal(network->masquerade, NETWORK_IPV4);
	network = accepts_text(
		"[Network]\nKind=tap\nAddress=auto\nForward=both\nAllow=10.0.0.0/8 fd00::1\nAllow=0.0.0.0/0\n");
	assert_true(network->ipv6_auto);
	assert_int_equal(network->masquerade, NETWORK_IPV4);
	assert_int_equal(network->allow_count, 3);
	assert_int_equal(network->allow[0].bits, 8);
	assert_true(network->allow[1].is_ipv6);
	assert_int_equal(network->allow[1].bits, 128);
	network = accepts_text("[Network]\nKind=tap\nAddress=fd00::1/64\n");
	assert_int_equal(network->forward, 0);
	assert_false(network->dhcp || network->dns || network->ra);
	network = accepts_text("[Network]\nKind=tap\nAddress=auto fd00::1/64\nDHCP=yes\n");
	assert_true(network->dhcp && network->dns && network->ra);
	network = accepts_text("[Network]\nKind=tap\nAddress=auto\nDHCP=yes\nReach=none\n");
	assert_true(network->dhcp && !network->dns && !network->ra);
	network = accepts_text("[Network]\nKind=tap\nAddress=10.0.77.1/24\nReach=host\n");
	assert_int_equal(network->forward, 0);
	assert_int_equal(network->masquerade, 0);
}

static void test_publish(void **state)
{
	const struct network *network = accepts_text(
		"[Network]\nKind=tap\nAddress=10.0.77.1/24 fd00::1/64\nNames=vm-* web db\nReach=none\n"
		"Publish=8080:web:80/tcp 10.0.0.1:53:db:5353/udp\nPublish=[2001:db8::1]:7000-7009:db:8000-8009\n"
		"Publish=8080:web:80/udp 0.0.0.0:81:web:81 10.0.0.2:53:web:53/udp\n");

	(void)state;
	assert_int_equal(network->publish_count, 6);
	assert_int_equal(network->publish[0].port, 8080);
	assert_int_equal(network->publish[0].guest_port, 80);
	assert_int_equal(network->publish[0].count, 1);
	assert_int_equal(network->publish[0].families, NETWORK_IPV4 | NETWORK_IPV6);
	assert_string_equal(network->publish[0].name, "web");
	assert_false(network->publish[0].udp || network->publish[0].one_address);
	assert_true(network->publish[1].udp && network->publish[1].one_address);
	assert_int_equal(network->publish[1].families, NETWORK_IPV4);
	assert_memory_equal(network->publish[1].address, "\x0a\0\0\x01", 4);
	assert_int_equal(network->publish[2].count, 10);
	assert_int_equal(network->publish[2].guest_port, 8000);
	assert_int_equal(network->publish[2].families, NETWORK_IPV6);
	assert_true(!network->publish[4].one_address && network->publish[4].families == NETWORK_IPV4);
	assert_int_equal(network->forward, 0);
	assert_int_equal(network->router, NETWORK_IPV4 | NETWORK_IPV6);
	assert_int_equal(network->guest.told.gateway4[3], 1);
	network = accepts_text("[Network]\nKind=tap\nAddress=auto\nNames=vm-* web\nPublish=8080:80\n");
	assert_string_equal(network->publish[0].name, "web");
	assert_int_equal(network->publish[0].families, NETWORK_IPV4);
	network = accepts_text("[Network]\nKind=tap\nAddress=10.0.77.1/24 fd00::1/64\n");
	assert_int_equal(network->router, NETWORK_IPV4);
}

/* Where the addresses that QEMU chooses are dropped. */
static void test_traits(void **state)
{
	static const char *const drop[] = {"Bridge=br0\n", "Bridge=br0\nMACs=52:54:00:12:34:56\n",
					   "Bridge=br0\nMACs=00:*\n"};
	static const char *const pass[] = {"", "Bridge=br0\nMACs=any\n", "Bridge=br0\nMACs=52:54:00:*\n",
					   "Bridge=br0\nMACs=00:* 52:*\n"};
	char text[128];

	(void)state;
	for (size_t i = 0; i < sizeof(drop) / sizeof(drop[0]); i++) {
		snprintf(text, sizeof(text), "[Network]\nKind=tap\n%s", drop[i]);
		assert_int_equal(accepts_text(text)->traits, TB_NETWORK_NO_QEMU_MACS);
	}
	for (size_t i = 0; i < sizeof(pass) / sizeof(pass[0]); i++) {
		snprintf(text, sizeof(text), "[Network]\nKind=tap\n%s", pass[i]);
		assert_int_equal(accepts_text(text)->traits, 0);
	}
}

static void test_locks(void **state)
{
	const struct network *network;

	(void)state;
	network = accepts_text("[Network]\nKind=tap\nBridge=br0\n");
	assert_int_equal(network->locks, LOCKS_DEFAULT);
	assert_int_equal(network->ether_types.count, 3);
	assert_int_equal(network->macs.count, 0);
	network = accepts_text("[Network]\nKind=tap\nBridge=br0\nMACs=00:00:5E:00:01:* 02:00:00:00:00:01\n"
			       "EtherTypes=arp 0x88b5\nTaggedFrames=yes\nRateFromGuest=100\nRateToGuest=200\n");
	assert_int_equal(network->locks, LOCKS_DEFAULT & ~(unsigned)LOCK_TAG);
	assert_int_equal(network->macs.count, 2);
	assert_int_equal(network->macs.items[0].bits, 40);
	assert_memory_equal(network->macs.items[0].bytes, "\0\0\x5e\0\1\0", 6);
	assert_int_equal(network->macs.items[1].bits, 48);
	assert_int_equal(network->ether_types.count, 2);
	assert_memory_equal(network->ether_types.items[1].bytes, "\x88\xb5", 2);
	assert_int_equal(network->rate_from_guest, 100);
	assert_int_equal(network->rate_to_guest, 200);
	assert_int_equal(network->vlan, 0);
	network = accepts_text("[Network]\nKind=tap\nBridge=br0\nVLAN=4094\nDirect=yes\n");
	assert_int_equal(network->vlan, 4094);
	network = accepts_text("[Network]\nKind=macvtap\nParent=eth0\nMACs=any\nEtherTypes=any\nDHCPServer=yes\n"
			       "RouterAdvertisements=yes\nSourceAddresses=192.0.2.0/24 192.0.3.7 2001:db8::/62\n");
	assert_int_equal(network->locks, LOCK_TAG | LOCK_IPV4 | LOCK_IPV6);
	assert_int_equal(network->sources4.count, 2);
	assert_int_equal(network->sources4.items[0].bits, 24);
	assert_int_equal(network->sources4.items[1].bits, 32);
	assert_memory_equal(network->sources4.items[1].bytes, "\xc0\0\3\7", 4);
	assert_int_equal(network->sources6.count, 1);
	assert_int_equal(network->sources6.items[0].bits, 62);
	network =
		accepts_text("[Network]\nKind=tap\nBridge=br0\nSourceAddresses=192.0.2.1\nSourceAddresses=192.0.2.2\n");
	assert_int_equal(network->sources4.count, 2);
	assert_int_equal(network->sources4.items[1].bytes[3], 2);
}

static void test_wrong_locks(void **state)
{
	/* Each is the fourth line of a file. */
	static const char *const lines[][2] = {
		{"MACs=", "MACs= is empty"},
		{"MACs=02:00:00:00:00", "MACs=02:00:00:00:00: an address of six hexadecimal bytes"},
		{"MACs=02:00:00:00:00:01:02", "MACs=02:00:00:00:00:01:02: an address of six"},
		{"MACs=02:00:00:00:00:0g", "MACs=02:00:00:00:00:0g: an address of six"},
		{"MACs=01:00:5e:00:00:01", "MACs=01:00:5e:00:00:01: an address of six"},
		{"MACs=*", "MACs=*: an address of six"},
		{"MACs=02:0*", "MACs=02:0*: an address of six"},
		{"MACs=2:3:4:5:6:7 02:00:00:00:00:01", "MACs=2:3:4:5:6:7: an address of six"},
		{"MACs=02:00:00:00:00:01 02:00:00:00:00:02 02:00:00:00:00:03 02:00:00:00:00:04 02:00:00:00:00:05 "
		 "02:00:00:00:00:06 02:00:00:00:00:07 02:00:00:00:00:08 02:00:00:00:00:09",
		 "MACs=02:00:00:00:00:09: there are more than 8"},
		{"EtherTypes=ip", "EtherTypes=ip: they are arp, ipv4, ipv6, rarp, or numbers"},
		{"EtherTypes=0x05ff", "EtherTypes=0x05ff: they are"},
		{"EtherTypes=0x10800", "EtherTypes=0x10800: they are"},
		{"EtherTypes=0x", "EtherTypes=0x: they are"},
		{"EtherTypes=0x88bg", "EtherTypes=0x88bg: they are"},
		{"EtherTypes=arp any", "EtherTypes=any stands alone"},
		{"EtherTypes=IPv4",
		 "EtherTypes=IPv4: they are arp, ipv4, ipv6, rarp, or numbers from 0x0600 to 0xffff; or any; did you mean ipv4?"},
		{"EtherTypes=arp,ipv4", "EtherTypes=arp,ipv4: words are separated by blanks, without commas"},
		{"MACs=any 02:00:00:00:00:01", "MACs=any stands alone"},
		{"MACs=02:00:00:00:00:01,02:00:00:00:00:02",
		 "MACs=02:00:00:00:00:01,02:00:00:00:00:02: words are separated by blanks, without commas"},
		{"SourceAddresses=any 192.0.2.1", "SourceAddresses=any stands alone"},
		{"SourceAddresses=192.0.2.1,192.0.2.2", "SourceAddresses=192.0.2.1,192.0.2.2: words are"},
		{"SourceAddresses=192.0.2.1/24",
		 "SourceAddresses=192.0.2.1/24: it has bits behind its length; the prefix is 192.0.2.0/24"},
		{"SourceAddresses=192.0.2.0/33", "SourceAddresses=192.0.2.0/33: it is an address, or a prefix such as"},
		{"SourceAddresses=192.0.2", "SourceAddresses=192.0.2: it is an address"},
		{"SourceAddresses=2001:db8::1/127", "SourceAddresses=2001:db8::1/127: it has bits"},
		{"SourceAddresses=2001:db8::/129", "SourceAddresses=2001:db8::/129: it is"},
		{"RateFromGuest=0", "RateFromGuest=0: it is a decimal number from 1 to 100000"},
		{"RateToGuest=100001", "RateToGuest=100001: it is a decimal number from 1 to 100000"},
		{"RateFromGuest=5M", "RateFromGuest=5M: it is a decimal number from 1 to 100000, without a unit"},
		{"TaggedFrames=maybe", "TaggedFrames=maybe: it is yes or no"},
		{"VLAN=0", "VLAN=0: it is a decimal number from 1 to 4094"},
		{"VLAN=4095", "VLAN=4095: it is a decimal number from 1 to 4094"},
		{"VLAN=20\nTaggedFrames=yes", "VLAN=20 with TaggedFrames=yes in line 5: a guest would leave its VLAN"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char text[384], complaint[256];

		snprintf(text, sizeof(text), "[Network]\nKind=tap\nBridge=br0\n%s\n", lines[i][0]);
		snprintf(complaint, sizeof(complaint), "4: %s", lines[i][1]);
		refuses_text(text, complaint);
	}
	refuses_text("[Network]\nKind=tap\nBridge=br0\nSourceAddresses=any\nSourceAddresses=192.0.2.1\n",
		     "5: SourceAddresses=192.0.2.1: any stands alone");
	refuses_text("[Network]\nKind=tap\nBridge=br0\nSourceAddresses=192.0.2.1\nSourceAddresses=any\n",
		     "5: SourceAddresses=any: any stands alone");
	refuses_text("[Network]\nKind=tap\nMACs=any\n",
		     "3: MACs= is about what a bridge's port lets through; add Bridge=");
	refuses_text("[Network]\nKind=tap\nVLAN=20\n",
		     "3: VLAN= is about what a bridge's port lets through; add Bridge=");
	refuses_text("[Network]\nKind=tap\nAddress=10.0.77.1/24\nVLAN=20\n",
		     "4: VLAN= is for a Bridge= that filters VLANs; the bridge that Address= asks for");
	refuses_text("[Network]\nKind=macvtap\nParent=eth0\nVLAN=20\n", "4: VLAN= is for Kind=tap only");
	refuses_text("[Network]\nKind=tun\nMACs=any\n", "3: MACs= is for Kind=tap or macvtap only, and this is a tun");
	refuses_text("[Network]\nKind=macvtap\nParent=eth0\nTaggedFrames=yes\n",
		     "4: TaggedFrames= is for Kind=tap only, and this is a macvtap");
}

static void test_host_interface(void **state)
{
	/* Each is the fifth line of a file. */
	static const char *const lines[][2] = {
		{"HostInterface=", "HostInterface= is empty"},
		{"HostInterface=192.0.2.2/32",
		 "HostInterface=192.0.2.2/32: it is an address of the host's, without a prefix"},
		{"HostInterface=[2001:db8::2]", "HostInterface=[2001:db8::2]: an IPv6 address stands without brackets"},
		{"HostInterface=2001:db8::g", "HostInterface=2001:db8::g: it is an address of the host's"},
		{"HostInterface=192.0.2.2 192.0.2.3", "HostInterface=192.0.2.3: there is an IPv4 address already"},
		{"HostInterface=2001:db8::2 2001:db8::3",
		 "HostInterface=2001:db8::3: there is an IPv6 address already"},
		{"HostInterface=127.0.0.2", "HostInterface=127.0.0.2: no interface can have this address"},
		{"HostInterface=fe80::2", "HostInterface=fe80::2: addresses of fe80::/10 are for one link"},
		{"HostInterface=192.0.2.70",
		 "HostInterface=: its IPv4 address is one that SourceAddresses= gives to guests"},
	};
	const struct network *network;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char text[384], complaint[256];

		snprintf(text, sizeof(text),
			 "[Network]\nKind=macvtap\nParent=eth0\nSourceAddresses=192.0.2.64/28 2001:db8::40/124\n%s\n",
			 lines[i][0]);
		snprintf(complaint, sizeof(complaint), "5: %s", lines[i][1]);
		refuses_text(text, complaint);
	}
	refuses_text("[Network]\nKind=macvtap\nParent=eth0\nSourceAddresses=192.0.2.64/28\nHostInterface=fd00::2\n",
		     "5: HostInterface= has an IPv6 address: say in SourceAddresses=");
	refuses_text("[Network]\nKind=macvtap\nParent=eth0\nHostInterface=192.0.2.2\n",
		     "4: HostInterface= has an IPv4 address: say in SourceAddresses=");
	refuses_text(
		"[Network]\nKind=macvtap\nParent=eth0\nSourceAddresses=::/31\nHostInterface=fc00::2\n",
		"4: SourceAddresses=: all of it is led to guests by HostInterface=, so an IPv6 prefix has 32 bits");
	refuses_text(
		"[Network]\nKind=macvtap\nParent=eth0\nMode=vepa\nSourceAddresses=192.0.2.64/28\nHostInterface=192.0.2.2\n",
		"6: HostInterface= needs Mode=bridge");
	refuses_text("[Network]\nKind=tap\nBridge=br0\nHostInterface=192.0.2.2\n",
		     "4: HostInterface= is for Kind=macvtap only");
	network = accepts_text("[Network]\nKind=macvtap\nParent=eth0\nSourceAddresses=192.0.2.64/28 2001:db8::40/124\n"
			       "HostInterface=192.0.2.80 2001:db8::2\n");
	assert_string_equal(network->host_interface, "th-lan");
	assert_int_equal(network->ipv4.address, 0xc0000250);
	assert_int_equal(network->ipv4.prefix, 32);
	assert_int_equal(network->ipv6.prefix, 128);
	assert_false(network->own_bridge);
}

static void test_device(void **state)
{
	const struct network *network;

	(void)state;
	refuses_text("[Network]\nKind=tap\nDevice=Given0\n", "3: Device=Given0: a device's name is ");
	refuses_text("[Network]\nKind=macvtap\nParent=eth0\nDevice=given0\n", "4: Device= is for Kind=tap or tun only");
	refuses_text("[Network]\nKind=tap\nDevice=given0\nBridge=br0\n",
		     "4: Bridge= is about devices that the broker makes; Device= in line 3");
	refuses_text("[Network]\nKind=tap\nDevice=given0\nMax=1\n", "4: Max= is about devices that the broker makes");
	refuses_text("[Network]\nKind=tun\nDevice=given0\nAddresses=10.0.0.0/8\n", "4: Addresses= is about devices");
	network = accepts_text("[Network]\nKind=tap\nDevice=given0\nMTU=1400\nQueues=4\nVhost=yes\nMaxLeaseTimeSec=8h\n"
			       "VnetHeader=yes\nListed=no\n");
	assert_string_equal(network->device, "given0");
	assert_string_equal(network->names[0], "given0");
	assert_int_equal(network->names_count, 1);
	assert_int_equal(network->max, 1);
	assert_int_equal(network->max_per_user, 1);
	assert_int_equal(network->lifetimes, 1u << TB_LIFETIME_SESSION);
	assert_int_equal(network->netns, 1u << NETNS_HOST);
	write_config("other.conf", "[Network]\nKind=tap\nDevice=given0\n");
	refused(1);
	said(config_dir, "other.conf", "3: Device=given0 and Device=given0 of ");
}

static void test_values(void **state)
{
	/* Each is the third line of a file. */
	static const char *const lines[][2] = {
		{"Mtu=1400", "Mtu= is no key of [Network]; did you mean MTU=?"},
		{"Brigde=br0", "Brigde= is no key of [Network]; did you mean Bridge=?"},
		{"bridge=br0", "bridge= is no key of [Network]; did you mean Bridge=?"},
		{"Foo=1",
		 "Foo= is no key of [Network]; the keys are Address, Addresses, AllMulticast, Allow, Bridge, DefaultRoute, Device, DHCP, DHCPServer, Direct, "
		 "DNS, EtherTypes, Forward, HostInterface, HostReplies, IPv6, Isolated, KillSwitch, Kind, Lifetimes, Listed, MACs, Masquerade, Max, "
		 "MaxLeaseTimeSec, MaxPerUser, Mode, MTU, Names, Netns, Parent, Publish, Queues, RA, RateFromGuest, RateToGuest, Reach, Routed, "
		 "RouterAdvertisements, Routes, Scope, SourceAddresses, TaggedFrames, Vhost, VLAN, VnetHeader"},
		{"Adress=10.0.0.1", "Adress= is no key of [Network]; did you mean Address=?"},
		{"Address=", "Address= is empty; leave it out for the default"},
		{"Address=10.0.77.1",
		 "Address=10.0.77.1: it is auto, or the host's address and the network's prefix length"},
		{"Address=10.0.77.256/24", "Address=10.0.77.256/24: it is auto, or the host's address"},
		{"Address=10.0.77.1/024", "Address=10.0.77.1/024: a length has no zero in front"},
		{"Address=10.0.77.1/31", "Address=10.0.77.1/31: the prefix length of an IPv4 network is from 8 to 30"},
		{"Address=10.0.77.0/24", "Address=10.0.77.0/24: it is the network's own or its broadcast address"},
		{"Address=10.0.77.255/24", "Address=10.0.77.255/24: it is the network's own or its broadcast address"},
		{"Address=127.0.0.2/8", "Address=127.0.0.2/8: no interface can have this address"},
		{"Address=224.0.0.2/24", "Address=224.0.0.2/24: no interface can have this address"},
		{"Address=169.254.1.1/24", "Address=169.254.1.1/24: addresses of 169.254.0.0/16 are for one link"},
		{"Address=10.0.0.1/24 10.0.1.1/24", "Address=10.0.1.1/24: there is an IPv4 address already"},
		{"Address=fd00::1/64 fd01::1/64", "Address=fd01::1/64: there is an IPv6 address already"},
		{"Address=fd00::/64", "Address=fd00::/64: it is the network's own address"},
		{"Address=fd00::1/127", "Address=fd00::1/127: the prefix length of an IPv6 network is from 48 to 126"},
		{"Address=fe80::1/64", "Address=fe80::1/64: addresses of fe80::/10 are for one link"},
		{"Address=::1/64", "Address=::1/64: no interface can have this address"},
		{"Address=fd00:77::x/64", "Address=fd00:77::x/64: it is auto, or the host's address"},
		{"Address=auto 10.0.77.1/24", "Address=10.0.77.1/24: there is an IPv4 address already"},
		{"Address=10.0.77.1/24 auto", "Address=auto: there is an IPv4 address already"},
		{"Address=auto auto", "Address=auto: there is an IPv4 address already"},
		{"Address=10.0.77.1/24,fd00::1/64", "Address=10.0.77.1/24,fd00::1/64: words are separated by blanks"},
		{"Max_Per_User=4", "Max_Per_User= is no key of [Network]; did you mean MaxPerUser=?"},
		{"Max-Lease-Time-Sec=4", "Max-Lease-Time-Sec= is no key of [Network]; did you mean MaxLeaseTimeSec=?"},
		{"MAC=any", "MAC= is no key of [Network]; did you mean MACs=?"},
		{"Reach=lan\nAddress=auto", "Reach=lan: it is host, internet, all or none"},
		{"Forward=yes\nAddress=auto", "Forward=yes: it is ipv4, ipv6, both or no"},
		{"Masquerade=yes\nAddress=auto", "Masquerade=yes: it is ipv4, ipv6, both or no"},
		{"Allow=\nAddress=auto", "Allow= is empty"},
		{"Allow=printer\nAddress=auto", "Allow=printer: it is an address, or a prefix such as"},
		{"Allow=10.0.0.1/33\nAddress=auto", "Allow=10.0.0.1/33: it is an address, or a prefix such as"},
		{"Allow=10.0.0.1/24\nAddress=auto",
		 "Allow=10.0.0.1/24: it has bits behind its length; the prefix is 10.0.0.0/24"},
		{"Allow=10.0.0.0/255.255.255.0\nAddress=auto",
		 "Allow=10.0.0.0/255.255.255.0: a netmask is written as its length: /24 for 255.255.255.0"},
		{"Allow=10.0.0.0/024\nAddress=auto", "Allow=10.0.0.0/024: a length has no zero in front"},
		{"Address=10.0.77.1/255.255.255.0", "Address=10.0.77.1/255.255.255.0: a netmask is written as its"},
		{"Address=[fd00::1]/64", "Address=[fd00::1]/64: an IPv6 address stands without brackets"},
		{"Address=fd00::1%eth0/64", "Address=fd00::1%eth0/64: an address stands without a zone"},
		{"Publish=8080:80", "Publish= is for a network with addresses of its own"},
		{"Publish=\nAddress=auto", "Publish= is empty"},
		{"Publish=80\nAddress=auto", "Publish=80: it is [ADDRESS:]PORT:[NAME:]PORT"},
		{"Publish=80:80\nAddress=auto", "Publish=80: it needs the name of the guest"},
		{"Publish=80:80\nAddress=auto\nNames=a b", "Publish=80: it needs the name of the guest"},
		{"Publish=80:80\nAddress=auto\nNames=vm-*", "Publish=80: it needs the name of the guest"},
		{"Publish=80:vm-1:80\nAddress=auto\nNames=vm-*", "Publish=80:vm-1: only a name that Names= spells out"},
		{"Publish=80:wbe:80\nAddress=auto\nNames=web db",
		 "Publish=80:wbe: this guest does not stand in Names=; did you mean web?"},
		{"Publish=80:vm-*:80\nAddress=auto\nNames=vm-*", "Publish=80:vm-*: only a name that Names= spells out"},
		{"Publish=80::80\nAddress=auto\nNames=web", "Publish=80::80: the guest is a name of Names="},
		{"Publish=80:abcdefghijklmnop:80\nAddress=auto\nNames=web",
		 "Publish=80:abcdefghijklmnop:80: the guest is a name of Names="},
		{"Publish=0:80\nAddress=auto\nNames=web", "Publish=0:80: a port is a decimal number"},
		{"Publish=80:65536\nAddress=auto\nNames=web", "Publish=80:65536: a port is a decimal number"},
		{"Publish=80:web:80:80\nAddress=auto\nNames=web", "Publish=80:web:80:80: a port is a decimal number"},
		{"Publish=80:80/sctp\nAddress=auto\nNames=web", "Publish=80:80/sctp: the protocol is tcp or udp"},
		{"Publish=80-70:80-70\nAddress=auto\nNames=web", "Publish=80-70:80-70: the ports of a range are"},
		{"Publish=1-1025:1-1025\nAddress=auto\nNames=web", "Publish=1-1025:1-1025: a range has at most 1024"},
		{"Publish=80-81:80\nAddress=auto\nNames=web", "Publish=80-81:80: the host and the guest have the same"},
		{"Publish=127.0.0.1:80:80\nAddress=auto\nNames=web",
		 "Publish=127.0.0.1:80:80: what comes to the host's"},
		{"Publish=[::1]:80:80\nAddress=auto\nNames=web", "Publish=[::1]:80:80: what comes to the host's"},
		{"Publish=[fe80::1]:80:80\nAddress=auto\nNames=web",
		 "Publish=[fe80::1]:80:80: what comes to an address of"},
		{"Publish=10.0.0.256:80:80\nAddress=auto\nNames=web",
		 "Publish=10.0.0.256:80:80: what stands before the"},
		{"Publish=[::1:80:80\nAddress=auto\nNames=web", "Publish=[::1:80:80: what stands before the"},
		{"Publish=[2001:db8::1]80:80\nAddress=auto\nNames=web",
		 "Publish=[2001:db8::1]80:80: it is [ADDRESS:]PORT"},
		{"Publish=[2001:db8::1]:80:80\nAddress=auto\nNames=web",
		 "Publish=80: Address= gives guests no address of the"},
		{"Publish=80:80 80:81\nAddress=auto\nNames=web",
		 "Publish=80: this port of the host leads to a guest already"},
		{"Publish=80:80 10.0.0.1:70-80:70-80\nAddress=auto\nNames=web",
		 "Publish=70: this port of the host leads"},
		{"Publish=1:1 2:2 3:3 4:4 5:5 6:6 7:7 8:8 9:9 10:1 11:1 12:1 13:1 14:1 15:1 16:1 17:1\nAddress=auto\nNames=web",
		 "Publish=17:1: there are more than 16"},
		{"DHCP=maybe\nAddress=auto", "DHCP=maybe: it is yes or no"},
		{"DHCP=yes", "DHCP= is for a network with addresses of its own"},
		{"DHCP=yes\nAddress=fd00::1/64", "DHCP=yes: Address= has no IPv4 address"},
		{"DNS=yes\nAddress=auto", "DNS=yes needs DHCP=yes"},
		{"RA=yes\nAddress=auto fd00::1/64", "RA=yes needs DHCP=yes"},
		{"RA=yes\nAddress=auto\nDHCP=yes", "RA=yes: Address= has no IPv6 address"},
		{"Reach=all", "Reach= is for a network with addresses of its own; add Address="},
		{"Forward=no\nBridge=br0", "Forward= is for a network with addresses of its own"},
		{"Masquerade=both\nAddress=auto", "Masquerade=both: only what is forwarded can be masqueraded"},
		{"Masquerade=ipv4\nAddress=auto\nReach=host",
		 "Masquerade=ipv4: only what is forwarded can be masqueraded"},
		{"Forward=ipv4\nAddress=auto\nReach=none", "Forward=ipv4: with Reach=none nothing is forwarded"},
		{"Forward=ipv6\nAddress=10.0.77.1/24", "Forward=ipv6: Address= has no IPv6 address"},
		{"Forward=both\nAddress=fd00::1/64", "Forward=both: Address= has no IPv4 address"},
		{"Address=10.0.77.1/24\nBridge=br0", "Address= is for a network with a bridge of its own"},
		{"HostReplies=yes\nAddress=10.0.77.1/24", "HostReplies= is for a tap without Bridge="},
		{"Netns=caller\nAddress=10.0.77.1/24", "Netns=caller: a port of the bridge in line 4 cannot be"},
		{"Kind=tap", "Kind= stands a second time; the first is in line 2"},
		{"Bridge=", "Bridge=: a bridge's name is not empty"},
		{"Bridge=-br0", "Bridge=-br0: a bridge's name begins with a letter or a digit"},
		{"Bridge=abcdefghijklmnop", "Bridge=abcdefghijklmnop: a bridge's name has at most 15 characters"},
		{"Bridge=br0 br1", "Bridge=br0 br1: a bridge's name is made of A-Z a-z 0-9 _ . -"},
		{"Bridge=default", "Bridge=default: a bridge's name is neither all nor default"},
		{"Bridge=\"br0\"", "a value stands without quotation marks"},
		{"MTU='1400'", "a value stands without quotation marks"},
		{"Bridge=\"br0", "Bridge=\"br0: a bridge's name is made of"},
		{"Bridge=br0 # mine", "a comment behind a value begins with ;"},
		{"Bridge=br0#mine", "Bridge=br0#mine: a bridge's name is"},
		{"Lifetimes=", "Lifetimes= is empty; leave it out for the default"},
		{"Lifetimes=session forever",
		 "Lifetimes=forever: they are session, fd, persistent, namespace and named"},
		{"Netns=", "Netns= is empty; leave it out for the default"},
		{"Netns=host container", "Netns=container: they are host and caller"},
		{"Names=", "Names= is empty"},
		{"Names=*", "Names=*: a name has two characters or more before the *"},
		{"Names=v*", "Names=v*: a name has two characters or more before the *"},
		{"Names=vm0 v*m", "Names=v*m: a name is made of a-z 0-9 _ . -; a * stands at its end"},
		{"Names=vm**", "Names=vm**: a name is made of a-z 0-9 _ . -; a * stands at its end"},
		{"Names=vm%d", "Names=vm%d: a name is made of a-z 0-9 _ . -"},
		{"Names=all", "Names=all: a name is neither all nor default"},
		{"Names=VM0", "Names=VM0: a name is made of a-z 0-9 _ . -"},
		{"Names=0vm", "Names=0vm: a name begins with a letter"},
		{"Names=v..m", "Names=v..m: a name has no two dots side by side"},
		{"Names=vm0,vm1", "Names=vm0,vm1: words are separated by blanks, without commas"},
		{"Names=abcdefghijklmnop*", "Names=abcdefghijklmnop*: a name has at most 15 characters"},
		{"MTU=", "MTU=: it is a decimal number from 68 to 65535"},
		{"MTU=67", "MTU=67: it is a decimal number from 68 to 65535"},
		{"MTU=65536", "MTU=65536: it is"},
		{"MTU= ", "MTU=: it is"},
		{"MTU=4294968796", "MTU=4294968796: it is"},
		{"MTU=99999999999999999999999", "MTU=99999999999999999999999: it is"},
		{"MTU=-1400", "MTU=-1400: it is"},
		{"MTU=+1400", "MTU=+1400: it is"},
		{"MTU=01400", "MTU=01400: it is"},
		{"MTU=0x578", "MTU=0x578: it is"},
		{"MTU=1.4k", "MTU=1.4k: it is"},
		{"MTU=9k", "MTU=9k: it is a decimal number from 68 to 65535, without a unit"},
		{"MTU=1400 bytes", "MTU=1400 bytes: it is a decimal number from 68 to 65535, without a unit"},
		{"MTU=65522", "MTU=65522: for a tap it is a decimal number from 68 to 65521"},
		{"Queues=0", "Queues=0: it is a decimal number from 1 to 16"},
		{"Queues=17", "Queues=17: it is a decimal number from 1 to 16"},
		{"Max=0", "Max=0: it is a decimal number from 1 to 65536"},
		{"Max=65537", "Max=65537: it is"},
		{"MaxPerUser=0", "MaxPerUser=0: it is a decimal number from 1 to 65536"},
		{"MaxPerUser=65", "MaxPerUser=65 is more than Max=64"},
		{"MaxLeaseTimeSec=0", "MaxLeaseTimeSec=0: it is a number of seconds, or one with a unit as 90s, 30min"},
		{"MaxLeaseTimeSec=", "MaxLeaseTimeSec=: it is"},
		{"MaxLeaseTimeSec=h", "MaxLeaseTimeSec=h: it is"},
		{"MaxLeaseTimeSec=8 h", "MaxLeaseTimeSec=8 h: it is"},
		{"MaxLeaseTimeSec=1h30min", "MaxLeaseTimeSec=1h30min: it is"},
		{"MaxLeaseTimeSec=3651d", "MaxLeaseTimeSec=3651d: it is"},
		{"MaxLeaseTimeSec=315360001", "MaxLeaseTimeSec=315360001: it is"},
		{"MaxLeaseTimeSec=99999999999999999999999h", "MaxLeaseTimeSec=99999999999999999999999h: it is"},
		{"VnetHeader=maybe", "VnetHeader=maybe: it is yes or no"},
		{"Vhost=2", "Vhost=2: it is yes or no"},
		{"Vhost=yes\nVnetHeader=no", "Vhost=yes: vhost-net needs the header that VnetHeader=no forbids"},
		{"Listed=2", "Listed=2: it is yes or no"},
		{"IPv6=yes", "IPv6=yes: it is disabled or no-ra"},
		{"IPv6=Disabled", "IPv6=Disabled: it is disabled or no-ra; did you mean disabled?"},
		{"Parent=eth0", "Parent= is for Kind=macvtap only, and this is a tap"},
		{"Mode=vepa", "Mode= is for Kind=macvtap only, and this is a tap"},
		{"Isolated=yes", "Isolated= is about a bridge's port; add Bridge="},
		{"Direct=yes", "Direct= is about a tap on a bridge; add Bridge="},
		{"Lifetimes=persistent\nBridge=br0",
		 "Lifetimes=persistent or named: with Bridge= a tap is out of reach of programs"},
		{"HostReplies=2", "HostReplies=2: it is yes or no"},
		{"HostReplies=yes\nBridge=br0", "HostReplies= is for a tap without Bridge="},
		{"AllMulticast=yes", "AllMulticast= is for Kind=macvtap only, and this is a tap"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char text[256], complaint[256];

		snprintf(text, sizeof(text), "[Network]\nKind=tap\n%s\n", lines[i][0]);
		snprintf(complaint, sizeof(complaint), "3: %s", lines[i][1]);
		refuses_text(text, complaint);
	}
}

static void test_kinds(void **state)
{
	(void)state;
	refuses_text("\n[Network]\nMTU=1400\n", "2: Kind= is missing; it is tap, tun or macvtap");
	refuses_text("[Network]\nKind=bridge\n", "2: Kind=bridge: it is tap, tun or macvtap");
	refuses_text("[Network]\nKind=\n", "2: Kind=: it is tap, tun or macvtap");
	refuses_text("[Network]\nKind=-\n", "2: Kind=-: it is tap, tun or macvtap");
	refuses_text("[Network]\nKind=tun\nBridge=br0\n", "3: Bridge= is for Kind=tap only, and this is a tun");
	refuses_text("[Network]\nBridge=br0\nKind=tun\n", "2: Bridge= is for Kind=tap only, and this is a tun");
	refuses_text("[Network]\nKind=tun\nHostReplies=yes\n",
		     "3: HostReplies= is for Kind=tap only, and this is a tun");
	refuses_text("[Network]\nKind=macvtap\nParent=eth0\nAddress=10.0.77.1/24\n",
		     "4: Address= is for Kind=tap or tun only, and this is a macvtap");
	refuses_text("[Network]\nKind=macvtap\nParent=eth0\nAllMulticast=2\n", "4: AllMulticast=2: it is yes or no");
	refuses_text("[Network]\nKind=tun\nIsolated=no\n",
		     "3: Isolated= is about a bridge's port; add Bridge= or Address=");
	refuses_text("[Network]\nKind=tun\nReach=all\n", "3: Reach= is for a network with addresses of its own");
	refuses_text("[Network]\nKind=tun\nVhost=yes\n",
		     "3: Vhost= is for Kind=tap or macvtap only, and this is a tun");
	refuses_text("[Network]\nKind=macvtap\n", "1: Parent= is missing");
	refuses_text("[Network]\nKind=macvtap\nParent=eth0\nMode=passthrough\n",
		     "4: Mode=passthrough: it is bridge, vepa, private or passthru; did you mean passthru?");
	refuses_text("[Network]\nKind=macvtap\nParent=eth0\nMode=-\n", "4: Mode=-: it is");
	refuses_text("[Network]\nKind=macvtap\nParent=eth0\nMode=passthru\nMax=2\n",
		     "5: Max=2: a passthru parent has room for 1 device");
	refuses_text("[Network]\nKind=macvtap\nParent=eth0\nMode=passthru\nMaxPerUser=2\n",
		     "5: MaxPerUser=2 is more than Max=1");
	refuses_text("[Network]\nKind=macvtap\nParent=eth0\nNetns=host caller\n", "4: Netns=caller: a macvtap there");
	refuses_text("[Network]\nKind=tap\nNetns=caller\nBridge=br0\n",
		     "3: Netns=caller: a port of the bridge in line 4 cannot be in another network namespace");
	refuses_text("[Network]\nKind=tun\nNetns=caller\nLifetimes=fd persistent\n",
		     "4: Lifetimes= must have session or namespace: with Netns=caller there is no other");
	refuses_text("[Network]\nKind=tun\nMax=4\nMaxPerUser=5\n", "4: MaxPerUser=5 is more than Max=4");
}

static void test_too_many_names(void **state)
{
	const struct network *network;

	(void)state;
	network = accepts_text("[Network]\nKind=tap\nNames=n1 n2 n3 n4 n5 n6 n7 n8\nNames=m1 m2 m3 m4 m5 m6 m7 m8\n");
	assert_int_equal(network->names_count, 16);
	refuses_text("[Network]\nKind=tap\nNames=n1 n2 n3 n4 n5 n6 n7 n8\nNames=m1 m2 m3 m4 m5 m6 m7 m8 m9\n",
		     "4: Names=m9: there are more than 16 names");
}

/* One run names everything that is wrong, in all files. */
static void test_all_at_once(void **state)
{
	(void)state;
	write_config("a.conf", "MTU=1\n[Network]\nKind=tip\nMTU=2\nFoo=3\nQueues=99\n");
	write_vendor("b.conf", "[Network]\nKind=macvtap\nMax=zero\n");
	write_config("c.conf", "[Network]\nKind=tun\nNames=vm*\n");
	write_config("d.conf", "[Network]\nKind=tun\nNames=vm1 x\ty%\n");
	assert_int_equal(refused(9), 3);
	assert_false(is_off("c"));
	said(config_dir, "a.conf", "1: MTU= stands before the line [Network]");
	said(config_dir, "a.conf", "3: Kind=tip");
	said(config_dir, "a.conf", "4: MTU=2");
	said(config_dir, "a.conf", "5: Foo=");
	said(config_dir, "a.conf", "6: Queues=99");
	said(vendor_dir, "b.conf", "3: Max=zero");
	said(vendor_dir, "b.conf", "1: Parent= is missing");
	said(config_dir, "d.conf", "3: Names=y%:");
	said(config_dir, "d.conf", "3: Names=vm1 and Names=vm* of");
}

static void test_directories(void **state)
{
	char huge[80];

	(void)state;
	accepted(0);
	write_vendor("lan.conf", "[Network]\nKind=tap\n");
	write_vendor("vpn.conf", "[Network]\nKind=tun\n");
	write_config("zoo.conf", "[Network]\nKind=tun\n");
	accepted(3);
	assert_string_equal(table.networks[0].name, "lan"); /* sorted */
	assert_string_equal(table.networks[1].name, "vpn");
	assert_string_equal(table.networks[2].name, "zoo");
	assert_null(network_find(&table, "la"));
	assert_null(network_find(&table, ""));

	write_config("lan.conf", "[Network]\nKind=tun\nMTU=1300\n"); /* replaces, does not add to */
	accepted(3);
	assert_int_equal(network_find(&table, "lan")->kind, TB_KIND_TUN);
	assert_int_equal(network_find(&table, "lan")->mtu, 1300);
	write_vendor("lan.conf", "nonsense"); /* not even looked at */
	accepted(3);
	write_config("lan.conf", "");
	accepted(2);
	assert_null(network_find(&table, "lan"));
	assert_int_equal(symlink("/dev/null", path_of(config_dir, "vpn.conf")), 0);
	accepted(1);
	write_vendor("empty.conf", "");
	accepted(1);

	/* A directory that is not there holds no files. */
	snprintf(huge, sizeof(huge), "%s/none", top);
	strcpy(config_dir, huge);
	strcpy(vendor_dir, huge);
	accepted(0);
	assert_int_equal(mkdir(huge, 0755), 0);
	accepted(0);
}

static void test_file_names(void **state)
{
	static const char *const ignored[] = {
		"README",     "lan.conf.example", "lan.conf~", ".lan.conf", ".conf",
		"lan.conf.d", "#lan.conf#",       "notes~",    "Lan",
	};
	static const char *const wrong[][2] = {
		{"Lan.conf", "is made of a-z 0-9 _ -"},
		{"l an.conf", "is made of a-z 0-9 _ -"},
		{"lan.1.conf", "is made of a-z 0-9 _ -"},
		{"0lan.conf", "begins with a letter"},
		{"abcdefghijklmnopqrstuvwxyz012345.conf", "has at most 31 characters"},
	};
	char complaint[128];

	(void)state;
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		write_config(ignored[i], "nonsense");
	write_config("abcdefghijklmnopqrstuvwxyz01234.conf", "[Network]\nKind=tap\n");
	accepted(1);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		write_config(wrong[i][0], "[Network]\nKind=tap\n");
		refused(1);
		snprintf(complaint, sizeof(complaint), " a network's name, which is the file's without .conf, %s",
			 wrong[i][1]);
		said(config_dir, wrong[i][0], complaint);
		unlink(path_of(config_dir, wrong[i][0]));
	}
	write_config("a\n<0>b.conf", "[Network]\nKind=tap\n"); /* must not make two lines of one */
	refused(1);
	said(config_dir, "(a name with unprintable bytes).conf", " a network's name");
}

/* lan.network may be what somebody waits for. */
static void test_wrong_suffix(void **state)
{
	static const char *const names[] = {"lan.network", "lan.CONF", "lan"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char expected[320];

		write_config(names[i], "[Network]\nKind=tap\n");
		assert_int_equal(read_networks(), 0);
		assert_int_equal(table.count, 0);
		snprintf(expected, sizeof(expected), "<4>%s: is not read: its name does not end in .conf\n",
			 path_of(config_dir, names[i]));
		assert_string_equal(logged, expected);
		unlink(path_of(config_dir, names[i]));
	}
	write_config("lan.\n<0>", "");
	accepted(0);
	assert_int_equal(mkdir(path_of(config_dir, "old"), 0755), 0);
	accepted(0);
	rmdir(path_of(config_dir, "old"));
	assert_int_equal(mkdir(path_of(config_dir, "lan.conf.d"), 0755), 0);
	assert_int_equal(read_networks(), 0);
	assert_non_null(strstr(logged, "lan.conf.d: is not read: a network is one file, without drop-ins\n"));
	rmdir(path_of(config_dir, "lan.conf.d"));
}

/* A mistake switches its own network off, and no other: each of these is one. */
static void test_one_mistake(void **state)
{
	static const char *const texts[] = {
		"[Network]\nKind=tap\nBrigde=br1\n",
		"# nothing but this\n",
		"[Network]\nKind=tap\nNames=good1\n",
		"[Network]\nKind=macvtap\nParent=eth0\nMode=passthru\n",
	};
	const struct network *network;

	(void)state;
	write_config("aa.conf", "[Network]\nKind=tap\nBridge=br0\nNames=good*\n");
	write_vendor("zz.conf", "[Network]\nKind=macvtap\nParent=eth1\n");
	write_config("b.conf", "[Network]\nKind=macvtap\nParent=eth0\n");
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		write_config("lan.conf", texts[i]);
		assert_int_equal(refused(1), 1);
		assert_int_equal(table.count, 4);
		assert_true(is_off("lan"));
		assert_non_null(strstr(logged, "<3>network lan is off: its file has 1 mistake\n"));
	}

	/* Nothing is allowed, whatever could be read: a ceiling must not be guessed. */
	write_config("lan.conf", "[Network]\nKind=macvtap\nParent=eth2\nNames=vm*\nMax=9\nVhost=yes\nFoo=1\nBar=2\n");
	refused(2);
	assert_non_null(strstr(logged, "<3>network lan is off: its file has 2 mistakes\n"));
	network = network_find(&table, "lan");
	assert_int_equal(network->kind, TB_KIND_MACVTAP); /* of devices that were handed out before */
	assert_string_equal(network->parent, "");
	assert_int_equal(network->names_count, 0);
	assert_int_equal(network->mtu + network->queues + network->max_per_user + network->max, 0);
	assert_int_equal(network->lifetimes + network->netns, 0);
	assert_false(network->vnet_hdr || network->vhost || network->listed);
	assert_false(allows_name(network, "vm0"));

	/* A network that is off is in nobody's way. */
	write_config("lan.conf", "[Network]\nKind=tap\nNames=vm*\nFoo=1\n");
	write_config("vpn.conf", "[Network]\nKind=tun\nNames=vm0\n");
	refused(1);
	assert_false(is_off("vpn"));
}

/* What cannot be read could have masked or replaced a vendor's network. */
static void test_wrong_directory(void **state)
{
	(void)state;
	write_config("lan.conf", "[Network]\nKind=tap\n");
	write_vendor("lan.conf", "[Network]\nKind=tun\n");
	write_vendor("vpn.conf", "[Network]\nKind=tun\n");
	assert_int_equal(chmod(path_of(config_dir, ""), 0777), 0);
	assert_int_equal(refused(3), 2);
	assert_true(is_off("lan"));
	assert_true(is_off("vpn"));
	said(vendor_dir, "vpn.conf", " is not read, because of what is wrong with ");
	assert_int_equal(chmod(path_of(config_dir, ""), 0755), 0);

	/* The other way round it is the vendor's alone. */
	assert_int_equal(chmod(path_of(vendor_dir, ""), 0777), 0);
	assert_int_equal(refused(2), 1);
	assert_false(is_off("lan"));
	assert_true(is_off("vpn"));
}

static void test_owner_and_mode(void **state)
{
	const char *lan = "[Network]\nKind=tap\n";

	(void)state;
	write_config("lan.conf", lan);
	accepted(1);
	assert_int_equal(chmod(path_of(config_dir, "lan.conf"), 0664), 0);
	refused(1);
	said(config_dir, "lan.conf", " group or others may write to it (mode 0664); do: chmod go-w");
	assert_int_equal(chmod(path_of(config_dir, "lan.conf"), 0602), 0);
	refused(1);
	assert_int_equal(chmod(path_of(config_dir, "lan.conf"), 0400), 0);
	accepted(1);

	assert_int_equal(chmod(path_of(config_dir, ""), 01777), 0); /* the sticky bit does not help */
	refused(2);
	assert_true(is_off("lan"));
	assert_non_null(strstr(logged, "/etc/networks.d: group or others may write to it (mode 1777)"));
	assert_int_equal(chmod(path_of(config_dir, ""), 0755), 0);
	assert_int_equal(chmod(config_dir, 0775), 0); /* who can replace the directory can replace the file */
	refused(2);
	assert_true(is_off("lan"));
	assert_non_null(strstr(logged, "/etc: group or others may write to it (mode 0775)"));
	assert_int_equal(chmod(config_dir, 0755), 0);
	assert_int_equal(chmod(path_of(vendor_dir, ""), 0757), 0);
	refused(1);
	assert_int_equal(chmod(path_of(vendor_dir, ""), 0755), 0);
	accepted(1);
}

static void test_owner(void **state)
{
	(void)state;
	write_config("lan.conf", "[Network]\nKind=tap\n");
	if (geteuid() != 0 || chown(path_of(config_dir, "lan.conf"), 65534, (gid_t)-1) < 0) {
		puts("# test_owner needs root, to give files away"); /* cmocka's skip() is a failure to prove */
		return;
	}
	refused(1);
	said(config_dir, "lan.conf", " belongs to uid 65534; it must belong to root");
	assert_int_equal(chown(path_of(config_dir, "lan.conf"), 0, (gid_t)-1), 0);
	accepted(1);
	assert_int_equal(chown(path_of(config_dir, ""), 65534, (gid_t)-1), 0);
	refused(2);
	assert_int_equal(chown(path_of(config_dir, ""), 0, (gid_t)-1), 0);
	assert_int_equal(chown(config_dir, 65534, (gid_t)-1), 0);
	refused(2);
}

/* A link is followed, and it is the target that must be right. */
static void test_no_plain_file(void **state)
{
	char target[96];

	(void)state;
	snprintf(target, sizeof(target), "%s/elsewhere", top);
	assert_int_equal(symlink(target, path_of(config_dir, "lan.conf")), 0);
	refused(1);
	said(config_dir, "lan.conf", " cannot be opened: No such file or directory");
	write_vendor("lan.conf", "nonsense"); /* replaced all the same */
	refused(1);
	unlink(path_of(vendor_dir, "lan.conf"));
	write_bytes(target, "[Network]\nKind=tap\n", 19);
	accepted(1);
	assert_int_equal(chmod(target, 0666), 0);
	refused(1);
	said(config_dir, "lan.conf", " group or others may write to it");
	unlink(path_of(config_dir, "lan.conf"));

	assert_int_equal(symlink("/dev/zero", path_of(config_dir, "lan.conf")), 0);
	refused(1);
	said(config_dir, "lan.conf", " is not a regular file");
	unlink(path_of(config_dir, "lan.conf"));
	assert_int_equal(mkfifo(path_of(config_dir, "lan.conf"), 0600), 0); /* and does not wait for a writer */
	refused(1);
	said(config_dir, "lan.conf", " is not a regular file");
	unlink(path_of(config_dir, "lan.conf"));
	assert_int_equal(mkdir(path_of(config_dir, "lan.conf"), 0700), 0);
	refused(1);
	said(config_dir, "lan.conf", " is not a regular file");
	rmdir(path_of(config_dir, "lan.conf"));
	rmdir(path_of(config_dir, ""));
	snprintf(target, sizeof(target), "%s/networks.d", config_dir);
	write_bytes(target, "", 0);
	refused(1);
	assert_non_null(strstr(logged, "/etc/networks.d: cannot be opened as a directory"));
}

static void test_sizes(void **state)
{
	static char text[NETWORK_FILE_MAX + 1] = "[Network]\nKind=tap\n";

	(void)state;
	memset(text + 19, '\n', sizeof(text) - 19);
	write_bytes(path_of(config_dir, "lan.conf"), text, NETWORK_FILE_MAX);
	accepted(1);
	write_bytes(path_of(config_dir, "lan.conf"), text, NETWORK_FILE_MAX + 1);
	refused(1);
	said(config_dir, "lan.conf", " is longer than 65536 bytes");
	unlink(path_of(config_dir, "lan.conf"));

	for (int i = 0; i < NETWORKS_MAX; i++) {
		char name[32];

		snprintf(name, sizeof(name), "n%d.conf", i);
		write_config(name, "[Network]\nKind=tap\n");
	}
	accepted(NETWORKS_MAX);
	write_config("z.conf", "[Network]\nKind=tap\n");
	refused(1);
	said(config_dir, "z.conf", " there are more than 256 networks");
}

static void test_names_in_conflict(void **state)
{
	/* Names= of one network and of another, and whether some name fits both. */
	static const struct {
		const char *a, *b;
		bool conflict;
	} pairs[] = {
		{"vm0", "vm0", true},    {"vm0", "vm1", false}, {"vm0", "vm*", true},     {"vm*", "vm0", true},
		{"vm", "vm*", true},     {"vm*", "vm1*", true}, {"vm1*", "vm*", true},    {"vm*", "vm*", true},
		{"vma*", "vmb*", false}, {"vma*", "vm", false}, {"a0 b0", "c0 b0", true}, {"vm*", "wm*", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		char text[128];

		snprintf(text, sizeof(text), "[Network]\nKind=tap\nNames=%s\n", pairs[i].a);
		write_config("lan.conf", text);
		snprintf(text, sizeof(text), "[Network]\nKind=tun\n\nNames=%s\n", pairs[i].b);
		write_vendor("vpn.conf", text);
		if (!pairs[i].conflict) {
			accepted(2);
			continue;
		}
		refused(1);
		said(vendor_dir, "vpn.conf", "4: Names=");
		assert_non_null(strstr(logged, "/etc/networks.d/lan.conf:3 can be the same interface"));
	}
	unlink(path_of(vendor_dir, "vpn.conf"));
	accepts_text("[Network]\nKind=tun\nNames=vm0 vm*\n"); /* within one network nothing is unclear */
}

/* Names that the broker chooses: eight characters of the network's, '-', and six digits. */
static void test_chosen_names(void **state)
{
	static const struct {
		const char *names; /* of another network, read later */
		bool conflict;     /* with "lan" or "production" */
	} rows[] = {
		{"lan-*", true},      {"la*", true},         {"lan-616795", true},   {"lan-61*", true},
		{"lan-61679a", true}, {"lan-61679", false},  {"lan-6167951", false}, {"lan-6167951*", false},
		{"lan-x*", false},    {"lan-61679g", false}, {"lan", false},         {"lan0*", false},
		{"producti-*", true}, {"productio*", false}, {"prod*", true},        {"vm*", false},
	};

	(void)state;
	write_config("lan.conf", "[Network]\nKind=tap\n");
	write_config("production.conf", "[Network]\nKind=tap\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[64];

		snprintf(text, sizeof(text), "[Network]\nKind=tun\nNames=%s\n", rows[i].names);
		write_vendor("vpn.conf", text);
		if (!rows[i].conflict) {
			accepted(3);
			continue;
		}
		refused(1);
		assert_true(is_off("vpn"));
		said(vendor_dir, "vpn.conf", "3: Names=");
		assert_non_null(strstr(logged, "-XXXXXX; change one"));
	}
	write_vendor("vpn.conf", "[Network]\nKind=tun\nNames=vpn-*\n"); /* within one network nothing is unclear */
	accepted(3);

	write_config("producti.conf", "[Network]\nKind=tap\n");
	write_config("production2.conf", "[Network]\nKind=tap\n");
	refused(2);
	assert_false(is_off("producti"));
	said(config_dir, "production.conf", " the broker would call its devices producti-XXXXXX");
	said(config_dir, "production2.conf", " the broker would call its devices producti-XXXXXX");

	write_config("producti.conf", "[Network]\nKind=tap\nNames=vp*\n");
	write_vendor("vpn.conf", "[Network]\nKind=tun\n");
	refused(3);
	said(vendor_dir, "vpn.conf", " the broker would call its devices vpn-XXXXXX, which can be Names=vp* of");
}

static void test_lower_in_conflict(void **state)
{
	(void)state;
	refuses_text("[Network]\nKind=tap\nBridge=br0\nNames=vm0 br*\n",
		     "4: Names=br*: a client could take the name of Bridge=br0");
	write_vendor("direct.conf", "[Network]\nKind=macvtap\nParent=eth1\n");
	refuses_text("[Network]\nKind=tap\nNames=eth1\n", "3: Names=eth1: a client could take the name of Parent=eth1");
	write_config("lan.conf", "[Network]\nKind=tap\nNames=eth2\n");
	accepted(2);
}

static void test_passthru_in_conflict(void **state)
{
	const char *direct = "[Network]\nKind=macvtap\nParent=eth1\nMode=passthru\n";

	(void)state;
	write_vendor("direct.conf", direct);
	write_config("lan.conf", "[Network]\nKind=macvtap\nParent=eth1\n");
	refused(1);
	said(vendor_dir, "direct.conf", "3: Parent=eth1: Mode=passthru needs it alone, but Parent=eth1 of ");
	assert_non_null(strstr(logged, "/etc/networks.d/lan.conf:3 uses it too"));
	assert_true(is_off("direct"));
	write_config("lan.conf", direct);
	refused(1);
	assert_true(is_off("direct"));
	write_config("lan.conf", "[Network]\nKind=tap\nBridge=eth1\n");
	refused(1);
	assert_true(is_off("direct"));
	write_config("a.conf", direct); /* read before both */
	refused(2);
	assert_false(is_off("a"));
	said(config_dir, "lan.conf", "3: Bridge=eth1: Mode=passthru needs it alone, but Parent=eth1 of ");
	unlink(path_of(config_dir, "a.conf"));
	write_config("lan.conf", "[Network]\nKind=macvtap\nParent=eth0\nMode=passthru\n");
	accepted(2);

	/* What is no conflict: a bridge or a parent that is shared. */
	write_vendor("direct.conf", "[Network]\nKind=macvtap\nParent=eth1\nMode=private\n");
	write_config("lan.conf", "[Network]\nKind=macvtap\nParent=eth1\n");
	write_config("br.conf", "[Network]\nKind=tap\nBridge=br0\n");
	write_config("br-open.conf", "[Network]\nKind=tap\nBridge=br0\nIsolated=no\n");
	accepted(4);
}

static void test_addresses_in_conflict(void **state)
{
	(void)state;
	write_config("a.conf", "[Network]\nKind=tap\nAddress=10.0.77.1/24 fd00:77::1/64\n");
	write_config("b.conf", "[Network]\nKind=tap\nAddress=10.0.77.129/25\n");
	refused(1);
	said(config_dir, "b.conf", "3: Address= overlaps Address= of ");
	write_config("b.conf", "[Network]\nKind=tap\nAddress=10.0.78.1/24 fd00:77:0:0:8000::1/72\n");
	refused(1);
	write_config("b.conf", "[Network]\nKind=tap\nAddress=10.0.78.1/24 fd00:77:0:1::1/64\n");
	accepted(2);
	write_config("b.conf",
		     "[Network]\nKind=macvtap\nParent=eth0\nSourceAddresses=192.0.2.1\nHostInterface=10.0.77.2\n");
	refused(1);
	said(config_dir, "b.conf", "5: HostInterface= overlaps Address= of ");
	write_config("a.conf",
		     "[Network]\nKind=macvtap\nParent=eth0\nSourceAddresses=192.0.2.0/28\nHostInterface=10.0.77.3\n");
	refused(1);
	said(config_dir, "b.conf", "4: SourceAddresses= overlaps SourceAddresses= of ");
	write_config("a.conf", "[Network]\nKind=macvtap\nParent=eth0\nSourceAddresses=192.0.2.0/28\n");
	accepted(2);
	write_config("a.conf", "[Network]\nKind=tap\nNames=th-*\n");
	refused(1);
	said(config_dir, "a.conf", "3: Names=th-*: a client could take the name of HostInterface=th-b of ");
	write_config("a.conf", "[Network]\nKind=macvtap\nParent=eth0\nSourceAddresses=192.0.2.0/28\n");
	accepted(2);
}

static void test_allows_name(void **state)
{
	const struct network *network;

	(void)state;
	network = accepts_text("[Network]\nKind=tap\nNames=vm0 test*\n");
	assert_true(allows_name(network, "vm0"));
	assert_true(allows_name(network, "test1"));
	assert_true(allows_name(network, "test"));
	assert_false(allows_name(network, "vm01"));
	assert_false(allows_name(network, "vm"));
	assert_false(allows_name(network, "tes"));
	assert_false(allows_name(network, ""));
	network = accepts_text("[Network]\nKind=tap\n");
	assert_false(allows_name(network, "vm0"));
	assert_false(allows_name(network, ""));
}

/* The table in memory that nobody can change any more, as monitor and clerk have it. */
static void test_sealed(void **state)
{
	const struct network_table *mapped;
	int fd;

	(void)state;
	accepts_text("[Network]\nKind=tap\nNames=vm0\n");
	fd = networks_seal(&table);
	assert_true(fd >= 0);
	assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	mapped = networks_map(fd);
	assert_non_null(mapped);
	assert_memory_equal(mapped, &table, sizeof(table));
	assert_true(allows_name(network_find(mapped, "lan"), "vm0"));

	assert_int_equal(pwrite(fd, "x", 1, 0), -1);
	assert_int_equal(ftruncate(fd, 0), -1);
	assert_int_equal(ftruncate(fd, 2 * sizeof(table)), -1);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
	assert_ptr_equal(mmap(NULL, sizeof(table), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
	close(fd);
	assert_string_equal(network_find(mapped, "lan")->name, "lan");
	munmap((void *)mapped, sizeof(*mapped));
}

/* A memory of the right size, or nearly, with so many networks and these seals. */
static int other_memory(size_t size, size_t count, int seals)
{
	static struct network_table other;
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	other.count = count;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, &other, sizeof(other)), sizeof(other));
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

static void refuses_memory(int fd)
{
	assert_null(networks_map(fd));
	close(fd);
}

/* Who cannot be without the table ends. */
static void test_without_a_table(void **state)
{
	const struct network_table *mapped;
	int fd = networks_seal(&table);
	int status;
	pid_t pid;

	(void)state;
	mapped = networks_must_map(fd);
	assert_memory_equal(mapped, &table, sizeof(table));
	munmap((void *)mapped, sizeof(*mapped));
	close(fd);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		networks_must_map(-1);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 1);
}

static void test_not_sealed(void **state)
{
	const int seals[] = {F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE};
	const int all = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	const struct network_table *mapped;
	int good = other_memory(sizeof(table), NETWORKS_MAX, all);
	int fds[2];

	(void)state;
	mapped = networks_map(good);
	assert_non_null(mapped);
	munmap((void *)mapped, sizeof(*mapped));
	close(good);
	for (size_t i = 0; i < sizeof(seals) / sizeof(seals[0]); i++)
		refuses_memory(other_memory(sizeof(table), 0, all & ~seals[i]));
	refuses_memory(other_memory(sizeof(table) - 1, 0, all));
	refuses_memory(other_memory(sizeof(table) + 1, 0, all));
	refuses_memory(other_memory(sizeof(table), NETWORKS_MAX + 1, all));
	refuses_memory(open("/dev/null", O_RDWR | O_CLOEXEC));
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	close(fds[1]);
	refuses_memory(fds[0]);
}

/* The examples that are installed as documentation can be used as they are. */
static void test_examples(void **state)
{
	static const char *const names[] = {"direct.conf", "lan.conf", "tunnel.conf"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[64], text[4096];
		ssize_t length;
		int fd;

		snprintf(path, sizeof(path), "policy/networks.d/%s", names[i]);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		assert_true(fd >= 0); /* the tests are run at the top of the source tree */
		length = read(fd, text, sizeof(text));
		assert_in_range(length, 1, sizeof(text) - 1);
		write_bytes(path_of(config_dir, names[i]), text, (size_t)length);
		close(fd);
	}
	accepted(3);
	assert_int_equal(network_find(&table, "lan")->kind, TB_KIND_TAP);
	assert_int_equal(network_find(&table, "tunnel")->kind, TB_KIND_TUN);
	assert_int_equal(network_find(&table, "direct")->kind, TB_KIND_MACVTAP);
}

#define IN_DIRECTORIES(test) cmocka_unit_test_setup_teardown(test, make_directories, remove_directories)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_DIRECTORIES(test_defaults),
		IN_DIRECTORIES(test_every_key),
		IN_DIRECTORIES(test_own_bridge),
		IN_DIRECTORIES(test_routed),
		IN_DIRECTORIES(test_routing),
		IN_DIRECTORIES(test_publish),
		IN_DIRECTORIES(test_lines_accepted),
		IN_DIRECTORIES(test_lines_refused),
		IN_DIRECTORIES(test_host_interface),
		IN_DIRECTORIES(test_device),
		IN_DIRECTORIES(test_values),
		IN_DIRECTORIES(test_locks),
		IN_DIRECTORIES(test_traits),
		IN_DIRECTORIES(test_wrong_locks),
		IN_DIRECTORIES(test_kinds),
		IN_DIRECTORIES(test_too_many_names),
		IN_DIRECTORIES(test_all_at_once),
		IN_DIRECTORIES(test_directories),
		IN_DIRECTORIES(test_file_names),
		IN_DIRECTORIES(test_wrong_suffix),
		IN_DIRECTORIES(test_one_mistake),
		IN_DIRECTORIES(test_wrong_directory),
		IN_DIRECTORIES(test_owner_and_mode),
		IN_DIRECTORIES(test_owner),
		IN_DIRECTORIES(test_no_plain_file),
		IN_DIRECTORIES(test_sizes),
		IN_DIRECTORIES(test_names_in_conflict),
		IN_DIRECTORIES(test_chosen_names),
		IN_DIRECTORIES(test_lower_in_conflict),
		IN_DIRECTORIES(test_passthru_in_conflict),
		IN_DIRECTORIES(test_addresses_in_conflict),
		IN_DIRECTORIES(test_allows_name),
		IN_DIRECTORIES(test_examples),
		IN_DIRECTORIES(test_sealed),
		cmocka_unit_test(test_not_sealed),
		cmocka_unit_test(test_without_a_table),
	};

	umask(022);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("network", tests, NULL, NULL);
}
