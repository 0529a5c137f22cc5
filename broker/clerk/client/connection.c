/* The connections that have not asked yet: see connection.h. Runs in the clerk; needs no right. */
#include "broker/clerk/client/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int connections_init(struct connections *connections, size_t size)
{
	memset(connections, 0, sizeof(*connections));
	TAILQ_INIT(&connections->free);
	TAILQ_INIT(&connections->silent);
	connections->slots = calloc(size, sizeof(*connections->slots));
	if (connections->slots == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < size; i++) {
		connections->slots[i].sock = -1;
		TAILQ_INSERT_TAIL(&connections->free, &connections->slots[i], link);
	}
	connections->free_count = size;
	return 0;
}

void connections_destroy(struct connections *connections)
{
	free(connections->slots);
	memset(connections, 0, sizeof(*connections));
}

struct connection *connection_take(struct connections *connections)
{
	struct connection *connection = TAILQ_FIRST(&connections->free);

	if (connection == NULL)
		return NULL;
	TAILQ_REMOVE(&connections->free, connection, link);
	TAILQ_INSERT_TAIL(&connections->silent, connection, link);
	connections->free_count--;
	return connection;
}

void connection_free(struct connections *connections, struct connection *connection)
{
	connection->sock = -1;
	TAILQ_REMOVE(&connections->silent, connection, link);
	TAILQ_INSERT_HEAD(&connections->free, connection, link);
	connections->free_count++;
}

size_t connections_of(const struct connections *connections, uid_t account)
{
	const struct connection *connection;
	size_t count = 0;

	TAILQ_FOREACH(connection, &connections->silent, link)
		count += connection->account == account;
	return count;
}
