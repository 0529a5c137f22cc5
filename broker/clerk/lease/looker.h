/* The looker: asks the kernel about devices, in a thread of its own. Runs in the clerk.
 *
 * Whoever asks the kernel about a link may wait for seconds, as any user can hold its lock on links that long. So the
 * clerk's loop never asks: it has the looker look, and hears of it later.
 */
#ifndef TB_LOOKER_H
#define TB_LOOKER_H

#include "broker/shared/netlink/link.h"

#include <stdint.h>

struct looker_audience {
	/* What the kernel says of a device: an answer to looker_look(), then with the name of its master, or one of
	 * many of looker_look_at_all(). */
	void (*seen)(const struct link *link, bool alone);
	/* The device that looker_look() was about is gone. */
	void (*missing)(uint32_t ifindex);
	/* The look at all devices is over. Whatever changed meanwhile may have been left out. */
	void (*finished)(void);
};

/* Starts the thread, before lock-down. Returns 0 or a negative errno. */
int looker_start(const struct looker_audience *listeners);

/* Looks at one device, or at every bridge, tun, tap and macvtap. Returns false if the looker is too busy to be told
 * now. */
bool looker_look(uint32_t ifindex);
bool looker_look_at_all(void);

/* The same, here and now: before the clerk serves anybody. Returns 0 or a negative errno, or -EINTR if links changed
 * meanwhile: then some may be missing, or come twice. */
int looker_dump(void (*each)(void *context, const struct link *link), void *context);

#endif
