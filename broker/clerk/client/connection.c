/* The connections that the listener holds: see connection.h. Runs in tapbroker-listener, without any right. */
#include "broker/listener/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void list_append(struct connection_list *list, struct connection *connection)
{
	connection->list = list;
	connection->next = NULL;
	connection->previous = list->last;
	if (list->last != NULL)
		list->last->next = connection;
	else
		list->first = connection;
	list->last = connection;
	list->count++;
}

static void list_remove(struct connection *connection)
{
	struct connection_list *list = connection->list;

	if (connection->previous != NULL)
		connection->previous->next = connection->next;
	else
		list->first = connection->next;
	if (connection->next != NULL)
		connection->next->previous = connection->previous;
	else
		list->last = connection->previous;
	list->count--;
}

int connections_create(struct connections *connections, size_t size)
{
	memset(connections, 0, sizeof(*connections));
	connections->slots = calloc(size, sizeof(*connections->slots));
	if (connections->slots == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < size; i++) {
		connections->slots[i].fd = -1;
		list_append(&connections->free, &connections->slots[i]);
	}
	return 0;
}

void connections_destroy(struct connections *connections)
{
	free(connections->slots);
	memset(connections, 0, sizeof(*connections));
}

void connection_move(struct connection *connection, struct connection_list *to)
{
	list_remove(connection);
	list_append(to, connection);
}

static size_t count_uid(const struct connection_list *list, uint32_t uid)
{
	size_t count = 0;

	for (const struct connection *connection = list->first; connection != NULL; connection = connection->next)
		if (connection->uid == uid)
			count++;
	return count;
}

size_t connections_of_uid(const struct connections *connections, uint32_t uid)
{
	return count_uid(&connections->silent, uid) + count_uid(&connections->ready, uid);
}
