/* What an earlier broker has left of tunnels: see leftovers.h. Runs in tapbrokerd before lock-down, as root. Must never
 * remove a rule or a route whose protocol number is not ours. */
#include "broker/monitor/kernel/leftovers.h"

#include "broker/monitor/kernel/entries.h"
#include "broker/shared/alias.h"
#include "broker/shared/fd.h"
#include "broker/shared/random.h"
#include "broker/shared/tunnel_book.h"
#include "proto/name.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* So often are entries looked for that are to be removed: each time a batch of them. */
#define REMOVAL_ROUNDS 4096

struct leftovers {
	struct link_socket sock; /* the kernel sends no more than what it is asked for */
	bool ipv6;               /* the kernel has it */
	struct tunnel_book *book;
	const struct network_table *networks;
	struct tb_tunnel *tunnel; /* whose routes and addresses are read */
	uint16_t kind;            /* of what is removed: RTM_GETRULE or RTM_GETROUTE */
	struct batch removal;
};

typedef void visitor(void *context, const struct nlmsghdr *message);

static const struct nlattr *attribute_of(const struct nlmsghdr *message, size_t header, uint16_t type, size_t size)
{
	const struct nlattr *attribute;

	mnl_attr_for_each(attribute, message, header) if (mnl_attr_get_type(attribute) == type &&
							  mnl_attr_get_payload_len(attribute) >= size) return attribute;
	return NULL;
}

static uint32_t rtnl_number(const struct nlmsghdr *message, size_t header, uint16_t type)
{
	const struct nlattr *attribute = attribute_of(message, header, type, sizeof(uint32_t));

	return attribute != NULL ? mnl_attr_get_u32(attribute) : 0;
}

static uint8_t family_of(const struct nlmsghdr *message)
{
	const struct rtmsg *header = mnl_nlmsg_get_payload(message);

	return header->rtm_family == AF_INET ? 4 : 6;
}

static void copy_address(const struct nlmsghdr *message, size_t header, uint16_t type, uint8_t address[16])
{
	size_t size = tb_prefix_bits(family_of(message)) / 8;
	const struct nlattr *attribute = attribute_of(message, header, type, size);

	if (attribute != NULL)
		memcpy(address, mnl_attr_get_payload(attribute), size);
}

/* Calls visit() for each entry of one kind and family; of routes, for ours. Returns 0 or a negative errno. */
static int visit_all(struct leftovers *leftovers, uint16_t kind, uint8_t family, visitor *visit)
{
	struct answer answer = {.take = visit, .context = leftovers};
	struct batch batch;
	struct rtmsg *header;
	int ret;

	batch_begin(&batch, &leftovers->sock);
	header = message_begin_as(&batch, kind, NLM_F_DUMP,
				  kind == RTM_GETADDR ? sizeof(struct ifaddrmsg) : sizeof(*header));
	header->rtm_family = family == 4 ? AF_INET : AF_INET6;
	if (kind == RTM_GETROUTE)
		header->rtm_protocol = TUNNEL_PROTOCOL;
	message_end(&batch);
	ret = batch_send(&batch, &answer);
	return ret == 0 && answer.interrupted ? -EAGAIN : ret;
}

static bool rule_is_ours(const struct nlmsghdr *message)
{
	const struct nlattr *protocol = attribute_of(message, sizeof(struct fib_rule_hdr), FRA_PROTOCOL, 1);

	return protocol != NULL && mnl_attr_get_u8(protocol) == TUNNEL_PROTOCOL;
}

/* The number of the tunnel that the entry belongs to, or TUNNELS_MAX: none. */
static uint32_t number_of_entry(uint16_t kind, const struct nlmsghdr *message)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(message);
	uint32_t number;

	if (kind == RTM_GETROUTE) {
		number = rtnl_number(message, sizeof(*route), RTA_TABLE) - TUNNEL_TABLE;
		return route->rtm_protocol == TUNNEL_PROTOCOL && number < TUNNELS_MAX ? number : TUNNELS_MAX;
	}
	number = rtnl_number(message, sizeof(struct fib_rule_hdr), FRA_PRIORITY) - TUNNEL_PRIORITY;
	return rule_is_ours(message) && number < TUNNEL_LEVELS * TUNNELS_MAX ? number % TUNNELS_MAX : TUNNELS_MAX;
}

/* ---- what is taken over ---- */

static struct tb_item *new_item(struct tb_tunnel *tunnel, enum tb_item_kind kind, uint8_t family, unsigned int length)
{
	struct tb_item *item = &tunnel->wanted.items[tunnel->wanted.count++];

	*item = (struct tb_item){.kind = (uint16_t)kind, .family = family, .prefix = (uint8_t)length};
	return item;
}

static bool has_room(const struct tb_tunnel *tunnel)
{
	return tunnel->wanted.count < TB_ITEMS_MAX;
}

