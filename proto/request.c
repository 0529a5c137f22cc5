/* The syntax of a client's one message: see request.h. */
#include "request.h"

#include "name.h"

#include <string.h>

static bool reserved_zero(const struct tb_request *request)
{
	return tb_field_empty((const char *)request->reserved, sizeof(request->reserved));
}

/* A request for the list of networks has nothing but its header. */
static bool only_header(const struct tb_request *request)
{
	const char *bytes = (const char *)request;

	return tb_field_empty(bytes + sizeof(request->header), sizeof(*request) - sizeof(request->header));
}

static bool open_valid(const struct tb_request *request)
{
	return tb_network_valid(request->network, sizeof(request->network)) &&
	       (tb_field_empty(request->name, sizeof(request->name)) ||
		tb_name_valid(request->name, sizeof(request->name))) &&
	       request->kind <= TB_KIND_MACVTAP && (request->flags & ~(uint32_t)TB_REQUEST_FLAGS) == 0 &&
	       (request->mtu == 0 || (request->mtu >= TB_MTU_MIN && request->mtu <= TB_MTU_MAX)) &&
	       request->queues <= TB_QUEUES_MAX && request->lifetime == TB_LIFETIME_SESSION && reserved_zero(request);
}

bool tb_request_valid(const struct tb_request *request)
{
	if (request->header.type == TB_REQ_NETWORKS)
		return only_header(request);
	return request->header.type == TB_REQ_OPEN && open_valid(request);
}
