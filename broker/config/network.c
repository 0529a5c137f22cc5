/* The networks: both directories, the table, and what two networks may not have in common. Runs in the monitor before
 * lock-down, as root. It must never hand on a table if anything in any file was wrong.
 */
#include "broker/config/network.h"

#include "broker/config/network_file.h"
#include "broker/shared/fd.h"
#include "broker/shared/log.h"
#include "proto/name.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUFFIX ".conf"

/* All files while they are read. */
struct reading {
	struct network_file files[NETWORKS_MAX];
	size_t count;
	bool wrong;
};

/* Opens a directory and checks its owner. base is an open directory, or AT_FDCWD; path is for the log. *fd is -1 if
 * there is no such directory. Returns 0, or -EINVAL, which is logged. */
static int open_trusted(int base, const char *name, const char *path, int *fd)
{
	struct stat status;

	*fd = openat(base, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0 && errno == ENOENT)
		return 0;
	if (*fd < 0 || fstat(*fd, &status) < 0) {
		tb_log(TB_LOG_ERROR, "%s: cannot be opened as a directory: %s", path, strerror(errno));
		return -EINVAL;
	}
	return network_owner_trusted(&status, path) ? 0 : -EINVAL;
}

/* Opens DIR/networks.d. Who can write to DIR can replace networks.d, so both must be root's. The caller closes *fd,
 * which is -1 if there is no such directory. Returns 0 or -EINVAL. */
static int open_networks(const char *dir, int *fd)
{
	char path[512];
	int parent TB_CLOSE = -1;
	int ret;

	*fd = -1;
	ret = open_trusted(AT_FDCWD, dir, dir, &parent);
	if (ret == 0 && parent >= 0) {
		snprintf(path, sizeof(path), "%s/networks.d", dir);
		ret = open_trusted(parent, "networks.d", path, fd);
	}
	return ret;
}

/* What is not *.conf, and what is hidden, is not ours: README, lan.conf.example, lan.conf~. */
static int is_network_file(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length >= strlen(SUFFIX) &&
	       strcmp(entry->d_name + length - strlen(SUFFIX), SUFFIX) == 0;
}

/* Copies a file's name without its suffix. False if that is no name for a network. */
static bool take_name(char name[TB_NETWORK_SIZE], const char *file_name)
{
	size_t length = strlen(file_name) - strlen(SUFFIX);

	memset(name, 0, TB_NETWORK_SIZE);
	if (length >= TB_NETWORK_SIZE)
		return false;
	memcpy(name, file_name, length);
	return tb_network_valid(name, TB_NETWORK_SIZE);
}

static void read_file(struct reading *reading, const char *dir, int networks_fd, const char *file_name)
{
	struct network_file *file = &reading->files[reading->count];
	int ret;

	if (reading->count == NETWORKS_MAX) {
		tb_log(TB_LOG_ERROR, "%s/networks.d/%s: there are more than %d networks", dir, file_name, NETWORKS_MAX);
		reading->wrong = true;
		return;
	}
	memset(file, 0, sizeof(*file));
	file->dir = dir;
	if (!take_name(file->network.name, file_name)) {
		for (const char *c = file_name; *c != '\0'; c++)
			if (*c < ' ' || *c > '~')
				file_name = "(a name with unprintable bytes)" SUFFIX;
		tb_log(TB_LOG_ERROR, "%s/networks.d/%s: a network's name is [a-z][a-z0-9_-]{0,30}", dir, file_name);
		reading->wrong = true;
		return;
	}
	ret = network_file_read(file, networks_fd);
	if (ret < 0 && ret != -ENOENT)
		reading->wrong = true;
	if (ret != -ENOENT) /* also a wrong one: one run is to name its conflicts too */
		reading->count++;
}

/* Reads all files of a directory but those that replaced_by, another open directory or -1, has too. */
static void read_directory(struct reading *reading, const char *dir, int networks_fd, int replaced_by)
{
	struct dirent **entries = NULL;
	struct stat status;
	int count;

	if (networks_fd < 0)
		return;
	count = scandirat(networks_fd, ".", &entries, is_network_file, alphasort);
	if (count < 0) {
		tb_log(TB_LOG_ERROR, "%s/networks.d: cannot be read: %s", dir, strerror(errno));
		reading->wrong = true;
	}
	for (int i = 0; i < count; i++) {
		const char *file_name = entries[i]->d_name;

		if (replaced_by < 0 || fstatat(replaced_by, file_name, &status, AT_SYMLINK_NOFOLLOW) < 0)
			read_file(reading, dir, networks_fd, file_name);
		free(entries[i]);
	}
	free(entries);
}

