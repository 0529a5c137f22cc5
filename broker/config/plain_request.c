/* The plain request of each network, compared with the ceiling: see plain_request.h. It walks the same rows as the
 * clerk and the monitor, so that it cannot say other than they do. It runs in the programs that check the files, with
 * the rights of whoever calls them; it must never ask the broker.
 */
#include "broker/config/plain_request.h"

#include "broker/config/findings.h"
#include "broker/shared/ceiling.h"
#include "proto/checks.h"
#include "proto/name.h"

#include <string.h>

/* As `tapctl get NETWORK` asks: what is not said is the network's own, and the lifetime a session's. */
static struct tb_question plain_request_of(const struct network *network)
{
	struct tb_question question = {.action = TB_ACTION_OPEN,
				       .kind = network->kind,
				       .mode = network->mode,
				       .mtu = network->mtu,
				       .queues = 1,
				       .lifetime = TB_LIFETIME_SESSION};

	memcpy(question.network, network->name, sizeof(question.network));
	tb_field_set(question.bridge, sizeof(question.bridge), network_bridge(network));
	memcpy(question.parent, network->parent, sizeof(question.parent));
	return question;
}

void plain_request_warn(const struct network_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct network *network = &table->networks[i];
		struct tb_question question = plain_request_of(network);
		uint64_t forbidden = network->off ? 0 : ceiling_all(network, &question);

		for (enum tb_check check = TB_CHECK_NONE; check < TB_CHECK_COUNT; check++)
			if ((forbidden & (uint64_t)1 << check) != 0)
				found_warning(network->name, "\"tapctl get %s\" without options is refused: %s",
					      network->name, tb_check_text(check));
	}
}
