/* Unit test of the guard: the kernel's news is a hint; what counts is the look. */
#include "tests/unit/clerk.h"

#include <cmocka.h>

static struct lease *lease;
static struct link made; /* its device, as it was made */
static bool news_lost;   /* the kernel says so next */

/* Takes the place of the C library's. */
ssize_t recvfrom(int fd, void *buffer, size_t size, int flags, struct sockaddr *from, socklen_t *from_size)
{
	if (news_lost && fd == channels.links) {
		news_lost = false;
		errno = ENOBUFS;
		return -1;
	}
	return syscall(SYS_recvfrom, fd, buffer, size, flags, from, from_size);
}

static void lease_make(enum tb_kind kind, enum tb_lifetime lifetime)
{
	static const uint8_t id[TB_ID_SIZE] = {1};
	static const char name[TB_NAME_SIZE] = "vm7";
	struct alias alias = {.state = ALIAS_HANDED_OUT, .uid = ALICE, .gid = 5, .lifetime = lifetime, .mtu = 1500};

	lease = lease_begin_again(test_network("lan"), test_network("lan")->name, ALICE);
	lease->kind = kind;
	lease->lifetime = lifetime;
	lease->gid = 5;
	lease->mtu = 1500;
	lease->master = 3;
	lease->mac[5] = 9;
	lease_set_id(lease, id);
	lease_set_device(lease, name, 7);
	lease_happens(lease, LEASE_ADOPTED);
	memcpy(alias.lease, id, TB_ID_SIZE);
	memcpy(alias.mac, lease->mac, TB_MAC_SIZE);
	strcpy(alias.network, "lan");
	memset(&made, 0, sizeof(made));
	made.ifindex = 7;
	made.master = 3;
	made.tun_owned = true;
	made.tun_persistent = lifetime == TB_LIFETIME_PERSISTENT;
	made.tun_owner = made.tun_persistent ? ALICE : MONITOR_UID;
	made.tun_group = made.tun_persistent ? 5 : MONITOR_GID;
	lease_device_mac(lease, made.mac);
	alias_write(&alias, made.alias);
}

static int set_up(void **state)
{
	(void)state;
	test_networks_set();
	clerk_open();
	lease_make(TB_KIND_TAP, TB_LIFETIME_SESSION);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	clerk_close();
	return 0;
}

static void news(const struct link *link)
{
	struct test_news changed = {.gone = 0, .changed = *link};

	kernel_say(&changed);
	clerk_run();
}

/* The looker has done the one job that it has, and this is what it saw. */
static void seen(const struct link *link)
{
	assert_int_equal(looker_count, 1);
	assert_int_equal(looker_jobs[0], 7);
	looker_count = 0;
	looker_tells->seen(SIDE_HERE, link, true);
}

static void test_as_it_was_made(void **state)
{
	static const enum tb_lifetime lifetimes[] = {TB_LIFETIME_SESSION, TB_LIFETIME_FD, TB_LIFETIME_PERSISTENT};
	static const enum tb_kind kinds[] = {TB_KIND_TAP, TB_KIND_TUN, TB_KIND_MACVTAP};

	(void)state;
	for (int i = 0; i < 9; i++) {
		lease_free(lease);
		lease_make(kinds[i % 3], lifetimes[i / 3]);
		guard_judge(lease, SIDE_HERE, &made);
		assert_int_equal(lease->state, LEASE_HELD);
	}
}

/* The news says something terrible, as another user namespace sees it: the look says that all is well. */
static void test_news_is_a_hint(void **state)
{
	struct link wrong = made;

	(void)state;
	wrong.tun_owner = 65534;
	wrong.mac[0] = 1;
	news(&wrong);
	assert_int_equal(lease->state, LEASE_HELD);
	seen(&made);
	assert_int_equal(lease->state, LEASE_HELD);
}

/* And the other way: the news is harmless, the device is not. */
static void test_the_look_counts(void **state)
{
	struct link wrong = made;

	(void)state;
	news(&made);
	wrong.tun_persistent = true;
	seen(&wrong);
	assert_int_equal(lease->state, LEASE_DELETING);
}

static void assert_ends(const struct link *link, const char *reason)
{
	char word[64];

	guard_judge(lease, SIDE_HERE, link);
	assert_int_equal(lease->state, LEASE_DELETING);
	snprintf(word, sizeof(word), "verdict=ended reason=%s ", reason);
	assert_non_null(strstr(test_logged, word));
	clerk_close();
	set_up(NULL);
}

