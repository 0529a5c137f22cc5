/* Asking the kernel about addresses: see link.h. Runs in the clerk; needs no right. */
#include "broker/shared/netlink/link_batch.h"

#include "proto/prefix.h"

#include <libmnl/libmnl.h>
#include <sys/socket.h>

/* To an address of its own the host has a route of the type local. */
static void take_route_type(void *context, const struct nlmsghdr *message)
{
	const struct rtmsg *header = mnl_nlmsg_get_payload(message);

	*(bool *)context = header->rtm_type == RTN_LOCAL;
}

bool link_has_address(struct link_socket *sock, uint8_t family, const uint8_t *address)
{
	bool local = false;
	struct answer answer = {.take = take_route_type, .context = &local};
	struct batch batch;
	struct rtmsg *header;

	batch_begin(&batch, sock);
	header = message_begin_as(&batch, RTM_GETROUTE, NLM_F_ACK, sizeof(*header));
	header->rtm_family = family == 4 ? AF_INET : AF_INET6;
	header->rtm_dst_len = (uint8_t)tb_prefix_bits(family);
	mnl_attr_put(batch.message, RTA_DST, tb_prefix_bits(family) / 8, address);
	message_end(&batch);
	batch_send(&batch, &answer);
	return local;
}
