/* The leases that there are, for the commands that show them or look one up. */
#ifndef TAPCTL_LEASES_H
#define TAPCTL_LEASES_H

#include "client/tapbroker.h"
#include "client/tapctl/json.h"

#include <stddef.h>

/* All of an answer, so that nothing is printed of one that breaks off. */
struct lease_list {
	struct tap_lease *leases; /* their strings are ours, too */
	size_t count;
};

#define LEASES_NONE     \
	{               \
		NULL, 0 \
	}

/* Asks the broker for them. flags is TAP_ALL and TAP_INTERACTIVE, which brings an agent to the terminal. Says what went
 * wrong. Returns an exit code; the list is the caller's to free in any case. */
int leases_fetch(unsigned int flags, struct lease_list *list);

/* What kill switches have left blocked. */
struct block {
	unsigned int uid;
	char network[32]; /* "": it is configured no more */
};

struct block_list {
	struct block *blocks; /* the caller's to free */
	size_t count;
};

/* Asks the broker for the blocks, as leases_fetch(). */
int blocks_fetch(unsigned int flags, struct block_list *list);

/* Calls each() with what the lease's device has been configured with, as leases_fetch(). each() returns 0 or an errno.
 */
int lease_read_configuration(const struct tap_lease *lease, unsigned int flags,
			     int (*each)(const struct tap_configuration *configuration, void *arg), void *arg);

/* As leases_fetch(), without an agent, and without a word: returns 0 or an errno. timeout is as in struct tap_request.
 */
int leases_ask(unsigned int flags, int timeout, struct lease_list *list);

void leases_free(struct lease_list *list);

/* The lease with this id or this name. Names belong to one network namespace, so there may be several of one name:
 * says so, or that there is none, and returns NULL. */
const struct tap_lease *leases_find(const struct lease_list *list, const char *word);

/* Takes the leases of other networks out of the list. */
void leases_keep_network(struct lease_list *list, const char *network);

/* Takes the leases out of the list that do not have this external id; one that ends in '*' stands for all that begin
 * so. */
void leases_keep_external_id(struct lease_list *list, const char *pattern);

/* Prints everything about a lease as members of a JSON object. */
void lease_json(struct json *json, const struct tap_lease *lease);

#endif
