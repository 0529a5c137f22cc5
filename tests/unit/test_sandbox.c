/* Unit test of the monitor's lock-down: broker/monitor/sandbox.c. Each row runs in a process of its own, which locks
 * itself down as the monitor does and then tries one thing. Needs root; fails if the filter lets a row's call pass that
 * it should not, or kills for one that the monitor needs.
 */
#include "tests/unit/filters.h"

#include "broker/monitor/sandbox.h"

#include "broker/shared/netlink/link.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/nsfs.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>

/* A uid that owns nothing. */
#define SOME_UID 61234

/* What became of the process. */
#define ALLOWED 0
#define DENIED 1 /* the call failed with EACCES or EPERM */
#define KILLED (-SIGSYS)

static struct link_socket netlink;
static int tun = -1;

static void lock_monitor_down(void)
{
	const struct node_source node = {.opener = -1};

	sandbox_drop_rights(SOME_UID, SOME_UID, &node);
	sandbox_close();
}

/* Returns what the process ended with: its exit code, or the negative signal. */
static int in_sandbox(int (*attempt)(void))
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		struct rlimit none = {0, 0};

		setrlimit(RLIMIT_CORE, &none);
		lock_monitor_down();
		_exit(attempt() == 0 ? ALLOWED : errno == EACCES || errno == EPERM ? DENIED : 99);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static int nothing(void)
{
	return 0;
}

/* System calls that the filter must not know. */
static int open_socket(void)
{
	return socket(AF_INET, SOCK_DGRAM, 0);
}

static int open_netlink(void)
{
	return socket(AF_NETLINK, SOCK_RAW, 0);
}

static int run_program(void)
{
	return execl("/bin/true", "true", (char *)NULL);
}

static int make_process(void)
{
	return (int)syscall(SYS_fork);
}

static int change_namespace(void)
{
	return setns(tun, CLONE_NEWNET);
}

static int make_namespace(void)
{
	return unshare(CLONE_NEWUSER);
}

static int mount_something(void)
{
	return mount("none", "/mnt", "tmpfs", 0, NULL);
}

static int trace_somebody(void)
{
	return (int)ptrace(PTRACE_ATTACH, 1, NULL, NULL);
}

static int signal_somebody(void)
{
	return kill(1, 0);
}

static int become_root(void)
{
	return setuid(0);
}

static int accept_somebody(void)
{
	return accept4(tun, NULL, NULL, 0);
}

static int make_file(void)
{
	return open("/dev/shm/x", O_WRONLY | O_CREAT, 0600);
}

static int remove_file(void)
{
	return unlink("/dev/null");
}

/* ioctls that a taken-over monitor would like to use on a device. */
static int ioctl_debug(void)
{
	return ioctl(tun, TUNSETDEBUG, 1);
}

static int ioctl_link_type(void)
{
	return ioctl(tun, TUNSETLINK, 1);
}

static int ioctl_high_bits(void)
{
	return ioctl(tun, TUNSETIFF | 1UL << 32, NULL);
}

static int ioctl_terminal(void)
{
	return ioctl(STDIN_FILENO, TIOCSTI, "x");
}

/* Files that only Landlock keeps from it: anybody may read or write them. */
static int read_passwd(void)
{
	return open("/etc/passwd", O_RDONLY);
}

static int write_null(void)
{
	return open("/dev/null", O_WRONLY);
}

static int write_hostname(void)
{
	return open("/proc/sys/kernel/hostname", O_WRONLY);
}

static int write_forwarding(void)
{
	return open("/proc/sys/net/ipv4/ip_forward", O_WRONLY);
}

/* A file that it may write: no right but that is given. */
static int read_sysctl(void)
{
	return open("/proc/sys/net/ipv6/conf/lo/accept_ra", O_RDONLY);
}

/* What the monitor does all day. */
static int read_status(void)
{
	return open("/proc/1/stat", O_RDONLY) < 0 ? -1 : 0;
}

