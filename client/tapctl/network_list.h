/* The networks that the broker lists, for the commands that show them or look one up. */
#ifndef TAPCTL_NETWORK_LIST_H
#define TAPCTL_NETWORK_LIST_H

#include "client/tapbroker.h"

#include <stddef.h>

/* All of an answer, so that nothing is printed of one that breaks off. */
struct network_list {
	struct tap_network *networks; /* their strings are ours, too */
	size_t count;
};

#define NETWORKS_NONE   \
	{               \
		NULL, 0 \
	}

/* Asks the broker for them. timeout is as in struct tap_request. Returns 0 or an errno; the list is the caller's to
 * free in any case. */
int networks_fetch(int timeout, struct network_list *list);

/* The same with all the patience that there is. Says what went wrong, and returns an exit code. */
int networks_get(struct network_list *list);

void networks_free(struct network_list *list);

/* The network of this name, or NULL. */
const struct tap_network *networks_find(const struct network_list *list, const char *name);

/* The name in the list that somebody may have meant by this word, or NULL. */
const char *networks_suggest(const struct network_list *list, const char *word);

#endif
