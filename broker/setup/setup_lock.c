/* The lock of tapbroker-setup: see setup_lock.h. Runs in tapbroker-setup, as root. It must never make a file: what is
 * locked is the directory, which others may read and not write.
 */
#include "broker/setup/setup_lock.h"

#include "broker/shared/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#define LOCK_DIRECTORY "/run/tapbroker"

int setup_lock(bool wait)
{
	int fd TB_CLOSE = -1;

	if (mkdir(LOCK_DIRECTORY, 0755) < 0 && errno != EEXIST)
		return -errno;
	fd = open(LOCK_DIRECTORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || flock(fd, wait ? LOCK_EX : LOCK_EX | LOCK_NB) < 0)
		return -errno;
	return tb_take(&fd);
}
