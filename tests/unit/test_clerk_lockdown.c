/* A clerk that an attacker has taken over, below the clerk's real lock-down: broker/clerk/clerk_lockdown.c. Each
 * attempt runs in a process of its own, as tapbrokerd starts the clerk. Needs root; fails if the filter lets a call
 * pass by which
 * a device, a link or another process could be reached, or kills for one that the clerk needs.
 */
#include "tests/unit/filters.h"

#include "broker/clerk/clerk_lockdown.h"
#include "broker/clerk/client/lingering.h"

#include <cap-ng.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/un.h>

/* A uid that owns nothing. */
#define SOME_UID 61236

static int netlink = -1; /* as the clerk's looker has one */
static int tun = -1;     /* a device's fd, which no clerk ever gets */
static int pair[2] = {-1, -1};
static int listening = -1; /* at the clerk's own number */

/* As tapbrokerd starts it. */
static void lock_down(void)
{
	capng_clear(CAPNG_SELECT_ALL);
	if (capng_change_id(SOME_UID, SOME_UID, CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING | CAPNG_CLEAR_AMBIENT) !=
		    0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || dup2(listening, LISTENING_FD) < 0)
		_exit(FILTER_FAILED);
	clerk_lock_down();
}

/* ---- a device's fd, or a device node ---- */

static int attempt_open(uintptr_t path)
{
	return open((const char *)path, O_RDONLY | O_CLOEXEC);
}

static int attempt_write(uintptr_t path)
{
	return open((const char *)path, O_RDWR | O_CLOEXEC);
}

static int attempt_ioctl(uintptr_t request)
{
	struct ifreq device = {.ifr_flags = IFF_TAP | IFF_NO_PI, .ifr_name = "x0"};

	return ioctl(tun, request, &device);
}

static int attempt_socket(uintptr_t family)
{
	return socket((int)family, SOCK_RAW | SOCK_CLOEXEC, 0);
}

/* ---- the kernel's network ---- */

/* What the kernel says to a message that would change a link: it is not the filter that refuses. */
static int attempt_delete_link(uintptr_t ifindex)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg info;
	} message = {.header = {.nlmsg_len = sizeof(message),
				.nlmsg_type = RTM_DELLINK,
				.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
		     .info = {.ifi_index = (int)ifindex}};
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		char rest[128];
	} answer;

	if (sendto(netlink, &message, sizeof(message), 0, NULL, 0) < 0 ||
	    recvfrom(netlink, &answer, sizeof(answer), 0, NULL, NULL) < 0)
		return -1;
	errno = -answer.error.error;
	return answer.error.error;
}

/* ---- other processes ---- */

static int attempt_program(uintptr_t unused)
{
	(void)unused;
	return execl("/bin/true", "true", (char *)NULL);
}

static int attempt_signal(uintptr_t pid)
{
	return kill((pid_t)pid, 0);
}

static int attempt_trace(uintptr_t pid)
{
	return (int)ptrace(PTRACE_ATTACH, (pid_t)pid, NULL, NULL);
}

static int attempt_connect(uintptr_t unused)
{
	const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/run/dbus/system_bus_socket"};

	(void)unused;
	return connect(pair[0], (const struct sockaddr *)&address, sizeof(address));
}

static int attempt_option(uintptr_t option)
{
	int one = 1;

	return setsockopt(pair[0], SOL_SOCKET, (int)option, &one, sizeof(one));
}

