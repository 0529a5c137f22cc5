/* The forwarding tables of bridges: puts back what a holder's change of address has pushed out. Runs in the clerk.
 *
 * A bridge port that takes an address makes the bridge forget every other port's entry for that address, also one that
 * an administrator has made for ever, and does not bring it back when the port is gone. The kernel tells of the
 * deletion a moment before it tells of the new address: the last few deletions are kept for that moment.
 */
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

/* Listens to the kernel's news of bridges on this socket, which stays the caller's. restore() has an entry added again.
 * Returns 0 or a negative errno. */
int fdb_init(int socket, void (*restore)(const struct fdb_entry *entry));

/* The port with this ifindex is gone: puts the entries of an administrator's back that it had pushed out. */
void fdb_restore(uint32_t taker);

#endif
