/* The syntax of a client's one message. */
#ifndef TB_REQUEST_H
#define TB_REQUEST_H

#include "message.h"

#include <stdbool.h>
#include <stddef.h>

/* True if the message is a request, and everything in it that can be judged without knowing any network is as the
 * protocol says: its header and size, its head, and its items. The message is aligned for struct tb_request. */
bool tb_request_valid(const void *message, size_t size);

/* True if these items are ones that a request could bring: each by itself, and no more of a kind and family than its
 * maximum. */
bool tb_items_valid(const struct tb_item *items, size_t count);

#endif
