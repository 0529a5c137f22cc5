/* Messages to the kernel that are written before lock-down. After that nothing is left but to put a lease's own values
 * where they belong, and to send it. Runs in the monitor. */
#ifndef TB_TEMPLATE_H
#define TB_TEMPLATE_H

#include "broker/shared/netlink/link_batch.h"

#define TEMPLATE_PARTS_MAX 96

struct template
{
	char *bytes; /* the messages; owned, for ever */
	size_t size;
	unsigned int answers; /* that the kernel gives to them */
	size_t parts_count;
	struct {
		uint16_t offset; /* in the messages */
		uint16_t from;   /* and in the struct of values */
		uint16_t size;
	} parts[TEMPLATE_PARTS_MAX];
};

/* Those about links, which link_templates_write() has written. Each is for a struct of values. */
enum link_template {
	LINK_NEW_MACVTAP,  /* struct link_macvtap */
	LINK_NEW_PAIR,     /* struct pair_setup */
	LINK_PORT_OPTIONS, /* struct link_port_options */
	LINK_PORT_VLAN,    /* struct port_vlan */
	LINK_ADD_FDB,      /* struct link_fdb, as the next three */
	LINK_ADD_FDB_IN_VLAN,
	LINK_FIND_FDB,
	LINK_FIND_FDB_IN_VLAN,
	LINK_GIVE_NUMBER, /* int: an fd of the network namespace that gets a number here, */
	LINK_TELL_NUMBER, /* and is asked for it */
	LINK_TEMPLATES
};

extern struct template link_templates[LINK_TEMPLATES];

/* Puts the template's messages behind what is in the batch. values is a struct of the type that the template was
 * written for; of a template without parts NULL. */
void template_put(struct batch *batch, const struct template *template, const void *values);

/* Sends the template's messages alone, and takes the whole answer, or only looks for errors in it. Return 0 or a
 * negative errno. */
int template_ask(struct link_socket *sock, const struct template *template, const void *values, struct answer *answer);
int template_run(struct link_socket *sock, const struct template *template, const void *values);

#endif
