/* Who may read a file: see readers.h. Runs as the user, best as root. It reads modes, never what is in a file.
 *
 * Root is left out: it may read everything, and polkit is not asked about it.
 */
#include "client/tapctl/readers.h"

#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

int readers_copy(struct readers *to, const struct readers *from)
{
	*to = *from;
	if (from->condition == NULL)
		return 0;
	to->condition = strdup(from->condition);
	return to->condition == NULL ? -ENOMEM : 0;
}

void readers_free(struct readers *readers)
{
	free(readers->condition);
	readers->condition = NULL;
	readers->everybody = false;
}

/* True if the last of these conditions is that one. */
static bool ends_with(const char *conditions, const char *condition)
{
	size_t all = strlen(conditions);
	size_t length = strlen(condition);

	if (all < length || strcmp(conditions + all - length, condition) != 0)
		return false;
	return all == length || (all >= length + 4 && strncmp(conditions + all - length - 4, " && ", 4) == 0);
}

/* Both conditions. One that was the last already, as with files and directories of one group, is not said again. */
static int narrow(struct readers *readers, const char *condition)
{
	char *both;

	if (!readers->everybody && (readers->condition == NULL || ends_with(readers->condition, condition)))
		return 0;
	if (readers->everybody)
		both = strdup(condition);
	else if (asprintf(&both, "%s && %s", readers->condition, condition) < 0)
		both = NULL;
	if (both == NULL)
		return -ENOMEM;
	free(readers->condition);
	readers->condition = both;
	readers->everybody = false;
	return 0;
}

/* A name that can stand between quotes as it is. */
static bool plain(const char *name)
{
	for (; *name != '\0'; name++)
		if (!isalnum((unsigned char)*name) && strchr("_.-$@", *name) == NULL)
			return false;
	return true;
}

/* The rights of one file or directory: of its owner, of the others in its group, and of everybody else. Each class
 * excludes the next, as the kernel has it. */
static int narrow_by_mode(struct readers *readers, const struct stat *status, unsigned int right, const char **why)
{
	bool owner_may = (status->st_mode & right << 6) != 0;
	bool group_may = (status->st_mode & right << 3) != 0;
	bool other_may = (status->st_mode & right) != 0;
	const struct passwd *user = status->st_uid == 0 ? NULL : getpwuid(status->st_uid);
	const struct group *group = group_may == other_may ? NULL : getgrgid(status->st_gid);
	char members[300] = "";
	char condition[700];

	if (status->st_uid == 0)
		owner_may = group_may; /* root's own right does not matter */
	if (owner_may && group_may && other_may)
		return 0;
	if ((status->st_uid != 0 && (user == NULL || !plain(user->pw_name))) ||
	    (group_may != other_may && (group == NULL || !plain(group->gr_name)))) {
		*why = "its owner or group has no name that polkit would know";
		readers->unclear = true;
		return 0;
	}
	if (group != NULL)
		snprintf(members, sizeof(members), "%ssubject.isInGroup(\"%s\")", group_may ? "" : "!", group->gr_name);
	else if (other_may)
		snprintf(members, sizeof(members), "true");

	if (user == NULL) /* root's: here the members are not "true" */
		snprintf(condition, sizeof(condition), "%s", members);
	else if (owner_may && members[0] == '\0')
		snprintf(condition, sizeof(condition), "subject.user == \"%s\"", user->pw_name);
	else if (owner_may)
		snprintf(condition, sizeof(condition), "(subject.user == \"%s\" || %s)", user->pw_name, members);
	else if (members[0] == '\0')
		condition[0] = '\0';
	else
		snprintf(condition, sizeof(condition), "(subject.user != \"%s\" && %s)", user->pw_name, members);
	if (condition[0] != '\0')
		return narrow(readers, condition);
	readers_free(readers);
	return 0;
}

static int narrow_by_file(struct readers *readers, const char *path, unsigned int right, const char **why)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return -errno;
	if (getxattr(path, "system.posix_acl_access", NULL, 0) > 0) {
		*why = "it, or a directory on its path, has an access list (getfacl shows it)";
		readers->unclear = true;
		return 0;
	}
	return narrow_by_mode(readers, &status, right, why);
}

/* Every directory on the path as it is written must let its reader through. */
static int narrow_by_directories(struct readers *readers, const char *path, const char **why)
{
	char directory[PATH_MAX];
	int ret = 0;

	for (const char *slash = strchr(path, '/'); slash != NULL && ret == 0; slash = strchr(slash + 1, '/')) {
		size_t length = slash == path ? 1 : (size_t)(slash - path);

		if (length >= sizeof(directory))
			return -ENAMETOOLONG;
		memcpy(directory, path, length);
		directory[length] = '\0';
		ret = narrow_by_file(readers, directory, S_IXOTH, why);
	}
	return ret;
}

int readers_of_file(struct readers *readers, const char *path, const char **why)
{
	char resolved[PATH_MAX];
	int ret;

	/* With symbolic links there are two paths to go. */
	if (realpath(path, resolved) == NULL)
		return -errno;
	ret = narrow_by_directories(readers, path, why);
	if (ret == 0)
		ret = narrow_by_directories(readers, resolved, why);
	if (ret == 0)
		ret = narrow_by_file(readers, resolved, S_IROTH, why);
	return ret;
}
