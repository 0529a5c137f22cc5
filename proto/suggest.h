/* "Did you mean ...?" Called by tapbrokerd before lock-down and by tapctl; needs no right. */
#ifndef TB_SUGGEST_H
#define TB_SUGGEST_H

#include <stddef.h>

/* The one of the words that is most like this one, in letters of either case; NULL if none is, or two are equally. */
const char *tb_suggest(const char *word, const char *const words[], size_t count);

/* What is wrong with a text that was refused as an address or a prefix, if it is one of the usual mistakes; else
 * NULL. */
const char *tb_suggest_address(const char *text);

#endif
