/* QEMU's setuid-style bridge helper as a whole process: what people use today. It is run by root here and not made root
 * by its setuid bit, so it is a little cheaper than in real life. */
#ifndef BENCH_HELPER_H
#define BENCH_HELPER_H

#include <stdbool.h>

/* True if the helper is installed. */
bool helper_exists(void);

/* Runs it as QEMU's net/tap.c does, and waits for the fd and for its end. Needs "allow BRIDGE" in
 * /etc/qemu/bridge.conf. Returns the fd; ends the program on failure. */
int helper_open(const char *bridge);

#endif
