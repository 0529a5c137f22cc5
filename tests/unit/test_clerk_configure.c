/* Unit test of configurations: a client is told when its tunnel carries what it may, not when the monitor has made
 * it. */
#include "tests/unit/clerk.h"

#include "broker/clerk/lease/put_back.h"
#include "broker/clerk/request/configure.h"

#include <cmocka.h>

static union test_message message;

static int set_up(void **state)
{
	struct network *network = &test_networks.networks[0];

	(void)state;
	test_networks_set();
	network->kind = TB_KIND_TUN;
	network->bridge[0] = '\0';
	network->addresses.count = 1;
	network->scope = TB_SCOPE_USER;
	network->default_route = true;
	network->kill_switch = true;
	clerk_open();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	clerk_close();
	return 0;
}

/* A block that a tunnel of root's has left on the network. */
static void leave_block(void)
{
	struct tb_tunnel tunnel = {.number = tunnels_free_number(),
				   .wanted = {.scope = TB_SCOPE_USER, .lease = {9}, .question = {.kind = TB_KIND_TUN}}};

	tunnel.wanted.question.flags = TB_REQUEST_KILL_SWITCH;
	strcpy(tunnel.wanted.question.network, "lan");
	tunnels_made(&tunnel, NULL);
	tunnels_end(tunnel.wanted.lease);
}

/* Root has its device configured, and the monitor does it. Returns the client. */
static int configure(uint32_t ifindex)
{
	static const struct tb_configured made = {.status = TB_OK};
	struct tb_request request;
	int client;
	int fd;

	request_set(&request, TB_REQ_CONFIGURE);
	request.flags = TB_REQUEST_KILL_SWITCH;
	memcpy(request.lease, lease_by_ifindex(ifindex)->id, sizeof(request.lease));
	client = client_ask(0, &request);
	clerk_run();
	assert_int_equal(take(others.monitor, &message, &fd), TB_REQ_ORDER_CONFIGURE);
	close(fd);
	configure_done(&made);
	clerk_run();
	return client;
}

static void is_told(int client)
{
	assert_int_equal(take(client, &message, NULL), TB_ANS_CONFIGURE);
	assert_int_equal(message.done.status, TB_OK);
	close(client);
}

static void test_without_a_block(void **state)
{
	int holder = client_opens(0, TB_LIFETIME_SESSION, 7);

	(void)state;
	is_told(configure(7));
	close(holder);
}

static void test_a_block_goes_first(void **state)
{
	int holder = client_opens(0, TB_LIFETIME_SESSION, 7);
	int client;

	(void)state;
	leave_block();
	client = configure(7);
	assert_int_equal(take(client, &message, NULL), 0);
	tunnels_expire();
	assert_int_equal(take(others.monitor, &message, NULL), TB_REQ_TUNNEL);
	clerk_run();
	assert_int_equal(take(client, &message, NULL), 0);
	tunnels_done();
	clerk_run();
	is_told(client);
	close(holder);
}

/* How often the monitor is told to make the tunnel again. */
static int made_again(void)
{
	int count = 0;

	put_back_expire();
	tunnels_expire();
	while (take(others.monitor, &message, NULL) == TB_REQ_TUNNEL) {
		assert_int_equal(message.tunnel_order.remove, 0);
		count++;
		tunnels_done();
		tunnels_expire();
	}
	return count;
}

/* Ten times a minute, and then when it is over: nobody's packets go past his tunnel for ever. */
static void test_what_others_remove(void **state)
{
	int holder = client_opens(0, TB_LIFETIME_SESSION, 7);
	uint32_t number = tunnels_free_number();

	(void)state;
	put_back_init();
	is_told(configure(7));
	for (int minute = 0; minute < 3; minute++) {
		for (int i = 0; i < 10; i++) {
			put_back_removed(number, 0);
			assert_int_equal(made_again(), 0);
			test_now += 200;
			assert_int_equal(made_again(), 1);
		}
		put_back_removed(number, 0);
		test_now += 1000;
		assert_int_equal(made_again(), 0);
		assert_non_null(strstr(test_logged, "for a minute"));
		test_now += 57199;
		assert_int_equal(made_again(), 0);
		assert_int_equal(put_back_expire(), 1);
		test_now += 1;
		assert_int_equal(made_again(), 1);
		assert_int_equal(put_back_expire(), -1);
		test_now += 60000;
	}
	close(holder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_without_a_block, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_block_goes_first, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_others_remove, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("configure", tests, NULL, NULL);
}
