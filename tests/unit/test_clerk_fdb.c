/* Unit test of the memory of bridges' entries: which of them a port's own address has taken, and what is put back when
 * the port is gone. The kernel's news is made here, message by message. */
#include "tests/unit/clerk.h"

#include <libmnl/libmnl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include <cmocka.h>

#define PORT 5  /* another's, whose entry it was */
#define TAKER 9 /* ours */

static const uint8_t mac[TB_MAC_SIZE] = {2, 3, 4, 5, 6, 7};
static const uint8_t other_mac[TB_MAC_SIZE] = {2, 3, 4, 5, 6, 8};

static int set_up(void **state)
{
	(void)state;
	test_networks_set();
	clerk_open();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	clerk_close();
	return 0;
}

/* One message of the kernel's. mac_size bytes of the address; 0: none. */
static void kernel_says(uint16_t type, int port, uint16_t entry_state, const uint8_t *address, size_t mac_size,
			uint16_t vlan)
{
	char buffer[256] = "";
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct ndmsg *info = mnl_nlmsg_put_extra_header(message, sizeof(*info));

	message->nlmsg_type = type;
	info->ndm_family = AF_BRIDGE;
	info->ndm_ifindex = port;
	info->ndm_state = entry_state;
	info->ndm_flags = NTF_MASTER;
	if (mac_size > 0)
		mnl_attr_put(message, NDA_LLADDR, mac_size, address);
	if (vlan != 0)
		mnl_attr_put_u16(message, NDA_VLAN, vlan);
	assert_int_equal(send(others.neighbours, message, message->nlmsg_len, MSG_DONTWAIT), message->nlmsg_len);
}

static void deleted(int port, const uint8_t *address, uint16_t vlan)
{
	kernel_says(RTM_DELNEIGH, port, NUD_NOARP | NUD_PERMANENT, address, TB_MAC_SIZE, vlan);
	loop_step(0);
}

static void taken(int port, const uint8_t *address)
{
	kernel_says(RTM_NEWNEIGH, port, NUD_PERMANENT, address, TB_MAC_SIZE, 0);
	loop_step(0);
}

/* The reaper is told to put back an entry of this port. */
static void assert_put_back(uint32_t port, const uint8_t *address, uint16_t vlan)
{
	struct tb_fdb_entry entry;
	size_t nfds = 0;

	assert_int_equal(tb_receive(others.reaper, &entry, sizeof(entry), NULL, &nfds), sizeof(entry));
	assert_int_equal(entry.header.type, TB_PUT_BACK);
	assert_int_equal(entry.port, port);
	assert_int_equal(entry.vlan, vlan);
	assert_int_equal(entry.state, NUD_NOARP | NUD_PERMANENT);
	assert_int_equal(entry.flags, NTF_MASTER);
	assert_memory_equal(entry.mac, address, TB_MAC_SIZE);
}

static void test_what_was_taken_is_put_back(void **state)
{
	(void)state;
	deleted(PORT, mac, 7);
	taken(TAKER, mac);
	deleted(PORT + 1, other_mac, 0);
	taken(TAKER, other_mac);
	fdb_restore(TAKER);
	assert_put_back(PORT, mac, 7);
	assert_put_back(PORT + 1, other_mac, 0);
	/* Once. */
	fdb_restore(TAKER);
	assert_true(nothing_for(others.reaper));
}

/* What came last before the port has gone may not have been read yet. */
static void test_news_on_its_way(void **state)
{
	(void)state;
	kernel_says(RTM_DELNEIGH, PORT, NUD_NOARP | NUD_PERMANENT, mac, TB_MAC_SIZE, 0);
	kernel_says(RTM_NEWNEIGH, TAKER, NUD_PERMANENT, mac, TB_MAC_SIZE, 0);
	fdb_restore(TAKER);
	assert_put_back(PORT, mac, 0);
}

static void test_what_is_none_of_its_doing(void **state)
{
	(void)state;
	/* Learned by the bridge, which learns it again. */
	kernel_says(RTM_DELNEIGH, PORT, NUD_REACHABLE, mac, TB_MAC_SIZE, 0);
	taken(TAKER, mac);
	fdb_restore(TAKER);
	assert_true(nothing_for(others.reaper));
	/* Deleted by the administrator, long before, or another address, or taken by no port as its own. */
	deleted(PORT, mac, 0);
	taken(TAKER, other_mac);
	kernel_says(RTM_NEWNEIGH, TAKER, NUD_REACHABLE, mac, TB_MAC_SIZE, 0);
	loop_step(0);
	test_now += 101;
	taken(TAKER, mac);
	fdb_restore(TAKER);
	assert_true(nothing_for(others.reaper));
	/* Another port's doing. */
	deleted(PORT, mac, 0);
	taken(TAKER + 1, mac);
	taken(TAKER, mac);
	fdb_restore(TAKER);
	assert_true(nothing_for(others.reaper));
	fdb_restore(TAKER + 1);
	assert_put_back(PORT, mac, 0);
}

/* An address of another length, or none, is not for us. */
static void test_strange_news(void **state)
{
	static const uint8_t long_address[20] = {2, 3, 4, 5, 6, 7};

	(void)state;
	kernel_says(RTM_DELNEIGH, PORT, NUD_NOARP | NUD_PERMANENT, NULL, 0, 0);
	kernel_says(RTM_DELNEIGH, PORT, NUD_NOARP | NUD_PERMANENT, long_address, sizeof(long_address), 0);
	kernel_says(RTM_DELNEIGH, PORT, NUD_NOARP | NUD_PERMANENT, long_address, 4, 0);
	taken(TAKER, mac);
	for (int i = 0; i < 4; i++)
		loop_step(0);
	fdb_restore(TAKER);
	assert_true(nothing_for(others.reaper));
}

static void number_mac(uint8_t address[TB_MAC_SIZE], uint32_t number)
{
	address[0] = 2;
	address[1] = 0;
	memcpy(address + 2, &number, sizeof(number));
}

/* The oldest is forgotten when there are too many. */
static void test_the_memory_has_an_end(void **state)
{
	static const uint32_t kept[] = {FDB_MEMORY, 1, FDB_MEMORY - 1};
	uint8_t address[TB_MAC_SIZE];

	(void)state;
	for (uint32_t i = 0; i <= FDB_MEMORY; i++) {
		number_mac(address, i);
		deleted(PORT, address, 0);
		if (i < 2 || i >= FDB_MEMORY - 1)
			taken(TAKER, address);
	}
	fdb_restore(TAKER);
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		number_mac(address, kept[i]);
		assert_put_back(PORT, address, 0);
	}
	assert_true(nothing_for(others.reaper));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_what_was_taken_is_put_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_news_on_its_way, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_is_none_of_its_doing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_strange_news, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_the_memory_has_an_end, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
