/* The table of networks as sealed memory: see table_memory.h. tapbrokerd seals it as root, before lock-down; monitor
 * and clerk map it when they start, and then read it without a system call. It must never map a table that somebody
 * could still change.
 */
#include "broker/config/table_memory.h"

#include "broker/shared/fd.h"
#include "broker/shared/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

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

const struct network_table *networks_must_map(int fd)
{
	const struct network_table *table = networks_map(fd);

	if (table == NULL)
		tb_die("fd %d is not a table of networks: %s", fd, strerror(errno));
	return table;
}