/* What leads nowhere is a block, which its kill switch or default route implies. */
static void take_route(void *context, const struct nlmsghdr *message)
{
	const struct rtmsg *header = mnl_nlmsg_get_payload(message);
	struct leftovers *leftovers = context;
	struct tb_tunnel *tunnel = leftovers->tunnel;
	bool throws = header->rtm_type == RTN_THROW;
	struct tb_item *item;

	if (number_of_entry(RTM_GETROUTE, message) != tunnel->number || !has_room(tunnel) ||
	    (!throws && header->rtm_type != RTN_UNICAST))
		return;
	item = new_item(tunnel, throws ? TB_ITEM_EXCLUDE : TB_ITEM_ROUTE, family_of(message), header->rtm_dst_len);
	copy_address(message, sizeof(*header), RTA_DST, item->address);
	copy_address(message, sizeof(*header), RTA_GATEWAY, item->peer);
	if (!throws)
		item->metric = rtnl_number(message, sizeof(*header), RTA_PRIORITY);
}

static void take_local_address(void *context, const struct nlmsghdr *message)
{
	const struct ifaddrmsg *header = mnl_nlmsg_get_payload(message);
	struct leftovers *leftovers = context;
	uint8_t family = family_of(message);

	if (header->ifa_index == leftovers->tunnel->ifindex && header->ifa_scope != RT_SCOPE_LINK &&
	    has_room(leftovers->tunnel))
		copy_address(message, sizeof(*header), IFA_ADDRESS,
			     new_item(leftovers->tunnel, TB_ITEM_ADDRESS, family, tb_prefix_bits(family))->address);
}

static int take_items(struct leftovers *leftovers, struct tb_tunnel *tunnel)
{
	int ret = 0;

	leftovers->tunnel = tunnel;
	for (uint8_t family = 4; ret == 0 && family <= (leftovers->ipv6 ? 6 : 4); family += 2) {
		ret = visit_all(leftovers, RTM_GETROUTE, family, take_route);
		if (ret == 0)
			ret = visit_all(leftovers, RTM_GETADDR, family, take_local_address);
	}
	return ret;
}

/* The rule that tells of a tunnel: it is taken down, and judged when all are known. */
static void take_label(void *context, const struct nlmsghdr *message)
{
	const struct fib_rule_hdr *header = mnl_nlmsg_get_payload(message);
	struct leftovers *leftovers = context;
	uint32_t number = rtnl_number(message, sizeof(*header), FRA_PRIORITY) - TUNNEL_PRIORITY;
	uint32_t mask = rtnl_number(message, sizeof(*header), FRA_FWMASK);
	struct tb_tunnel *tunnel;

	if (header->action != FR_ACT_NOP || (mask & TUNNEL_LABEL) == 0 || !rule_is_ours(message) ||
	    number >= TUNNELS_MAX)
		return;
	tunnel = &leftovers->book->tunnels[number];
	leftovers->book->states[number] = TUNNEL_UP;
	tunnel->number = number;
	tunnel->ifindex = rtnl_number(message, sizeof(*header), FRA_FWMARK);
	tunnel->wanted.question.uid = rtnl_number(message, sizeof(*header), FRA_UID_RANGE);
	tunnel->wanted.question.flags = (mask & TUNNEL_HASH) != 0 ? TB_REQUEST_KILL_SWITCH : 0;
	tunnel->wanted.question.mtu = mask & TUNNEL_HASH; /* for a moment: the hash of the network's name */
	tunnel->wanted.scope = (mask & TUNNEL_HOST) != 0 ? TB_SCOPE_HOST : TB_SCOPE_USER;
}

static const char *network_of_hash(const struct network_table *networks, uint32_t hash)
{
	for (size_t i = 0; i < networks->count; i++)
		if (tunnel_network_hash(networks->networks[i].name) == hash)
			return networks->networks[i].name;
	return "";
}

/* Says whose the tunnel is, and what is left of it. */
static enum tunnel_state identify(struct leftovers *leftovers, struct tb_tunnel *tunnel)
{
	struct tb_question *question = &tunnel->wanted.question;
	uint32_t hash = question->mtu;
	struct alias alias;
	struct link link;

	question->mtu = 0;
	if (link_get(&leftovers->sock, tunnel->ifindex, &link) == 0 && alias_read(link.alias, &alias) == 0) {
		memcpy(tunnel->wanted.lease, alias.lease, sizeof(alias.lease));
		memcpy(question->network, alias.network, sizeof(alias.network));
		tb_field_set(question->name, sizeof(question->name), link.name);
		question->kind = tb_field_empty((const char *)alias.mac, sizeof(alias.mac)) ? TB_KIND_TUN : TB_KIND_TAP;
		return TUNNEL_UP;
	}
	if (hash == 0)
		return TUNNEL_FREE;
	tb_field_set(question->network, sizeof(question->network), network_of_hash(leftovers->networks, hash));
	return TUNNEL_LEFT;
}