static int ask_netlink(void)
{
	struct link link;

	return link_get(&netlink, 1, &link);
}

static int refuse_attach(void)
{
	struct ifreq request = {.ifr_flags = IFF_TUN};

	/* Not killed: the kernel itself has no such flag. */
	request.ifr_name[0] = '/';
	return ioctl(tun, TUNSETIFF, &request) < 0 && errno == EINVAL ? 0 : -1;
}

/* Whose network namespace a socket is of. */
static int find_owner(void)
{
	int netns = ioctl(netlink.fd, SIOCGSKNS);
	int userns = netns < 0 ? -1 : ioctl(netns, NS_GET_USERNS);
	uid_t owner = 1;

	return userns >= 0 && ioctl(userns, NS_GET_OWNER_UID, &owner) == 0 && owner == 0 ? 0 : -1;
}

static int no_device(void)
{
	return ioctl(tun, TUNGETDEVNETNS) < 0 && errno == EBADFD ? 0 : -1;
}

/* It would tell a directory's or a process's. */
static int other_namespace(void)
{
	return ioctl(netlink.fd, NS_GET_PARENT);
}

static void assert_killed(int (*attempt)(void))
{
	assert_int_equal(in_sandbox(attempt), KILLED);
}

static void test_forbidden_calls_kill(void **state)
{
	static int (*const attempts[])(void) = {
		open_socket,     open_netlink,    run_program,    make_process,    change_namespace,
		make_namespace,  mount_something, trace_somebody, signal_somebody, become_root,
		accept_somebody, make_file,       remove_file,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		printf("# forbidden call %zu\n", i);
		assert_killed(attempts[i]);
	}
}

static void test_it_can_tell_the_time_without_the_vdso(void **state)
{
	(void)state;
	expect_vdso_calls_work(lock_monitor_down);
}

static void test_it_makes_no_process_and_no_namespace(void **state)
{
	(void)state;
	expect_no_process_and_no_namespace(lock_monitor_down);
}

static void test_other_ioctls_kill(void **state)
{
	(void)state;
	assert_killed(ioctl_debug);
	assert_killed(ioctl_link_type);
	assert_killed(ioctl_high_bits);
	assert_killed(ioctl_terminal);
	assert_killed(other_namespace);
}

static void test_landlock_keeps_files_away(void **state)
{
	(void)state;
	assert_int_equal(in_sandbox(read_passwd), DENIED);
	assert_int_equal(in_sandbox(read_status), DENIED);
	assert_int_equal(in_sandbox(write_null), DENIED);
	assert_int_equal(in_sandbox(write_hostname), DENIED);
	assert_int_equal(in_sandbox(write_forwarding), DENIED);
	if (access("/proc/sys/net/ipv6/conf/lo/accept_ra", R_OK) == 0)
		assert_int_equal(in_sandbox(read_sysctl), DENIED);
}

static void test_what_it_needs_is_allowed(void **state)
{
	(void)state;
	assert_int_equal(in_sandbox(nothing), ALLOWED);
	assert_int_equal(in_sandbox(ask_netlink), ALLOWED);
	assert_int_equal(in_sandbox(refuse_attach), ALLOWED);
	assert_int_equal(in_sandbox(find_owner), ALLOWED);
	assert_int_equal(in_sandbox(no_device), ALLOWED);
}

static int set_up(void **state)
{
	(void)state;
	tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	return tun >= 0 && link_socket_open(&netlink, NETLINK_ROUTE) == 0 ? 0 : -1;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forbidden_calls_kill),
		cmocka_unit_test(test_it_can_tell_the_time_without_the_vdso),
		cmocka_unit_test(test_it_makes_no_process_and_no_namespace),
		cmocka_unit_test(test_other_ioctls_kill),
		cmocka_unit_test(test_landlock_keeps_files_away),
		cmocka_unit_test(test_what_it_needs_is_allowed),
	};

	if (geteuid() != 0) {
		puts("1..0 # SKIP the lock-down begins as root");
		return 0;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, NULL);
}
