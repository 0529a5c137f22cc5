/* Structs that begin with their size and grow at their end: see internal.h. Runs in the client's process. */
#include "client/libtapbroker/internal.h"

#include <errno.h>
#include <string.h>

#define SIZE_MAXIMUM 16384 /* of any struct that there will ever be: more is a mistake */

static size_t size_of(const void *sized)
{
	size_t size;

	memcpy(&size, sized, sizeof(size));
	return size;
}

int tb_sized_take(void *to, size_t to_size, const void *from, size_t first_size)
{
	const char *bytes = from;
	size_t from_size;
	size_t common;

	if (from == NULL)
		return -EINVAL;
	from_size = size_of(from);
	common = from_size < to_size ? from_size : to_size;
	if (from_size < first_size)
		return -EINVAL;
	if (from_size > SIZE_MAXIMUM)
		return -E2BIG;
	for (size_t i = common; i < from_size; i++)
		if (bytes[i] != 0)
			return -E2BIG;
	memset(to, 0, to_size);
	memcpy(to, from, common);
	memcpy(to, &to_size, sizeof(to_size));
	return 0;
}

int tb_sized_check(const void *to, size_t first_size)
{
	size_t size = to != NULL ? size_of(to) : 0;

	return size < first_size || size > SIZE_MAXIMUM ? -EINVAL : 0;
}

void tb_sized_give(void *to, const void *from, size_t from_size)
{
	size_t to_size = size_of(to);
	size_t common = from_size < to_size ? from_size : to_size;

	memset(to, 0, to_size);
	memcpy(to, from, common);
	memcpy(to, &to_size, sizeof(to_size));
}
