/* The interface in the container: see cni.h. Runs as the engine runs its plugins; needs CAP_NET_ADMIN and CAP_SYS_ADMIN
 * in the container's user namespace, which the engine has. */
#include "client/cni/cni.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define NODE "/dev/net/tun"

int cni_enter(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return -errno;
	ret = setns(fd, CLONE_NEWNET) < 0 ? -errno : 0;
	close(fd);
	return ret;
}

unsigned int cni_interface_find(const char *name)
{
	return if_nametoindex(name);
}

static int call_kernel(int sock, unsigned long request, struct ifreq *arguments)
{
	return ioctl(sock, request, arguments) < 0 ? -errno : 0;
}

static int set_up(int sock, const char *name, bool up)
{
	struct ifreq request = {.ifr_flags = 0};
	int ret;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	ret = call_kernel(sock, SIOCGIFFLAGS, &request);
	if (up)
		request.ifr_flags |= IFF_UP;
	else
		request.ifr_flags &= ~IFF_UP;
	return ret < 0 ? ret : call_kernel(sock, SIOCSIFFLAGS, &request);
}

bool cni_interface_up(const char *name)
{
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = {.ifr_flags = 0};
	int ret;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	ret = call_kernel(sock, SIOCGIFFLAGS, &request);
	if (sock >= 0)
		close(sock);
	return ret == 0 && (request.ifr_flags & IFF_UP) != 0;
}

/* Older kernels rename no interface that is up. */
int cni_interface_rename(const char *from, const char *to)
{
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = {.ifr_flags = 0};
	int ret;

	if (sock < 0)
		return -errno;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", from);
	snprintf(request.ifr_newname, sizeof(request.ifr_newname), "%s", to);
	ret = set_up(sock, from, false);
	if (ret == 0)
		ret = call_kernel(sock, SIOCSIFNAME, &request);
	if (ret == 0)
		ret = set_up(sock, to, true);
	close(sock);
	return ret;
}

/* Attaches as a tap, or else as a tun. */
static int attach(int node, const char *name)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	int ret;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	ret = call_kernel(node, TUNSETIFF, &request);
	if (ret != -EINVAL)
		return ret;
	request.ifr_flags = IFF_TUN | IFF_NO_PI;
	return call_kernel(node, TUNSETIFF, &request);
}

int cni_interface_own(const char *name, long owner, long group)
{
	int node;
	int ret;

	if (owner < 0 && group < 0)
		return 0;
	node = open(NODE, O_RDWR | O_CLOEXEC);
	if (node < 0)
		return -errno;
	ret = attach(node, name);
	if (ret == 0 && owner >= 0 && ioctl(node, TUNSETOWNER, (unsigned long)owner) < 0)
		ret = -errno;
	if (ret == 0 && group >= 0 && ioctl(node, TUNSETGROUP, (unsigned long)group) < 0)
		ret = -errno;
	close(node);
	return ret;
}
