/* Fuzz target: a client's one message, as tb_request_valid judges it.
 * The oracle says again, in other words, what the kernel and the log may meet if it is accepted.
 */
#include "proto/request.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* A field that was accepted is a C string of harmless characters, padded with NULs. */
static void require_field(const char *field, size_t size, bool may_be_empty)
{
	size_t length = strnlen(field, size);

	require(length < size && (length > 0 || may_be_empty));
	for (size_t i = 0; i < length; i++)
		require(islower((unsigned char)field[i]) || isdigit((unsigned char)field[i]) ||
			strchr("_.-", field[i]) != NULL);
	for (size_t i = length; i < size; i++)
		require(field[i] == '\0');
}

/* A bridge may have a name with capitals, but no longer than an interface's. */
static void require_network(const struct tb_request *request)
{
	char name[TB_NETWORK_SIZE];

	memcpy(name, request->network, sizeof(name));
	if ((request->flags & TB_REQUEST_BRIDGE) != 0) {
		require(strnlen(name, sizeof(name)) < TB_NAME_SIZE);
		for (size_t i = 0; i < sizeof(name); i++)
			name[i] = (char)tolower((unsigned char)name[i]);
	}
	require_field(name, sizeof(name), false);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tb_request request;

	if (size != sizeof(request))
		return 0;
	memcpy(&request, data, sizeof(request));
	if (!tb_request_valid(&request))
		return 0;
	for (size_t i = 0; i < sizeof(request.reserved); i++)
		require(request.reserved[i] == 0);
	require_field(request.name, sizeof(request.name), true);
	if (request.header.type != TB_REQ_OPEN) {
		require(request.header.type % 2 == 0 && request.header.type <= TB_REQ_WATCH);
		require(request.network[0] == '\0' && request.mtu == 0 && request.queues == 0 && request.lifetime == 0);
		return 0;
	}
	require_network(&request);
	require(strcmp(request.name, "all") != 0 && strcmp(request.name, "default") != 0);
	require(request.kind <= TB_KIND_MACVTAP && request.queues <= TB_QUEUES_MAX && request.lifetime <= 2);
	require(request.mtu == 0 || (request.mtu >= 68 && request.mtu <= 65535));
	require((request.flags & ~0x37u) == 0);
	/* vhost-net has neither a device without headers nor one without fds. */
	require((request.flags & 0x20) == 0 || ((request.flags & 2) != 0 && request.lifetime < 2));
	return 0;
}
