/* Is an answer what was asked for? See internal.h. Runs in the client's process.
 *
 * The broker is trusted, but a program that is trusted can still be of another release, or be broken. An answer that
 * brings a device must fit exactly. All others only tell something: they may come from a later release, so that they
 * may be longer and hold what this one does not know.
 */
#include "client/libtapbroker/internal.h"
#include "proto/channel.h"
#include "proto/name.h"
#include "proto/words.h"

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
	[TB_CONNECTIONS] = -EUSERS,
	[TB_IN_USE] = -EADDRINUSE,
};

/* What a status means to the caller: 0 or a negative errno. */
static int status_error(uint32_t status, uint32_t check)
{
	if (status == TB_BUSY && check == TB_CHECK_RESTART)
		return -ERESTART;
	return status < TB_STATUS_COUNT ? status_errors[status] : -EREMOTEIO;
}

static bool all_zero(const void *bytes, size_t size)
{
	return tb_field_empty(bytes, size);
}

/* The address that the device's user should have: a tun has none, the others one that is no group's. */
static bool mac_valid(const struct tb_answer *answer)
{
	bool zero = all_zero(answer->mac, sizeof(answer->mac));

	return answer->kind == TB_KIND_TUN ? zero : !zero && (answer->mac[0] & 1) == 0;
}

/* An address and its prefix length, or neither; and a gateway only where there is an address. */
static bool address_valid(const uint8_t *address, const uint8_t *gateway, size_t size, uint8_t prefix)
{
	if (all_zero(address, size))
		return prefix == 0 && all_zero(gateway, size);
	return prefix > 0 && prefix <= 8 * size;
}

static bool guest_valid(const struct tb_guest *guest)
{
	return address_valid(guest->ipv4, guest->gateway4, sizeof(guest->ipv4), guest->ipv4_prefix) &&
	       address_valid(guest->ipv6, guest->gateway6, sizeof(guest->ipv6), guest->ipv6_prefix) &&
	       all_zero(guest->reserved, sizeof(guest->reserved));
}

static uint32_t answer_queues(const struct tb_request *request)
{
	return tb_lifetime_by_name(request->lifetime) ? 0 : request->queues;
}

static uint32_t answer_vhosts(const struct tb_request *request)
{
	return (request->flags & TB_REQUEST_VHOST) != 0 ? request->queues : 0;
}

uint32_t tb_answer_fds(const struct tb_request *request)
{
	return answer_queues(request) + answer_vhosts(request);
}

/* Only a device that is opened by the name that was asked for can have been there already. */
static bool may_be_again(const struct tb_request *request)
{
	return (request->lifetime == TB_LIFETIME_PERSISTENT || request->lifetime == TB_LIFETIME_NAMED) &&
	       request->name[0] != '\0';
}

static bool device_valid(const struct tb_answer *answer, size_t nfds, const struct tb_request *request)
{
	if (answer->check != 0 || answer->error != 0 || answer->stage != 0 || answer->held != 0 || answer->limit != 0 ||
	    answer->quota != 0)
		return false;
	if (answer->kind < TB_KIND_TAP || answer->kind > TB_KIND_MACVTAP)
		return false;
	if (request->kind != TB_KIND_ANY && answer->kind != request->kind)
		return false;
	/* A program that does not know of the header reads it as packet; a device elsewhere is another one. */
	if ((answer->flags & ~(may_be_again(request) ? TB_REQUEST_AGAIN : 0u)) !=
	    (request->flags & (TB_REQUEST_VNET_HDR | TB_REQUEST_NETNS)))
		return false;
	if (answer->ifindex == 0 || answer->ifindex > INT_MAX)
		return false;
	if (answer->mtu < TB_MTU_MIN || answer->mtu > TB_MTU_MAX || (request->mtu != 0 && answer->mtu > request->mtu))
		return false;
	if (answer->queues != answer_queues(request) || answer->vhosts != answer_vhosts(request) ||
	    nfds != tb_answer_fds(request))
		return false;
	if (!tb_name_valid(answer->name, sizeof(answer->name)))
		return false;
	if (request->name[0] != '\0' && memcmp(answer->name, request->name, sizeof(answer->name)) != 0)
		return false;
	/* Who has asked for traits takes those of a later release, too: they only tell of the network. */
	if ((request->flags & TB_REQUEST_TRAITS) == 0 && answer->traits != 0)
		return false;
	return mac_valid(answer) && all_zero(answer->reserved_mac, sizeof(answer->reserved_mac)) &&
	       !all_zero(answer->lease, sizeof(answer->lease)) && guest_valid(&answer->guest) &&
	       all_zero(answer->reserved, sizeof(answer->reserved));
}