static int attempt_accept(uintptr_t sock)
{
	int fd = accept4((int)sock, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	return fd < 0 && errno == EAGAIN ? 0 : fd;
}

/* ---- what it needs ---- */

static int attempt_start_time(uintptr_t unused)
{
	(void)unused;
	return open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
}

static int attempt_last_close(uintptr_t unused)
{
	(void)unused;
	lingering_take(pair[1]);
	lingering_expire();
	return close(pair[1]) < 0 ? 0 : -1;
}

static int attempt_talk(uintptr_t unused)
{
	int unread;
	char byte = 'x';

	(void)unused;
	if (sendto(pair[0], &byte, 1, 0, NULL, 0) != 1 || recvfrom(pair[1], &byte, 1, 0, NULL, NULL) != 1 ||
	    ioctl(pair[0], SIOCOUTQ, &unread) < 0)
		return -1;
	return shutdown(pair[1], SHUT_RD);
}

static void expect(int outcome, int (*attempt)(uintptr_t), uintptr_t argument)
{
	assert_int_equal(below_filter(lock_down, attempt, argument), outcome);
}

static void it_can_tell_the_time_without_the_vdso(void **state)
{
	(void)state;
	expect_vdso_calls_work(lock_down);
}

static void it_gets_no_device(void **state)
{
	static const char *const paths[] = {"/dev/net/tun", "/dev/null", "/etc/passwd", "/run", "/"};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		expect(FILTER_DENIED, attempt_open, (uintptr_t)paths[i]);
	/* Opening for writing is no call of the clerk's at all. */
	expect(FILTER_KILLED, attempt_write, (uintptr_t) "/dev/net/tun");
	expect(FILTER_KILLED, attempt_write, (uintptr_t) "/proc/sys/net/ipv4/ip_forward");
	/* Not even with a device's fd in its hands. */
	expect(FILTER_KILLED, attempt_ioctl, TUNSETIFF);
	expect(FILTER_KILLED, attempt_ioctl, TUNSETOWNER);
	expect(FILTER_KILLED, attempt_ioctl, TUNSETPERSIST);
	expect(FILTER_KILLED, attempt_ioctl, TUNGETIFF);
	expect(FILTER_KILLED, attempt_ioctl, SIOCSIFFLAGS);
	expect(FILTER_KILLED, attempt_ioctl, SIOCGSKNS);
	expect(FILTER_KILLED, attempt_ioctl, SIOCPROTOPRIVATE);
}

static void it_changes_no_link(void **state)
{
	(void)state;
	expect(FILTER_DENIED, attempt_delete_link, 1);
	for (int family = AF_UNIX; family <= AF_NETLINK; family++)
		expect(FILTER_KILLED, attempt_socket, (uintptr_t)family);
}

static void it_reaches_no_other_process(void **state)
{
	(void)state;
	expect(FILTER_KILLED, attempt_program, 0);
	expect(FILTER_KILLED, attempt_signal, (uintptr_t)getpid());
	expect(FILTER_KILLED, attempt_trace, (uintptr_t)getpid());
	expect(FILTER_KILLED, attempt_connect, 0);
}

/* A plain copy of its own makes last closes; nothing else comes of clone. */
static void it_makes_no_namespace(void **state)
{
	static const uintptr_t flags[] = {CLONE_NEWNS,  CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
					  CLONE_NEWPID, CLONE_NEWNET,    CLONE_NEWUSER};

	(void)state;
	expect(FILTER_FINE, attempt_clone, 0);
	expect(FILTER_KILLED, attempt_clone3, 0);
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		expect(FILTER_KILLED, attempt_clone, flags[i]);
		expect(FILTER_KILLED, attempt_clone3, flags[i]);
		expect(FILTER_KILLED, attempt_clone_of_thread, flags[i]);
	}
}

static void it_takes_connections_of_the_one_socket(void **state)
{
	(void)state;
	expect(FILTER_FINE, attempt_accept, LISTENING_FD);
	expect(FILTER_KILLED, attempt_accept, MONITOR_FD);
	expect(FILTER_FINE, attempt_option, SO_PASSCRED);
	expect(FILTER_KILLED, attempt_option, SO_RCVBUFFORCE);
	expect(FILTER_KILLED, attempt_option, SO_MARK);
}

static void it_can_do_its_work(void **state)
{
	(void)state;
	expect(FILTER_FINE, attempt_start_time, 0);
	expect(FILTER_FINE, attempt_last_close, 0);
	expect(FILTER_FINE, attempt_talk, 0);
}

/* The numbers that the clerk's fds have are free for them below. */
static int set_up(void **state)
{
	int number = 0;

	(void)state;
	while (number < FIRST_STORED_FD)
		number = open("/dev/null", O_RDONLY | O_CLOEXEC);
	netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	listening = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (netlink < 0 || tun < 0 ||
	    bind(listening, &(struct sockaddr){.sa_family = AF_UNIX}, sizeof(sa_family_t)) < 0)
		return -1;
	return listen(listening, 1) < 0 ? -1 : socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_can_tell_the_time_without_the_vdso),
		cmocka_unit_test(it_gets_no_device),
		cmocka_unit_test(it_changes_no_link),
		cmocka_unit_test(it_reaches_no_other_process),
		cmocka_unit_test(it_makes_no_namespace),
		cmocka_unit_test(it_takes_connections_of_the_one_socket),
		cmocka_unit_test(it_can_do_its_work),
	};

	if (geteuid() != 0) {
		puts("1..0 # SKIP the lock-down begins as root");
		return 0;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, NULL);
}
