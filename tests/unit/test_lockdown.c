/* Unit test of broker/shared/lockdown.c: what all processes of the broker rely on. Each row runs in a process of its
 * own, which gives up what it has and says what it can still do. Needs root.
 */
#include "broker/shared/lockdown.h"

#include "broker/shared/landlock.h"

#include <arpa/inet.h>
#include <cap-ng.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define SOME_UID 61235

static int landlock_abi;

/* Returns what the process that runs attempt() ended with. */
static int in_child(int (*attempt)(void))
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(attempt());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void drop_capabilities(void)
{
	capng_clear(CAPNG_SELECT_ALL);
	if (capng_change_id(SOME_UID, SOME_UID, CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING | CAPNG_CLEAR_AMBIENT) != 0)
		_exit(99);
}

static int with_all_rights(void)
{
	return -tb_no_rights();
}

static int with_capabilities(void)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	for (int cap = 0; prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0; cap++)
		;
	return -tb_no_rights();
}

static int with_a_bounding_set(void)
{
	capng_clear(CAPNG_SELECT_CAPS);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return capng_apply(CAPNG_SELECT_CAPS) != 0 ? 99 : -tb_no_rights();
}

static int without_no_new_privs(void)
{
	drop_capabilities();
	return -tb_no_rights();
}

static int without_anything(void)
{
	drop_capabilities();
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return -tb_no_rights();
}

static void test_rights_are_seen(void **state)
{
	(void)state;
	assert_int_equal(in_child(with_all_rights), EPERM);
	assert_int_equal(in_child(with_capabilities), EPERM);
	assert_int_equal(in_child(with_a_bounding_set), EPERM);
	assert_int_equal(in_child(without_no_new_privs), EPERM);
	assert_int_equal(in_child(without_anything), 0);
}

static int restricted(void)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return tb_landlock_restrict(NULL, 0);
}

static int bind_a_port(void)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int sock = socket(AF_INET, SOCK_STREAM, 0);

	if (sock < 0 || restricted() < 0)
		return 99;
	return bind(sock, (struct sockaddr *)&any, sizeof(any)) == 0 ? 0 : errno;
}

static int signal_the_parent(void)
{
	if (restricted() < 0)
		return 99;
	return kill(getppid(), 0) == 0 ? 0 : errno;
}

static void test_landlock_keeps_from_ports_and_processes(void **state)
{
	(void)state;
	if (landlock_abi < 6) {
		/* cmocka's skip() prints "not ok", a failure for prove. */
		print_message("# skipped in the next test: no Landlock of ABI 6\n");
		return;
	}
	assert_int_equal(in_child(bind_a_port), EACCES);
	assert_int_equal(in_child(signal_the_parent), EPERM);
}

static int not_dumpable(void)
{
	return tb_not_dumpable() < 0 ? 99 : prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
}

static void test_not_dumpable(void **state)
{
	(void)state;
	assert_int_equal(in_child(not_dumpable), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rights_are_seen),
		cmocka_unit_test(test_landlock_keeps_from_ports_and_processes),
		cmocka_unit_test(test_not_dumpable),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (geteuid() != 0) {
		puts("1..0 # SKIP what needs to give up rights, so root");
		return 0;
	}
	landlock_abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	return cmocka_run_group_tests_name("lockdown", tests, NULL, NULL);
}
