/* Unit test of what an earlier broker left: aliases, and the names under which the supervisor keeps what is left. */
#include "tests/unit/clerk.h"

#include "broker/clerk/lease/adopt.h"
#include "proto/name.h"
#include "broker/shared/shield.h"

#include <fcntl.h>

#include <cmocka.h>

static struct alias alias; /* of a session on lan, whose client has ended */

static int set_up(void **state)
{
	(void)state;
	test_networks_set();
	test_lease_limits.leases = 2;
	clerk_open();
	alias = (struct alias){.lease = {1, 2, 3},
			       .state = ALIAS_HANDED_OUT,
			       .uid = ALICE,
			       .gid = 5,
			       .pid = 0x7ffffff,
			       .start_time = 1,
			       .since = 1700000000,
			       .lifetime = TB_LIFETIME_SESSION,
			       .mtu = 1400,
			       .mac = {2, 0, 0, 0, 0, 9},
			       .network = "lan"};
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	clerk_close();
	return 0;
}

static struct link *add_link(uint32_t ifindex, const char *kind)
{
	struct link *link = &test_links[test_links_count++];

	memset(link, 0, sizeof(*link));
	link->ifindex = ifindex;
	snprintf(link->name, sizeof(link->name), "vm%u", ifindex);
	strcpy(link->kind, kind);
	memcpy(link->mac, alias.mac, sizeof(link->mac));
	alias_write(&alias, link->alias);
	return link;
}

static void adopt_all(char *stored, int first_fd, char *away)
{
	assert_int_equal(adopt(&test_networks, stored, first_fd, away), 0);
}

static void assert_deleted(uint32_t ifindex)
{
	assert_int_equal(leases_count(), 0);
	assert_int_equal(reaper_takes().ifindex, ifindex);
	assert_true(nothing_for(others.reaper));
}

static void test_what_the_alias_says(void **state)
{
	const struct lease *lease;

	(void)state;
	alias.lifetime = TB_LIFETIME_PERSISTENT;
	add_link(7, "tun")->master = 3;
	adopt_all(NULL, -1, NULL);
	lease = lease_by_ifindex(7);
	assert_non_null(lease);
	assert_int_equal(lease->state, LEASE_HELD);
	assert_ptr_equal(lease_by_id(alias.lease), lease);
	assert_ptr_equal(lease->network, test_network("lan"));
	assert_int_equal(lease->kind, TB_KIND_TAP);
	assert_int_equal(lease->uid, ALICE);
	assert_int_equal(lease->gid, 5);
	assert_int_equal(lease->mtu, 1400);
	assert_int_equal(lease->master, 3);
	assert_int_equal(lease->since, 1700000000);
	assert_memory_equal(lease->mac, alias.mac, TB_MAC_SIZE);
	assert_string_equal(lease->name, "vm7");
	/* What was done to it while nobody looked. */
	assert_int_equal(looker_count, 1);
	assert_int_equal(looker_jobs[0], 7);
}

static void test_kinds(void **state)
{
	(void)state;
	alias.lifetime = TB_LIFETIME_PERSISTENT;
	add_link(7, "macvtap");
	alias.lease[0]++;
	memset(alias.mac, 0, sizeof(alias.mac));
	add_link(8, "tun");
	adopt_all(NULL, -1, NULL);
	assert_int_equal(lease_by_ifindex(7)->kind, TB_KIND_MACVTAP);
	assert_int_equal(lease_by_ifindex(8)->kind, TB_KIND_TUN);
}

static void test_network_is_gone(void **state)
{
	(void)state;
	alias.lifetime = TB_LIFETIME_FD;
	strcpy(alias.network, "old");
	add_link(7, "tun");
	adopt_all(NULL, -1, NULL);
	assert_null(lease_by_ifindex(7)->network);
	assert_string_equal(lease_by_ifindex(7)->network_name, "old");
}

static void test_never_handed_out(void **state)
{
	(void)state;
	alias.state = ALIAS_MADE;
	alias.lifetime = TB_LIFETIME_PERSISTENT;
	add_link(7, "tun");
	adopt_all(NULL, -1, NULL);
	assert_deleted(7);
}

static void test_foreign_links(void **state)
{
	(void)state;
	strcpy(add_link(7, "tun")->alias, "my own tap");
	test_logged[0] = '\0';
	adopt_all(NULL, -1, NULL);
	assert_string_equal(test_logged, "");
	add_link(9, "dummy");
	strcpy(add_link(8, "tun")->alias, ALIAS_PREFIX "nonsense");
	adopt_all(NULL, -1, NULL);
	assert_non_null(strstr(test_logged, "it is left alone"));
	assert_int_equal(leases_count(), 0);
	assert_true(nothing_for(others.reaper));
}

