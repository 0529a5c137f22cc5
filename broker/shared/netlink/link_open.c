/* Opening netlink sockets: see link.h. Runs in the monitor and the clerk before lock-down; needs no right. Must
 * never be called after it. */
#include "broker/shared/fd.h"
#include "broker/shared/netlink/link.h"

#include <errno.h>
#include <linux/netlink.h>
#include <sys/socket.h>

int link_netlink_open(int protocol, uint32_t groups)
{
	int fd TB_CLOSE = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = groups};

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return tb_take(&fd);
}

int link_socket_open(struct link_socket *sock, int protocol)
{
	int fd = link_netlink_open(protocol, 0);

	return fd < 0 ? fd : link_socket_take(sock, fd);
}

int link_socket_take(struct link_socket *sock, int fd)
{
	struct sockaddr_nl address;
	socklen_t length = sizeof(address);

	sock->fd = fd;
	while (recv(fd, sock->buffer, sizeof(sock->buffer), MSG_DONTWAIT) >= 0)
		;
	if (getsockname(sock->fd, (struct sockaddr *)&address, &length) < 0)
		return -errno;
	sock->port = address.nl_pid;
	sock->sequence = 0;
	return 0;
}
