/* A bridge helper as a whole process, started as QEMU does it: QEMU's own, which is setuid root, or ours, which is not.
 */
#ifndef BENCH_HELPER_H
#define BENCH_HELPER_H

#include <sys/types.h>

struct helper_times {
	double fd;   /* microseconds from the fork until the device was there */
	double exit; /* until QEMU would go on: the helper has ended, and was reaped */
};

/* Runs the helper as this user, as QEMU's net/tap.c does. The stock one needs "allow BRIDGE" in /etc/qemu/bridge.conf.
 * Returns the fd; ends the program on failure. */
int helper_open(const char *path, uid_t uid, const char *bridge, struct helper_times *times);

#endif
