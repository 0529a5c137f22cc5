/* Links in another network namespace: see link_netns.h. Runs in the monitor. USES CAP_NET_ADMIN to move and to delete
 * links; must never touch one that is not ours. */
#include "broker/monitor/kernel/link_netns.h"

#include "broker/shared/netlink/link_batch.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <string.h>

int link_move_up(struct link_socket *sock, uint32_t ifindex, int netns, const char *alias)
{
	struct batch batch;

	batch_begin(&batch, sock);
	message_begin(&batch, RTM_NEWLINK, NLM_F_ACK, ifindex);
	batch.info->ifi_flags = IFF_UP;
	batch.info->ifi_change = IFF_UP;
	mnl_attr_put_u32(batch.message, IFLA_NET_NS_FD, (uint32_t)netns);
	mnl_attr_put_strz(batch.message, IFLA_IFALIAS, alias);
	message_end(&batch);
	return batch_run(&batch);
}

/* Asks for the number of the network namespace, or has the kernel give it one. */
static int run_nsid(struct link_socket *sock, uint16_t type, int netns, struct answer *answer)
{
	struct batch batch;

	batch_begin(&batch, sock);
	message_begin_as(&batch, type, NLM_F_ACK, sizeof(struct rtgenmsg));
	mnl_attr_put_u32(batch.message, NETNSA_FD, (uint32_t)netns);
	if (type == RTM_NEWNSID)
		mnl_attr_put_u32(batch.message, NETNSA_NSID, (uint32_t)NETNSA_NSID_NOT_ASSIGNED);
	message_end(&batch);
	return batch_send(&batch, answer);
}

static int take_nsid(const struct nlattr *attribute, void *context)
{
	if (mnl_attr_get_type(attribute) == NETNSA_NSID && mnl_attr_get_payload_len(attribute) >= sizeof(int32_t))
		*(int32_t *)context = (int32_t)mnl_attr_get_u32(attribute);
	return MNL_CB_OK;
}

static void take_nsid_message(void *context, const struct nlmsghdr *message)
{
	if (message->nlmsg_type == RTM_NEWNSID)
		mnl_attr_parse(message, sizeof(struct rtgenmsg), take_nsid, context);
}

static int get_nsid(struct link_socket *sock, int netns, int32_t *nsid)
{
	struct answer answer = {.take = take_nsid_message, .context = nsid};

	*nsid = NETNSA_NSID_NOT_ASSIGNED;
	return run_nsid(sock, RTM_GETNSID, netns, &answer);
}

/* A number that there is not yet may come from somebody else at the same time: -EEXIST. */
static int nsid_of(struct link_socket *sock, int netns, int32_t *nsid)
{
	struct answer made = {.error = 0};
	int ret = get_nsid(sock, netns, nsid);

	if (ret < 0 || *nsid != NETNSA_NSID_NOT_ASSIGNED)
		return ret;
	ret = run_nsid(sock, RTM_NEWNSID, netns, &made);
	if (ret < 0 && ret != -EEXIST)
		return ret;
	ret = get_nsid(sock, netns, nsid);
	return ret == 0 && *nsid == NETNSA_NSID_NOT_ASSIGNED ? -EPROTO : ret;
}

int link_find_in(struct link_socket *sock, int netns, const char *name, struct link *link)
{
	struct answer answer = {.each = copy_link, .context = link};
	struct batch batch;
	int32_t nsid;
	int ret = nsid_of(sock, netns, &nsid);

	memset(link, 0, sizeof(*link));
	if (ret < 0)
		return ret;
	batch_begin(&batch, sock);
	message_begin(&batch, RTM_GETLINK, NLM_F_ACK, 0);
	mnl_attr_put_u32(batch.message, IFLA_TARGET_NETNSID, (uint32_t)nsid);
	mnl_attr_put_strz(batch.message, IFLA_IFNAME, name);
	message_end(&batch);
	ret = batch_send(&batch, &answer);
	return ret == 0 && strcmp(link->name, name) != 0 ? -ENODEV : ret;
}

int link_delete_in(struct link_socket *sock, int netns, uint32_t ifindex)
{
	struct batch batch;
	int32_t nsid;
	int ret = nsid_of(sock, netns, &nsid);

	if (ret < 0)
		return ret;
	batch_begin(&batch, sock);
	message_begin(&batch, RTM_DELLINK, NLM_F_ACK, ifindex);
	mnl_attr_put_u32(batch.message, IFLA_TARGET_NETNSID, (uint32_t)nsid);
	message_end(&batch);
	return batch_run(&batch);
}
