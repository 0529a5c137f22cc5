/* Which addresses a lease gets, where its network has some for each. Runs in the clerk. */
#ifndef TB_CLERK_GUEST_CHOICE_H
#define TB_CLERK_GUEST_CHOICE_H

#include "broker/config/table.h"

#include <sys/types.h>

/* The number of the guest, of those that no device has: always the same one for this user, network and name while it is
 * free; and for a name that Names= spells out its own. name may be "". 0: none is free. */
uint32_t guest_choose(const struct network *network, uid_t uid, const char *name);

/* True if the user would get another one in a moment, which is still that of a device of his that is being deleted. */
bool guest_free_soon(const struct network *network, uid_t uid, const char *name);

#endif