/* True if some interface name fits both patterns. */
static bool patterns_meet(const char *a, const char *b)
{
	size_t a_prefix = strcspn(a, "*");
	size_t b_prefix = strcspn(b, "*");

	if (a[a_prefix] == '\0')
		return tb_name_matches(a, b);
	if (b[b_prefix] == '\0')
		return tb_name_matches(b, a);
	return strncmp(a, b, a_prefix < b_prefix ? a_prefix : b_prefix) == 0;
}

/* Rules of the host's firewall and of polkit go by interface names: a name must tell the network. */
static void check_names(struct network_file *file, const struct network_file *other)
{
	for (size_t i = 0; i < file->network.names_count; i++)
		for (size_t j = 0; j < other->network.names_count; j++)
			if (patterns_meet(file->network.names[i], other->network.names[j]))
				network_file_error(file, file->names_lines[i],
						   "Names=%s and Names=%s of %s/networks.d/%s.conf:%u can be the same "
						   "interface; "
						   "change one",
						   file->network.names[i], other->network.names[j], other->dir,
						   other->network.name, other->names_lines[j]);
}

/* A client that may ask for the name of a bridge or parent could make that interface while the real one is missing. */
static void check_lower(struct network_file *file, const struct network_file *other)
{
	const char *lower = other->network.kind == TB_KIND_MACVTAP ? other->network.parent : other->network.bridge;
	const char *key = other->network.kind == TB_KIND_MACVTAP ? "Parent" : "Bridge";
	enum network_key line = other->network.kind == TB_KIND_MACVTAP ? KEY_PARENT : KEY_BRIDGE;

	for (size_t i = 0; i < file->network.names_count; i++)
		if (lower[0] != '\0' && tb_name_matches(lower, file->network.names[i]))
			network_file_error(file, file->names_lines[i],
					   "Names=%s: a client could take the name of %s=%s of "
					   "%s/networks.d/%s.conf:%u; "
					   "change one",
					   file->network.names[i], key, lower, other->dir, other->network.name,
					   other->lines[line]);
}

/* A passthru macvtap takes its parent whole. */
static void check_passthru(struct network_file *file, const struct network_file *other)
{
	const char *parent = file->network.parent;
	bool is_parent = strcmp(parent, other->network.parent) == 0;

	if (file->network.mode == TB_MODE_PASSTHRU && parent[0] != '\0' &&
	    (is_parent || strcmp(parent, other->network.bridge) == 0))
		network_file_error(file, file->lines[KEY_PARENT],
				   "Parent=%s: Mode=passthru needs it alone, but %s/networks.d/%s.conf:%u uses it too",
				   parent, other->dir, other->network.name,
				   other->lines[is_parent ? KEY_PARENT : KEY_BRIDGE]);
}

static void check_conflicts(struct reading *reading)
{
	for (size_t i = 0; i < reading->count; i++) {
		struct network_file *file = &reading->files[i];

		for (size_t j = 0; j < reading->count; j++) {
			check_lower(file, &reading->files[j]);
			if (j != i)
				check_passthru(file, &reading->files[j]);
			if (j < i) /* it goes both ways, and is said once */
				check_names(file, &reading->files[j]);
		}
		reading->wrong = reading->wrong || file->wrong;
	}
}

static int compare_networks(const void *a, const void *b)
{
	const struct network *left = a;
	const struct network *right = b;

	return strcmp(left->name, right->name);
}

int networks_read(struct network_table *table, const char *config_dir, const char *vendor_dir)
{
	struct reading *reading = calloc(1, sizeof(*reading));
	int config_fd TB_CLOSE = -1;
	int vendor_fd TB_CLOSE = -1;
	int ret = -ENOMEM;

	table->count = 0;
	if (reading == NULL)
		goto out;
	if (open_networks(config_dir, &config_fd) < 0)
		reading->wrong = true;
	else
		read_directory(reading, config_dir, config_fd, -1);
	if (open_networks(vendor_dir, &vendor_fd) < 0)
		reading->wrong = true;
	else
		read_directory(reading, vendor_dir, vendor_fd, config_fd);
	check_conflicts(reading);
	ret = -EINVAL;
	if (reading->wrong)
		goto out;
	for (size_t i = 0; i < reading->count; i++)
		table->networks[i] = reading->files[i].network;
	table->count = reading->count;
	qsort(table->networks, table->count, sizeof(table->networks[0]), compare_networks);
	ret = 0;
out:
	free(reading);
	return ret;
}
