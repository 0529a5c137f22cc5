/* Messages to rtnetlink and its answers. Linked into the monitor and the clerk: what the files that implement link.h,
 * link_change.h, link_events.h and netns.h share; for nobody else. */
#ifndef TB_LINK_BATCH_H
#define TB_LINK_BATCH_H

#include "broker/shared/netlink/link.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

/* A batch: several messages, sent with one system call and acknowledged one by one. */
struct batch {
	struct link_socket *sock;
	char bytes[36864];
	size_t used;
	uint32_t first;        /* sequence number of its first message */
	unsigned int expected; /* acknowledgements */
	struct nlmsghdr *message;
	struct ifinfomsg *info;
};

/* Calls back for each message of one answer: each() for a link, take() for what is none; a datagram ends with
 * NLMSG_DONE, an error, or an acknowledgement. */
struct answer {
	void (*each)(void *context, const struct link *link);
	void (*take)(void *context, const struct nlmsghdr *message);
	void *context;
	unsigned int outstanding;
	int error; /* of the first message that failed */
	bool interrupted;
};

void batch_begin(struct batch *batch, struct link_socket *sock);

/* Begins a message about a link; 0: about none in particular. */
void message_begin(struct batch *batch, uint16_t type, uint16_t flags, uint32_t ifindex);

/* Begins a message with another header than that of links, of so many bytes. Returns it, zeroed. */
void *message_begin_as(struct batch *batch, uint16_t type, uint16_t flags, size_t size);
void message_end(struct batch *batch);

/* The same for a message that the kernel acknowledges only if it fails. */
void message_end_unanswered(struct batch *batch);

/* Sends the batch and takes the whole answer, or only looks for errors in it. Return 0 or a negative errno. */
int batch_send(struct batch *batch, struct answer *answer);
int batch_run(struct batch *batch);

/* Reads one link: by its ifindex, or by its name if that is not NULL, and an altname does not count; in the network
 * namespace that has this number here, or in our own (-1). Returns 0, -ENODEV, or another negative errno. */
int link_ask(struct link_socket *sock, int32_t nsid, uint32_t ifindex, const char *name, struct link *link);

#endif
