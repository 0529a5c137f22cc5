/* The messages about addresses, routes and rules that are written before lock-down: see entry_templates.h. Runs in
 * tapbrokerd; needs no right. */
#include "broker/monitor/kernel/entry_templates.h"

#include "broker/monitor/kernel/entries.h"
#include "broker/monitor/kernel/template_write.h"
#include "broker/shared/tunnel_numbers.h"

#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <stddef.h>
#include <sys/socket.h>

/* A field of these values. */
#define OF(values, field) offsetof(struct values, field), sizeof(((struct values *)0)->field)

/* One message that is being written. */
struct entry_writing {
	struct batch batch;
	struct template *template;
	enum entry_kind kind;
	uint8_t family;
	bool remove;
};

/* Begins the message; made is RTM_NEW*. Its header begins with the family. */
static void *begin_entry(struct entry_writing *writing, uint16_t made, uint16_t flags, size_t size)
{
	unsigned char *header = message_begin_as(&writing->batch, writing->remove ? made + 1 : made,
						 NLM_F_ACK | (writing->remove ? 0 : NLM_F_CREATE | flags), size);

	*header = writing->family == 4 ? AF_INET : AF_INET6;
	return header;
}

static void put_address(struct entry_writing *writing, uint16_t type, size_t from)
{
	template_attribute(&writing->batch, writing->template, type, from, tb_prefix_bits(writing->family) / 8);
}

static void put_number(struct entry_writing *writing, uint16_t type, size_t from, size_t size)
{
	template_attribute(&writing->batch, writing->template, type, from, size);
}

static void template_of_address(struct entry_writing *writing)
{
	struct ifaddrmsg *header = begin_entry(writing, RTM_NEWADDR, NLM_F_REPLACE, sizeof(*header));

	header->ifa_prefixlen = (uint8_t)tb_prefix_bits(writing->family);
	template_field(&writing->batch, writing->template, &header->ifa_index, OF(entry_route, ifindex));
	put_address(writing, IFA_LOCAL, offsetof(struct entry_route, to.address));
	put_address(writing, IFA_ADDRESS, offsetof(struct entry_route, to.address));
	mnl_attr_put_u32(writing->batch.message, IFA_FLAGS, IFA_F_NOPREFIXROUTE | IFA_F_NODAD);
	mnl_attr_put_u8(writing->batch.message, IFA_PROTO, TUNNEL_PROTOCOL);
}

static void template_of_route(struct entry_writing *writing)
{
	uint16_t flag = writing->kind == ENTRY_SOLE_ROUTE ? NLM_F_EXCL : NLM_F_REPLACE;
	struct rtmsg *header = begin_entry(writing, RTM_NEWROUTE, flag, sizeof(*header));

	header->rtm_protocol = TUNNEL_PROTOCOL;
	template_field(&writing->batch, writing->template, &header->rtm_dst_len, OF(entry_route, to.length));
	template_field(&writing->batch, writing->template, &header->rtm_type, OF(entry_route, type));
	put_number(writing, RTA_TABLE, OF(entry_route, table));
	put_address(writing, RTA_DST, offsetof(struct entry_route, to.address));
	put_number(writing, RTA_OIF, OF(entry_route, ifindex));
	put_number(writing, RTA_PRIORITY, OF(entry_route, metric));
	if (writing->kind == ENTRY_ROUTE_VIA) {
		header->rtm_flags = RTNH_F_ONLINK;
		header->rtm_scope = RT_SCOPE_UNIVERSE;
		put_address(writing, RTA_GATEWAY, offsetof(struct entry_route, gateway));
	} else {
		template_field(&writing->batch, writing->template, &header->rtm_scope, OF(entry_route, scope));
	}
}

static void put_uid(struct entry_writing *writing)
{
	const struct fib_rule_uid_range nobody = {0, 0};
	char *range;

	mnl_attr_put(writing->batch.message, FRA_UID_RANGE, sizeof(nobody), &nobody);
	range = (char *)mnl_nlmsg_get_payload_tail(writing->batch.message) - sizeof(nobody);
	template_field(&writing->batch, writing->template, range, OF(entry_rule, uid));
	template_field(&writing->batch, writing->template, range + sizeof(nobody.start), OF(entry_rule, uid));
}

static void template_of_rule(struct entry_writing *writing)
{
	struct fib_rule_hdr *header = begin_entry(writing, RTM_NEWRULE, NLM_F_EXCL, sizeof(*header));

	template_field(&writing->batch, writing->template, &header->src_len, OF(entry_rule, from_length));
	template_field(&writing->batch, writing->template, &header->action, OF(entry_rule, action));
	put_address(writing, FRA_SRC, offsetof(struct entry_rule, from));
	mnl_attr_put_u8(writing->batch.message, FRA_PROTOCOL, TUNNEL_PROTOCOL);
	put_number(writing, FRA_PRIORITY, OF(entry_rule, priority));
	put_number(writing, FRA_TABLE, OF(entry_rule, table));
	put_number(writing, FRA_SUPPRESS_PREFIXLEN, OF(entry_rule, suppress));
	put_number(writing, FRA_FWMARK, OF(entry_rule, mark));
	put_number(writing, FRA_FWMASK, OF(entry_rule, mask));
	if (writing->kind == ENTRY_RULE_OF_USER)
		put_uid(writing);
}

static int write_template(enum entry_kind kind, uint8_t family, bool remove)
{
	static void (*const write[ENTRY_KINDS])(struct entry_writing * writing) = {
		[ENTRY_ADDRESS] = template_of_address, [ENTRY_SOLE_ROUTE] = template_of_route,
		[ENTRY_ROUTE] = template_of_route,     [ENTRY_ROUTE_VIA] = template_of_route,
		[ENTRY_RULE] = template_of_rule,       [ENTRY_RULE_OF_USER] = template_of_rule,
	};
	struct entry_writing writing = {.template = &entry_templates[kind][family != 4][remove],
					.kind = kind,
					.family = family,
					.remove = remove};

	template_begin(&writing.batch, writing.template);
	write[kind](&writing);
	message_end(&writing.batch);
	return template_finish(&writing.batch, writing.template);
}

int entry_templates_write(void)
{
	int ret = 0;

	for (int kind = 0; ret == 0 && kind < ENTRY_KINDS; kind++) {
		for (uint8_t family = 4; ret == 0 && family <= 6; family += 2) {
			ret = write_template(kind, family, false);
			if (ret == 0)
				ret = write_template(kind, family, true);
		}
	}
	return ret;
}
