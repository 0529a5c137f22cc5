/* What other programs remove of tunnels is put back: systemd-networkd removes what it does not know when it starts.
 * Runs in the clerk. */
#ifndef TB_PUT_BACK_H
#define TB_PUT_BACK_H

#include <stdint.h>

/* Forgets everything. */
void put_back_init(void);

/* Something was removed of the tunnel with this number, or, if that is TUNNELS_MAX, of the one of this device. */
void put_back_removed(uint32_t number, uint32_t ifindex);

/* Has put back what is due. Returns the milliseconds until the next, or -1. */
int put_back_expire(void);

#endif
