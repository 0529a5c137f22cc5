/* Opening one device node: see device_node.h. Runs in tapbroker-opener, as uid 0 without capabilities.
 *
 * Nodes in /dev are named by ifindex alone, and an interface of another network namespace may have the same one: any
 * user can make such a namespace, and with it a /dev/tapN before ours. So the name says nothing. sysfs shows only the
 * interfaces of our own namespace, and which device number belongs to each.
 */
#include "broker/opener/device_node.h"

#include "broker/shared/fd.h"
#include "broker/shared/log.h"
#include "broker/shared/vhost.h"
#include "proto/number.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#define TUN_MAJOR 10
#define TUN_MINOR 200

/* True if the fd is the character device of this number. */
static bool is_device(int fd, dev_t number)
{
	struct stat stat;

	return fstat(fd, &stat) == 0 && S_ISCHR(stat.st_mode) && stat.st_rdev == number;
}

/* Opens a node if it has this device number. Merely opening another driver's device may do something, so it is looked
 * at before, and, since the name may have changed hands in between, once more afterwards. */
static int open_device(const char *path, dev_t number)
{
	int seen TB_CLOSE = -1;
	int fd TB_CLOSE = -1;

	seen = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (seen < 0)
		return -errno;
	if (!is_device(seen, number))
		return -ESTALE;
	fd = open(path, DEVICE_NODE_FLAGS);
	if (fd < 0)
		return -errno;
	if (!is_device(fd, number))
		return -ESTALE;
	return tb_take(&fd);
}

/* Opens a node whose name and number are always the same. */
static int open_fixed(const char *dev, const char *name, unsigned int major_number, unsigned int minor_number)
{
	char path[PATH_MAX];
	int ret;

	snprintf(path, sizeof(path), "%s/%s", dev, name);
	ret = open_device(path, makedev(major_number, minor_number));
	if (ret == -ESTALE)
		tb_log(TB_LOG_WARNING, "opener: %s refused: it is not character device %u:%u", path, major_number,
		       minor_number);
	else if (ret == -EACCES)
		tb_log(TB_LOG_WARNING,
		       "opener: cannot open %s: it is not the node that was there when tapbrokerd started; restart tapbrokerd",
		       path);
	else if (ret < 0)
		tb_log(TB_LOG_WARNING, "opener: cannot open %s: %s", path, strerror(-ret));
	return ret;
}

int tun_node_open(const char *dev)
{
	return open_fixed(dev, "net/tun", TUN_MAJOR, TUN_MINOR);
}

int vhost_node_open(const char *dev)
{
	int ret = open_fixed(dev, "vhost-net", TB_VHOST_MAJOR, TB_VHOST_MINOR);

	return ret == -ESTALE ? -ENODEV : ret;
}

/* Reads a small file of sysfs as a string. */
static int read_sysfs(const char *path, char *text, size_t size)
{
	int fd TB_CLOSE = -1;
	ssize_t length;

	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	length = read(fd, text, size - 1);
	if (length < 0)
		return -errno;
	text[length] = '\0';
	return 0;
}

/* Reads a decimal number that ends with the given character, and moves *text behind that. */
static bool read_number(const char **text, char terminator, unsigned int *number)
{
	uint64_t value;

	if (tb_number_take(text, UINT_MAX, &value) < 0 || **text != terminator)
		return false;
	(*text)++;
	*number = (unsigned int)value;
	return true;
}

/* The ifindex of the interface with this name, as sysfs has it. */
static int sysfs_ifindex(const char *net, const char *name, unsigned int *ifindex)
{
	char path[PATH_MAX];
	char text[32] = "";
	const char *at = text;
	int ret;

	snprintf(path, sizeof(path), "%s/%s/ifindex", net, name);
	ret = read_sysfs(path, text, sizeof(text));
	if (ret < 0)
		return ret;
	return read_number(&at, '\n', ifindex) && *at == '\0' ? 0 : -EBADMSG;
}

/* The device number of that macvtap, as sysfs has it. */
static int sysfs_number(const char *net, const char *name, unsigned int ifindex, dev_t *number)
{
	char path[PATH_MAX];
	char text[32] = "";
	const char *at = text;
	unsigned int major_number;
	unsigned int minor_number;
	int ret;

	snprintf(path, sizeof(path), "%s/%s/macvtap/tap%u/dev", net, name, ifindex);
	ret = read_sysfs(path, text, sizeof(text));
	if (ret < 0)
		return ret;
	if (!read_number(&at, ':', &major_number) || !read_number(&at, '\n', &minor_number) || *at != '\0')
		return -EBADMSG;
	*number = makedev(major_number, minor_number);
	return 0;
}

int tap_node_open(const char *dev, const char *net, const char *name, uint32_t ifindex)
{
	char path[PATH_MAX];
	unsigned int shown;
	dev_t number;
	int ret;

	ret = sysfs_ifindex(net, name, &shown);
	if (ret == 0 && shown != ifindex)
		ret = -ESTALE;
	if (ret == 0)
		ret = sysfs_number(net, name, ifindex, &number);
	if (ret < 0) {
		tb_log(TB_LOG_WARNING, "opener: %s is not shown by %s as the macvtap with index %u: %s", name, net,
		       ifindex, strerror(-ret));
		return ret;
	}
	snprintf(path, sizeof(path), "%s/tap%u", dev, ifindex);
	ret = open_device(path, number);
	if (ret == -ENOENT)
		ret = -ESTALE;
	if (ret == -ESTALE)
		tb_log(TB_LOG_WARNING, "opener: %s refused: it is missing, or not character device %u:%u, which %s is",
		       path, major(number), minor(number), name);
	else if (ret < 0)
		tb_log(TB_LOG_WARNING, "opener: cannot open %s of %s: %s", path, name, strerror(-ret));
	return ret;
}

/* An access control list as the kernel stores it: little-endian, entries in order of their tags. */
struct acl {
	uint32_t version;
	struct {
		uint16_t tag;
		uint16_t permissions;
		uint32_t id;
	} entries[5];
};

#define READ_WRITE 6

int tap_node_grant(int fd, const char *name, uint32_t uid)
{
	const struct acl acl = {
		.version = htole32(2),
		.entries =
			{
				{htole16(0x01), htole16(READ_WRITE), htole32(UINT32_MAX)}, /* the owner, root */
				{htole16(0x02), htole16(READ_WRITE), htole32(uid)},        /* that user */
				{htole16(0x04), 0, htole32(UINT32_MAX)},                   /* the group */
				{htole16(0x10), htole16(READ_WRITE),
				 htole32(UINT32_MAX)},                   /* the mask of the two above */
				{htole16(0x20), 0, htole32(UINT32_MAX)}, /* everybody else */
			},
	};

	if (fsetxattr(fd, "system.posix_acl_access", &acl, sizeof(acl), 0) < 0) {
		tb_log(TB_LOG_WARNING, "opener: cannot let uid %u open the node of %s: %s", uid, name, strerror(errno));
		return -errno;
	}
	return 0;
}
