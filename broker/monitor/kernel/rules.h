/* Locks: rules in the kernel's packet filter (nf_tables, family netdev) that drop what a device's holder must not send.
 * Runs in the monitor; USES CAP_NET_ADMIN.
 *
 * A struct rules is a table of our own, in the network namespace in which its socket was opened, or in the shield 256
 * of them: the first byte of a lease's id says which is the lease's. With each transaction the kernel goes through all
 * chains of the tables that it touches, so a lease costs no more where there are a thousand others.
 *
 * Each lease has a chain in its table, named by the lease's id, which hangs on the lease's device by the device's name.
 * So a chain is made after the device has its name and before it is up, and a name is free again only when chain and
 * device are gone.
 *
 * Nothing in a chain accepts: what no rule drops goes on to the bridge, or to forward_to.
 *
 * All messages are written before lock-down, as templates: what the rules of a network say, too. */
#ifndef TB_RULES_H
#define TB_RULES_H

#include "broker/config/guest.h"
#include "broker/monitor/kernel/rules_transaction.h"
#include "broker/shared/netlink/link.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define RULES_TABLE "tapbroker-"
#define RULES_TABLE_SIZE (sizeof(RULES_TABLE) + 8)

/* A chain's name: the lease's id in hexadecimal, and what tells further chains of the same lease apart. */
#define RULES_CHAIN_SIZE (2 * TB_ID_SIZE + 16)

/* What is behind the lease's id in the name of the chain that looks at what comes to the device's holder. */
#define RULES_TO_HOLDER "-to"

/* The chain and its rules. */
struct rules_template {
	struct template messages; /* of struct rules_chain */
	uint32_t rules;           /* that the chain has */
};

struct rules {
	struct link_socket link;   /* its fd is owned; who owns the table is this socket */
	struct link_socket counts; /* the same: questions are sent here, and the clerk reads what the kernel answers */
	pthread_mutex_t lock;
	char table[RULES_TABLE_SIZE]; /* empty: each chain says which */
	struct transaction transaction;
	struct template count_rules;  /* of struct rules_chain, as the next two */
	struct template delete_chain; /* in a transaction */
	struct template list_rules;
	const struct network_table *networks;
	struct rules_template locks[NETWORKS_MAX];     /* of the network in the same place */
	struct rules_template to_holder[NETWORKS_MAX]; /* the same; of no bytes: it needs no such chain */
};

/* One chain. Text is NUL-padded. */
struct rules_chain {
	char table[RULES_TABLE_SIZE]; /* where there are many */
	char name[RULES_CHAIN_SIZE];
	char device[IFNAMSIZ];    /* what comes in there is looked at, or what goes out */
	uint8_t mac[TB_MAC_SIZE]; /* the lease's */
	uint8_t link_local[16];   /* the address that a host makes of that */
	struct tb_guest guest;    /* its other addresses, where the network has some for it */
	uint32_t forward_to;      /* ifindex of another device, which gets what is left; only if the template says so */
};

/* A lease's chains look at what comes from the device's holder, and at what comes to it: there at the device itself, or
 * in the shield at the inner end of its veth. There each sends what is left to the other. */
struct rules_lease {
	const uint8_t *id;
	const uint8_t *mac;
	const char *device;
	const char *other;     /* in the shield the inner end, else the device again */
	uint32_t device_index; /* their ifindexes, in the shield; else 0 */
	uint32_t other_index;
};

/* What a template is to say. */
struct rules_wish {
	const struct network *network; /* whose locks */
	bool to_holder;                /* what comes to the holder: no lock but its rate */
	bool egress;                   /* what goes out is looked at: what a macvtap's holder writes */
	bool forward;                  /* what is left goes to forward_to; else its way */
};

/* Opens the socket and makes the table. owned: the table is the socket's: nobody else's flush takes it away, and it
 * goes when the last copy of the socket is closed, unless the kernel can keep it then (6.9). Before lock-down. Returns
 * 0 or a negative errno. */
int rules_open(struct rules *rules, bool owned);

/* The same for the many tables, which are nobody's and outlive the broker: each is made with its first chain. */
int rules_open_shield(struct rules *rules);

/* Deletes the table of that name by the socket that owns it, which stays the caller's. Before lock-down. Returns 0 or a
 * negative errno. */
int rules_delete_owned(int sock, const char *table);

/* Deletes the tables of our name that earlier brokers have left in this network namespace and nobody owns any more.
 * Before lock-down. Returns 0 or a negative errno. */
int rules_delete_others(struct rules *rules);

/* Writes the templates that are the same for all chains of these rules: transaction and those that follow it. Before
 * lock-down. Returns 0 or -ENOMEM. */
int rules_write_requests(struct rules *rules);

/* Writes a template for these rules. Before lock-down. Returns 0, -ENOMEM, or -E2BIG if the network's lists make more
 * than one message can hold. */
int rules_template(const struct rules *rules, const struct rules_wish *wish, struct rules_template *template);

/* The same for each network that is locked: rules->locks and rules->to_holder. forward as in the wish. */
int rules_templates(struct rules *rules, const struct network_table *networks, bool forward);

/* Fills in the chain of the lease's device; what is "" for its first one. forward_to stays 0, and so do the addresses of
 * guest. */
void rules_chain(struct rules_chain *chain, const uint8_t lease[TB_ID_SIZE], const char *what, const char *device,
		 const uint8_t mac[TB_MAC_SIZE]);

/* Makes the chain with all its rules in one transaction: the kernel has all of it after that, or is as before. How many
 * rules there are is read back: -EPROTO if these are not all. again: in place of the one of that name, which there must
 * be: its device has another name now, and newer kernels look for the old one. Returns 0 or a negative errno; -EEXIST:
 * there is one of that name, and it is not made again. */
int rules_make(struct rules *rules, const struct rules_template *template, const struct rules_chain *chain, bool again);

/* All chains of the lease, of one of the networks that rules_templates() was told of. Returns as rules_make() does. */
int rules_lock(struct rules *rules, const struct network *network, const struct rules_lease *lease, bool again);

/* Has the kernel tell the clerk, with this sequence number, the rules of a chain of the lease's, and what each has
 * counted: none if there is no such chain. What fails brings no answer, and the clerk does not wait for ever. */
void rules_ask(struct rules *rules, const uint8_t lease[TB_ID_SIZE], const char *what, uint32_t sequence);

/* Deletes the lease's chains. Returns 0, also if there are none, or a negative errno. */
int rules_remove(struct rules *rules, const uint8_t lease[TB_ID_SIZE]);

#endif
