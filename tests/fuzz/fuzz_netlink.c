/* Fuzz target: what the kernel says of links, as link_parse.c reads it. Names and aliases in it may be anybody's, and
 * a kernel may say more than we know. Whatever is read must be inside the datagram and end inside its field.
 */
#include "broker/shared/netlink/link.h"
#include "broker/shared/netlink/link_events.h"

#include <libmnl/libmnl.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require_string(const char *string, size_t size)
{
	if (memchr(string, '\0', size) == NULL)
		abort();
}

static void ignore(void *context, uint32_t ifindex)
{
	(void)context;
	(void)ifindex;
}

static void ignore_link(void *context, const struct link *link)
{
	(void)context;
	(void)link;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Exactly as large as the datagram, and aligned as the monitor's buffer is, so that every byte beyond is
	 * found. */
	void *datagram = malloc(size + 1);
	int left = (int)size;

	if (datagram == NULL || size > 65536) {
		free(datagram);
		return 0;
	}
	memcpy(datagram, data, size);
	for (const struct nlmsghdr *message = datagram; link_message_ok(message, left);
	     message = mnl_nlmsg_next(message, &left)) {
		struct link link;

		if (link_parse(message, &link) < 0)
			continue;
		require_string(link.name, sizeof(link.name));
		require_string(link.kind, sizeof(link.kind));
		require_string(link.alias, sizeof(link.alias));
	}
	link_events_parse(datagram, size, ignore, ignore_link, NULL);
	free(datagram);
	return 0;
}
