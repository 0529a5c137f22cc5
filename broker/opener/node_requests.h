/* Opens the device nodes that the monitor's uid may not, after checking that each is the node of the right device.
 *
 * Runs in tapbroker-opener: uid 0, no capability, Landlock. Never does an ioctl, keeps no fd.
 */
#ifndef TB_NODE_REQUESTS_H
#define TB_NODE_REQUESTS_H

struct opener {
	int channel;     /* to the monitor; not owned */
	const char *dev; /* where the device nodes are: "/dev" */
	const char *net; /* where sysfs shows the virtual interfaces: "/sys/devices/virtual/net" */
};

/* Waits for one request and answers it. Returns 0, -ECONNRESET if the monitor is gone, -EBADMSG if it sent nonsense,
 * or another negative errno: all of these end the process. */
int node_requests_step(struct opener *opener);

#endif
