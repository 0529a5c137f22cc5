/* Mending: other programs of the host change devices too (udev, sysctl.d, who takes a bridge down), and that costs no
 * user the device: the monitor is told to put it back. Runs in the clerk.
 *
 * Put back are
 *   - the address that udev gives a new device (MACAddressPolicy=persistent), as long as it is the very address that
 *     udev gives a device of this name: a holder gains nothing by it;
 *   - the sysctls of a new device, for some seconds: later changes are an administrator's own;
 *   - the bridge of a device that has none: at once, or when a bridge of that name appears;
 *   - the host's addresses on a routed device and the way to its guest: when it is up.
 */
#ifndef TB_MEND_H
#define TB_MEND_H

#include "broker/clerk/lease/lease.h"

/* Reads which addresses udev gives devices on this machine. Before lock-down. look_at_device has the guard look at one.
 * */
void mend_init(void (*look_at_device)(struct lease *lease));

/* The lease has a new device: it is looked at several times, as udev comes later. */
void mend_begin(struct lease *lease);

/* True if udev, and not the holder, has given the device the address that it has now. */
bool mend_is_udevs_address(const struct lease *lease, const struct link *link);

/* A device that harms nobody, as the kernel shows it: has it put back if it is not as it was made. */
void mend(struct lease *lease, const struct link *link);

/* Somebody has removed an address or a route of ours from this device. */
void mend_way(uint32_t ifindex);

/* The kernel shows this link, which may be the bridge that devices wait for. */
void mend_bridge(const struct link *link);

/* Looks at devices again whose time has come. Returns the milliseconds until the next, or -1. */
int mend_expire(void);

#endif
