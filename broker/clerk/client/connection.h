/* The connections that the listener holds: a fixed table, and three lists that its slots move between. Pure
 * bookkeeping, without a system call.
 *
 * Runs in tapbroker-listener. Allocates once, in connections_create().
 */
#ifndef TB_LISTENER_CONNECTION_H
#define TB_LISTENER_CONNECTION_H

#include <stddef.h>
#include <stdint.h>

struct connection {
	struct connection *next;
	struct connection *previous;
	struct connection_list *list; /* the one list that it is in */
	uint64_t deadline;            /* in milliseconds of the monotonic clock */
	uint32_t uid;                 /* who connected, for the meter */
	int fd;                       /* the client's socket, owned by this slot; -1 if it is free */
};

/* In the order of arrival. */
struct connection_list {
	struct connection *first;
	struct connection *last;
	size_t count;
};

struct connections {
	struct connection *slots;
	struct connection_list free;
	struct connection_list silent; /* have sent nothing yet; every deadline is as far away as the next, so the
					* first of the list has the earliest */
	struct connection_list ready;  /* have sent their request, and wait to be passed on */
};

/* Makes a table of so many free slots. Returns 0 or -ENOMEM. */
int connections_create(struct connections *connections, size_t size);

/* Frees the table; the sockets in it must be closed already. */
void connections_destroy(struct connections *connections);

/* Moves a connection to the end of a list. */
void connection_move(struct connection *connection, struct connection_list *to);

/* How many connections of this uid are held. Takes as many steps as there are connections held: none as a rule, and
 * with a full table of 1024 still less time than the accept() before it. */
size_t connections_of_uid(const struct connections *connections, uint32_t uid);

#endif