/* A session without lifeline: a macvtap outlives its holder, a tap is there because somebody has its fd. */
static void test_holder_has_ended(void **state)
{
	(void)state;
	add_link(7, "macvtap");
	adopt_all(NULL, -1, NULL);
	assert_deleted(7);
	add_link(8, "tun");
	adopt_all(NULL, -1, NULL);
	assert_int_equal(lease_by_ifindex(8)->state, LEASE_HELD);
	assert_int_equal(lease_by_ifindex(8)->holder, -1);
}

static uint64_t own_start_time(void)
{
	struct client client;
	int own;
	int other = client_socket(ALICE, &own);
	uint64_t start_time;

	assert_int_equal(client_identify(&client, own), 0);
	start_time = client.start_time;
	client_close(&client);
	close(other);
	return start_time;
}

static void test_holder_runs(void **state)
{
	(void)state;
	alias.pid = getpid();
	alias.start_time = own_start_time();
	add_link(7, "macvtap");
	adopt_all(NULL, -1, NULL);
	assert_int_equal(lease_by_ifindex(7)->state, LEASE_HELD);
	assert_true(lease_by_ifindex(7)->holder >= 0);
	clerk_run();
	assert_int_equal(lease_by_ifindex(7)->state, LEASE_HELD);
}

/* Another process has got its number. */
static void test_holder_is_another(void **state)
{
	(void)state;
	alias.pid = getpid();
	alias.start_time = own_start_time() + 1;
	add_link(7, "macvtap");
	adopt_all(NULL, -1, NULL);
	assert_deleted(7);
}

/* Lifelines come as fds in a row, which nothing else stands in. */
#define FIRST_FD 200

static int keep_lifeline(int fd)
{
	int own;
	int client = client_socket(ALICE, &own);

	assert_int_equal(dup2(own, fd), fd);
	close(own);
	return client;
}

static void test_lifeline(void **state)
{
	char stored[STORED_NAME_SIZE];
	int client = keep_lifeline(FIRST_FD);

	(void)state;
	alias_write_lifeline(alias.lease, stored);
	add_link(7, "macvtap");
	adopt_all(stored, FIRST_FD, NULL);
	assert_int_equal(lease_by_ifindex(7)->lifeline, FIRST_FD);
	assert_true(lease_by_ifindex(7)->stored);
	assert_int_equal(fcntl(FIRST_FD, F_GETFD), FD_CLOEXEC);
	close(client);
	clerk_run();
	assert_int_equal(lease_by_ifindex(7)->state, LEASE_DELETING);
}

/* Each lease has its own, in whatever order they come. */
static void test_two_lifelines(void **state)
{
	char stored[3 * STORED_NAME_SIZE];
	char name[STORED_NAME_SIZE];
	int clients[2];

	(void)state;
	add_link(7, "macvtap");
	alias_write_lifeline(alias.lease, name);
	alias.lease[0]++;
	add_link(8, "macvtap");
	alias_write_lifeline(alias.lease, stored);
	strcat(strcat(stored, ":"), name);
	for (int i = 0; i < 2; i++)
		clients[i] = keep_lifeline(FIRST_FD + i);
	adopt_all(stored, FIRST_FD, NULL);
	assert_int_equal(lease_by_ifindex(8)->lifeline, FIRST_FD);
	assert_int_equal(lease_by_ifindex(7)->lifeline, FIRST_FD + 1);
	for (int i = 0; i < 2; i++)
		close(clients[i]);
}

/* The device of the second is gone, and the first and third are none: nothing of them stays. */
static void test_lifelines_of_nothing(void **state)
{
	char stored[3 * STORED_NAME_SIZE] = "something:";
	char name[STORED_NAME_SIZE];
	union test_message message;
	int clients[3];

	(void)state;
	for (int i = 0; i < 3; i++)
		clients[i] = keep_lifeline(FIRST_FD + i);
	alias_write_lifeline(alias.lease, name);
	strcat(stored, name);
	strcat(stored, ":lease-xyz");
	adopt_all(stored, FIRST_FD, NULL);
	assert_int_equal(leases_count(), 0);
	assert_int_equal(take(clients[0], &message, NULL), -1);
	assert_int_equal(take(clients[1], &message, NULL), TB_ANS_END);
	assert_int_equal(message.end.reason, TB_REASON_DEVICE_GONE);
	assert_true(tb_field_empty((const char *)message.end.reserved, sizeof(message.end.reserved)));
	assert_int_equal(take(clients[1], &message, NULL), -1);
	assert_int_equal(take(clients[2], &message, NULL), -1);
	clerk_run();
	assert_int_equal(take(others.monitor, &message, NULL), TB_REQ_DROP);
	assert_memory_equal(message.store.lease, alias.lease, TB_ID_SIZE);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(fcntl(FIRST_FD + i, F_GETFD), -1);
		close(clients[i]);
	}
}

