/* From what the caller asks for to the message that says so: see internal.h. Runs in the client's process.
 *
 * The broker checks all of this again. It is checked here so that a mistake is told at once, and as one.
 */
#include "client/libtapbroker/internal.h"
#include "proto/channel.h"
#include "proto/name.h"
#include "proto/request.h"

#include <errno.h>
#include <string.h>

#define SIZE_MAXIMUM 4096          /* of any struct tap_request that there will ever be: more is a mistake */
#define TIMEOUT 30000              /* milliseconds; polkitd can be silent for 15 seconds and still say yes */
#define TIMEOUT_INTERACTIVE 150000 /* milliseconds; the broker gives up after 120 seconds */

_Static_assert(sizeof(struct tap_request) ==
		       offsetof(struct tap_request, failure) + sizeof(((struct tap_request *)0)->failure),
	       "padding at the end would hide a new member");
_Static_assert(TAP_KIND_ANY == (int)TB_KIND_ANY && TAP_KIND_TAP == (int)TB_KIND_TAP &&
		       TAP_KIND_TUN == (int)TB_KIND_TUN && TAP_KIND_MACVTAP == (int)TB_KIND_MACVTAP,
	       "the public numbers are those of the wire");
_Static_assert(TAP_INTERACTIVE == (unsigned int)TB_REQUEST_INTERACTIVE &&
		       TAP_VNET_HDR == (unsigned int)TB_REQUEST_VNET_HDR &&
		       TAP_BRIDGE == (unsigned int)TB_REQUEST_BRIDGE && TAP_ALL == (unsigned int)TB_REQUEST_ALL &&
		       TAP_VHOST == (unsigned int)TB_REQUEST_VHOST && TAP_NETNS == (unsigned int)TB_REQUEST_NETNS,
	       "the public numbers are those of the wire");
_Static_assert(TAP_LIFETIME_SESSION == (int)TB_LIFETIME_SESSION && TAP_LIFETIME_FD == (int)TB_LIFETIME_FD &&
		       TAP_LIFETIME_PERSISTENT == (int)TB_LIFETIME_PERSISTENT,
	       "the public numbers are those of the wire");

#define OPEN_FLAGS (TAP_INTERACTIVE | TAP_VNET_HDR | TAP_BRIDGE | TAP_VHOST | TAP_NETNS)

/* Says if the caller sets anything that only a later version knows. */
static int check_growth(const struct tap_request *from)
{
	const char *bytes = (const char *)from;

	if (from->size < sizeof(*from))
		return -EINVAL;
	if (from->size > SIZE_MAXIMUM || (from->flags & ~OPEN_FLAGS) != 0)
		return -E2BIG;
	for (size_t i = sizeof(*from); i < from->size; i++)
		if (bytes[i] != 0)
			return -E2BIG;
	return 0;
}

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

int tb_request_make(const struct tap_request *from, bool persistent, struct tb_request *message, int *timeout)
{
	int ret = check_growth(from);

	if (ret < 0)
		return ret;
	/* It comes without an fd that could be returned. */
	if (!persistent && from->lifetime == TAP_LIFETIME_PERSISTENT)
		return -EINVAL;
	memset(message, 0, sizeof(*message));
	tb_header_set(&message->header, TB_REQ_OPEN, sizeof(*message));
	if (from->network == NULL || tb_field_set(message->network, sizeof(message->network), from->network) < 0)
		return -EINVAL;
	if (from->name != NULL && tb_field_set(message->name, sizeof(message->name), from->name) < 0)
		return -EINVAL;
	message->kind = from->kind;
	message->flags = from->flags;
	message->mtu = from->mtu;
	message->queues = from->queues == 0 ? 1 : from->queues;
	message->lifetime = persistent ? TAP_LIFETIME_PERSISTENT : from->lifetime;
	if (!tb_request_valid(message))
		return -EINVAL;
	return read_timeout(from->timeout, from->flags, timeout);
}

int tb_request_plain(enum tb_type type, unsigned int flags, unsigned int known, struct tb_request *message,
		     int *timeout)
{
	if ((flags & ~known) != 0)
		return -E2BIG;
	memset(message, 0, sizeof(*message));
	tb_header_set(&message->header, type, sizeof(*message));
	message->flags = flags;
	return read_timeout(*timeout, flags, timeout);
}
