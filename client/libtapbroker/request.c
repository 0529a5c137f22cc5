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
		       offsetof(struct tap_request, reserved) + sizeof(((struct tap_request *)0)->reserved),
	       "padding at the end would hide a new member");
_Static_assert(TAP_KIND_ANY == (int)TB_KIND_ANY && TAP_KIND_TAP == (int)TB_KIND_TAP &&
		       TAP_KIND_TUN == (int)TB_KIND_TUN && TAP_KIND_MACVTAP == (int)TB_KIND_MACVTAP,
	       "the public numbers are those of the wire");
_Static_assert(TAP_INTERACTIVE == (unsigned int)TB_REQUEST_INTERACTIVE &&
		       TAP_VNET_HDR == (unsigned int)TB_REQUEST_VNET_HDR,
	       "the public numbers are those of the wire");

/* Says if the caller sets anything that only a later version knows. */
static int check_growth(const struct tap_request *from)
{
	const char *bytes = (const char *)from;

	if (from->size < sizeof(*from))
		return -EINVAL;
	if (from->size > SIZE_MAXIMUM || from->reserved != 0 || (from->flags & ~(unsigned int)TB_REQUEST_FLAGS) != 0)
		return -E2BIG;
	for (size_t i = sizeof(*from); i < from->size; i++)
		if (bytes[i] != 0)
			return -E2BIG;
	return 0;
}

int tb_timeout(int asked, bool interactive, int *timeout)
{
	if (asked < -1)
		return -EINVAL;
	*timeout = asked;
	if (asked == 0)
		*timeout = interactive ? TIMEOUT_INTERACTIVE : TIMEOUT;
	return 0;
}

int tb_request_make(const struct tap_request *from, struct tb_request *message, int *timeout)
{
	int ret = check_growth(from);

	if (ret < 0)
		return ret;
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
	message->lifetime = TB_LIFETIME_SESSION;
	if (!tb_request_valid(message))
		return -EINVAL;
	return tb_timeout(from->timeout, (from->flags & TAP_INTERACTIVE) != 0, timeout);
}
