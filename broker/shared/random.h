/* Random bytes from the kernel. */
#ifndef TB_RANDOM_H
#define TB_RANDOM_H

#include <errno.h>
#include <stddef.h>
#include <sys/random.h>

/* Fills the buffer, of at most 256 bytes. Returns 0 or a negative errno. */
static inline int tb_random(void *buffer, size_t size)
{
	return getrandom(buffer, size, 0) == (ssize_t)size ? 0 : -EIO;
}

#endif
