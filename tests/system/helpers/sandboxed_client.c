/* sandboxed_client [--connected] NETWORK: a client that has locked itself up before it calls the library. Landlock lets
 * it open no file at all, and any system call kills it but those that libtapbroker(3) lists. It prints the device's
 * name.
 *
 * --connected: the socket was connected before, as somebody else would do it for a process that may not; then socket()
 * and connect() kill, too.
 */
#include "broker/shared/lockdown.h"
#include "broker/shared/sanitizer.h"
#include "client/tapbroker.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A test compares the names of the first two tables with the manual page. */
/* clang-format off */
static const struct tb_rule to_connect[] = {
	TB_ALLOW(socket),
	TB_ALLOW(connect),
};

static const struct tb_rule to_ask[] = {
	TB_ALLOW(getsockopt),
	TB_ALLOW(fcntl),
	TB_ALLOW(sendmsg),
	TB_ALLOW(poll),
	TB_ALLOW(ppoll),
	TB_ALLOW(recvmsg),
	TB_ALLOW(fstat),
	TB_ALLOW(newfstatat),
	TB_ALLOW_IF(ioctl, 1, TUNGETIFF),
	TB_ALLOW(close),
	TB_ALLOW(clock_gettime),
	TB_ALLOW(brk),
	TB_ALLOW(mmap),
	TB_ALLOW(munmap),
	TB_ALLOW(getrandom),
};

/* What this program does besides, once it has its device. */
static const struct tb_rule to_tell[] = {
	TB_ALLOW(write),
	TB_ALLOW(exit_group),
	TB_SANITIZER_RULES
};
/* clang-format on */

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static size_t add(struct tb_rule *all, size_t count, const struct tb_rule *some, size_t number)
{
	memcpy(all + count, some, number * sizeof(*some));
	return count + number;
}

/* No stdio: it would want system calls of its own. */
static void tell(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) < 0 || write(fd, "\n", 1) < 0)
		_exit(3);
}

static _Noreturn void fail(const char *what, int error)
{
	tell(STDERR_FILENO, what);
	tell(STDERR_FILENO, strerrordesc_np(error));
	_exit(1);
}

static void lock_up(bool connected)
{
	struct tb_rule all[COUNT(to_connect) + COUNT(to_ask) + COUNT(to_tell)];
	size_t count = 0;
	int ret;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		fail("no_new_privs", errno);
	ret = tb_landlock_restrict(NULL, 0);
	if (ret < 0)
		fail("Landlock", -ret);
	if (ret > 0 && (open("/proc/self/uid_map", O_RDONLY) >= 0 || errno != EACCES))
		fail("a file could be opened", errno);
	if (!connected)
		count = add(all, count, to_connect, COUNT(to_connect));
	count = add(all, count, to_ask, COUNT(to_ask));
	count = add(all, count, to_tell, COUNT(to_tell));
	ret = tb_filter_load(all, count, false);
	if (ret < 0)
		fail("seccomp", -ret);
}

static int connect_before(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = TB_SOCKET_PATH};
	int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (sock < 0 || connect(sock, (struct sockaddr *)&address, sizeof(address)) < 0)
		fail(TB_SOCKET_PATH, errno);
	return sock;
}

int main(int argc, char **argv)
{
	struct tap_request request = TAP_REQUEST_INIT;
	bool connected = argc == 3 && strcmp(argv[1], "--connected") == 0;
	struct tap *tap;
	int sock = -1;
	int fd;

	if (argc != 2 && !connected)
		return 2;
	request.network = argv[argc - 1];
	if (connected)
		sock = connect_before();
	lock_up(connected);
	fd = connected ? tap_open_connected(sock, &request, &tap) : tap_open_request(&request, &tap);
	if (fd < 0) {
		tell(STDERR_FILENO, tap_strerror(errno));
		_exit(1);
	}
	tell(STDOUT_FILENO, tap_name(tap));
	tap_close(tap);
	_exit(0);
}
