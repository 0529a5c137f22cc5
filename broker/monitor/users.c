/* The users that the broker's processes become: see users.h. Runs in tapbrokerd as root, before lock-down; the name
 * service is asked here and nowhere else. */
#include "broker/monitor/users.h"

#include "broker/shared/log.h"

#include <errno.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>

static struct user find_user(const char *name)
{
	const struct passwd *entry = getpwnam(name);

	if (entry == NULL)
		tb_die("there is no user %s: create it, see tapbrokerd(8)", name);
	if (entry->pw_uid == 0)
		tb_die("the user %s has uid 0", name);
	return (struct user){.uid = entry->pw_uid, .gid = entry->pw_gid};
}

int users_find_uid(const char *name, uid_t *uid)
{
	const struct passwd *entry = getpwnam(name);

	if (entry == NULL)
		return -ENOENT;
	*uid = entry->pw_uid;
	return 0;
}

struct users users_find(void)
{
	struct users users = {
		.monitor = find_user("tapbroker"),
		.clerk = find_user("tapbroker-clerk"),
		.authority = find_user("tapbroker-authority"),
	};

	if (users.monitor.uid == users.clerk.uid || users.monitor.uid == users.authority.uid ||
	    users.clerk.uid == users.authority.uid)
		tb_die("tapbroker, tapbroker-clerk and tapbroker-authority must be three different users");
	return users;
}

void users_refuse_namespace(void)
{
	FILE *map = fopen("/proc/self/uid_map", "re");
	unsigned int inside = 0;
	unsigned int outside = 0;
	unsigned int count = 0;

	if (map == NULL || fscanf(map, "%u %u %u", &inside, &outside, &count) != 3)
		tb_die("cannot read /proc/self/uid_map");
	fclose(map);
	if (inside != 0 || outside != 0 || count != UINT32_MAX)
		tb_die("this is a user namespace, in which users cannot be told apart: start tapbrokerd outside it");
}
