/* The connections that have not asked yet: a fixed table, in the order of arrival. Pure bookkeeping, without a system
 * call. Runs in the clerk.
 */
#ifndef TB_CONNECTION_H
#define TB_CONNECTION_H

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

struct connection {
	TAILQ_ENTRY(connection) link; /* in the list of free ones, or of the others in order of arrival */
	uint64_t deadline;            /* in milliseconds of the monotonic clock */
	uid_t account;                /* of the user that connected, for the meter */
	int sock;                     /* the client's socket, owned by this slot; -1 if it is free */
};

TAILQ_HEAD(connection_list, connection);

struct connections {
	struct connection *slots;
	size_t free_count;
	struct connection_list free;
	struct connection_list silent; /* every deadline is as far away as the next, so the first has the earliest */
};

/* Makes a table of so many free slots. Returns 0 or -ENOMEM. */
int connections_init(struct connections *connections, size_t size);

/* Frees the table; the sockets in it must be closed already. */
void connections_destroy(struct connections *connections);

/* Takes a free slot; NULL if there is none. */
struct connection *connection_take(struct connections *connections);

/* Frees the slot, whose socket is the caller's again. */
void connection_free(struct connections *connections, struct connection *connection);

/* How many connections of this user are held. Takes as many steps as there are connections held: none as a rule, and
 * with a full table of 1024 still less time than the accept() before it. */
size_t connections_of(const struct connections *connections, uid_t account);

#endif
