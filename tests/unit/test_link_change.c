/* Unit test of the files of /proc that limit a device's IPv6: link_limit_ipv6() in
 * broker/monitor/kernel/link_change.c. */
#include "broker/monitor/kernel/link_change.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const files[] = {"accept_ra", "accept_ra_defrtr", "accept_ra_pinfo", "accept_redirects",
				    "disable_ipv6"};
#define FILES (sizeof(files) / sizeof(files[0]))

static char directory[] = "/tmp/test_link_change.XXXXXX";

static const char *path_of(size_t file)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s/vm0/%s", directory, files[file]);
	return path;
}

/* Each says nothing yet. */
static int begin(void)
{
	for (size_t i = 0; i < FILES; i++) {
		int fd = open(path_of(i), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);

		assert_true(fd >= 0);
		close(fd);
	}
	return open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static char said(size_t file)
{
	char text = '-';
	int fd = open(path_of(file), O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_true(read(fd, &text, 1) >= 0);
	close(fd);
	return text;
}

static void test_what_is_written(void **state)
{
	(void)state;
	for (int disabled = 0; disabled < 2; disabled++) {
		int conf = begin();

		assert_int_equal(link_limit_ipv6(conf, "vm0", disabled == 1), 0);
		close(conf);
		for (size_t i = 0; i < FILES; i++) {
			bool of_ra = strcmp(files[i], "disable_ipv6") != 0;

			assert_int_equal(said(i), of_ra ? '0' : disabled == 1 ? '1' : '-');
		}
	}
}

/* A file that cannot be written is a failure, whichever it is. */
static void test_each_file_missing(void **state)
{
	(void)state;
	for (size_t i = 0; i < FILES; i++) {
		int conf = begin();

		assert_int_equal(unlink(path_of(i)), 0);
		assert_int_equal(link_limit_ipv6(conf, "vm0", true), -ENOENT);
		close(conf);
	}
}

static void test_kernel_without_ipv6(void **state)
{
	(void)state;
	assert_int_equal(link_limit_ipv6(-1, "vm0", true), 0);
}

static int set_up(void **state)
{
	char path[64];

	(void)state;
	if (mkdtemp(directory) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/vm0", directory);
	return mkdir(path, 0700);
}

static int tear_down(void **state)
{
	char path[64];

	(void)state;
	for (size_t i = 0; i < FILES; i++)
		unlink(path_of(i));
	snprintf(path, sizeof(path), "%s/vm0", directory);
	rmdir(path);
	return rmdir(directory);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_written),
		cmocka_unit_test(test_each_file_missing),
		cmocka_unit_test(test_kernel_without_ipv6),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
