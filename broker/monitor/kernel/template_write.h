/* Writing templates: see template.h. Runs in tapbrokerd before lock-down; needs no right.
 *
 * The messages are written into a batch that is sent nowhere, as any others, but for what is put in later. */
#ifndef TB_TEMPLATE_WRITE_H
#define TB_TEMPLATE_WRITE_H

#include "broker/monitor/kernel/template.h"

/* Begins an empty template in this batch. */
void template_begin(struct batch *batch, struct template *template);

/* An attribute of so many bytes, which are at this offset in the struct of values. */
void template_attribute(struct batch *batch, struct template *template, uint16_t type, size_t from, size_t size);

/* The same for a field of a header that stands in the batch already. */
void template_field(struct batch *batch, struct template *template, const void *field, size_t from, size_t size);

/* The batch is all of it. Returns 0, -ENOMEM, or -E2BIG if it is larger than one message to the kernel may be. */
int template_finish(const struct batch *batch, struct template *template);

#endif
