/* tapbroker-listener: gives its rights up, then runs listener.c for ever.
 *
 * Runs under its own uid, without a capability, started by tapbrokerd. It holds the listening socket and the
 * connections that have not asked yet. It must never read what a client sends: its filter permits no call that could.
 */
#include "broker/listener/listener.h"
#include "broker/shared/lockdown.h"
#include "broker/shared/log.h"
#include "broker/shared/sanitizer.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHANNEL_FD 3   /* to the monitor */
#define LISTENING_FD 4 /* the socket that clients connect to */

/* clang-format off */
static const struct tb_rule rules[] = {
	TB_ALLOW_IF(accept4, 0, LISTENING_FD),   /* takes a connection */
	TB_ALLOW_IF(getsockopt, 2, SO_PEERCRED), /* whose it is, for the meter */
	TB_ALLOW(poll),                          /* has it sent something already? */
	TB_ALLOW(ppoll),                         /* the same on machines without poll */
	TB_ALLOW(epoll_ctl),                     /* watches a connection, or no longer */
	TB_ALLOW(epoll_wait),                    /* waits */
	TB_ALLOW(epoll_pwait),                   /* the same on machines without epoll_wait */
	TB_ALLOW(clock_gettime),                 /* the deadlines, where the clock cannot be read without the kernel */
	TB_ALLOW_IF(sendmsg, 0, CHANNEL_FD),     /* passes a connection to the monitor, and to nobody else */
	TB_ALLOW(close),                         /* closes its own copy */
	TB_ALLOW_IF(write, 0, STDERR_FILENO),    /* the log */
	TB_ALLOW(exit_group),                    /* the end */
	TB_SANITIZER_RULES,
};
/* clang-format on */

static size_t number(const char *option, const char *text, unsigned long least, unsigned long most)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || value < least || value > most)
		tb_die("listener: --%s must be a number from %lu to %lu", option, least, most);
	return value;
}

static void read_options(int argc, char **argv, struct listener_limits *limits)
{
	static const struct option options[] = {
		{"max-connections", required_argument, NULL, 'c'},
		{"max-connections-per-user", required_argument, NULL, 'u'},
		{"deadline", required_argument, NULL, 'd'},
		{NULL, 0, NULL, 0},
	};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			limits->connections = number("max-connections", optarg, LISTENER_ROOT_SLOTS + 1, 1 << 20);
			break;
		case 'u':
			limits->per_user = number("max-connections-per-user", optarg, 1, 1 << 20);
			break;
		case 'd':
			limits->deadline = (unsigned int)number("deadline", optarg, 1, 600000);
			break;
		default:
			tb_die("listener: unknown option; it is started by tapbrokerd, not by hand");
		}
	}
	if (optind != argc)
		tb_die("listener: takes no arguments; it is started by tapbrokerd, not by hand");
}

/* What tapbrokerd has passed must be what we think it is. */
static void check_socket(int fd, int is_listening)
{
	int type = 0;
	int listening = -1;
	socklen_t size = sizeof(int);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0 || type != SOCK_SEQPACKET ||
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) < 0 || listening != is_listening)
		tb_die("listener: fd %d is not a %s SEQPACKET socket; it is started by tapbrokerd, not by hand", fd,
		       is_listening ? "listening" : "connected");
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
		tb_die("listener: fd %d: %s", fd, strerror(errno));
}

static void lock_down(void)
{
	int ret;

	ret = tb_not_dumpable();
	if (ret < 0)
		tb_die("listener: cannot become undumpable: %s", strerror(-ret));
	ret = tb_landlock_restrict(NULL, 0);
	if (ret < 0)
		tb_die("listener: Landlock: %s", strerror(-ret));
	ret = tb_filter_load(rules, sizeof(rules) / sizeof(rules[0]), false);
	if (ret < 0)
		tb_die("listener: seccomp: %s", strerror(-ret));
}

int main(int argc, char **argv)
{
	struct listener_limits limits = {.connections = 1024, .per_user = 8, .deadline = 2000};
	struct listener listener;
	int ret;

	if (tb_no_rights() < 0)
		tb_die("listener: has capabilities left, or may gain some; it is started by tapbrokerd, not by hand");
	read_options(argc, argv, &limits);
	check_socket(CHANNEL_FD, 0);
	check_socket(LISTENING_FD, 1);
	if (close_range(LISTENING_FD + 1, UINT_MAX, 0) < 0)
		tb_die("listener: close_range: %s", strerror(errno));
	ret = listener_create(&listener, CHANNEL_FD, LISTENING_FD, &limits);
	if (ret < 0)
		tb_die("listener: cannot start: %s", strerror(-ret));
	lock_down();

	do {
		ret = listener_step(&listener);
	} while (ret == 0);
	if (ret == -EPROTO)
		tb_die("listener: the monitor sent something, which it never does");
	if (ret != -ECONNRESET)
		tb_die("listener: %s", strerror(-ret));
	return 0;
}
