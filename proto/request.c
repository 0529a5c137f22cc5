/* The syntax of a client's one message: see request.h. */
#include "request.h"

#include "name.h"

#include <string.h>

static bool reserved_zero(const struct tb_request *request)
{
	return tb_field_empty((const char *)request->reserved, sizeof(request->reserved));
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
	       ((request->flags & TB_REQUEST_VNET_HDR) != 0 && request->lifetime != TB_LIFETIME_PERSISTENT);
}

static bool open_valid(const struct tb_request *request)
{
	return network_valid(request) && (no_name(request) || tb_name_valid(request->name, sizeof(request->name))) &&
	       request->kind <= TB_KIND_MACVTAP && only_flags(request, TB_REQUEST_OPEN_FLAGS) &&
	       (request->mtu == 0 || (request->mtu >= TB_MTU_MIN && request->mtu <= TB_MTU_MAX)) &&
	       request->queues <= TB_QUEUES_MAX && request->lifetime < TB_LIFETIME_COUNT && vhost_valid(request) &&
	       no_lease(request);
}

/* A lease of one's own is named by its id, or by the name of its device. */
static bool release_valid(const struct tb_request *request)
{
	return only_flags(request, TB_REQUEST_INTERACTIVE) && no_device(request) &&
	       (no_lease(request) ? tb_name_valid(request->name, sizeof(request->name)) : no_name(request));
}

/* Any lease is named by its id alone: another could have got the name while polkit was asked. */
static bool revoke_valid(const struct tb_request *request)
{
	return release_valid(request) && !no_lease(request);
}

bool tb_request_valid(const struct tb_request *request)
{
	if (!reserved_zero(request))
		return false;
	switch (request->header.type) {
	case TB_REQ_OPEN:
		return open_valid(request);
	case TB_REQ_NETWORKS:
		return only_flags(request, 0) && no_device(request) && no_lease(request) && no_name(request);
	case TB_REQ_LIST:
	case TB_REQ_WATCH:
		return only_flags(request, TB_REQUEST_INTERACTIVE | TB_REQUEST_ALL) && no_device(request) &&
		       no_lease(request) && no_name(request);
	case TB_REQ_RELEASE:
		return release_valid(request);
	case TB_REQ_REVOKE:
		return revoke_valid(request);
	default:
		return false;
	}
}
