/* The networks: both directories, and the table. Runs in tapbrokerd before lock-down, as root. A mistake in a file
 * switches its own network off, and no other; no value of such a file may reach the table, but for its name and kind.
 */
#include "broker/config/network.h"

#include "broker/config/findings.h"
#include "broker/config/network_file.h"
#include "broker/shared/fd.h"
#include "broker/shared/log.h"
#include "proto/name.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUFFIX ".conf"

/* All files while they are read. */
struct reading {
	struct network_file files[NETWORKS_MAX + 1]; /* the last one is for what is one too many, and is not counted */
	size_t count;
	unsigned int mistakes; /* that are not of one of these files */
};

/* One of the two directories. */
struct directory {
	const char *path; /* what networks.d is in */
	int fd;           /* of networks.d, or -1: there is none, or it cannot be opened */
	bool wrong;       /* logged: not everything in it can be read, or others than root may have written it */
};

/* Opens a directory and checks its owner. base is an open directory, or AT_FDCWD. *fd is -1 if there is no such
 * directory, or if it cannot be opened, which is logged and makes *wrong true. */
static void open_checked(int base, const char *name, const char *path, int *fd, bool *wrong)
{
	struct stat status;

	*fd = openat(base, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0 && errno == ENOENT)
		return;
	if (*fd < 0 || fstat(*fd, &status) < 0) {
		found_mistake(path, 0, "cannot be opened as a directory: %s", strerror(errno));
		*wrong = true;
	} else if (!network_owner_trusted(&status, path)) {
		*wrong = true;
	}
}

/* Opens PATH/networks.d. Who can write to PATH can replace networks.d, so both must be root's. The caller closes
 * directory->fd. */
static void open_networks(struct directory *directory)
{
	char path[NETWORK_PATH_SIZE];
	int parent TB_CLOSE = -1;

	open_checked(AT_FDCWD, directory->path, directory->path, &parent, &directory->wrong);
	if (parent < 0)
		return;
	snprintf(path, sizeof(path), "%s/networks.d", directory->path);
	open_checked(parent, "networks.d", path, &directory->fd, &directory->wrong);
}

static bool ends_in(const char *name, const char *suffix)
{
	size_t length = strlen(name);

	return length >= strlen(suffix) && strcmp(name + length - strlen(suffix), suffix) == 0;
}

static bool ends_in_suffix(const char *name)
{
	return ends_in(name, SUFFIX);
}

/* Copies the beginning of a file's name. False if that is no name for a network. */
static bool take_name(char name[TB_NETWORK_SIZE], const char *file_name, size_t length)
{
	memset(name, 0, TB_NETWORK_SIZE);
	if (length >= TB_NETWORK_SIZE)
		return false;
	memcpy(name, file_name, length);
	return tb_network_valid(name, TB_NETWORK_SIZE);
}

static bool text_printable(const char *name)
{
	for (; *name != '\0'; name++)
		if (*name < ' ' || *name > '~')
			return false;
	return true;
}

/* True for lan.network and lan: somebody may wait for a network of that name. Not for README, notes~ and
 * lan.conf.example. */
static bool looks_like_network(const struct dirent *entry)
{
	const char *name = entry->d_name;
	size_t length = strcspn(name, ".");
	char network[TB_NETWORK_SIZE];

	return entry->d_type != DT_DIR && take_name(network, name, length) && text_printable(name) &&
	       strncmp(name + length, SUFFIX, strlen(SUFFIX)) != 0 && name[strlen(name) - 1] != '~';
}

/* As units of systemd have them: somebody may expect that what stands in it is in force. */
static bool is_drop_in(const struct dirent *entry)
{
	return entry->d_type == DT_DIR && ends_in(entry->d_name, SUFFIX ".d") && text_printable(entry->d_name);
}

/* The network's name is what stands before the suffix. */
static void refuse_file_name(struct network_file *file, const char *file_name)
{
	char name[NAME_MAX + 1];

	snprintf(name, sizeof(name), "%.*s", (int)(strlen(file_name) - strlen(SUFFIX)), file_name);
	network_file_error(file, 0, "a network's name, which is the file's without " SUFFIX ", %s",
			   network_network_wrong(name));
}

