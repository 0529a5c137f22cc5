/* Stand-ins over the real programs: see cover.h. Runs as the user, in a process that is about to become the user's
 * command.
 *
 * The new user namespace has the user's own id and nothing else, so the command gains no right outside it; and when
 * it is executed it has none inside either, since it is not root there. Only the command sees what lies over the
 * files.
 */
#include "client/tapctl/cover.h"

#include "client/tapctl/tapctl.h"
#include "client/tapctl/waiting.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const names[] = {"ip", "ifconfig"};
static const char *const folders[] = {"/usr/sbin", "/usr/bin", "/sbin", "/bin"};

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t written = -1;

	if (fd < 0)
		return -1;
	written = write(fd, text, strlen(text));
	close(fd);
	return written < 0 ? -1 : 0;
}

/* The ids stay what they are. */
static int map_own_ids(unsigned int uid, unsigned int gid)
{
	char users[64];
	char groups[64];

	snprintf(users, sizeof(users), "%u %u 1", uid, uid);
	snprintf(groups, sizeof(groups), "%u %u 1", gid, gid);
	if (write_file("/proc/self/uid_map", users) < 0 || write_file("/proc/self/setgroups", "deny") < 0)
		return -1;
	return write_file("/proc/self/gid_map", groups);
}

/* What the host mounts later is still seen, and nothing of ours out there. */
static int enter_namespace(void)
{
	unsigned int uid = geteuid();
	unsigned int gid = getegid();

	if (uid == 0 ? unshare(CLONE_NEWNS) < 0 : unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0 || map_own_ids(uid, gid) < 0)
		return -1;
	return mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL);
}

static bool is_same_file(const char *one, const char *other)
{
	struct stat first;
	struct stat second;

	return stat(one, &first) == 0 && stat(other, &second) == 0 && first.st_ino == second.st_ino &&
	       first.st_dev == second.st_dev;
}

/* Two folders may be one. */
static int cover(const char *name, const char *folder)
{
	char stand_in[256];
	char path[64];

	snprintf(stand_in, sizeof(stand_in), "%s/%s", COVER_FOLDER, name);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (access(path, F_OK) < 0 || is_same_file(stand_in, path))
		return 0;
	return mount(stand_in, path, NULL, MS_BIND, NULL);
}

void cover_programs(void)
{
	int ret = enter_namespace();

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && ret == 0; i++)
		for (size_t j = 0; j < sizeof(folders) / sizeof(folders[0]) && ret == 0; j++)
			ret = cover(names[i], folders[j]);
	if (ret < 0 && hints_wanted())
		complain(
			"only PATH leads the command to the stand-ins for ip and ifconfig, not /sbin/ip and the like: %s",
			strerror(errno));
}
