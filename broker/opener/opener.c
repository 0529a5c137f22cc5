/* tapbroker-opener: gives its rights up, then answers the monitor for ever.
 *
 * Runs as uid 0 without a capability, started by tapbrokerd; several may run, one in each network namespace. It is root
 * only in that it owns the device nodes. It must never do an ioctl, nor open anything but device nodes and what sysfs
 * says of interfaces: opener_lockdown.c says how that is enforced.
 */
#include "broker/opener/node_requests.h"
#include "broker/opener/opener_lockdown.h"
#include "broker/shared/lockdown.h"
#include "broker/shared/log.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct opener_options {
	bool macvtap;          /* there is a network whose devices have nodes of their own */
	bool shield;           /* it runs in the shield, and opens /dev/net/tun alone */
	bool without_landlock; /* it may run where the kernel has no Landlock */
};

static struct opener_options read_opener_options(int argc, char **argv)
{
	static const struct option known[] = {
		{"macvtap", no_argument, NULL, 'm'},
		{"shield", no_argument, NULL, 's'},
		{"without-landlock", no_argument, NULL, 'l'},
		{NULL, 0, NULL, 0},
	};
	struct opener_options options = {.macvtap = false};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (option == 'm')
			options.macvtap = true;
		else if (option == 's')
			options.shield = true;
		else if (option == 'l')
			options.without_landlock = true;
		else
			tb_die("opener: unknown option; it is started by tapbrokerd, not by hand");
	}
	if (optind != argc)
		tb_die("opener: takes no arguments; it is started by tapbrokerd, not by hand");
	return options;
}

/* What tapbrokerd has passed must be what we think it is. */
static void opener_check_channel(void)
{
	int type = 0;
	socklen_t size = sizeof(type);

	if (getsockopt(OPENER_CHANNEL_FD, SOL_SOCKET, SO_TYPE, &type, &size) < 0 || type != SOCK_SEQPACKET)
		tb_die("opener: fd %d is not a SEQPACKET socket; it is started by tapbrokerd, not by hand",
		       OPENER_CHANNEL_FD);
	if (fcntl(OPENER_CHANNEL_FD, F_SETFD, FD_CLOEXEC) < 0)
		tb_die("opener: fd %d: %s", OPENER_CHANNEL_FD, strerror(errno));
}

int main(int argc, char **argv)
{
	struct opener opener = {.channel = OPENER_CHANNEL_FD, .dev = OPENER_DEV, .net = OPENER_NET};
	struct opener_options options;
	int ret;

	tb_log_open();
	if (tb_no_rights() < 0)
		tb_die("opener: has capabilities left, or may gain some; it is started by tapbrokerd, not by hand");
	options = read_opener_options(argc, argv);
	opener_check_channel();
	if (close_range(OPENER_CHANNEL_FD + 1, UINT_MAX, 0) < 0)
		tb_die("opener: close_range: %s", strerror(errno));
	opener_lock_down(options.macvtap  ? OPENER_ALL_NODES
			 : options.shield ? OPENER_TUN_ALONE
					  : OPENER_FIXED_NODES,
			 options.without_landlock);

	do {
		ret = node_requests_step(&opener);
	} while (ret == 0);
	if (ret == -EBADMSG)
		tb_die("opener: the monitor sent a request that it never sends");
	if (ret != -ECONNRESET)
		tb_die("opener: %s", strerror(-ret));
	return 0;
}
