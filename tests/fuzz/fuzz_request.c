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

/* Lists that are accepted are bounded, and none of their addresses has a bit where it means nothing. */
static void require_items(const struct tb_item *items, size_t count)
{
	static const size_t most[] = {0, 8, 128, 32, 8};
	size_t seen[5][7] = {{0}};

	for (size_t i = 0; i < count; i++) {
		const struct tb_item *item = &items[i];
		size_t length = item->family == 4 ? 32 : 128;

		require(item->kind >= TB_ITEM_ADDRESS && item->kind <= TB_ITEM_SERVER);
		require(item->family == 4 || item->family == 6);
		require(++seen[item->kind][item->family] <= most[item->kind]);
		require(item->prefix <= length);
		if (item->kind == TB_ITEM_ROUTE || item->kind == TB_ITEM_EXCLUDE)
			length = item->prefix;
		for (size_t bit = length; bit < 128; bit++)
			require((item->address[bit / 8] & 0x80 >> bit % 8) == 0);
		require(item->kind == TB_ITEM_ROUTE || item->metric == 0);
	}
}

static bool is_zero(const void *field, size_t size)
{
	const uint8_t *byte = field;

	while (size > 0 && *byte == 0)
		byte++, size--;
	return size == 0;
}

/* It ends the request: one word, and nothing behind it. */
static void require_external_id(const struct tb_request *request)
{
	const char *id = tb_request_external_id(request);
	size_t length;

	require((id != NULL) == ((request->flags & 0x80) != 0));
	if (id == NULL)
		return;
	length = strnlen(id, 88);
	require(length >= 1 && length <= 80 && is_zero(id + length, 88 - length));
	for (size_t i = 0; i < length; i++)
		require(id[i] > ' ' && id[i] <= 'z' && strchr(":+*\"'\\=,;", id[i]) == NULL);
}

/* A device that somebody wants to have, or to know about. */
static void require_open(const struct tb_request *request)
{
	require_network(request);
	require(strcmp(request->name, "all") != 0 && strcmp(request->name, "default") != 0);
	require(request->kind <= TB_KIND_MACVTAP && request->queues <= TB_QUEUES_MAX && request->lifetime <= 4);
	require(request->lifetime != 3 || (request->flags & 0x10) != 0);
	require(request->mtu == 0 || (request->mtu >= 68 && request->mtu <= 65535));
	require((request->flags & ~0x2b7u) == 0);
	require_external_id(request);
	/* vhost-net has neither a device without headers nor one without fds. */
	require((request->flags & 0x20) == 0 || ((request->flags & 2) != 0 && request->lifetime < 2));
	require(is_zero(request->lease, sizeof(request->lease)));
	require(request->items == 0 && request->scope == 0 && request->uid == 0);
}

/* A lease has one name, which leaves no doubt. */
static void require_subject(const struct tb_request *request)
{
	require(is_zero(request->lease, sizeof(request->lease)) == (request->name[0] != '\0'));
}

static void require_configure(const struct tb_request *request)
{
	const struct tb_item *items = (const struct tb_item *)(request + 1);
	uint32_t least = 68;

	for (uint32_t i = 0; i < request->items; i++)
		if (items[i].family == 6)
			least = 1280;
	if (request->header.type == TB_REQ_CONFIGURE) {
		require_subject(request);
		require((request->flags & 8) == 0);
	}
	require((request->flags & ~0x49u) == 0 && request->scope <= TB_SCOPE_HOST);
	require((request->flags & 8) != 0 || request->uid == 0);
	require(request->mtu == 0 || (request->mtu >= least && request->mtu <= 65535));
}

/* Only an administrator says whose block it is. */
static void require_unblock(const struct tb_request *request)
{
	require_field(request->network, sizeof(request->network), false);
	require((request->flags & ~9u) == 0 && ((request->flags & 8) != 0 || request->uid == 0));
	require(request->name[0] == '\0' && is_zero(request->lease, sizeof(request->lease)));
	require(request->mtu == 0 && request->items == 0 && request->scope == 0);
}

/* Whatever such a request does not use is zero. */
static void require_nothing_else(const struct tb_request *request, uint32_t flags)
{
	require((request->flags & ~flags) == 0 && request->mtu == 0);
	require(request->items == 0 && request->scope == 0 && request->uid == 0);
}

static void require_other(const struct tb_request *request)
{
	require(request->kind == 0 && request->queues == 0 && request->lifetime == 0);
	require((request->header.type == TB_REQ_UNBLOCK || request->header.type == TB_REQ_EXPLAIN_CONFIGURE) ==
		(request->network[0] != '\0'));
	switch (request->header.type) {
	case TB_REQ_EXPLAIN_CONFIGURE:
		require(request->name[0] == '\0' && is_zero(request->lease, sizeof(request->lease)));
		require_configure(request);
		return;
	case TB_REQ_CONFIGURE:
		require_configure(request);
		return;
	case TB_REQ_UNBLOCK:
		require_unblock(request);
		return;
	case TB_REQ_RELEASE:
	case TB_REQ_REVOKE:
		require_subject(request);
		require(request->header.type == TB_REQ_RELEASE || request->name[0] == '\0');
		require_nothing_else(request, 1);
		return;
	case TB_REQ_SHOW:
		require_subject(request);
		require_nothing_else(request, 9);
		return;
	case TB_REQ_LIST:
	case TB_REQ_WATCH:
	case TB_REQ_BLOCKS:
		require(request->name[0] == '\0' && is_zero(request->lease, sizeof(request->lease)));
		require_nothing_else(request, 9);
		return;
	case TB_REQ_DROPS:
		require_subject(request);
		require(request->name[0] == '\0');
		require_nothing_else(request, 9);
		return;
	case TB_REQ_NETWORKS:
	case TB_REQ_ABOUT:
		require(request->name[0] == '\0' && is_zero(request->lease, sizeof(request->lease)));
		require_nothing_else(request, 0);
		return;
	default:
		require(false); /* no request is of this type */
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	union {
		struct tb_request request;
		uint8_t bytes[TB_REQUEST_MAX];
	} message;
	const struct tb_request *request = &message.request;

	if (size < sizeof(*request) || size > sizeof(message))
		return 0;
	memcpy(message.bytes, data, size);
	if (tb_request_whole(&message, size)) {
		require(size == sizeof(*request) + request->items * sizeof(struct tb_item) +
					((request->flags & 0x80) != 0 ? 88 : 0));
		require_items((const struct tb_item *)(request + 1), request->items);
	}
	if (!tb_request_valid(&message, size))
		return 0;
	require(tb_request_whole(&message, size) && request->header.size == size);
	require(is_zero(request->reserved, sizeof(request->reserved)));
	require_field(request->name, sizeof(request->name), true);
	if (request->header.type == TB_REQ_OPEN || request->header.type == TB_REQ_EXPLAIN)
		require_open(request);
	else
		require_other(request);
	return 0;
}
