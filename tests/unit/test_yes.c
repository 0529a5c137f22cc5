/* Unit test of polkit's yeses: broker/monitor/yes.c. */
#include "broker/monitor/yes.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct yes_table table;

static int set_up(void **state)
{
	(void)state;
	memset(&table, 0, sizeof(table));
	return 0;
}

static struct tb_question question(uint8_t ticket)
{
	struct tb_question question;

	memset(&question, 0, sizeof(question));
	question.ticket[0] = ticket;
	question.mtu = 1500;
	return question;
}

static void test_a_yes_is_spent_once(void **state)
{
	struct tb_question asked = question(1);

	(void)state;
	assert_false(yes_spend(&table, &asked, sizeof(asked)));
	assert_int_equal(yes_add(&table, &asked, sizeof(asked), 1000), 0);
	assert_true(yes_spend(&table, &asked, sizeof(asked)));
	assert_false(yes_spend(&table, &asked, sizeof(asked)));
}

static void test_another_question_spends_it_for_nothing(void **state)
{
	struct tb_question asked = question(1);
	struct tb_question other = question(1);

	(void)state;
	other.parent[TB_NAME_SIZE - 1] = 'x';
	assert_int_equal(yes_add(&table, &asked, sizeof(asked), 1000), 0);
	assert_false(yes_spend(&table, &other, sizeof(other)));
	assert_false(yes_spend(&table, &asked, sizeof(asked)));
}

static struct tb_configuration *configuration(uint8_t ticket)
{
	static struct tb_configuration configuration;

	memset(&configuration, 0, sizeof(configuration));
	configuration.question = question(ticket);
	configuration.question.action = TB_ACTION_CONFIGURE;
	configuration.count = 1;
	return &configuration;
}

static int add_configuration(uint8_t ticket)
{
	return yes_add(&table, &configuration(ticket)->question, sizeof(struct tb_configuration), 1000);
}

static bool spend_configuration(const struct tb_configuration *wanted)
{
	return yes_spend(&table, &wanted->question, sizeof(*wanted));
}

/* Every item is part of what polkit said yes to. */
static void test_a_configuration_is_spent_once_and_whole(void **state)
{
	struct tb_configuration *other;

	(void)state;
	assert_int_equal(add_configuration(1), 0);
	assert_int_equal(add_configuration(1), -EEXIST);
	assert_true(spend_configuration(configuration(1)));
	assert_false(spend_configuration(configuration(1)));
	assert_int_equal(add_configuration(2), 0);
	other = configuration(2);
	other->items[TB_ITEMS_MAX - 1].prefix = 8;
	assert_false(spend_configuration(other));
	assert_false(spend_configuration(configuration(2)));
}

/* A yes to a device is none to a configuration, nor the other way round. */
static void test_a_yes_is_of_its_kind(void **state)
{
	struct tb_question device = question(1);

	(void)state;
	assert_int_equal(yes_add(&table, &device, sizeof(device), 1000), 0);
	assert_false(spend_configuration(configuration(1)));
	assert_int_equal(add_configuration(2), 0);
	device = question(2);
	assert_false(yes_spend(&table, &device, sizeof(device)));
}

static void test_a_void_takes_it_back(void **state)
{
	struct tb_question asked = question(1);
	struct tb_question other = question(2);

	(void)state;
	assert_int_equal(yes_add(&table, &asked, sizeof(asked), 1000), 0);
	assert_int_equal(yes_add(&table, &other, sizeof(other), 1000), 0);
	yes_void(&table, asked.ticket);
	yes_void(&table, asked.ticket);
	assert_false(yes_spend(&table, &asked, sizeof(asked)));
	assert_true(yes_spend(&table, &other, sizeof(other)));
}

static void test_it_expires(void **state)
{
	struct tb_question asked = question(1);

	(void)state;
	assert_int_equal(yes_timeout(&table, 1000), -1);
	assert_int_equal(yes_add(&table, &asked, sizeof(asked), 1000), 0);
	assert_int_equal(yes_timeout(&table, 1001), YES_LIFE_MS - 1);
	yes_expire(&table, 1000 + YES_LIFE_MS - 1);
	assert_int_equal(yes_timeout(&table, 1000 + YES_LIFE_MS + 5), 0);
	yes_expire(&table, 1000 + YES_LIFE_MS);
	assert_int_equal(yes_timeout(&table, 1000), -1);
	assert_false(yes_spend(&table, &asked, sizeof(asked)));
}

static void test_there_are_so_many_places_and_no_more(void **state)
{
	struct tb_question asked = question(1);

	(void)state;
	for (uint8_t i = 0; i < TB_YES_MAX; i++) {
		struct tb_question one = question(i);

		assert_int_equal(yes_add(&table, &one, sizeof(one), 1000), 0);
	}
	assert_int_equal(yes_add(&table, &asked, sizeof(asked), 1000), -EEXIST);
	asked = question(TB_YES_MAX);
	assert_int_equal(yes_add(&table, &asked, sizeof(asked), 1000), -ENOSPC);
	assert_false(yes_spend(&table, &asked, sizeof(asked)));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_a_yes_is_spent_once, set_up),
		cmocka_unit_test_setup(test_another_question_spends_it_for_nothing, set_up),
		cmocka_unit_test_setup(test_a_configuration_is_spent_once_and_whole, set_up),
		cmocka_unit_test_setup(test_a_yes_is_of_its_kind, set_up),
		cmocka_unit_test_setup(test_a_void_takes_it_back, set_up),
		cmocka_unit_test_setup(test_it_expires, set_up),
		cmocka_unit_test_setup(test_there_are_so_many_places_and_no_more, set_up),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