static void test_each_reason(void **state)
{
	struct link link = made;

	(void)state;
	link.mac[5]++;
	assert_ends(&link, "guard-mac");
	link = made;
	link.tun_owner = ALICE;
	assert_ends(&link, "guard-owner");
	link = made;
	link.tun_group++;
	assert_ends(&link, "guard-owner");
	link = made;
	link.tun_owned = false;
	assert_ends(&link, "guard-owner");
	link = made;
	link.tun_persistent = true;
	assert_ends(&link, "guard-persist");
	link = made;
	link.master = 4;
	assert_ends(&link, "guard-master");
	link = made;
	link.alias[strlen(link.alias) - 1] = 'x';
	assert_ends(&link, "guard-alias");
}

/* A device that has lost its bridge harms nobody. */
static void test_no_master(void **state)
{
	struct link link = made;

	(void)state;
	link.master = 0;
	guard_judge(lease, SIDE_HERE, &link);
	assert_int_equal(lease->state, LEASE_HELD);
}

/* A macvtap has no owner. */
static void test_macvtap(void **state)
{
	(void)state;
	lease_free(lease);
	lease_make(TB_KIND_MACVTAP, TB_LIFETIME_SESSION);
	made.tun_owned = false;
	guard_judge(lease, SIDE_HERE, &made);
	assert_int_equal(lease->state, LEASE_HELD);
}

/* One look at a time, and one more if something has changed since. */
static void test_looks_are_few(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		news(&made);
	assert_int_equal(looker_count, 1);
	seen(&made);
	seen(&made);
	assert_int_equal(looker_count, 0);
}

static void test_flood(void **state)
{
	struct test_news changed = {.gone = 0, .changed = made};

	(void)state;
	for (int i = 0; i < 200; i++) {
		kernel_say(&changed);
		loop_step(0);
	}
	assert_int_equal(lease->state, LEASE_HELD);
	test_now += 1000;
	for (int i = 0; i < 200; i++) {
		kernel_say(&changed);
		loop_step(0);
	}
	assert_int_equal(lease->state, LEASE_HELD);
	kernel_say(&changed);
	loop_step(0);
	assert_int_equal(lease->state, LEASE_DELETING);
	assert_non_null(strstr(test_logged, "guard-flood"));
}

/* After the kernel has lost news it loses more, until all that was queued is read: only a look that begins after that
 * misses nothing. */
