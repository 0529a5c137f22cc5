/* Ports: see pair.h. Runs in the monitor, and pair_delete() in its reaper threads; USES CAP_NET_ADMIN. Must never
 * touch a veth of the host's that does not lead into the shield. */
#include "broker/monitor/kernel/pair.h"

#include "broker/monitor/kernel/link_change.h"
#include "broker/monitor/kernel/template.h"

#include <errno.h>
#include <string.h>

int pair_create(struct link_socket *host, const struct pair_setup *setup)
{
	return template_run(host, &link_templates[LINK_NEW_PAIR], setup);
}

int pair_find(struct link_socket *shield, const uint8_t lease[TB_ID_SIZE], struct link *inner)
{
	char name[TB_NAME_SIZE];
	int ret;

	shield_inner_name(lease, name);
	ret = link_find(shield, name, inner);
	return ret == 0 && strcmp(inner->kind, "veth") != 0 ? -ENODEV : ret;
}

int pair_delete(struct link_socket *shield, struct rules *rules, const uint8_t lease[TB_ID_SIZE])
{
	struct link inner;
	int ret = rules_remove(rules, lease);

	if (ret == 0)
		ret = pair_find(shield, lease, &inner);
	if (ret == 0)
		ret = link_delete(shield, -1, inner.ifindex);
	return ret == -ENODEV ? 0 : ret;
}
