/* The looker: asks the kernel about devices, in a thread of its own. Runs in the clerk.
 *
 * Whoever asks the kernel about a link may wait for seconds, as any user can hold its lock on links that long. So the
 * clerk's loop never asks: it has the looker look, and hears of it later.
 */
#ifndef TB_LOOKER_H
#define TB_LOOKER_H

#include "broker/clerk/lease/lease.h"
#include "broker/shared/netlink/link.h"

#include <stdint.h>

struct looker_audience {
	/* What the kernel says of a link: an answer to looker_look(), then with the name of its master, or one of many
	 * of looker_look_at_all(). */
	void (*seen)(enum lease_side side, const struct link *link, bool alone);
	/* The link that looker_look() was about is gone. */
	void (*missing)(enum lease_side side, uint32_t ifindex);
	/* The look at all devices is over. Whatever changed meanwhile may have been left out. */
	void (*finished)(void);
};

/* Starts the thread, before lock-down. shield is a socket for questions there, the looker's from now on; -1: there is
 * no shield. Returns 0 or a negative errno. */
int looker_start(const struct looker_audience *listeners, int shield);

/* Looks at one link, or at every one that may be a device's, a port's or a bridge. Returns false if the looker is too
 * busy to be told now. */
bool looker_look(enum lease_side side, uint32_t ifindex);
bool looker_look_at_all(void);

/* Here and now: before the clerk serves anybody. Every device on that side; in the shield, the inner ends of ports
 * come before. Returns 0 or a negative errno, or -EINTR if links changed meanwhile: then some may be missing, or come
 * twice. */
int looker_dump(enum lease_side side, void (*each)(void *context, const struct link *link), void *context);

/* The same for one link here; each() of a dump of the shield may ask, too. Returns 0, -ENODEV, or another negative
 * errno. */
int looker_get(uint32_t ifindex, struct link *link);

#endif
