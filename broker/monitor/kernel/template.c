/* Filling templates: see template.h. Runs in the monitor and its reaper threads; USES CAP_NET_ADMIN. Must never write
 * a message that is not in a template. */
#include "broker/monitor/kernel/template.h"

#include <libmnl/libmnl.h>
#include <string.h>

struct template link_templates[LINK_TEMPLATES];

void template_put(struct batch *batch, const struct template *template, const void *values)
{
	char *bytes = batch->bytes + batch->used;

	memcpy(bytes, template->bytes, template->size);
	for (size_t i = 0; i < template->parts_count; i++)
		memcpy(bytes + template->parts[i].offset, (const char *)values + template->parts[i].from,
		       template->parts[i].size);
	/* Their numbers are this socket's. */
	for (size_t at = 0; at < template->size; at += MNL_ALIGN(batch->message->nlmsg_len)) {
		batch->message = (struct nlmsghdr *)(bytes + at);
		batch->message->nlmsg_seq = ++batch->sock->sequence;
	}
	batch->used += template->size;
	batch->expected += template->answers;
}

int template_ask(struct link_socket *sock, const struct template *template, const void *values, struct answer *answer)
{
	struct batch batch;

	batch_begin(&batch, sock);
	template_put(&batch, template, values);
	return batch_send(&batch, answer);
}

int template_run(struct link_socket *sock, const struct template *template, const void *values)
{
	struct answer answer = {.error = 0};

	return template_ask(sock, template, values, &answer);
}
