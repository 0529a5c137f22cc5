/* What the monitor keeps of bridges' forwarding tables: see fdb.c. */
#ifndef TB_FDB_H
#define TB_FDB_H

#include "proto/message.h"

#include <stdint.h>

/* A holder can take a few hundred addresses before its device is gone. */
#define FDB_MEMORY 1024

/* An entry that the kernel has deleted. */
struct fdb_entry {
	uint64_t when;    /* milliseconds of the monotonic clock */
	uint32_t ifindex; /* of the port; 0: this slot is empty */
	uint32_t taker;   /* ifindex of the port that has taken the address as its own; 0: none */
	uint16_t state;   /* NUD_* */
	uint16_t vlan;    /* 0: none */
	uint8_t flags;    /* NTF_* */
	uint8_t mac[TB_MAC_SIZE];
};

struct fdb_memory {
	struct fdb_entry entries[FDB_MEMORY];
	size_t next;
};

#endif
