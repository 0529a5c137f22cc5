/* Lifelines, and the devices that are away, outlive the monitor in the supervisor's file descriptor store, where there
 * is one (systemd's FileDescriptorStoreMax=). Runs in the monitor. */
#ifndef TB_STORE_H
#define TB_STORE_H

#include "broker/monitor/lease.h"
#include "proto/message.h"

#include <stdbool.h>
#include <stddef.h>

/* How the supervisor calls what is stored, with a NUL; systemd has room for 256. */
#define STORE_NAME_SIZE 256

/* A lifeline that came back at the start. */
struct stored_lifeline {
	uint8_t id[TB_ID_SIZE]; /* of its lease */
	int fd;                 /* owned; -1: taken */
};

/* A device that is away. Its lease stands in the name, which is the supervisor's to keep: the device's alias is in
 * reach of whoever has rights in its network namespace. */
struct stored_device {
	char name[STORE_NAME_SIZE];
	int fd; /* owned */
};

struct lifelines {
	struct stored_lifeline *stored;
	size_t count;
	struct stored_device *devices;
	size_t devices_count;
};

/* Before lock-down: takes the lifelines and devices among the fds that the supervisor passed (LISTEN_FDS,
 * LISTEN_FDNAMES).
 * Returns 0 or -ENOMEM. */
int lifelines_init(struct lifelines *lifelines);

/* Gives away the lifeline of this lease; -1 if there is none. */
int lifelines_take(struct lifelines *lifelines, const uint8_t id[TB_ID_SIZE]);

/* Gives away one of the devices that are left. Returns false if there is none. */
bool lifelines_take_device(struct lifelines *lifelines, struct stored_device *device);

/* Reads the lease in its name, which is not in the table, and the network's name. Returns 0 or -EBADMSG. */
int stored_device_read(const struct stored_device *device, struct lease *lease, char network[TB_NETWORK_SIZE]);

/* Tells the supervisor to drop it. */
void stored_device_drop(int supervisor, const struct stored_device *device);

/* Closes what nobody took: tells its client that the device is gone, and the supervisor to drop it. */
void lifelines_close(struct lifelines *lifelines, int supervisor);

/* Gives the supervisor copies of a lease's lifeline, and of its device if that is away, to keep, or tells it to drop
 * them. supervisor is a socket connected to NOTIFY_SOCKET, or -1. What the supervisor does not take is lost only if the
 * monitor ends. */
void store_put(int supervisor, const struct lease *lease);
void store_drop(int supervisor, const struct lease *lease);

#endif
