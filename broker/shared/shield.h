/* The shield: the network namespace of the broker's own in which taps on a bridge stand. Linked into tapbrokerd, the
 * clerk and tapbroker-setup.
 *
 *	fd -- tap vm0 | in the shield: chains of the lease | i00c0ffee (veth) ~ | on the host: vm0 (veth), port of br0
 *
 * The two ends of the veth are called the inner end and the port. The tap and its port have the same name. The inner
 * end is named by the lease: it leads from a lease to its port, whatever anybody has done to the port's name. */
#ifndef TB_SHIELD_H
#define TB_SHIELD_H

#include "proto/message.h"

/* tapbroker-setup mounts the namespace here. */
#define SHIELD_PATH "/run/tapbroker/shield"

/* So many bytes of a lease's id fit into a name. */
#define SHIELD_ID_BYTES ((TB_NAME_SIZE - 2) / 2)

/* The name of the inner end of this lease: 'i' and the beginning of its id in hexadecimal. */
void shield_inner_name(const uint8_t lease[TB_ID_SIZE], char name[TB_NAME_SIZE]);

/* Reads it: that beginning, and zero bytes behind it. Returns 0, or -EBADMSG if it is no such name. */
int shield_inner_read(const char *name, uint8_t lease[TB_ID_SIZE]);

#endif
