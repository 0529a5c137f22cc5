/* This machine's id: see machine_id.h. Runs in tapbrokerd as root and in the clerk, both before lock-down; needs no
 * right. */
#include "broker/shared/machine_id.h"

#include "broker/shared/fd.h"
#include "proto/hex.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int machine_id_read(uint8_t id[MACHINE_ID_SIZE])
{
	char text[2 * MACHINE_ID_SIZE + 1] = "";
	int fd TB_CLOSE = open("/etc/machine-id", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (read(fd, text, sizeof(text) - 1) != (ssize_t)sizeof(text) - 1 || tb_hex_read(text, id, MACHINE_ID_SIZE) < 0)
		return -EBADMSG;
	return 0;
}
