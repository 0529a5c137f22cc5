/* This machine's id. */
#ifndef TB_MACHINE_ID_H
#define TB_MACHINE_ID_H

#include <stdint.h>

#define MACHINE_ID_SIZE 16

/* Reads /etc/machine-id. Before lock-down. Returns 0 or a negative errno; -EBADMSG: there is no id in it. */
int machine_id_read(uint8_t id[MACHINE_ID_SIZE]);

#endif