static void test_lost_news(void **state)
{
	struct test_news changed = {.changed = made};

	(void)state;
	for (int i = 0; i < 3; i++)
		kernel_say(&changed);
	looker_count = 0;
	news_lost = true;
	loop_step(0);
	assert_false(news_lost);
	assert_int_equal(recv(channels.links, &changed, sizeof(changed), MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	clerk_run();
	assert_true(looker_count > 0);
	assert_int_equal(looker_jobs[looker_count - 1], 0);
}

static void test_gone(void **state)
{
	struct test_news gone = {.gone = 7};

	(void)state;
	lease->master = 0;
	kernel_say(&gone);
	loop_step(0);
	assert_int_equal(lease->state, LEASE_RESTING);
	assert_true(nothing_for(others.reaper));
}

/* What locked the device does not go with it. */
static void test_gone_and_locked(void **state)
{
	struct test_news gone = {.gone = 7};
	struct tb_delete order;

	(void)state;
	kernel_say(&gone);
	loop_step(0);
	assert_int_equal(lease->state, LEASE_DELETING);
	order = reaper_takes();
	assert_int_equal(order.ifindex, 7);
	assert_memory_equal(order.lease, lease->id, TB_ID_SIZE);
	reaper_say(&order, ENODEV);
	loop_step(0);
	assert_int_equal(lease->state, LEASE_RESTING);
}

static void test_missing(void **state)
{
	(void)state;
	lease->master = 0;
	guard_look(lease);
	looker_tells->missing(SIDE_HERE, 7);
	assert_int_equal(lease->state, LEASE_RESTING);
	/* A late word about what is gone. */
	looker_tells->seen(SIDE_HERE, &made, true);
	looker_tells->missing(SIDE_HERE, 7);
	assert_int_equal(lease->state, LEASE_RESTING);
}

/* An ended lease that waits for its turn is guarded, and jumps. */
static void test_guarded_while_it_waits(void **state)
{
	struct link link = made;

	(void)state;
	for (int i = 0; i < TURNS_MANY; i++)
		lease_happens(lease_begin_again(test_network("wan"), test_network("wan")->name, ALICE), LEASE_REFUSED);
	lease_end(lease, TB_REASON_CLIENT);
	assert_int_equal(lease->state, LEASE_WAITING);
	link.tun_owner++;
	guard_judge(lease, SIDE_HERE, &link);
	assert_int_equal(lease->state, LEASE_JUMPED);
}

/* What the look at all devices has left out is asked for alone. */
static void test_left_out(void **state)
{
	(void)state;
	guard_look_at_all();
	clerk_run();
	assert_int_equal(looker_count, 1);
	assert_int_equal(looker_jobs[0], 0);
	looker_count = 0;
	looker_tells->finished();
	assert_int_equal(guard_looked(), 1);
	seen(&made);
}

/* A looker that is too busy is told later, by a look at all. */
static void test_busy_looker(void **state)
{
	(void)state;
	looker_count = LOOKER_JOBS;
	guard_look(lease);
	assert_int_equal(guard_expire(), 20);
	looker_count = 0;
	assert_int_equal(guard_expire(), -1);
	assert_int_equal(looker_count, 1);
	assert_int_equal(looker_jobs[0], 0);
}

/* The tap has number 20 in the shield; what has that number here is another's. */
static void shield_it(void)
{
	lease_set_tap(lease, 20);
	made.ifindex = 20;
}

/* What its holder does to the tap itself ends the lease, but for its address, which leads nowhere. */
static void test_tap_in_the_shield(void **state)
{
	struct link link;

	(void)state;
	shield_it();
	link = made;
	link.mac[5]++;
	link.master = 0;
	guard_judge(lease, SIDE_SHIELD, &link);
	assert_int_equal(lease->state, LEASE_HELD);
	link.tun_owner = ALICE;
	guard_judge(lease, SIDE_SHIELD, &link);
	assert_int_equal(lease->state, LEASE_DELETING);
	assert_non_null(strstr(test_logged, "guard-owner"));
}

/* Of the port it is only its bridge that matters: all else is another program's, and put back. */
static void test_port_of_a_tap_in_the_shield(void **state)
{
	struct link port = {.ifindex = 7, .master = 3};

	(void)state;
	shield_it();
	port.counters.rx_packets = 5;
	guard_judge(lease, SIDE_HERE, &port);
	assert_int_equal(lease->state, LEASE_HELD);
	assert_int_equal(lease->counters.rx_packets, 5);
	port.master = 4;
	guard_judge(lease, SIDE_HERE, &port);
	assert_int_equal(lease->state, LEASE_DELETING);
	assert_non_null(strstr(test_logged, "guard-master"));
}

/* The news of each side is about that side, and only a holder floods. */
static void test_sides(void **state)
{
	struct test_news changed = {.gone = 0, .changed = made};

	(void)state;
	shield_it();
	for (int i = 0; i < 300; i++) {
		kernel_say(&changed);
		loop_step(0);
	}
	assert_int_equal(lease->state, LEASE_HELD);
	assert_int_equal(looker_count, 1);
	assert_int_equal(looker_sides[0], SIDE_HERE);
	changed.changed.ifindex = 20;
	for (int i = 0; i < 201; i++) {
		require(send(others.shield_links, &changed, sizeof(changed), MSG_DONTWAIT) > 0);
		loop_step(0);
	}
	assert_int_equal(lease->state, LEASE_DELETING);
	assert_non_null(strstr(test_logged, "guard-flood"));
}

/* Whichever of the two goes by itself: the rest is deleted. */
static void test_one_of_two_is_gone(void **state)
{
	struct test_news gone = {.gone = 20};
	struct tb_delete order;

	(void)state;
	shield_it();
	kernel_say(&gone);
	loop_step(0);
	assert_int_equal(lease->state, LEASE_HELD);
	require(send(others.shield_links, &gone, sizeof(gone), MSG_DONTWAIT) > 0);
	loop_step(0);
	assert_int_equal(lease->state, LEASE_DELETING);
	assert_non_null(strstr(test_logged, "device-gone"));
	order = reaper_takes();
	assert_int_equal(order.ifindex, 20);
	assert_int_equal(order.place, TB_PLACE_SHIELD);
}

static void test_looks_at_all_are_rare(void **state)
{
	(void)state;
	guard_look_at_all();
	guard_expire();
	looker_count = 0;
	test_now += 100;
	looker_tells->seen(SIDE_HERE, &made, false);
	looker_tells->finished();
	guard_look_at_all();
	/* It took 100 ms: so long in five. */
	assert_int_equal(guard_expire(), 400);
	test_now += 400;
	assert_int_equal(guard_expire(), -1);
	assert_int_equal(looker_count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_as_it_was_made, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_news_is_a_hint, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_the_look_counts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_each_reason, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_master, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_tap_in_the_shield, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_port_of_a_tap_in_the_shield, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_sides, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_of_two_is_gone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_macvtap, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_looks_are_few, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_flood, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lost_news, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_gone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_gone_and_locked, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_missing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_guarded_while_it_waits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_left_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_busy_looker, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_looks_at_all_are_rare, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