static void test_fewer_leases_now(void **state)
{
	(void)state;
	alias.lifetime = TB_LIFETIME_PERSISTENT;
	for (uint8_t i = 0; i < 2 + LEASES_RESERVED_FOR_ROOT + 1; i++) {
		alias.lease[0] = i;
		add_link(10 + i, "tun");
	}
	adopt_all(NULL, -1, NULL);
	assert_int_equal(leases_count(), 2 + LEASES_RESERVED_FOR_ROOT);
	assert_int_equal(reaper_takes().ifindex, 10 + 2 + LEASES_RESERVED_FOR_ROOT);
}

static void test_away(void **state)
{
	char stored[STORED_NAME_SIZE];
	char device[STORED_NAME_SIZE];
	int client = keep_lifeline(FIRST_FD);
	const struct lease *lease;

	(void)state;
	strcpy(alias.network, "pod");
	alias_write_lifeline(alias.lease, stored);
	alias_write_device(&alias, &(struct stored_device){.name = "vm3", .ifindex = 7, .nsid = 4}, device);
	adopt_all(stored, FIRST_FD, device);
	lease = lease_by_id(alias.lease);
	assert_non_null(lease);
	assert_true(lease->away);
	assert_true(lease->stored);
	assert_string_equal(lease->name, "vm3");
	assert_int_equal(lease->ifindex, 7);
	assert_null(lease_by_ifindex(7));
	assert_int_equal(looker_count, 0);
	close(client);
	clerk_run();
	assert_int_equal(reaper_takes().ifindex, 0);
}

/* Without its lifeline nobody would ever say that it ends. */
static void test_away_without_lifeline(void **state)
{
	char device[STORED_NAME_SIZE];
	union test_message message;

	(void)state;
	alias_write_device(&alias, &(struct stored_device){.name = "vm3", .ifindex = 7, .nsid = 4}, device);
	adopt_all(NULL, -1, device);
	assert_deleted(0);
	clerk_run();
	assert_int_equal(take(others.monitor, &message, NULL), TB_REQ_DROP);
}

/* A tap in the shield, and the inner end of its veth, which leads to this port. */
static void add_shielded(uint32_t tap, uint32_t port)
{
	char name[TB_NAME_SIZE];
	struct link *inner;

	shield_inner_name(alias.lease, name);
	test_links_side[test_links_count] = SIDE_SHIELD;
	inner = add_link(tap + 1000, "veth");
	inner->lower = port;
	strcpy(inner->name, name);
	test_links_side[test_links_count] = SIDE_SHIELD;
	add_link(tap, "tun");
}

static void test_shielded(void **state)
{
	struct tb_delete order;
	struct lease *lease;

	(void)state;
	alias.lifetime = TB_LIFETIME_FD;
	add_shielded(7, 30);
	test_port = (struct link){.ifindex = 30, .master = 3};
	adopt_all(NULL, -1, NULL);
	assert_null(lease_by_ifindex(7));
	lease = lease_by_tap(7);
	assert_non_null(lease);
	assert_ptr_equal(lease_by_ifindex(30), lease);
	assert_int_equal(lease->master, 3);
	assert_true(nothing_for(others.reaper));
	assert_int_equal(looker_count, 2);
	/* Nothing is found by numbers that are another's now. */
	lease_end(lease, TB_REASON_REVOKED);
	clerk_run();
	order = reaper_takes();
	reaper_say(&order, 0);
	clerk_pass(1000);
	assert_null(lease_by_tap(7));
	assert_null(lease_by_ifindex(30));
	assert_int_equal(leases_count(), 0);
}

/* A tap whose port is gone leads nowhere, and a port whose tap is gone too. */
static void test_half_of_a_shielded_one(void **state)
{
	struct tb_delete order;

	(void)state;
	alias.lifetime = TB_LIFETIME_FD;
	test_links_side[test_links_count] = SIDE_SHIELD;
	add_link(7, "tun");
	alias.lease[0]++;
	add_shielded(8, 30);
	test_links_count--;
	adopt_all(NULL, -1, NULL);
	assert_int_equal(leases_count(), 0);
	order = reaper_takes();
	assert_int_equal(order.ifindex, 7);
	assert_int_equal(order.place, TB_PLACE_SHIELD);
	order = reaper_takes();
	assert_int_equal(order.ifindex, 0);
	assert_int_equal(order.place, TB_PLACE_SHIELD);
	assert_memory_equal(order.lease, alias.lease, SHIELD_ID_BYTES);
	assert_true(nothing_for(others.reaper));
}

static void test_away_with_a_strange_name(void **state)
{
	char device[] = "device-what:lease-else";

	(void)state;
	adopt_all(NULL, -1, device);
	assert_int_equal(leases_count(), 0);
	assert_true(nothing_for(others.reaper));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_what_the_alias_says, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_kinds, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_network_is_gone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_never_handed_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_foreign_links, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_holder_has_ended, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_holder_runs, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_holder_is_another, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lifeline, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_two_lifelines, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lifelines_of_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_fewer_leases_now, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_away, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_shielded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_half_of_a_shielded_one, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_away_without_lifeline, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_away_with_a_strange_name, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
