/* The syntax of a client's one message: see request.h. */
#include "request.h"

#include "channel.h"
#include "host_address.h"
#include "name.h"
#include "words.h"

#include <string.h>

static bool reserved_zero(const struct tb_request *request)
{
	return tb_field_empty((const char *)request->reserved, sizeof(request->reserved));
}

/* True if the fields of a configuration are zero, which the other requests do not use. */
static bool no_configuration(const struct tb_request *request)
{
	return request->items == 0 && request->scope == 0 && request->uid == 0;
}

/* True if the fields of a request for a device are zero, which the other requests do not use. */
static bool no_device(const struct tb_request *request)
{
	return tb_field_empty(request->network, sizeof(request->network)) && request->kind == 0 && request->mtu == 0 &&
	       request->queues == 0 && request->lifetime == 0;
}

static bool no_lease(const struct tb_request *request)
{
	return tb_field_empty((const char *)request->lease, sizeof(request->lease));
}

static bool no_name(const struct tb_request *request)
{
	return tb_field_empty(request->name, sizeof(request->name));
}

static bool only_flags(const struct tb_request *request, uint32_t flags)
{
	return (request->flags & ~flags) == 0;
}

/* A bridge may have a name that no network has. */
static bool network_valid(const struct tb_request *request)
{
	if ((request->flags & TB_REQUEST_BRIDGE) != 0)
		return tb_interface_valid(request->network, sizeof(request->network));
	return tb_network_valid(request->network, sizeof(request->network));
}

/* vhost-net reads the packets with their headers from the fds of the queues: it is nothing without either. */
static bool vhost_valid(const struct tb_request *request)
{
	return (request->flags & TB_REQUEST_VHOST) == 0 ||
	       ((request->flags & TB_REQUEST_VNET_HDR) != 0 && !tb_lifetime_by_name(request->lifetime));
}

/* The broker's own network namespace does not end before the broker. */
static bool lifetime_valid(const struct tb_request *request)
{
	return request->lifetime < TB_LIFETIME_COUNT &&
	       (request->lifetime != TB_LIFETIME_NAMESPACE || (request->flags & TB_REQUEST_NETNS) != 0);
}

static bool external_id_valid(const struct tb_request *request)
{
	const char *id = tb_request_external_id(request);

	return id == NULL || tb_external_id_valid(id, TB_EXTERNAL_ID_SIZE);
}

static bool open_valid(const struct tb_request *request)
{
	return network_valid(request) && (no_name(request) || tb_name_valid(request->name, sizeof(request->name))) &&
	       request->kind <= TB_KIND_MACVTAP && only_flags(request, TB_REQUEST_OPEN_FLAGS) &&
	       (request->mtu == 0 || (request->mtu >= TB_MTU_MIN && request->mtu <= TB_MTU_MAX)) &&
	       request->queues <= TB_QUEUES_MAX && lifetime_valid(request) && vhost_valid(request) &&
	       no_lease(request) && no_configuration(request) && external_id_valid(request);
}

/* A lease of one's own is named by its id, or by the name of its device. */
static bool subject_valid(const struct tb_request *request)
{
	return no_lease(request) ? tb_name_valid(request->name, sizeof(request->name)) : no_name(request);
}

static bool release_valid(const struct tb_request *request)
{
	return only_flags(request, TB_REQUEST_INTERACTIVE) && no_device(request) && no_configuration(request) &&
	       subject_valid(request);
}

/* Any lease is named by its id alone: another could have got the name while polkit was asked. */
static bool revoke_valid(const struct tb_request *request)
{
	return release_valid(request) && !no_lease(request);
}

static bool show_valid(const struct tb_request *request)
{
	return only_flags(request, TB_REQUEST_INTERACTIVE | TB_REQUEST_ALL) && no_device(request) &&
	       no_configuration(request) && subject_valid(request);
}

static bool drops_valid(const struct tb_request *request)
{
	return only_flags(request, TB_REQUEST_INTERACTIVE | TB_REQUEST_ALL) && no_device(request) &&
	       no_configuration(request) && no_name(request) && !no_lease(request);
}

/* IPv6 is off on a device with less. */
#define IPV6_MTU_MIN 1280

static bool any_ipv6(const struct tb_request *request)
{
	const struct tb_item *items = (const struct tb_item *)(request + 1);

	for (uint32_t i = 0; i < request->items; i++)
		if (items[i].family == 6)
			return true;
	return false;
}

static bool configuration_valid(const struct tb_request *request)
{
	uint32_t least = any_ipv6(request) ? IPV6_MTU_MIN : TB_MTU_MIN;

	return request->kind == 0 && request->queues == 0 && request->lifetime == 0 &&
	       request->scope < TB_SCOPE_COUNT &&
	       (request->mtu == 0 || (request->mtu >= least && request->mtu <= TB_MTU_MAX));
}

static bool configure_valid(const struct tb_request *request)
{
	return configuration_valid(request) && subject_valid(request) && request->uid == 0 &&
	       only_flags(request, TB_REQUEST_INTERACTIVE | TB_REQUEST_KILL_SWITCH) &&
	       tb_field_empty(request->network, sizeof(request->network));
}

/* Only with ALL is a request about another user than the one who sends it. */
static bool whose_valid(const struct tb_request *request)
{
	return (request->flags & TB_REQUEST_ALL) != 0 || request->uid == 0;
}

static bool explain_configure_valid(const struct tb_request *request)
{
	return configuration_valid(request) && no_lease(request) && no_name(request) && whose_valid(request) &&
	       only_flags(request, TB_REQUEST_INTERACTIVE | TB_REQUEST_KILL_SWITCH | TB_REQUEST_ALL) &&
	       tb_network_valid(request->network, sizeof(request->network));
}

