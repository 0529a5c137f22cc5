/* Asking the kernel about links: see link.h. Linked into the monitor and the clerk; needs no right, and changes
 * nothing: that is link_change.c. */
#include "broker/shared/netlink/link_batch.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <string.h>

static void copy_link(void *context, const struct link *link)
{
	*(struct link *)context = *link;
}

int link_ask(struct link_socket *sock, int32_t nsid, uint32_t ifindex, const char *name, struct link *link)
{
	struct answer answer = {.each = copy_link, .context = link};
	struct batch batch;
	int ret;

	memset(link, 0, sizeof(*link));
	batch_begin(&batch, sock);
	message_begin(&batch, RTM_GETLINK, NLM_F_ACK, ifindex);
	if (nsid >= 0)
		mnl_attr_put_u32(batch.message, IFLA_TARGET_NETNSID, (uint32_t)nsid);
	if (name != NULL)
		mnl_attr_put_strz(batch.message, IFLA_IFNAME, name);
	message_end(&batch);
	ret = batch_send(&batch, &answer);
	return ret == 0 && name != NULL && strcmp(link->name, name) != 0 ? -ENODEV : ret;
}

int link_get(struct link_socket *sock, uint32_t ifindex, struct link *link)
{
	return link_ask(sock, -1, ifindex, NULL, link);
}

int link_find(struct link_socket *sock, const char *name, struct link *link)
{
	return link_ask(sock, -1, 0, name, link);
}

int link_dump(struct link_socket *sock, const char *kind, void (*each)(void *context, const struct link *link),
	      void *context)
{
	struct answer answer = {.each = each, .context = context};
	struct batch batch;
	struct nlattr *info;
	int ret;

	batch_begin(&batch, sock);
	message_begin(&batch, RTM_GETLINK, NLM_F_DUMP, 0);
	if (kind != NULL) {
		info = mnl_attr_nest_start(batch.message, IFLA_LINKINFO);
		mnl_attr_put_strz(batch.message, IFLA_INFO_KIND, kind);
		mnl_attr_nest_end(batch.message, info);
	}
	message_end(&batch);
	ret = batch_send(&batch, &answer);
	return ret == 0 && answer.interrupted ? -EINTR : ret;
}

bool link_kind_ours(const struct link *link)
{
	return strcmp(link->kind, "tun") == 0 || strcmp(link->kind, "macvtap") == 0;
}
