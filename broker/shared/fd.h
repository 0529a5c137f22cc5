/* File descriptors that close themselves. Every fd variable starts at -1.
 *
 *	int fd TB_CLOSE = -1;
 *	...
 *	*result = tb_take(&fd);
 */
#ifndef TB_FD_H
#define TB_FD_H

#include <errno.h>
#include <unistd.h>

#define TB_CLOSE __attribute__((cleanup(tb_close)))

/* Closes the fd if there is one, and forgets it. Keeps errno. */
static inline void tb_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

/* Gives the fd away: returns it, and forgets it here. */
static inline int tb_take(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#endif
