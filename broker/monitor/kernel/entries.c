/* Addresses, routes and rules: see entries.h. Runs in the monitor; USES CAP_NET_ADMIN. It does what it is told: what
 * may be made is decided above. */
#include "broker/monitor/kernel/entries.h"

#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <sys/socket.h>

/* More than any entry takes in a batch. */
#define ENTRY_ROOM 160

void entries_begin(struct entries *entries, struct link_socket *sock, bool remove)
{
	batch_begin(&entries->batch, sock);
	entries->remove = remove;
	entries->error = 0;
}

int entries_end(struct entries *entries)
{
	int ret = entries->batch.expected > 0 ? batch_run(&entries->batch) : 0;

	if (entries->error == 0 && !entries->remove)
		entries->error = ret;
	batch_begin(&entries->batch, entries->batch.sock);
	return entries->error;
}

/* Begins an entry; made is RTM_NEW*. Its header begins with the family. */
static void *entry_begin(struct entries *entries, uint16_t made, size_t size, uint16_t flags, uint8_t family)
{
	unsigned char *header;

	if (entries->batch.used + ENTRY_ROOM > sizeof(entries->batch.bytes))
		entries_end(entries);
	header = message_begin_as(&entries->batch, entries->remove ? made + 1 : made,
				  NLM_F_ACK | (entries->remove ? 0 : NLM_F_CREATE | flags), size);
	*header = family == 4 ? AF_INET : AF_INET6;
	return header;
}

static void put_address(struct entries *entries, uint16_t type, uint8_t family, const uint8_t *address)
{
	if (address != NULL)
		mnl_attr_put(entries->batch.message, type, tb_prefix_bits(family) / 8, address);
}

void entry_address(struct entries *entries, uint32_t ifindex, uint8_t family, const uint8_t *address)
{
	struct ifaddrmsg *header = entry_begin(entries, RTM_NEWADDR, sizeof(*header), NLM_F_REPLACE, family);

	header->ifa_prefixlen = (uint8_t)tb_prefix_bits(family);
	header->ifa_index = ifindex;
	put_address(entries, IFA_LOCAL, family, address);
	put_address(entries, IFA_ADDRESS, family, address);
	mnl_attr_put_u32(entries->batch.message, IFA_FLAGS, IFA_F_NOPREFIXROUTE | IFA_F_NODAD);
	mnl_attr_put_u8(entries->batch.message, IFA_PROTO, TUNNEL_PROTOCOL);
	message_end(&entries->batch);
}

void entry_route(struct entries *entries, const struct entry_route *route, uint16_t flag)
{
	uint8_t family = route->to.family;
	struct rtmsg *header = entry_begin(entries, RTM_NEWROUTE, sizeof(*header), flag, family);

	header->rtm_dst_len = route->to.length;
	header->rtm_protocol = TUNNEL_PROTOCOL;
	header->rtm_type = route->type;
	header->rtm_flags = route->gateway != NULL ? RTNH_F_ONLINK : 0;
	header->rtm_scope = route->ifindex != 0 && route->gateway == NULL ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
	mnl_attr_put_u32(entries->batch.message, RTA_TABLE, route->table);
	put_address(entries, RTA_DST, family, route->to.address);
	mnl_attr_put_u32(entries->batch.message, RTA_OIF, route->ifindex);
	put_address(entries, RTA_GATEWAY, family, route->gateway);
	mnl_attr_put_u32(entries->batch.message, RTA_PRIORITY, route->metric);
	message_end(&entries->batch);
}

void entry_rule(struct entries *entries, const struct entry_rule *rule)
{
	struct fib_rule_uid_range uids = {rule->uid, rule->uid};
	struct fib_rule_hdr *header = entry_begin(entries, RTM_NEWRULE, sizeof(*header), NLM_F_EXCL, rule->family);

	header->action = rule->table != 0 ? FR_ACT_TO_TBL : FR_ACT_NOP;
	header->src_len = rule->from != NULL ? (uint8_t)tb_prefix_bits(rule->family) : 0;
	put_address(entries, FRA_SRC, rule->family, rule->from);
	mnl_attr_put_u8(entries->batch.message, FRA_PROTOCOL, TUNNEL_PROTOCOL);
	mnl_attr_put_u32(entries->batch.message, FRA_PRIORITY, rule->priority);
	mnl_attr_put_u32(entries->batch.message, FRA_TABLE, rule->table);
	mnl_attr_put_u32(entries->batch.message, FRA_FWMARK, rule->mark);
	mnl_attr_put_u32(entries->batch.message, FRA_FWMASK, rule->mask);
	if (rule->uid != ENTRY_ANY_UID)
		mnl_attr_put(entries->batch.message, FRA_UID_RANGE, sizeof(uids), &uids);
	if (rule->table == RT_TABLE_MAIN)
		mnl_attr_put_u32(entries->batch.message, FRA_SUPPRESS_PREFIXLEN, 0);
	message_end(&entries->batch);
}
