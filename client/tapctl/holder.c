/* Who has a device open by its name: see holder.h. Runs as the user, who may look into processes of his own. The kernel
 * says of an open tun or tap, in fdinfo, which interface it is. */
#include "client/tapctl/holder.h"

#include <ctype.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PATH_TEXT 320

static bool is_number(const char *name)
{
	return isdigit((unsigned char)name[0]) != 0;
}

/* True if the file says, on a line of its own, that it is this interface. */
static bool says_interface(const char *path, const char *device)
{
	FILE *file = fopen(path, "re");
	char line[128], found[128];
	bool says = false;

	while (file != NULL && !says && fgets(line, sizeof(line), file) != NULL)
		says = sscanf(line, "iff: %127s", found) == 1 && strcmp(found, device) == 0;
	if (file != NULL)
		fclose(file);
	return says;
}

/* Another namespace may have a device of that name. */
static bool is_in_our_namespace(const char *pid)
{
	struct stat ours, theirs;
	char path[PATH_TEXT];

	snprintf(path, sizeof(path), "/proc/%s/ns/net", pid);
	return stat("/proc/self/ns/net", &ours) == 0 && stat(path, &theirs) == 0 && ours.st_dev == theirs.st_dev &&
	       ours.st_ino == theirs.st_ino;
}

static bool has_open(const char *pid, const char *device)
{
	const struct dirent *entry;
	char path[PATH_TEXT];
	bool open = false;
	DIR *fds;

	snprintf(path, sizeof(path), "/proc/%s/fdinfo", pid);
	fds = opendir(path);
	while (fds != NULL && !open && (entry = readdir(fds)) != NULL) {
		snprintf(path, sizeof(path), "/proc/%s/fdinfo/%s", pid, entry->d_name);
		open = is_number(entry->d_name) && says_interface(path, device);
	}
	if (fds != NULL)
		closedir(fds);
	return open && is_in_our_namespace(pid);
}

static void read_name(const char *pid, char process[HOLDER_TEXT])
{
	char path[PATH_TEXT];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	file = fopen(path, "re");
	if (file == NULL || fgets(process, HOLDER_TEXT, file) == NULL)
		process[0] = '\0';
	if (file != NULL)
		fclose(file);
	process[strcspn(process, "\n")] = '\0';
	for (char *byte = process; *byte != '\0'; byte++)
		if (isprint((unsigned char)*byte) == 0)
			*byte = '?';
}

int holder_find(const char *device, char process[HOLDER_TEXT])
{
	const struct dirent *entry;
	DIR *processes = opendir("/proc");
	int pid = 0;

	while (processes != NULL && pid == 0 && (entry = readdir(processes)) != NULL) {
		if (!is_number(entry->d_name) || !has_open(entry->d_name, device))
			continue;
		pid = (int)strtol(entry->d_name, NULL, 10);
		read_name(entry->d_name, process);
	}
	if (processes != NULL)
		closedir(processes);
	return pid;
}
