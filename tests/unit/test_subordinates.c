/* Unit test of /etc/subuid: broker/monitor/subordinates.c. */
#include "broker/monitor/subordinates.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct network_table table;

static void read_text(const char *text)
{
	char path[] = "/tmp/subuid-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	memset(&table, 0, sizeof(table));
	subordinates_read(path, &table);
	unlink(path);
}

static void assert_range(size_t number, uid_t first, uint32_t count, uid_t owner)
{
	assert_int_equal(table.subordinates[number].first, first);
	assert_int_equal(table.subordinates[number].count, count);
	assert_int_equal(table.subordinates[number].owner, owner);
}

static void test_owners_by_name_and_by_uid(void **state)
{
	(void)state;
	read_text("nobody:100000:65536\n2001:165536:65536\n");
	assert_int_equal(table.subordinates_count, 2);
	assert_range(0, 100000, 65536, 65534);
	assert_range(1, 165536, 65536, 2001);
}

static void test_roots_ranges_are_nobodys(void **state)
{
	(void)state;
	read_text("root:1000000:1000000000\n0:100000:65536\n");
	assert_int_equal(table.subordinates_count, 0);
}

static void test_lines_that_make_no_sense(void **state)
{
	(void)state;
	read_text(
		"# a comment\n\nnobody\nnobody:\nnobody:1\nnobody:x:1\nnobody:1:x\nnobody:1:\nnobody:-1:5\nnobody:0:5\n"
		"nobody:1:0\nnobody:4294967290:6\nnobody:1:2:3\nno-such-user-here:1:5\nnobody:7:3");
	assert_int_equal(table.subordinates_count, 1);
	assert_range(0, 7, 3, 65534);
}

static void test_no_file(void **state)
{
	(void)state;
	memset(&table, 0, sizeof(table));
	subordinates_read("/nowhere/subuid", &table);
	assert_int_equal(table.subordinates_count, 0);
}

static void test_more_ranges_than_there_is_room(void **state)
{
	static char text[SUBORDINATES_MAX * 24 + 200];
	char *end = text;

	(void)state;
	for (int i = 0; i < SUBORDINATES_MAX + 5; i++)
		end += sprintf(end, "2001:%d:10\n", 100000 + 10 * i);
	read_text(text);
	assert_int_equal(table.subordinates_count, SUBORDINATES_MAX);
	assert_range(SUBORDINATES_MAX - 1, 100000 + 10 * (SUBORDINATES_MAX - 1), 10, 2001);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_owners_by_name_and_by_uid),      cmocka_unit_test(test_roots_ranges_are_nobodys),
		cmocka_unit_test(test_lines_that_make_no_sense),       cmocka_unit_test(test_no_file),
		cmocka_unit_test(test_more_ranges_than_there_is_room),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
