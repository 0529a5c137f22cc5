/* The channel of orders: see monitor.h. Runs in the clerk; needs no right. */
#include "broker/clerk/monitor.h"

#include "broker/shared/log.h"
#include "proto/channel.h"

#include <errno.h>
#include <string.h>

static int orders = -1;

void monitor_init(int channel)
{
	orders = channel;
}

int monitor_send(const void *message, size_t size, int fd)
{
	int ret = tb_send(orders, message, size, &fd, fd >= 0 ? 1 : 0);

	switch (ret) {
	case 0:
		return 0;
	case -EAGAIN:
	case -ENOMEM:
	case -ENOBUFS:
	case -ETOOMANYREFS: /* as many of our fds are on their way as we may have open */
		return -EAGAIN;
	default:
		tb_die("clerk: the monitor is gone: %s", strerror(-ret));
	}
}
