/* What the kernel itself takes for a tap on a bridge: the part of the floor that no broker can avoid. Runs as root. */
#ifndef BENCH_KERNEL_H
#define BENCH_KERNEL_H

/* Opens /dev/net/tun, makes a tap with these further flags of TUNSETIFF, and in one netlink message makes it a port of
 * the bridge and sets it up. Returns its fd; ends the program on failure. */
int kernel_open(unsigned int bridge, int flags);

#endif
