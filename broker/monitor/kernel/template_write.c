/* Writing templates: see template_write.h. Runs in tapbrokerd before lock-down; needs no right. */
#include "broker/monitor/kernel/template_write.h"

#include "broker/shared/log.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdlib.h>
#include <string.h>

/* Room that is kept for the short templates that are sent together with this one. */
#define TEMPLATE_ROOM 512

void template_begin(struct batch *batch, struct template *template)
{
	static struct link_socket nowhere = {.fd = -1};

	memset(template, 0, sizeof(*template));
	batch_begin(batch, &nowhere);
}

void template_field(struct batch *batch, struct template *template, const void *field, size_t from, size_t size)
{
	if (template->parts_count == TEMPLATE_PARTS_MAX)
		tb_die("a message to the kernel has more than %d places for what is its lease's", TEMPLATE_PARTS_MAX);
	template->parts[template->parts_count].offset = (uint16_t)((const char *)field - batch->bytes);
	template->parts[template->parts_count].from = (uint16_t)from;
	template->parts[template->parts_count++].size = (uint16_t)size;
}

void template_attribute(struct batch *batch, struct template *template, uint16_t type, size_t from, size_t size)
{
	static const uint8_t nothing[256];
	char *attribute = mnl_nlmsg_get_payload_tail(batch->message);

	mnl_attr_put(batch->message, type, size, nothing);
	template_field(batch, template, attribute + MNL_ATTR_HDRLEN, from, size);
}

int template_finish(const struct batch *batch, struct template *template)
{
	if (batch->used > sizeof(batch->bytes) - TEMPLATE_ROOM)
		return -E2BIG;
	template->size = batch->used;
	template->answers = batch->expected;
	template->bytes = malloc(batch->used);
	if (template->bytes == NULL)
		return -ENOMEM;
	memcpy(template->bytes, batch->bytes, batch->used);
	return 0;
}
