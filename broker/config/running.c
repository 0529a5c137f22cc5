/* The broker that runs now: see running.h. Runs in tapbrokerd --check, as root; it reads the clerk's sealed table of
 * networks, which nobody can change, and asks over the public socket for the leases. A connection would start a broker
 * that does not run, so the clerk's process is looked for first.
 */
#include "broker/config/running.h"

#include "broker/config/table_memory.h"
#include "broker/shared/fd.h"
#include "proto/channel.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define CLERK_NAME "tapbroker-clerk\n" /* all of it fits into the kernel's 15 characters */
#define TABLE_LINK "/memfd:tapbroker-networks"
#define PATIENCE_S 5 /* seconds for each message of the broker's */

static bool is_clerk(const char *pid)
{
	char path[64];
	char name[32] = "";
	int fd TB_CLOSE = -1;

	snprintf(path, sizeof(path), "/proc/%.16s/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 && read(fd, name, sizeof(name) - 1) > 0 && strcmp(name, CLERK_NAME) == 0;
}

/* One in a container is not the one whose files are checked. */
static bool is_in_our_network(const char *pid)
{
	char path[64];
	struct stat ours, theirs;

	snprintf(path, sizeof(path), "/proc/%.16s/ns/net", pid);
	return stat("/proc/self/ns/net", &ours) == 0 && stat(path, &theirs) == 0 && ours.st_ino == theirs.st_ino;
}

/* Opens the table through the clerk's fd. Returns an fd, or a negative errno. */
static int open_table(const char *pid)
{
	char directory[64], path[sizeof(directory) + 32], target[64];
	struct dirent *entry;
	int ret = -EINVAL;
	DIR *fds;

	snprintf(directory, sizeof(directory), "/proc/%.16s/fd", pid);
	fds = opendir(directory);
	if (fds == NULL)
		return -errno;
	while (ret == -EINVAL && (entry = readdir(fds)) != NULL) {
		snprintf(path, sizeof(path), "%s/%.16s", directory, entry->d_name);
		memset(target, 0, sizeof(target));
		if (readlink(path, target, sizeof(target) - 1) <= 0 ||
		    strncmp(target, TABLE_LINK, strlen(TABLE_LINK)) != 0)
			continue;
		ret = open(path, O_RDONLY | O_CLOEXEC);
		if (ret < 0)
			ret = -errno;
	}
	closedir(fds);
	return ret;
}

static int map_table(int fd, const struct network_table **table)
{
	*table = networks_map(fd);
	if (*table == NULL)
		return -errno;
	return strcmp((*table)->release, TB_RELEASE) == 0 ? 0 : -EINVAL;
}

static int look_at_networks(const struct network_table **table)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	int ret = -ESRCH;

	if (processes == NULL)
		return -errno;
	while (ret == -ESRCH && (entry = readdir(processes)) != NULL) {
		int fd TB_CLOSE = -1;

		if (!isdigit((unsigned char)entry->d_name[0]) || !is_clerk(entry->d_name))
			continue;
		if (geteuid() != 0)
			ret = -EACCES;
		else if (is_in_our_network(entry->d_name)) {
			fd = open_table(entry->d_name);
			ret = fd < 0 ? fd : map_table(fd, table);
		}
	}
	closedir(processes);
	return ret;
}

/* Connects, and sends the request for everybody's leases. Returns a socket or a negative errno. */
static int ask_for_leases(const char *socket_path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct timeval patience = {.tv_sec = PATIENCE_S};
	struct tb_request request;
	int sock TB_CLOSE = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	int ret;

	memset(&request, 0, sizeof(request));
	tb_header_set(&request.header, TB_REQ_LIST, sizeof(request));
	request.flags = TB_REQUEST_ALL;
	if (strlen(socket_path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, socket_path, strlen(socket_path));
	if (sock < 0 || setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0 ||
	    setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0 ||
	    connect(sock, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	ret = tb_send(sock, &request, sizeof(request), NULL, 0);
	return ret < 0 ? ret : tb_take(&sock);
}

static int take_lease(const struct tb_lease *entry, struct running *running)
{
	struct running_lease *longer = realloc(running->leases, (running->leases_count + 1) * sizeof(*running->leases));
	struct running_lease *lease;

	if (longer == NULL)
		return -ENOMEM;
	running->leases = longer;
	lease = &longer[running->leases_count++];
	*lease = (struct running_lease){.uid = entry->uid, .pid = entry->pid};
	memcpy(lease->network, entry->network, sizeof(lease->network) - 1);
	memcpy(lease->name, entry->name, sizeof(lease->name) - 1);
	memcpy(lease->lease, entry->lease, sizeof(lease->lease));
	return 0;
}

static int look_at_leases(const char *socket_path, struct running *running)
{
	struct tb_lease entry;
	int sock TB_CLOSE = ask_for_leases(socket_path);
	int ret = 0;

	if (sock < 0)
		return sock;
	do {
		ssize_t size = recv(sock, &entry, sizeof(entry), 0);

		if (size < 0)
			return -errno;
		if (size != (ssize_t)sizeof(entry) || !tb_header_valid(&entry.header, TB_ANS_LEASE, sizeof(entry)) ||
		    entry.status != TB_OK)
			return -EPROTO;
		if (entry.count > 0)
			ret = take_lease(&entry, running);
	} while (ret == 0 && entry.left > 0);
	return ret;
}

int running_look(const char *socket_path, struct running *running)
{
	int ret;

	memset(running, 0, sizeof(*running));
	ret = look_at_networks(&running->networks);
	return ret < 0 ? ret : look_at_leases(socket_path, running);
}
