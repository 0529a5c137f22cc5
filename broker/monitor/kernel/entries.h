/* Addresses, routes and rules of ours, as messages to rtnetlink: each is an entry, which is made or removed. Runs in
 * the monitor; USES CAP_NET_ADMIN. What is removed must be the same as what was made, and have our protocol number: the
 * kernel compares. */
#ifndef TB_ENTRIES_H
#define TB_ENTRIES_H

#include "broker/monitor/kernel/template.h"
#include "proto/prefix.h"

enum entry_kind {
	ENTRY_ADDRESS,      /* struct entry_route: "to" on "ifindex" alone; the kernel makes no route of it */
	ENTRY_SOLE_ROUTE,   /* struct entry_route: the kernel refuses it if there is one to the same prefix */
	ENTRY_ROUTE,        /* struct entry_route: it takes the place of one with the same metric */
	ENTRY_ROUTE_VIA,    /* struct entry_route: the same by a gateway */
	ENTRY_RULE,         /* struct entry_rule: for everybody */
	ENTRY_RULE_OF_USER, /* struct entry_rule: for who has this uid */
	ENTRY_KINDS
};

struct entry_route {
	uint32_t table;
	struct tb_prefix to;
	uint8_t type;        /* RTN_* */
	uint8_t scope;       /* RT_SCOPE_* */
	uint32_t ifindex;    /* 0: it leads nowhere */
	uint32_t metric;     /* 0: the kernel's own */
	uint8_t gateway[16]; /* the first 4 bytes, or all */
};

/* Every route of the table counts. */
#define ENTRY_ALL_ROUTES UINT32_MAX

struct entry_rule {
	uint32_t priority;
	uint32_t uid;        /* of who sends */
	uint8_t from_length; /* of the source; 0: any */
	uint8_t from[16];    /* the first 4 bytes, or all */
	uint8_t action;      /* FR_ACT_TO_TBL; FR_ACT_NOP: it does nothing, but bears mark and mask */
	uint32_t table;
	uint32_t suppress; /* routes with no longer prefix do not count: 0; or ENTRY_ALL_ROUTES */
	uint32_t mark;
	uint32_t mask;
};

/* The messages for IPv4 and IPv6; to remove the entry stands behind to make it. entry_templates_write() has written
 * them. */
extern struct template entry_templates[ENTRY_KINDS][2][2];

/* Entries that are sent together. */
struct entries {
	struct batch batch;
	bool remove; /* else they are made; then the kernel's first refusal counts */
	int error;
};

void entries_begin(struct entries *entries, struct link_socket *sock, bool remove);

/* One entry; family is 4 or 6, values the struct of its kind. */
void entry_put(struct entries *entries, enum entry_kind kind, uint8_t family, const void *values);

/* Sends what is left. Returns 0 or a negative errno: the first refusal of an entry that was to be made. */
int entries_end(struct entries *entries);

#endif
