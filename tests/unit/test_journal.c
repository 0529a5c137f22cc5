/* Unit test of what the journal is sent: broker/shared/journal.c. */
#include "broker/shared/journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void expect(const char *line, const char *record)
{
	char written[512];
	size_t size = journal_record(6, line, written, sizeof(written));

	assert_int_equal(size, strlen(record));
	assert_memory_equal(written, record, size);
}

static void test_fields(void **state)
{
	(void)state;
	expect("op=open uid=7 name=vm0", "PRIORITY=6\nSYSLOG_IDENTIFIER=tapbrokerd\nMESSAGE=op=open uid=7 name=vm0\n"
					 "TAPBROKER_OP=open\nTAPBROKER_UID=7\nTAPBROKER_NAME=vm0\n");
	/* A value may hold the sign; what is no KEY=VALUE is only in the line. */
	expect("a=b=c  word =x last=", "PRIORITY=6\nSYSLOG_IDENTIFIER=tapbrokerd\nMESSAGE=a=b=c  word =x last=\n"
				       "TAPBROKER_A=b=c\nTAPBROKER_LAST=\n");
}

static void test_no_line_becomes_a_field_of_another_name(void **state)
{
	char written[512];

	(void)state;
	assert_int_equal(journal_record(6, "op=open\nMESSAGE=other", written, sizeof(written)), 0);
}

static void test_what_does_not_fit(void **state)
{
	static const char line[] = "op=open lease=0123456789abcdef";
	char written[512];
	size_t whole = journal_record(6, line, written, sizeof(written));

	(void)state;
	for (size_t size = 1; size < whole; size++) {
		memset(written, '#', sizeof(written));
		assert_true(journal_record(6, line, written, size) <= size);
		for (size_t i = size; i < sizeof(written); i++)
			assert_int_equal(written[i], '#');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_no_line_becomes_a_field_of_another_name),
		cmocka_unit_test(test_what_does_not_fit),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
