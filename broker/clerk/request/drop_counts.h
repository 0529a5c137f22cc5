/* What the kernel says of a rule, taken apart. Runs in the clerk; needs no right. */
#ifndef TB_DROP_COUNTS_H
#define TB_DROP_COUNTS_H

#include "proto/message.h"

struct nlmsghdr;

/* Adds what one rule has counted, under the reason that its comment says. A rule without either counts nothing. */
void drop_counts_take(const struct nlmsghdr *message, struct tb_drops *drops);

#endif