/* True if the message is of this type and at least as long as its struct was at first. */
static bool message_valid(const struct tb_header *header, size_t length, enum tb_type type, size_t first_size)
{
	return length >= first_size && header->magic == TB_MAGIC && header->version == TB_VERSION &&
	       header->type == type && header->size == length;
}

static bool is_refusal(const struct tb_answer *answer, size_t length, size_t nfds)
{
	return nfds == 0 && message_valid(&answer->header, length, TB_ANS_OPEN, sizeof(*answer)) &&
	       answer->status != TB_OK;
}

int tb_answer_check(const struct tb_answer *answer, size_t length, size_t nfds, const struct tb_request *request)
{
	if (is_refusal(answer, length, nfds))
		return status_error(answer->status, answer->check);
	if (length != sizeof(*answer) || !tb_header_valid(&answer->header, TB_ANS_OPEN, sizeof(*answer)))
		return -EPROTO;
	return answer->status == TB_OK && device_valid(answer, nfds, request) ? 0 : -EPROTO;
}

void tb_answer_failure(const struct tb_answer *answer, size_t length, size_t nfds, struct tap_failure *failure)
{
	if (!is_refusal(answer, length, nfds))
		return;
	failure->status = answer->status;
	failure->check = answer->check;
	failure->stage = answer->stage;
	failure->error = answer->error;
	failure->quota = answer->quota;
	failure->held = answer->held;
	failure->limit = answer->limit;
}

_Static_assert(offsetof(struct tb_answer, status) == offsetof(struct tb_done, status) &&
		       offsetof(struct tb_answer, check) == offsetof(struct tb_done, check),
	       "every answer has status and check in the same place");

/* What such a message says of the request. */
static int read_status(const union tb_any_answer *from, size_t length, enum tb_type type, size_t size,
		       struct tap_failure *failure)
{
	if (!message_valid(&from->header, length, type, size) && !is_refusal(&from->answer, length, 0))
		return -EPROTO;
	failure->status = from->done.status;
	failure->check = from->done.check;
	return status_error(from->done.status, from->done.check);
}

int tb_answer_take(const union tb_any_answer *from, size_t length, enum tb_type type, void *message, size_t size,
		   struct tap_failure *failure)
{
	int ret = read_status(from, length, type, size, failure);

	if (message_valid(&from->header, length, type, size))
		memcpy(message, from, size);
	return ret;
}

int tb_answer_receive_entry(int sock, enum tb_type type, union tb_any_answer *entry, size_t size, int64_t deadline,
			    struct tap_failure *failure)
{
	size_t nfds = 0;
	long length = tb_server_receive(sock, entry, sizeof(*entry), NULL, &nfds, deadline);
	int ret;

	*failure = (struct tap_failure)TAP_FAILURE_INIT;
	if (length < 0)
		return (int)length;
	ret = read_status(entry, (size_t)length, type, size, failure);
	/* A refusal that is another request's has no entry. */
	return ret == 0 && entry->header.type != type ? -EPROTO : ret;
}

int tb_answer_receive(int sock, enum tb_type type, void *message, size_t size, int64_t deadline,
		      struct tap_failure *failure)
{
	union tb_any_answer answer;
	size_t nfds = 0;
	long length = tb_server_receive(sock, &answer, sizeof(answer), NULL, &nfds, deadline);

	*failure = (struct tap_failure)TAP_FAILURE_INIT;
	return length < 0 ? (int)length : tb_answer_take(&answer, (size_t)length, type, message, size, failure);
}

unsigned int tb_answer_reason(const union tb_any_answer *from, long length, const uint8_t lease[TB_ID_SIZE])
{
	if (length < 0 || !message_valid(&from->header, (size_t)length, TB_ANS_END, sizeof(from->end)))
		return TAP_ENDED_LOST;
	return memcmp(from->end.lease, lease, TB_ID_SIZE) == 0 ? from->end.reason : TAP_ENDED_LOST;
}
