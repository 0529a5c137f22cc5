/* From what the caller asks for to the message that says so: see internal.h. Runs in the client's process.
 *
 * The broker checks all of this again. It is checked here so that a mistake is told at once, and as one.
 */
#include "client/libtapbroker/internal.h"
#include "proto/channel.h"
#include "proto/name.h"
#include "proto/request.h"
#include "proto/words.h"

#include <errno.h>
#include <string.h>

#define TIMEOUT 30000              /* milliseconds; polkitd can be silent for 15 seconds and still say yes */
#define TIMEOUT_INTERACTIVE 150000 /* milliseconds; the broker gives up after 120 seconds */

/* The size that a struct had in the first version, whose last member this is. It never changes. */
#define FIRST_SIZE(type, last) (offsetof(struct type, last) + sizeof(((struct type *)0)->last))
#define REQUEST_FIRST_SIZE FIRST_SIZE(tap_request, failure)
#define FAILURE_FIRST_SIZE FIRST_SIZE(tap_failure, reserved)

_Static_assert(sizeof(struct tap_request) == FIRST_SIZE(tap_request, external_id) &&
		       sizeof(struct tap_failure) == FAILURE_FIRST_SIZE,
	       "padding at the end would hide a new member");
_Static_assert(TAP_KIND_ANY == (int)TB_KIND_ANY && TAP_KIND_TAP == (int)TB_KIND_TAP &&
		       TAP_KIND_TUN == (int)TB_KIND_TUN && TAP_KIND_MACVTAP == (int)TB_KIND_MACVTAP,
	       "the public numbers are those of the wire");
_Static_assert(TAP_INTERACTIVE == (unsigned int)TB_REQUEST_INTERACTIVE &&
		       TAP_VNET_HDR == (unsigned int)TB_REQUEST_VNET_HDR &&
		       TAP_BRIDGE == (unsigned int)TB_REQUEST_BRIDGE && TAP_ALL == (unsigned int)TB_REQUEST_ALL &&
		       TAP_VHOST == (unsigned int)TB_REQUEST_VHOST && TAP_AGAIN == (unsigned int)TB_REQUEST_AGAIN &&
		       TAP_NETNS == (unsigned int)TB_REQUEST_NETNS && TAP_TRAITS == (unsigned int)TB_REQUEST_TRAITS,
	       "the public numbers are those of the wire");
_Static_assert(TAP_LIFETIME_SESSION == (int)TB_LIFETIME_SESSION && TAP_LIFETIME_FD == (int)TB_LIFETIME_FD &&
		       TAP_LIFETIME_PERSISTENT == (int)TB_LIFETIME_PERSISTENT &&
		       TAP_LIFETIME_NAMESPACE == (int)TB_LIFETIME_NAMESPACE &&
		       TAP_LIFETIME_NAMED == (int)TB_LIFETIME_NAMED,
	       "the public numbers are those of the wire");

