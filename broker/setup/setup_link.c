/* Interfaces that are made for the host: see setup_link.h. Runs in tapbroker-setup, as root. It must never change or
 * delete one that somebody else has made.
 */
#include "broker/setup/setup_link.h"

#include "broker/setup/setup_inet.h"
#include "broker/setup/setup_setting.h"

#include "broker/shared/log.h"
#include "broker/shared/machine_id.h"
#include "broker/shared/netlink/link_batch.h"
#include "broker/shared/siphash.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <string.h>

_Static_assert(MACHINE_ID_SIZE == SIPHASH_KEY_SIZE, "the machine's id is the key");

/* 02 as the first byte: an address that was given locally, of one interface. */
void setup_link_mac(const char *name, uint8_t mac[TB_MAC_SIZE])
{
	uint8_t key[SIPHASH_KEY_SIZE] = {0};
	uint64_t hash;

	(void)machine_id_read(key); /* without one all machines have the same, each on a network of its own */
	hash = siphash(name, strlen(name), key);
	memcpy(mac, &hash, TB_MAC_SIZE);
	mac[0] = 0x02;
}

bool setup_link_is_ours(const struct link *link, const char *kind, const char *prefix)
{
	uint8_t mac[TB_MAC_SIZE];

	setup_link_mac(link->name, mac);
	return strcmp(link->kind, kind) == 0 && strncmp(link->name, prefix, strlen(prefix)) == 0 &&
	       memcmp(link->mac, mac, sizeof(mac)) == 0;
}

int setup_link_set_up(struct link_socket *sock, uint32_t ifindex, uint32_t mtu)
{
	struct batch batch;

	batch_begin(&batch, sock);
	message_begin(&batch, RTM_NEWLINK, NLM_F_ACK, ifindex);
	batch.info->ifi_flags = IFF_UP;
	batch.info->ifi_change = IFF_UP;
	mnl_attr_put_u32(batch.message, IFLA_MTU, mtu);
	message_end(&batch);
	return batch_run(&batch);
}

int setup_link_delete(struct link_socket *sock, uint32_t ifindex)
{
	struct batch batch;

	batch_begin(&batch, sock);
	message_begin(&batch, RTM_DELLINK, NLM_F_ACK, ifindex);
	message_end(&batch);
	return batch_run(&batch);
}

/* What the interface has and no file asks for any more. */
struct leftover {
	uint32_t ifindex;
	const struct network *network;
	struct network_prefix addresses[16];
	size_t count;
};

static void leftover_take(void *context, const struct inet_address *address)
{
	struct leftover *leftover = context;
	struct network_prefix wanted;

	if (address->ifindex != leftover->ifindex || address->link_local ||
	    leftover->count == sizeof(leftover->addresses) / sizeof(leftover->addresses[0]))
		return;
	if (!inet_of_network(leftover->network, address->prefix.is_ipv6, &wanted) ||
	    memcmp(&wanted, &address->prefix, sizeof(wanted)) != 0)
		leftover->addresses[leftover->count++] = address->prefix;
}

int setup_link_addresses(struct link_socket *sock, uint32_t ifindex, const struct network *network)
{
	struct leftover leftover = {.ifindex = ifindex, .network = network};
	struct network_prefix wanted;
	int ret = inet_addresses(sock, leftover_take, &leftover);

	for (size_t i = 0; ret == 0 && i < leftover.count; i++)
		ret = inet_address_remove(sock, ifindex, &leftover.addresses[i]);
	for (int is_ipv6 = 0; ret == 0 && is_ipv6 <= 1; is_ipv6++)
		if (inet_of_network(network, is_ipv6 == 1, &wanted))
			ret = inet_address_add(sock, ifindex, &wanted);
	return ret;
}

int setup_link_settings(const char *name, const struct network *network)
{
	static const char *const settings[][3] = {
		{"ipv4", "rp_filter", "1"},        {"ipv4", "arp_ignore", "1"}, {"ipv4", "accept_redirects", "0"},
		{"ipv4", "send_redirects", "0"},   {"ipv6", "accept_ra", "0"},  {"ipv6", "autoconf", "0"},
		{"ipv6", "accept_redirects", "0"},
	};
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < sizeof(settings) / sizeof(settings[0]); i++)
		ret = setting_write(settings[i][0], name, settings[i][1], settings[i][2]);
	if (ret == 0)
		ret = setting_write("ipv6", name, "disable_ipv6", network->ipv6.prefix == 0 ? "1" : "0");
	return ret;
}

/* Which of ours are to go. */
struct sweep {
	const char *kind;
	const char *prefix;
	bool (*needed)(const void *context, const char *name);
	const void *context;
	uint32_t found[NETWORKS_MAX];
	size_t count;
};

static void sweep_take(void *context, const struct link *link)
{
	struct sweep *sweep = context;

	if (sweep->count < NETWORKS_MAX && setup_link_is_ours(link, sweep->kind, sweep->prefix) &&
	    (sweep->needed == NULL || !sweep->needed(sweep->context, link->name)))
		sweep->found[sweep->count++] = link->ifindex;
}

unsigned int setup_link_sweep(struct link_socket *sock, const char *kind, const char *prefix,
			      bool (*needed)(const void *context, const char *name), const void *context)
{
	struct sweep sweep;
	unsigned int problems = 0;
	int ret;

	do {
		sweep = (struct sweep){.kind = kind, .prefix = prefix, .needed = needed, .context = context};
		ret = link_dump(sock, kind, sweep_take, &sweep);
	} while (ret == -EINTR);
	if (ret < 0) {
		tb_log(TB_LOG_ERROR, "cannot list interfaces of kind %s: %s", kind, strerror(-ret));
		problems++;
	}
	for (size_t i = 0; i < sweep.count; i++) {
		ret = setup_link_delete(sock, sweep.found[i]);
		if (ret < 0 && ret != -ENODEV) {
			tb_log(TB_LOG_ERROR, "cannot delete the %s with ifindex %u: %s", kind, sweep.found[i],
			       strerror(-ret));
			problems++;
		}
	}
	return problems;
}
