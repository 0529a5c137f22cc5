/* Is an fd the device that the answer names? See internal.h. Runs in the client's process.
 *
 * A process of the broker that was taken over could send any fd: a socket whose other end is somebody else's would
 * carry this client's packets there.
 */
#include "client/libtapbroker/internal.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/vhost.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* Numbers that the kernel has given once and for all: include/linux/miscdevice.h. */
#define MISC_MAJOR 10
#define TUN_MINOR 200
#define VHOST_NET_MINOR 238

/* Looks at an fd before it is asked anything: what an ioctl() does to another device is that device's to say.
 * Returns 0 and the number of a character device in *device; -EPROTO: it is something else; -EACCES: this process may
 * not look. So says AppArmor where a profile has no attach_disconnected, because the broker opens nodes in a mount
 * namespace of its own. */
static int look_at(int fd, dev_t *device)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return errno == EACCES ? -EACCES : -EPROTO;
	*device = status.st_rdev;
	return S_ISCHR(status.st_mode) ? 0 : -EPROTO;
}

/* A tun or tap is open by /dev/net/tun. A macvtap is open by a node of its own, whose number is free. */
static bool is_node_of(uint32_t kind, dev_t device)
{
	bool is_tun_node = device == makedev(MISC_MAJOR, TUN_MINOR);

	return kind == TB_KIND_MACVTAP ? !is_tun_node : is_tun_node;
}

static bool is_interface(int fd, const struct tb_answer *answer)
{
	const int type = answer->kind == TB_KIND_TUN ? IFF_TUN : IFF_TAP;
	struct ifreq request;
	dev_t device;
	int seen = look_at(fd, &device);

	/* Who may not look has the device's own word below: it tells its name and its type. */
	if (seen == -EPROTO || (seen == 0 && !is_node_of(answer->kind, device)))
		return false;
	memset(&request, 0, sizeof(request));
	if (ioctl(fd, TUNGETIFF, &request) < 0 || (request.ifr_flags & (IFF_TUN | IFF_TAP)) != type)
		return false;
	return strncmp(request.ifr_name, answer->name, sizeof(request.ifr_name)) == 0;
}

static bool is_vhost(int fd)
{
	uint64_t features;
	dev_t device;
	int seen = look_at(fd, &device);

	if (seen == -EACCES)
		return ioctl(fd, VHOST_GET_FEATURES, &features) == 0;
	return seen == 0 && device == makedev(MISC_MAJOR, VHOST_NET_MINOR);
}

int tb_device_check(const struct tb_answer *answer, const int *fds)
{
	for (uint32_t i = 0; i < answer->queues; i++)
		if (!is_interface(fds[i], answer))
			return -EPROTO;
	for (uint32_t i = 0; i < answer->vhosts; i++)
		if (!is_vhost(fds[answer->queues + i]))
			return -EPROTO;
	return 0;
}
