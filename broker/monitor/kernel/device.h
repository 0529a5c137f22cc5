/* Making one device. Runs in the monitor; USES CAP_NET_ADMIN.
 *
 * Everything that protects the host and its neighbours from the device's holder is in place, and has been read back,
 * before the device is up.
 */
#ifndef TB_DEVICE_H
#define TB_DEVICE_H

#include "broker/monitor/kernel/workshop.h"

/* Makes the device, down, with an alias that says ALIAS_MADE. A wish for more than the MTU of the network's bridge or
 * parent becomes that, in the order and so in the alias. Returns false if it cannot be made, and device->made says why;
 * then the closer has all fds, and what does not go with them, device->made.there, is the reaper's to delete. */
bool device_make(struct workshop *workshop, struct device_order *order, struct device *device);

/* Sets the device up, here or where it is wanted; in the same message its alias becomes ALIAS_HANDED_OUT, as in the
 * order. A persistent tun or tap is without a fd from now on: its user opens it by name. Returns false as device_make()
 * does. */
bool device_set_up(struct workshop *workshop, struct device_order *order, struct device *device);

/* Gives our copies of the fds to the closer. */
void device_release(struct workshop *workshop, struct device *device);

#endif