#define SAME_CHECK(name) \
	_Static_assert(TAP_CHECK_##name == (int)TB_CHECK_##name, "the public numbers are those of the wire")
#define SAME_STATUS(name) \
	_Static_assert(TAP_STATUS_##name == (int)TB_##name, "the public numbers are those of the wire")
SAME_STATUS(DENIED);
SAME_STATUS(MALFORMED);
SAME_STATUS(BUSY);
SAME_STATUS(QUOTA_USER);
SAME_STATUS(QUOTA_NETWORK);
SAME_STATUS(NAME_TAKEN);
SAME_STATUS(LOWER_MISSING);
SAME_STATUS(NODE_REFUSED);
SAME_STATUS(KERNEL);
SAME_STATUS(NO_LEASE);
SAME_STATUS(NO_VHOST);
SAME_STATUS(NOT_OWN_NETNS);
SAME_STATUS(CONNECTIONS);

SAME_CHECK(NONE);
SAME_CHECK(SYNTAX);
SAME_CHECK(NETWORK);
SAME_CHECK(KIND);
SAME_CHECK(NAME);
SAME_CHECK(MTU);
SAME_CHECK(QUEUES);
SAME_CHECK(VNET_HDR);
SAME_CHECK(VHOST);
SAME_CHECK(LIFETIME);
SAME_CHECK(NETNS);
SAME_CHECK(UID);
SAME_CHECK(POLKIT_NO);
SAME_CHECK(POLKIT_CHALLENGE);
SAME_CHECK(POLKIT_DISMISSED);
SAME_CHECK(POLKIT_ERROR);
SAME_CHECK(POLKIT_TIMEOUT);
SAME_CHECK(QUEUE_TIMEOUT);
SAME_CHECK(WAITING);
SAME_CHECK(REQUESTS);
SAME_CHECK(WATCHES);
SAME_CHECK(CONNECTIONS);
SAME_CHECK(RESTART);
SAME_CHECK(MAX_PER_USER);
SAME_CHECK(MAX);
SAME_CHECK(MAX_LEASES_PER_USER);
SAME_CHECK(MAX_LEASES);
SAME_CHECK(PEER_GONE);
SAME_CHECK(LEASE);
SAME_CHECK(DEVICE);
SAME_CHECK(ADDRESSES);
SAME_CHECK(ROUTES);
SAME_CHECK(DEFAULT_ROUTE);
SAME_CHECK(SCOPE);
SAME_CHECK(KILL_SWITCH);
SAME_CHECK(NOT_HERE);
SAME_CHECK(ADDRESS_IN_USE);
SAME_CHECK(ROUTE_IN_USE);
SAME_CHECK(NO_FILTERING);
SAME_CHECK(NO_VLAN);
SAME_CHECK(OVERLAP);
SAME_CHECK(NO_ADDRESS);

#define OPEN_FLAGS (TAP_INTERACTIVE | TAP_VNET_HDR | TAP_BRIDGE | TAP_VHOST | TAP_NETNS | TAP_TRAITS)

/* The timeout that the caller means; -EINVAL if it is none. */
static int read_timeout(int asked, unsigned int flags, int *timeout)
{
	if (asked < -1)
		return -EINVAL;
	*timeout = asked;
	if (asked == 0)
		*timeout = (flags & TAP_INTERACTIVE) != 0 ? TIMEOUT_INTERACTIVE : TIMEOUT;
	return 0;
}

/* Writes down what is asked for. */
static int write_message(const struct tap_request *from, bool by_name, struct tb_open_message *to)
{
	bool external = from->external_id != NULL && from->external_id[0] != '\0';
	struct tb_request *message = &to->request;

	memset(to, 0, sizeof(*to));
	tb_header_set(&message->header, TB_REQ_OPEN, external ? sizeof(*to) : sizeof(*message));
	if (from->network == NULL || tb_field_set(message->network, sizeof(message->network), from->network) < 0)
		return -EINVAL;
	if (from->name != NULL && tb_field_set(message->name, sizeof(message->name), from->name) < 0)
		return -EINVAL;
	if (external && tb_field_set(to->external_id, sizeof(to->external_id), from->external_id) < 0)
		return -EINVAL;
	message->kind = from->kind;
	message->flags = from->flags | (external ? TB_REQUEST_EXTERNAL_ID : 0);
	message->mtu = from->mtu;
	message->queues = from->queues == 0 ? 1 : from->queues;
	message->lifetime = from->lifetime;
	if (by_name && !tb_lifetime_by_name(from->lifetime))
		message->lifetime = TAP_LIFETIME_PERSISTENT;
	return tb_request_valid(message, message->header.size) ? 0 : -EINVAL;
}

int tb_failure_check(const struct tap_failure *failure)
{
	return tb_sized_check(failure, FAILURE_FIRST_SIZE);
}

/* An id is longer than a name can be. */
int tb_request_set_lease(struct tb_request *request, const char *lease)
{
	if (lease == NULL)
		return -EINVAL;
	if (tb_hex_read(lease, request->lease, TB_ID_SIZE) < 0)
		return tb_field_set(request->name, sizeof(request->name), lease) < 0 ? -EINVAL : 0;
	/* This id, which nobody has, says "by name" in a message. */
	return tb_field_empty((const char *)request->lease, sizeof(request->lease)) ? -ENXIO : 0;
}

int tb_request_make(const struct tap_request *from, bool by_name, struct tb_open_message *message, int *timeout,
		    struct tap_failure **failure)
{
	struct tap_request request;
	int ret;

	ret = tb_sized_take(&request, sizeof(request), from, REQUEST_FIRST_SIZE);
	if (ret < 0)
		return ret;
	if ((request.flags & ~OPEN_FLAGS) != 0)
		return -E2BIG;
	/* It comes without an fd that could be returned. */
	if (!by_name && tb_lifetime_by_name(request.lifetime))
		return -EINVAL;
	if (request.failure != NULL && tb_failure_check(request.failure) < 0)
		return -EINVAL;
	*failure = request.failure;
	ret = write_message(&request, by_name, message);
	return ret < 0 ? ret : read_timeout(request.timeout, request.flags, timeout);
}

int tb_request_plain(enum tb_type type, unsigned int flags, unsigned int known, struct tb_request *message,
		     int *timeout, struct tap_failure *told, struct tb_report *report)
{
	*report = (struct tb_report){.failure = TAP_FAILURE_INIT};
	if (told != NULL && tb_sized_check(told, FAILURE_FIRST_SIZE) < 0)
		return -EINVAL;
	report->told = told;
	if ((flags & ~known) != 0)
		return -E2BIG;
	memset(message, 0, sizeof(*message));
	tb_header_set(&message->header, type, sizeof(*message));
	message->flags = flags;
	return read_timeout(*timeout, flags, timeout);
}

int tb_report_end(const struct tb_report *report, int ret)
{
	if (report->told != NULL)
		tb_sized_give(report->told, &report->failure, sizeof(report->failure));
	if (ret == 0)
		return 0;
	errno = -ret;
	return -1;
}
