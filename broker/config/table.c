/* The table of networks, when it has been read: found in, sealed, mapped. Links nothing of the parser. tapbrokerd seals
 * the table as root, before lock-down; monitor and clerk map it and then read it without a system call. It must never
 * map a table that somebody could still change.
 */
#include "broker/config/table.h"

#include "broker/shared/fd.h"
#include "proto/name.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

const struct network *network_find(const struct network_table *table, const char *name)
{
	for (size_t i = 0; i < table->count; i++)
		if (strcmp(table->networks[i].name, name) == 0)
			return &table->networks[i];
	return NULL;
}

const struct network *network_of_bridge(const struct network_table *table, const char *bridge)
{
	const struct network *found = NULL;

	for (size_t i = 0; i < table->count; i++) {
		if (strcmp(table->networks[i].bridge, bridge) != 0)
			continue;
		if (found != NULL)
			return NULL;
		found = &table->networks[i];
	}
	return found;
}

uint32_t network_arp_ignore(const struct network *network)
{
	return network->host_replies ? 1 : 8;
}

bool network_allows_name(const struct network *network, const char *name)
{
	for (size_t i = 0; i < network->names_count; i++)
		if (tb_name_matches(name, network->names[i]))
			return true;
	return false;
}

const char *kind_word(enum tb_kind kind)
{
	switch (kind) {
	case TB_KIND_TAP:
		return "tap";
	case TB_KIND_TUN:
		return "tun";
	case TB_KIND_MACVTAP:
		return "macvtap";
	default:
		return "-";
	}
}

const char *lifetime_word(enum tb_lifetime lifetime)
{
	static const char *const words[TB_LIFETIME_COUNT] = {
		[TB_LIFETIME_SESSION] = "session",
		[TB_LIFETIME_FD] = "fd",
		[TB_LIFETIME_PERSISTENT] = "persistent",
	};

	return lifetime < TB_LIFETIME_COUNT ? words[lifetime] : "-";
}

const char *mode_word(enum tb_macvtap_mode mode)
{
	switch (mode) {
	case TB_MODE_BRIDGE:
		return "bridge";
	case TB_MODE_VEPA:
		return "vepa";
	case TB_MODE_PRIVATE:
		return "private";
	case TB_MODE_PASSTHRU:
		return "passthru";
	default:
		return "-";
	}
}

/* Returns 0 or a negative errno. */
static int write_table(int fd, const struct network_table *table)
{
	const char *next = (const char *)table;
	size_t left = sizeof(*table);

	while (left > 0) {
		ssize_t written = write(fd, next, left);

		if (written < 0)
			return -errno;
		next += written;
		left -= (size_t)written;
	}
	return 0;
}

int networks_seal(const struct network_table *table)
{
	int fd TB_CLOSE = memfd_create("tapbroker-networks", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int ret;

	if (fd < 0)
		return -errno;
	ret = write_table(fd, table);
	if (ret < 0)
		return ret;
	if (fcntl(fd, F_ADD_SEALS, SEALS) < 0)
		return -errno;
	return tb_take(&fd);
}

const struct network_table *networks_map(int fd)
{
	struct stat status;
	int seals = fcntl(fd, F_GET_SEALS);
	const struct network_table *table;

	if (seals < 0 || fstat(fd, &status) < 0)
		return NULL;
	if ((seals & SEALS) != SEALS || status.st_size != (off_t)sizeof(*table)) {
		errno = EINVAL;
		return NULL;
	}
	/* Private: older kernels refuse a shared mapping of a memfd that may not be written to. The seals keep the
	 * pages what they are. */
	table = mmap(NULL, sizeof(*table), PROT_READ, MAP_PRIVATE, fd, 0);
	if (table == MAP_FAILED)
		return NULL;
	if (table->count > NETWORKS_MAX) {
		munmap((void *)table, sizeof(*table));
		errno = EINVAL;
		return NULL;
	}
	return table;
}