/* ---- what is removed ---- */

/* A block needs no replies of the kernel's: its addresses are gone with its device. */
static bool is_in_use(const struct leftovers *leftovers, uint32_t number, const struct nlmsghdr *message)
{
	const struct fib_rule_hdr *rule = mnl_nlmsg_get_payload(message);
	uint8_t state = leftovers->book->states[number];

	return state != TUNNEL_FREE && !(leftovers->kind == RTM_GETRULE && state == TUNNEL_LEFT && rule->src_len > 0);
}

/* What is no tunnel's in use. The kernel takes for its removal what it says of an entry. */
static void take_stray(void *context, const struct nlmsghdr *message)
{
	struct leftovers *leftovers = context;
	struct batch *batch = &leftovers->removal;
	uint32_t number = number_of_entry(leftovers->kind, message);

	if (number == TUNNELS_MAX || is_in_use(leftovers, number, message) ||
	    batch->used + MNL_ALIGN(message->nlmsg_len) > sizeof(batch->bytes))
		return;
	batch->message = memcpy(batch->bytes + batch->used, message, message->nlmsg_len);
	batch->message->nlmsg_type = leftovers->kind - 1; /* RTM_DELRULE is RTM_GETRULE - 1, and so on */
	batch->message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	batch->message->nlmsg_seq = ++batch->sock->sequence;
	batch->message->nlmsg_pid = 0;
	message_end(batch);
}

static int remove_strays(struct leftovers *leftovers, uint16_t kind, uint8_t family)
{
	leftovers->kind = kind;
	for (int i = 0; i < REMOVAL_ROUNDS; i++) {
		int ret;

		batch_begin(&leftovers->removal, &leftovers->sock);
		ret = visit_all(leftovers, kind, family, take_stray);
		if (ret < 0 && ret != -EAGAIN)
			return ret;
		if (ret == 0 && leftovers->removal.expected == 0)
			return 0;
		if (leftovers->removal.expected > 0)
			batch_run(&leftovers->removal);
	}
	return -EBUSY;
}

static int open_socket(struct leftovers *leftovers)
{
	int yes = 1;
	int ret = link_socket_open(&leftovers->sock, NETLINK_ROUTE);

	if (ret == 0 && setsockopt(leftovers->sock.fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &yes, sizeof(yes)) < 0)
		ret = -errno;
	return ret;
}

static int take_all(struct leftovers *leftovers)
{
	struct tunnel_book *book = leftovers->book;
	int ret = visit_all(leftovers, RTM_GETRULE, 4, take_label);

	for (uint32_t i = 0; ret == 0 && i < TUNNELS_MAX; i++) {
		if (book->states[i] != TUNNEL_FREE)
			book->states[i] = (uint8_t)identify(leftovers, &book->tunnels[i]);
		if (book->states[i] != TUNNEL_FREE)
			ret = take_items(leftovers, &book->tunnels[i]);
	}
	for (uint8_t family = 4; ret == 0 && family <= (leftovers->ipv6 ? 6 : 4); family += 2) {
		ret = remove_strays(leftovers, RTM_GETRULE, family);
		if (ret == 0)
			ret = remove_strays(leftovers, RTM_GETROUTE, family);
	}
	return ret;
}

/* Reads all into the book. */
static int take_into(struct tunnel_book *book, bool ipv6, const struct network_table *networks)
{
	struct leftovers *leftovers = calloc(1, sizeof(*leftovers));
	int ret = -ENOMEM;

	if (leftovers == NULL)
		return ret;
	leftovers->ipv6 = ipv6;
	leftovers->book = book;
	leftovers->networks = networks;
	ret = open_socket(leftovers);
	if (ret == 0)
		ret = take_all(leftovers);
	tb_close(&leftovers->sock.fd);
	free(leftovers);
	return ret;
}

int leftovers_take(struct tunnels *tunnels, const struct network_table *networks)
{
	int fd TB_CLOSE = memfd_create("tapbroker-tunnels", MFD_CLOEXEC);
	struct tunnel_book *book;
	int ret;

	if (fd < 0 || ftruncate(fd, sizeof(*book)) < 0)
		return -errno;
	book = mmap(NULL, sizeof(*book), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (book == MAP_FAILED)
		return -errno;
	ret = tb_random(tunnels->key, sizeof(tunnels->key));
	if (ret == 0)
		ret = take_into(book, tunnels->ipv6, networks);
	for (uint32_t i = 0; ret == 0 && i < TUNNELS_MAX; i++)
		if (book->states[i] != TUNNEL_FREE)
			tunnel_note(tunnels, &book->tunnels[i]);
	munmap(book, sizeof(*book));
	return ret < 0 ? ret : tb_take(&fd);
}
