/* What the monitor knows. It has no lease and no request: the clerk keeps the books. */
#ifndef TB_HOLDINGS_H
#define TB_HOLDINGS_H

#include "broker/config/table.h"
#include "broker/monitor/child.h"
#include "broker/monitor/kernel/away.h"
#include "broker/monitor/kernel/closer.h"
#include "broker/monitor/kernel/count.h"
#include "broker/monitor/kernel/device.h"
#include "broker/monitor/kernel/reaper.h"
#include "broker/monitor/kernel/rules.h"
#include "broker/monitor/kernel/tunnel.h"
#include "broker/monitor/peer.h"
#include "broker/monitor/yes.h"
#include "broker/shared/siphash.h"

#include <stdbool.h>
#include <sys/types.h>

struct monitor {
	const struct network_table *networks;
	uid_t own_uids[3]; /* of the broker's processes, which never get a device */
	struct origin origin;
	uint8_t mac_key[SIPHASH_KEY_SIZE]; /* for the addresses of devices with a name */
	struct workshop workshop;
	struct rules rules; /* in the host's network namespace */
	struct closer closer;
	struct away away;
	struct count count;
	struct reaper reaper;
	struct tunnels tunnels;
	struct yes_table yes;
	struct child clerk;
	struct child authority;
	struct child opener;
	struct child shield_opener; /* the opener in the shield */
	int supervisor;             /* owned; NOTIFY_SOCKET; -1: none */
	int signals;                /* owned */
	bool ready;                 /* the clerk serves */
	bool stopping;
};

#endif
