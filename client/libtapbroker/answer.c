/* Is an answer what was asked for? See internal.h. Runs in the client's process.
 *
 * The broker is trusted, but a program that is trusted can still be of another version, or be broken: whatever does not
 * fit exactly is no answer.
 */
#include "client/libtapbroker/internal.h"
#include "proto/channel.h"
#include "proto/name.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

static const int status_errors[TB_STATUS_COUNT] = {
	[TB_OK] = 0,
	[TB_DENIED] = -EACCES,
	[TB_MALFORMED] = -EBADMSG,
	[TB_BUSY] = -EAGAIN,
	[TB_QUOTA_USER] = -EDQUOT,
	[TB_QUOTA_NETWORK] = -ENOSPC,
	[TB_NAME_TAKEN] = -EEXIST,
	[TB_LOWER_MISSING] = -ENODEV,
	[TB_NODE_REFUSED] = -ESTALE,
	[TB_KERNEL] = -EIO,
	[TB_NO_LEASE] = -ENXIO,
	[TB_NO_VHOST] = -EOPNOTSUPP,
	[TB_NOT_OWN_NETNS] = -EXDEV,
};

/* The negative errno of a refusal's status; -EPROTO if it is none. */
static int status_error(uint32_t status)
{
	return status >= TB_STATUS_COUNT || status_errors[status] == 0 ? -EPROTO : status_errors[status];
}

static bool all_zero(const void *bytes, size_t size)
{
	return tb_field_empty(bytes, size);
}

static bool quota_valid(uint32_t quota)
{
	return quota == TB_QUOTA_OF_NETWORK || quota == TB_QUOTA_OF_BROKER;
}

/* A refusal says its status and what belongs to that status, and nothing else. */
static bool refusal_valid(const struct tb_answer *answer, size_t nfds)
{
	const size_t device = offsetof(struct tb_answer, kind);
	const size_t quota = offsetof(struct tb_answer, quota);

	if (nfds != 0 || !all_zero((const char *)answer + device, quota - device) || answer->vhosts != 0 ||
	    !all_zero(answer->reserved, sizeof(answer->reserved)))
		return false;
	if (answer->status == TB_KERNEL ? answer->error <= 0 : answer->error != 0)
		return false;
	if (answer->stage > (answer->status == TB_KERNEL ? TB_STAGE_UP : TB_STAGE_NONE))
		return false;
	if (answer->status == TB_QUOTA_USER || answer->status == TB_QUOTA_NETWORK ? !quota_valid(answer->quota)
										  : answer->quota != TB_QUOTA_NONE)
		return false;
	return answer->status == TB_QUOTA_USER || (answer->held == 0 && answer->limit == 0);
}

/* The address that the device's user should have: a tun has none, the others one that is no group's. */
static bool mac_valid(const struct tb_answer *answer)
{
	bool zero = all_zero(answer->mac, sizeof(answer->mac));

	return answer->kind == TB_KIND_TUN ? zero : !zero && (answer->mac[0] & 1) == 0;
}

static uint32_t answer_queues(const struct tb_request *request)
{
	return request->lifetime == TB_LIFETIME_PERSISTENT ? 0 : request->queues;
}

static uint32_t answer_vhosts(const struct tb_request *request)
{
	return (request->flags & TB_REQUEST_VHOST) != 0 ? request->queues : 0;
}

uint32_t tb_answer_fds(const struct tb_request *request)
{
	return answer_queues(request) + answer_vhosts(request);
}

static bool device_valid(const struct tb_answer *answer, size_t nfds, const struct tb_request *request)
{
	if (answer->error != 0 || answer->stage != 0 || answer->held != 0 || answer->limit != 0 || answer->quota != 0)
		return false;
	if (answer->kind < TB_KIND_TAP || answer->kind > TB_KIND_MACVTAP)
		return false;
	if (request->kind != TB_KIND_ANY && answer->kind != request->kind)
		return false;
	/* Who is given the header without knowing reads it as the packet's beginning; a device elsewhere is another. */
	if (answer->flags != (request->flags & (TB_REQUEST_VNET_HDR | TB_REQUEST_NETNS)))
		return false;
	if (answer->ifindex == 0 || answer->ifindex > INT_MAX)
		return false;
	if (answer->mtu < TB_MTU_MIN || answer->mtu > TB_MTU_MAX || (request->mtu != 0 && answer->mtu != request->mtu))
		return false;
	if (answer->queues != answer_queues(request) || answer->vhosts != answer_vhosts(request) ||
	    nfds != tb_answer_fds(request))
		return false;
	if (!tb_name_valid(answer->name, sizeof(answer->name)))
		return false;
	if (request->name[0] != '\0' && memcmp(answer->name, request->name, sizeof(answer->name)) != 0)
		return false;
	return mac_valid(answer) && all_zero(answer->reserved_mac, sizeof(answer->reserved_mac)) &&
	       !all_zero(answer->lease, sizeof(answer->lease)) && all_zero(answer->reserved, sizeof(answer->reserved));
}

int tb_answer_check(const struct tb_answer *answer, size_t length, size_t nfds, const struct tb_request *request)
{
	if (length != sizeof(*answer) || !tb_header_valid(&answer->header, TB_ANS_OPEN, sizeof(*answer)))
		return -EPROTO;
	if (answer->status != TB_OK)
		return refusal_valid(answer, nfds) ? status_error(answer->status) : -EPROTO;
	return device_valid(answer, nfds, request) ? 0 : -EPROTO;
}

static int take_refusal(const struct tb_answer *answer, size_t length)
{
	if (length != sizeof(*answer) || !tb_header_valid(&answer->header, TB_ANS_OPEN, sizeof(*answer)))
		return -EPROTO;
	return refusal_valid(answer, 0) ? status_error(answer->status) : -EPROTO;
}

/* The status of an answer that has one; a refusal says nothing else. */
static int take_status(const union tb_any_answer *from, size_t size)
{
	const size_t rest = offsetof(struct tb_done, status) + sizeof(from->done.status);

	if (from->done.status == TB_OK)
		return 0;
	return all_zero((const char *)from + rest, size - rest) ? status_error(from->done.status) : -EPROTO;
}

int tb_answer_take(const union tb_any_answer *from, size_t length, enum tb_type type, void *message, size_t size)
{
	if (length != size || !tb_header_valid(&from->header, type, size))
		return take_refusal(&from->answer, length);
	memcpy(message, from, size);
	return type == TB_ANS_NETWORK ? 0 : take_status(from, size);
}

int tb_answer_receive(int sock, enum tb_type type, void *message, size_t size, int64_t deadline)
{
	union tb_any_answer answer;
	size_t nfds = 0;
	long length = tb_server_receive(sock, &answer, sizeof(answer), NULL, &nfds, deadline);

	return length < 0 ? (int)length : tb_answer_take(&answer, (size_t)length, type, message, size);
}
