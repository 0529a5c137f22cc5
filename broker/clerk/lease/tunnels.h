/* The tunnels: which configuration stands in the kernel under which number, and the monitor's orders that are no
 * request's: what is left of a tunnel is removed, and what others have removed is made again. Runs in the clerk.
 *
 * One order at a time is under way. None is sent while a request's is, which may replace a tunnel.
 */
#ifndef TB_CLERK_TUNNELS_H
#define TB_CLERK_TUNNELS_H

#include "broker/shared/tunnel_book.h"
#include "proto/broker.h"

#include <stdbool.h>
#include <sys/types.h>

/* Takes the book of an earlier broker's tunnels (fd, a struct tunnel_book), which stays the caller's, and opens a
 * socket for questions. Returns 0 or a negative errno. */
int tunnels_init(int fd);

/* The tunnel of this lease, or NULL. */
const struct tb_tunnel *tunnel_of_lease(const uint8_t lease[TB_ID_SIZE]);

/* Whose the block with this number is, and of which network; NULL: there is no such block. The number is below
 * TUNNELS_MAX. */
const struct tb_question *tunnels_block(uint32_t number);

/* Something that a tunnel would take from another one, or from the host. */
struct tunnel_use {
	enum tb_check check;               /* TB_CHECK_NONE: there is nothing such */
	uint32_t item;                     /* the item of the configuration; TB_ITEMS_MAX: none alone */
	const struct tb_tunnel *of_tunnel; /* that has it; NULL: the host has, or another program */
};

/* What a tunnel with this configuration would take so. */
struct tunnel_use tunnels_in_use(const struct tb_configuration *wanted);

/* A number for a new tunnel; TUNNELS_MAX: there is none. */
uint32_t tunnels_free_number(void);

/* The monitor is told to make a tunnel: no other order goes to it until the answer is there. */
void tunnels_hold(void);

/* That answer is there, and nothing was made; or this one, in place of an old one (NULL: of none), and soon also of the
 * blocks that its user's tunnels have left on the network: returns true if there are any. */
void tunnels_go_on(void);
bool tunnels_made(const struct tb_tunnel *made, const struct tb_tunnel *old);

/* The device of this lease is gone: so is its tunnel, but for the block of a kill switch. */
void tunnels_end(const uint8_t lease[TB_ID_SIZE]);

/* The blocks that this user's tunnels have left on the network end. Returns true if there are any. */
bool tunnels_unblock(uid_t uid, const char *network);

/* True until the monitor has ended them. */
bool tunnels_unblocking(uid_t uid, const char *network);

/* What there is of the tunnel is to be made again, if there is one. */
void tunnels_make_again(uint32_t number);

/* The number of the tunnel of this device, or TUNNELS_MAX. */
uint32_t tunnels_number_of_device(uint32_t ifindex);

/* Sends the next order. Returns the milliseconds until the next try, or -1. */
int tunnels_expire(void);

/* The monitor has done what it was told. */
void tunnels_done(void);

/* The monitor answers no more, but obeys: what is left of tunnels is removed. */
void tunnels_flush(void);

#endif
