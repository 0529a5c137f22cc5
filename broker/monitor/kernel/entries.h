/* Addresses, routes and rules of ours, as messages to rtnetlink: each is an entry, which is made or removed. Runs in
 * the monitor; USES CAP_NET_ADMIN. What is removed must be the same as what was made, and have our protocol number: the
 * kernel compares. */
#ifndef TB_ENTRIES_H
#define TB_ENTRIES_H

#include "broker/shared/netlink/link_batch.h"
#include "broker/shared/tunnel_numbers.h"
#include "proto/prefix.h"

/* Entries that are sent together. */
struct entries {
	struct batch batch;
	bool remove; /* else they are made; then the kernel's first refusal counts */
	int error;
};

struct entry_route {
	uint32_t table;
	struct tb_prefix to;
	unsigned char type;     /* RTN_* */
	uint32_t ifindex;       /* 0: it leads nowhere */
	const uint8_t *gateway; /* NULL: none */
	uint32_t metric;        /* 0: the kernel's own */
};

#define ENTRY_ANY_UID UINT32_MAX

struct entry_rule {
	uint8_t family; /* 4 or 6 */
	uint32_t priority;
	uint32_t uid;        /* of who sends; ENTRY_ANY_UID */
	const uint8_t *from; /* an address; NULL: any */
	uint32_t table;      /* RT_TABLE_MAIN: its default routes do not count; 0: the rule does nothing, but bears */
	uint32_t mark;       /* these */
	uint32_t mask;
};

void entries_begin(struct entries *entries, struct link_socket *sock, bool remove);

/* Sends what is left. Returns 0 or a negative errno: the first refusal of an entry that was to be made. */
int entries_end(struct entries *entries);

/* An address alone: the kernel makes no route of it. */
void entry_address(struct entries *entries, uint32_t ifindex, uint8_t family, const uint8_t *address);

/* With the flag NLM_F_REPLACE it takes the place of a route to the same prefix with the same metric; with NLM_F_EXCL
 * the kernel refuses it if there is one. */
void entry_route(struct entries *entries, const struct entry_route *route, uint16_t flag);
void entry_rule(struct entries *entries, const struct entry_rule *rule);

#endif
