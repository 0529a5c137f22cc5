/* Which tunnels there are: memory that tapbrokerd fills as root, before lock-down, with what an earlier broker has left
 * in the kernel, and that is the clerk's alone after that. */
#ifndef TB_TUNNEL_BOOK_H
#define TB_TUNNEL_BOOK_H

#include "broker/shared/tunnel_numbers.h"
#include "proto/broker.h"

enum tunnel_state {
	TUNNEL_FREE = 0,
	TUNNEL_UP = 1,
	TUNNEL_LEFT = 2,   /* its device is gone, and the block of its kill switch is there */
	TUNNEL_ENDING = 3, /* the clerk: to be removed */
	TUNNEL_STATE_COUNT
};

/* What is in no use costs no memory. */
struct tunnel_book {
	uint8_t states[TUNNELS_MAX];           /* enum tunnel_state */
	struct tb_tunnel tunnels[TUNNELS_MAX]; /* by number */
};

#endif