/* Reads a file, or says why not: blocked, if it is not NULL, is the directory that would have to be trusted. */
static void read_file(struct reading *reading, const struct directory *directory, const char *file_name,
		      const char *blocked)
{
	struct network_file *file = &reading->files[reading->count];

	memset(file, 0, sizeof(*file));
	snprintf(file->path, sizeof(file->path), "%s/networks.d/%s", directory->path,
		 text_printable(file_name) ? file_name : "(a name with unprintable bytes)" SUFFIX);
	if (!take_name(file->network.name, file_name, strlen(file_name) - strlen(SUFFIX))) {
		refuse_file_name(file, file_name);
		reading->mistakes++;
		return;
	}
	if (reading->count == NETWORKS_MAX) {
		network_file_error(file, 0, "there are more than %d networks, so %s is off", NETWORKS_MAX,
				   file->network.name);
		reading->mistakes++;
		return;
	}
	if (blocked != NULL)
		network_file_error(file, 0, "is not read, because of what is wrong with %s/networks.d", blocked);
	else if (network_file_read(file, directory->fd, file_name) == -ENOENT)
		return;
	reading->count++;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Reads all files of a directory but those that the directory before, if it is not NULL, has too. If that one is wrong,
 * nobody knows what it would have replaced or masked: then nothing is read. */
static void read_directory(struct reading *reading, struct directory *directory, const struct directory *before)
{
	const char *blocked = directory->wrong ? directory->path : NULL;
	struct dirent **entries = NULL;
	struct stat status;
	int count;

	if (before != NULL && before->wrong)
		blocked = before->path;
	if (directory->fd < 0)
		return;
	count = scandirat(directory->fd, ".", &entries, is_visible, alphasort);
	if (count < 0) {
		tb_log(TB_LOG_ERROR, "%s/networks.d: cannot be read: %s", directory->path, strerror(errno));
		directory->wrong = true;
	}
	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;
		bool replaced = before != NULL && before->fd >= 0 &&
				fstatat(before->fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0;

		if (is_drop_in(entries[i]))
			found_warning(NULL, "%s/networks.d/%s: is not read: a network is one file, without drop-ins",
				      directory->path, name);
		else if (!ends_in_suffix(name) && looks_like_network(entries[i]))
			found_warning(NULL, "%s/networks.d/%s: is not read: its name does not end in " SUFFIX,
				      directory->path, name);
		else if (ends_in_suffix(name) && !replaced)
			read_file(reading, directory, name, blocked);
		free(entries[i]);
	}
	free(entries);
}

static int compare_networks(const void *a, const void *b)
{
	const struct network *left = a;
	const struct network *right = b;

	return strcmp(left->name, right->name);
}

/* Of a file with a mistake no value is sure, so nothing is allowed: all limits are 0. The kind may be needed for
 * devices that were handed out before. */
static void switch_off(struct network_file *file)
{
	struct network off = {.off = true, .kind = file->network.kind};

	memcpy(off.name, file->network.name, sizeof(off.name));
	file->network = off;
	tb_log(TB_LOG_ERROR, "network %s is off: its file has %u mistake%s", off.name, file->mistakes,
	       file->mistakes == 1 ? "" : "s");
}

static void note_path(struct network *network, const char *path)
{
	size_t length = strlen(path);

	if (length < sizeof(network->path))
		memcpy(network->path, path, length);
}

/* Returns the number of mistakes. */
static unsigned int fill_table(struct network_table *table, struct reading *reading)
{
	unsigned int mistakes = reading->mistakes;

	for (size_t i = 0; i < reading->count; i++) {
		struct network_file *file = &reading->files[i];

		mistakes += file->mistakes;
		if (file->mistakes > 0)
			switch_off(file);
		note_path(&file->network, file->path);
		table->networks[i] = file->network;
	}
	table->count = reading->count;
	qsort(table->networks, table->count, sizeof(table->networks[0]), compare_networks);
	return mistakes;
}

int networks_read(struct network_table *table, const char *config_dir, const char *vendor_dir)
{
	struct reading *reading = calloc(1, sizeof(*reading));
	struct directory config = {.path = config_dir, .fd = -1};
	struct directory vendor = {.path = vendor_dir, .fd = -1};
	unsigned int mistakes;

	table->count = 0;
	snprintf(table->release, sizeof(table->release), "%s", TB_RELEASE);
	if (reading == NULL)
		return -ENOMEM;
	open_networks(&config);
	read_directory(reading, &config, NULL);
	open_networks(&vendor);
	read_directory(reading, &vendor, &config);
	tb_close(&config.fd);
	tb_close(&vendor.fd);
	reading->mistakes += config.wrong + vendor.wrong;
	network_conflicts(reading->files, reading->count);
	mistakes = fill_table(table, reading);
	free(reading);
	return (int)mistakes;
}

int networks_read_file(struct network_table *table, const char *path)
{
	struct reading *reading = calloc(1, sizeof(*reading));
	const char *slash = strrchr(path, '/');
	const char *base = slash != NULL ? slash + 1 : path;
	unsigned int mistakes;
	struct network_file *file;

	table->count = 0;
	if (reading == NULL)
		return -ENOMEM;
	file = &reading->files[0];
	snprintf(file->path, sizeof(file->path), "%s", path);
	if (!take_name(file->network.name, base, strlen(base) - (ends_in_suffix(base) ? strlen(SUFFIX) : 0)))
		strcpy(file->network.name, "network");
	if (network_file_read(file, AT_FDCWD, path) == 0)
		reading->count = 1;
	network_conflicts(reading->files, reading->count);
	mistakes = fill_table(table, reading);
	free(reading);
	return (int)mistakes;
}
