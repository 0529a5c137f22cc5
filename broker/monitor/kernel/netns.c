/* Other network namespaces: see netns.h. Runs in the monitor, and netns_delete_device() in its reaper threads. USES
 * CAP_NET_ADMIN, which holds in every user namespace below the monitor's: to learn a socket's or a device's network
 * namespace, to give that a number here, and to delete the device there. Must never touch a link that is not ours. */
#include "broker/monitor/kernel/netns.h"

#include "broker/monitor/kernel/link_change.h"
#include "broker/monitor/kernel/template.h"
#include "broker/shared/fd.h"
#include "broker/shared/netlink/link_batch.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/net_namespace.h>
#include <linux/nsfs.h>
#include <linux/rtnetlink.h>
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

static void take_nsid(void *context, const struct nlmsghdr *message)
{
	const struct nlattr *attribute;

	mnl_attr_for_each(attribute, message, sizeof(struct rtgenmsg))
	{
		if (mnl_attr_get_type(attribute) == NETNSA_NSID &&
		    mnl_attr_get_payload_len(attribute) >= sizeof(int32_t))
			*(int32_t *)context = (int32_t)mnl_attr_get_u32(attribute);
	}
}

/* The number that the namespace has here; it is given one if it has none yet. */
int netns_number(struct link_socket *sock, int netns, int32_t *nsid)
{
	struct answer answer = {.take = take_nsid, .context = nsid};
	int ret = template_run(sock, &link_templates[LINK_GIVE_NUMBER], &netns);

	*nsid = NETNSA_NSID_NOT_ASSIGNED;
	if (ret == 0 || ret == -EEXIST)
		ret = template_ask(sock, &link_templates[LINK_TELL_NUMBER], &netns, &answer);
	return ret == 0 && *nsid == NETNSA_NSID_NOT_ASSIGNED ? -EPROTO : ret;
}

/* Finds the device by the name that it has at this moment, in the network namespace that it is in. */
static int delete_once(struct link_socket *sock, int device)
{
	int netns TB_CLOSE = open_netns(device, sock->fd);
	struct ifreq request;
	struct link link;
	int32_t nsid;
	int ret = netns < 0 ? netns : netns_number(sock, netns, &nsid);

	if (ret < 0)
		return ret;
	memset(&request, 0, sizeof(request));
	if (ioctl(device, TUNGETIFF, &request) < 0)
		return -errno;
	ret = link_ask(sock, nsid, 0, request.ifr_name, &link);
	if (ret < 0)
		return ret;
	/* Whoever has this name now is another. */
	return strcmp(link.kind, "tun") == 0 ? link_delete(sock, nsid, link.ifindex) : -ENODEV;
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
