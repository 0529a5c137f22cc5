/* A client of the broker: a process of its own without any privilege, that opens and closes devices on demand and
 * measures how long tap_open() takes. */
#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct client {
	pid_t pid;
	uid_t uid;
	int command;  /* owned */
	int response; /* owned */
};

/* Starts a process with this uid, the gid of the same number and no other group. network must outlive it.
 * Ends the program on failure. */
void client_start(struct client *client, uid_t uid, const char *network);

/* Sends the client an order, and waits for it to be done: to open one device more and keep it, or to close all that it
 * has. The answer is how many microseconds tap_open() took. client_answer() ends the program, after the library's own
 * text, if it failed. */
void client_order_open(struct client *client);
void client_order_close(struct client *client);
double client_answer(struct client *client);

/* The same: to configure the device that it has opened last, with addresses and routes of both families or with
 * nothing. The answer is how many microseconds tap_configure() took. */
void client_order_configure(struct client *client, bool tunnel_wanted);

#endif
