/* The kernel's own cost of a tap on a bridge. See kernel.h. Runs as root. */

#include "tests/bench/kernel.h"
#include "tests/bench/stats.h"

#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

/* Sends one netlink request and waits for its acknowledgement. The socket is made once. */
static void request(struct nlmsghdr *message)
{
	static struct mnl_socket *route;
	char answer[8192]; /* mnl_cb_run() takes no less than what a datagram may have */
	ssize_t size;

	if (!route) {
		route = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
		if (!route || mnl_socket_bind(route, 0, MNL_SOCKET_AUTOPID) < 0)
			fail("netlink");
	}
	if (mnl_socket_sendto(route, message, message->nlmsg_len) < 0)
		fail("netlink: send");
	size = mnl_socket_recvfrom(route, answer, sizeof(answer));
	if (size < 0 || mnl_cb_run(answer, (size_t)size, 0, mnl_socket_get_portid(route), NULL, NULL) < 0)
		fail("netlink: set the tap's bridge and set it up");
}

int kernel_open(unsigned int bridge, int flags)
{
	static unsigned int number;
	struct ifreq create = {.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | IFF_TUN_EXCL | flags)};
	char buffer[256] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *message;
	struct ifinfomsg *link;
	int fd;

	snprintf(create.ifr_name, sizeof(create.ifr_name), "bench%u", number++);
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &create) < 0)
		fail("/dev/net/tun");

	message = mnl_nlmsg_put_header(buffer);
	message->nlmsg_type = RTM_NEWLINK;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	link = mnl_nlmsg_put_extra_header(message, sizeof(*link));
	link->ifi_flags = IFF_UP;
	link->ifi_change = IFF_UP;
	mnl_attr_put_strz(message, IFLA_IFNAME, create.ifr_name);
	mnl_attr_put_u32(message, IFLA_MASTER, bridge);
	request(message);
	return fd;
}
