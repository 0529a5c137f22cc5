/* The users that the broker's processes become. Runs in tapbrokerd before lock-down. */
#ifndef TB_USERS_H
#define TB_USERS_H

#include <sys/types.h>

struct user {
	uid_t uid;
	gid_t gid;
};

struct users {
	struct user monitor;
	struct user clerk;
	struct user authority;
};

/* Ends the process if one of them is missing, is root, or is another's too. */
struct users users_find(void);

/* Finds a user by name. Returns 0 or -ENOENT. */
int users_find_uid(const char *name, uid_t *uid);

/* Ends the process if it runs in a user namespace, where all users outside it have the same uid. */
void users_refuse_namespace(void);

#endif
