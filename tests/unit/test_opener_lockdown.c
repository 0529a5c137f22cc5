/* The opener's real lock-down: broker/opener/opener_lockdown.c. Each attempt runs in a process of its own, as uid 0
 * without a capability, and without the unit that narrows the opener further. Needs root, and a kernel with Landlock.
 */
#include "tests/unit/filters.h"

#include "broker/opener/device_node.h"
#include "broker/opener/opener_lockdown.h"
#include "broker/shared/landlock.h"

#include <cap-ng.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/if_tun.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>

/* The flags that the filter permits: to look, to read, and to open a node. */
#define LOOK (O_PATH | O_NOFOLLOW | O_CLOEXEC)
#define READ (O_RDONLY | O_NOFOLLOW | O_CLOEXEC)

static char shared_file[] = "/dev/shm/tapbroker-test-opener.XXXXXX";
static char block_device[64]; /* empty: there is none */
static int landlock;          /* its ABI */

static void give_up_rights(void)
{
	capng_clear(CAPNG_SELECT_ALL);
	if (capng_change_id(0, 0, CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING | CAPNG_CLEAR_AMBIENT) != 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		_exit(FILTER_FAILED);
}

static void without_macvtap(void)
{
	give_up_rights();
	opener_lock_down(OPENER_FIXED_NODES, false);
}

static void with_macvtap(void)
{
	give_up_rights();
	opener_lock_down(OPENER_ALL_NODES, false);
}

static void in_the_shield(void)
{
	give_up_rights();
	opener_lock_down(OPENER_TUN_ALONE, false);
}

static int attempt_node(uintptr_t path)
{
	return open((const char *)path, DEVICE_NODE_FLAGS);
}

static int attempt_read(uintptr_t path)
{
	return open((const char *)path, READ);
}

static int attempt_look(uintptr_t path)
{
	return open((const char *)path, LOOK);
}

/* As a monitor does with the fd that it has got; the opener itself may not. */
static int attempt_ioctl(uintptr_t path)
{
	unsigned int features;

	return ioctl(open((const char *)path, DEVICE_NODE_FLAGS), TUNGETFEATURES, &features);
}

/* Any other flags. */
static int attempt_flags(uintptr_t flags)
{
	return open("/dev/net/tun", (int)flags, 0600);
}

static int node(void (*lock_down)(void), const char *path)
{
	return below_filter(lock_down, attempt_node, (uintptr_t)path);
}

static void it_can_tell_the_time_without_the_vdso(void **state)
{
	(void)state;
	expect_vdso_calls_work(without_macvtap);
}

static void it_makes_no_process_and_no_namespace(void **state)
{
	(void)state;
	expect_no_process_and_no_namespace(without_macvtap);
}

static void it_opens_the_tun(void **state)
{
	(void)state;
	assert_int_equal(node(without_macvtap, "/dev/net/tun"), FILTER_FINE);
	assert_int_equal(node(with_macvtap, "/dev/net/tun"), FILTER_FINE);
	assert_int_equal(below_filter(without_macvtap, attempt_ioctl, (uintptr_t) "/dev/net/tun"), FILTER_KILLED);
}

static void without_macvtap_it_opens_nothing_else(void **state)
{
	static const char *const paths[] = {"/dev/null", "/dev/zero",   "/dev/full",
					    "/dev/tty",  "/etc/passwd", "/proc/self/mem"};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		print_message("# %s\n", paths[i]);
		assert_int_equal(node(without_macvtap, paths[i]), FILTER_DENIED);
		assert_int_equal(below_filter(without_macvtap, attempt_read, (uintptr_t)paths[i]), FILTER_DENIED);
	}
	assert_int_equal(node(without_macvtap, shared_file), FILTER_DENIED);
	assert_int_equal(below_filter(without_macvtap, attempt_read, (uintptr_t)shared_file), FILTER_DENIED);
	assert_int_equal(below_filter(without_macvtap, attempt_read, (uintptr_t) "/sys/devices/virtual/net/lo/ifindex"),
			 FILTER_DENIED);
	if (block_device[0] != '\0') {
		assert_int_equal(node(without_macvtap, block_device), FILTER_DENIED);
		assert_int_equal(below_filter(without_macvtap, attempt_read, (uintptr_t)block_device), FILTER_DENIED);
	}
}