static bool unblock_valid(const struct tb_request *request)
{
	return only_flags(request, TB_REQUEST_INTERACTIVE | TB_REQUEST_ALL) &&
	       tb_network_valid(request->network, sizeof(request->network)) && request->kind == 0 &&
	       request->mtu == 0 && request->queues == 0 && request->lifetime == 0 && no_lease(request) &&
	       no_name(request) && request->items == 0 && request->scope == 0 && whose_valid(request);
}

static bool fields_valid(const struct tb_request *request)
{
	switch (request->header.type) {
	case TB_REQ_OPEN:
	case TB_REQ_EXPLAIN:
		return open_valid(request);
	case TB_REQ_NETWORKS:
	case TB_REQ_ABOUT:
		return only_flags(request, 0) && no_device(request) && no_lease(request) && no_name(request) &&
		       no_configuration(request);
	case TB_REQ_LIST:
	case TB_REQ_WATCH:
	case TB_REQ_BLOCKS:
		return only_flags(request, TB_REQUEST_INTERACTIVE | TB_REQUEST_ALL) && no_device(request) &&
		       no_lease(request) && no_name(request) && no_configuration(request);
	case TB_REQ_RELEASE:
		return release_valid(request);
	case TB_REQ_REVOKE:
		return revoke_valid(request);
	case TB_REQ_SHOW:
		return show_valid(request);
	case TB_REQ_DROPS:
		return drops_valid(request);
	case TB_REQ_CONFIGURE:
		return configure_valid(request);
	case TB_REQ_EXPLAIN_CONFIGURE:
		return explain_configure_valid(request);
	case TB_REQ_UNBLOCK:
		return unblock_valid(request);
	default:
		return false;
	}
}

/* The most items of one kind in one family; 0: there is no such kind. */
static uint32_t items_most(uint16_t kind)
{
	static const uint32_t most[TB_ITEM_KIND_COUNT] = {
		[TB_ITEM_ADDRESS] = TB_ADDRESSES_MAX,
		[TB_ITEM_ROUTE] = TB_ROUTES_MAX,
		[TB_ITEM_EXCLUDE] = TB_EXCLUDES_MAX,
		[TB_ITEM_SERVER] = TB_SERVERS_MAX,
	};

	return kind < TB_ITEM_KIND_COUNT ? most[kind] : 0;
}

static bool bytes_zero(const uint8_t *bytes, size_t size)
{
	return tb_field_empty((const char *)bytes, size);
}

/* True if no bit behind the prefix is set. */
static bool prefix_only(const struct tb_item *item)
{
	size_t whole = item->prefix / 8u;
	uint8_t rest = (uint8_t)(0xffu >> item->prefix % 8u);

	if (whole < sizeof(item->address) && (item->address[whole] & rest) != 0)
		return false;
	return whole + 1 >= sizeof(item->address) ||
	       bytes_zero(item->address + whole + 1, sizeof(item->address) - whole - 1);
}

/* An address of this family, which takes the first length bytes of its field. */
static bool address_valid(const uint8_t address[16], size_t length)
{
	return bytes_zero(address + length, 16 - length);
}

static bool item_valid(const struct tb_item *item)
{
	size_t length = item->family == 4 ? 4 : 16;

	if ((item->family != 4 && item->family != 6) || item->prefix > length * 8 ||
	    !address_valid(item->address, length) || !address_valid(item->peer, length) ||
	    !bytes_zero(item->reserved, sizeof(item->reserved)))
		return false;
	switch (item->kind) {
	case TB_ITEM_ADDRESS:
		return item->metric == 0 && tb_is_host_address(item->family, item->address);
	case TB_ITEM_ROUTE:
		return item->metric <= TB_METRIC_MAX && prefix_only(item);
	case TB_ITEM_EXCLUDE:
		return item->metric == 0 && prefix_only(item) && bytes_zero(item->peer, length);
	case TB_ITEM_SERVER:
		return item->metric == 0 && item->prefix == length * 8 && !bytes_zero(item->address, length) &&
		       bytes_zero(item->peer, length);
	default:
		return false;
	}
}

bool tb_items_valid(const struct tb_item *items, size_t count)
{
	uint32_t seen[2][TB_ITEM_KIND_COUNT] = {{0}}; /* of the families 4 and 6 */

	for (size_t i = 0; i < count; i++) {
		uint32_t *of_family = seen[items[i].family == 6];

		if (!item_valid(&items[i]) || ++of_family[items[i].kind] > items_most(items[i].kind))
			return false;
	}
	return true;
}

const char *tb_request_external_id(const struct tb_request *request)
{
	if ((request->flags & TB_REQUEST_EXTERNAL_ID) == 0)
		return NULL;
	return (const char *)request + request->header.size - TB_EXTERNAL_ID_SIZE;
}

/* True if the message is as long as its header, its number of items and its flags say. */
static bool size_valid(const struct tb_request *request, size_t size)
{
	size_t least = sizeof(*request);
	size_t behind;

	if (size < least || !tb_header_valid(&request->header, request->header.type, size))
		return false;
	if ((request->flags & TB_REQUEST_EXTERNAL_ID) != 0)
		least += TB_EXTERNAL_ID_SIZE;
	behind = size - least;
	return size >= least && behind % sizeof(struct tb_item) == 0 &&
	       behind / sizeof(struct tb_item) == request->items;
}

bool tb_request_whole(const void *message, size_t size)
{
	const struct tb_request *request = message;

	return size_valid(request, size) && tb_items_valid((const struct tb_item *)(request + 1), request->items);
}

bool tb_request_valid(const void *message, size_t size)
{
	const struct tb_request *request = message;

	return tb_request_whole(message, size) && reserved_zero(request) && fields_valid(request);
}
