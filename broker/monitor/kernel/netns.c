/* Other network namespaces: see netns.h. Runs in the monitor, and netns_delete_device() in its reaper threads. USES
 * CAP_NET_ADMIN, which holds in every user namespace below the monitor's: to learn a socket's or a device's network
 * namespace, and to delete the device there. */
#include "broker/monitor/kernel/netns.h"

#include "broker/monitor/kernel/link_netns.h"
#include "broker/shared/fd.h"

#include <errno.h>
#include <linux/if_tun.h>
#include <linux/nsfs.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

/* How often the device may turn out to have another name, or to be elsewhere, by the time that it is to be deleted. To
 * rename it takes its holder longer than us to look, and to move it a hundred times as long. */
#define TRIES 100

/* An fd, or a negative errno. */
static int open_by(int fd, unsigned long request)
{
	int opened = ioctl(fd, request);

	return opened < 0 ? -errno : opened;
}

/* True if the network namespace is the one that this socket was made in. */
static bool same(int netns, int sock)
{
	int own TB_CLOSE = open_by(sock, SIOCGSKNS);
	struct stat theirs;
	struct stat ours;

	/* What cannot be told apart is taken for our own, which nobody gets. */
	if (own < 0 || fstat(netns, &theirs) < 0 || fstat(own, &ours) < 0)
		return true;
	return theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino;
}

int netns_of_client(int sock, uid_t uid, int own)
{
	int netns TB_CLOSE = open_by(sock, SIOCGSKNS);
	int userns TB_CLOSE = -1;
	uid_t owner;

	if (netns < 0)
		return netns;
	if (same(netns, own))
		return -EPERM;
	userns = open_by(netns, NS_GET_USERNS);
	if (userns < 0)
		return userns;
	if (ioctl(userns, NS_GET_OWNER_UID, &owner) < 0)
		return -errno;
	return owner == uid ? tb_take(&netns) : -EPERM;
}

/* Opens the network namespace that the device is in. After its device is gone, an fd can be attached to another one of
 * the monitor's network namespace: that is not what it was made for. */
static int open_netns(int device, int own)
{
	int netns TB_CLOSE = open_by(device, TUNGETDEVNETNS);

	if (netns < 0)
		return netns;
	return same(netns, own) ? -EXDEV : tb_take(&netns);
}

static int find_in(struct link_socket *sock, int device, int netns, struct link *link)
{
	struct ifreq request;
	int ret;

	memset(&request, 0, sizeof(request));
	if (ioctl(device, TUNGETIFF, &request) < 0)
		return -errno;
	ret = link_find_in(sock, netns, request.ifr_name, link);
	/* Whoever has this name now is another. */
	return ret == 0 && strcmp(link->kind, "tun") != 0 ? -ENODEV : ret;
}

int netns_find_device(struct link_socket *sock, int device, struct link *link)
{
	int netns TB_CLOSE = open_netns(device, sock->fd);

	memset(link, 0, sizeof(*link));
	return netns < 0 ? netns : find_in(sock, device, netns, link);
}

static int delete_once(struct link_socket *sock, int device)
{
	int netns TB_CLOSE = open_netns(device, sock->fd);
	struct link link;
	int ret;

	if (netns < 0)
		return netns;
	ret = find_in(sock, device, netns, &link);
	return ret < 0 ? ret : link_delete_in(sock, netns, link.ifindex);
}

int netns_delete_device(struct link_socket *sock, int device)
{
	int ret = -ENODEV;

	/* A deletion that succeeded may have met another device by a name that was passed on; only the fd tells. */
	for (int i = 0; i < TRIES && (ret == 0 || ret == -ENODEV); i++)
		ret = delete_once(sock, device);
	/* A network namespace that is ending cannot be opened; its devices go with it, and nobody has it any more. */
	return ret == -EBADFD || ret == -EINVAL ? 0 : ret;
}