/* There /dev/net/tun is all that is asked for. */
static void in_the_shield_it_opens_one_node(void **state)
{
	(void)state;
	assert_int_equal(node(in_the_shield, "/dev/net/tun"), FILTER_FINE);
	assert_int_equal(node(in_the_shield, "/dev/null"), FILTER_DENIED);
	assert_int_equal(below_filter(in_the_shield, attempt_read, (uintptr_t) "/sys/devices/virtual/net/lo/ifindex"),
			 FILTER_DENIED);
}

/* A macvtap's node is straight below /dev; /dev/null plays it. */
static void with_macvtap_it_opens_nodes_and_reads_sysfs(void **state)
{
	(void)state;
	assert_int_equal(node(with_macvtap, "/dev/null"), FILTER_FINE);
	assert_int_equal(below_filter(with_macvtap, attempt_look, (uintptr_t) "/dev/null"), FILTER_FINE);
	assert_int_equal(below_filter(with_macvtap, attempt_read, (uintptr_t) "/sys/devices/virtual/net/lo/ifindex"),
			 FILTER_FINE);
	assert_int_equal(node(with_macvtap, "/proc/self/mem"), FILTER_DENIED);
	assert_int_equal(below_filter(with_macvtap, attempt_read, (uintptr_t) "/etc/passwd"), FILTER_DENIED);
}

/* Landlock before ABI 3 has no right to truncate, and so cannot refuse it. */
static void with_macvtap_it_writes_no_file_in_dev(void **state)
{
	struct stat status;

	(void)state;
	if (landlock < 3) {
		print_message("# skipped: this kernel's Landlock has no right to truncate\n");
		return;
	}
	assert_int_equal(node(with_macvtap, shared_file), FILTER_DENIED);
	assert_int_equal(stat(shared_file, &status), 0);
	assert_int_equal(status.st_size, 6);
}

static void other_flags_kill(void **state)
{
	static const int flags[] = {
		O_RDWR | O_CLOEXEC,
		O_RDWR | O_NOFOLLOW | O_CLOEXEC,
		O_WRONLY | O_CLOEXEC,
		O_WRONLY | O_TRUNC | O_CLOEXEC,
		O_RDONLY | O_TRUNC | O_CLOEXEC,
		DEVICE_NODE_FLAGS | O_CREAT,
		DEVICE_NODE_FLAGS | O_NONBLOCK,
		O_RDWR | O_TMPFILE,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		assert_int_equal(below_filter(without_macvtap, attempt_flags, (uintptr_t)flags[i]), FILTER_KILLED);
		assert_int_equal(below_filter(with_macvtap, attempt_flags, (uintptr_t)flags[i]), FILTER_KILLED);
	}
}

static void find_block_device(void)
{
	struct stat status;
	glob_t found;

	if (glob("/dev/*", GLOB_NOSORT, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc && block_device[0] == '\0'; i++)
		if (strlen(found.gl_pathv[i]) < sizeof(block_device) && lstat(found.gl_pathv[i], &status) == 0 &&
		    S_ISBLK(status.st_mode))
			strcpy(block_device, found.gl_pathv[i]);
	globfree(&found);
}

static int set_up(void **state)
{
	int fd = mkstemp(shared_file);

	(void)state;
	if (fd < 0 || write(fd, "shared", 6) != 6 || close(fd) < 0)
		return -1;
	find_block_device();
	if (block_device[0] == '\0')
		print_message("# skipped: what needs a block device in /dev\n");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	return unlink(shared_file);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_can_tell_the_time_without_the_vdso),
		cmocka_unit_test(it_makes_no_process_and_no_namespace),
		cmocka_unit_test(it_opens_the_tun),
		cmocka_unit_test(without_macvtap_it_opens_nothing_else),
		cmocka_unit_test(in_the_shield_it_opens_one_node),
		cmocka_unit_test(with_macvtap_it_opens_nodes_and_reads_sysfs),
		cmocka_unit_test(with_macvtap_it_writes_no_file_in_dev),
		cmocka_unit_test(other_flags_kill),
	};

	landlock = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (geteuid() != 0 || landlock < 1 || access("/dev/net/tun", F_OK) < 0) {
		puts("1..0 # SKIP needs root, Landlock and /dev/net/tun");
		return 0;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
