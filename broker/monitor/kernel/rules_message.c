/* Messages to nf_tables: see rules_message.h. Runs in tapbrokerd before lock-down; needs no right. */
#include "broker/monitor/kernel/rules_message.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>

void nft_message_begin(struct batch *batch, uint16_t type, uint16_t flags)
{
	struct nfgenmsg *header =
		message_begin_as(batch, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags, sizeof(*header));

	header->nfgen_family = NFPROTO_NETDEV;
}

void nft_message_mark(struct batch *batch, uint16_t type)
{
	struct nfgenmsg *header = message_begin_as(batch, type, 0, sizeof(*header));

	header->res_id = htons(NFNL_SUBSYS_NFTABLES);
	message_end_unanswered(batch);
}

void put_nft_number(struct nlmsghdr *message, uint16_t type, uint32_t number)
{
	mnl_attr_put_u32(message, type, htonl(number));
}
