/* libtapbroker: an open tun, tap or macvtap device for a program without privileges. See libtapbroker(3).
 *
 * Every function may be called from any thread, on different handles at the same time. The library keeps no global
 * state, starts no thread, prints nothing, changes no signal's disposition, and every fd it makes is close-on-exec.
 */
#ifndef TAPBROKER_H
#define TAPBROKER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Kinds of device. */
#define TAP_KIND_ANY 0 /* in a request: whatever the network is */
#define TAP_KIND_TAP 1
#define TAP_KIND_TUN 2
#define TAP_KIND_MACVTAP 3

/* Flags of a request. */
#define TAP_INTERACTIVE (1u << 0) /* polkit may ask somebody for a password; the call waits for it */
#define TAP_VNET_HDR (1u << 1)    /* each packet is preceded by a struct virtio_net_hdr */

/* The handle of one device: its fds, what is known of it, and the lease's lifeline. */
struct tap;

/* What is asked for. Begin with TAP_REQUEST_INIT, then set what matters; what is zero means "the network's own". A
 * later version may add members at the end: a program built against an older header goes on working, and a program that
 * sets a member or a flag that the library does not know gets E2BIG. */
struct tap_request {
	size_t size;         /* sizeof(struct tap_request) */
	const char *network; /* which network file; must be set */
	const char *name;    /* of the interface, at most 15 characters; NULL or "": the broker chooses */
	unsigned int kind;   /* TAP_KIND_*; another kind than the network's is refused */
	unsigned int flags;  /* TAP_INTERACTIVE, TAP_VNET_HDR */
	unsigned int mtu;    /* in bytes, 68 to 65535; 0: the network's */
	unsigned int queues; /* 1 to 16, one fd each; 0 means 1 */
	int timeout;         /* in milliseconds for the whole call; 0: 30 s, or 150 s with TAP_INTERACTIVE; -1: none */
	unsigned int reserved; /* zero; it leaves no padding at the end, so that a new member always means a new size */
};

#define TAP_REQUEST_INIT                                                            \
	{                                                                           \
		sizeof(struct tap_request), NULL, NULL, TAP_KIND_ANY, 0, 0, 0, 0, 0 \
	}

/* Asks for a device of the named network with that network's own settings, without interaction.
 * Returns its fd, which belongs to *tap: do not close it, call tap_close(). On failure returns -1, sets errno (see
 * tap_strerror) and *tap to NULL. */
int tap_open(const char *network, struct tap **tap);

/* The same for everything that a request can say. Returns the fd of queue 0. */
int tap_open_request(const struct tap_request *request, struct tap **tap);

/* The same over a SOCK_SEQPACKET socket that is already connected to the broker, and on which nothing has been sent:
 * for a process that may not open sockets itself. The socket becomes the lifeline and belongs to the handle; on
 * failure it is still the caller's. */
int tap_open_connected(int sock, const struct tap_request *request, struct tap **tap);

/* Ends the lease: closes the device's fds and the lifeline, and frees the handle. NULL is allowed. errno is kept. */
void tap_close(struct tap *tap);

/* Frees the handle, but leaves the device's fds and the lifeline open: they are the caller's from now on, to inherit
 * or to pass on. The lease goes on until the last copy of the lifeline is closed. */
void tap_detach(struct tap *tap);

/* What the handle knows. Strings and arrays live as long as the handle. */
int tap_fd(const struct tap *tap, unsigned int queue); /* of that queue; -1 and EINVAL if there is none */
unsigned int tap_queues(const struct tap *tap);
int tap_lifeline(const struct tap *tap); /* poll for POLLIN: see tap_ended() */
const char *tap_name(const struct tap *tap);
unsigned int tap_ifindex(const struct tap *tap); /* in the network namespace of the device */
unsigned int tap_kind(const struct tap *tap);    /* TAP_KIND_TAP, _TUN or _MACVTAP */
unsigned int tap_flags(const struct tap *tap);   /* TAP_VNET_HDR if the device has it */
unsigned int tap_mtu(const struct tap *tap);     /* in bytes */
const uint8_t *tap_mac(const struct tap *tap);   /* 6 bytes, for the device's user to use; zero for a tun */
const uint8_t *tap_lease(const struct tap *tap); /* 16 bytes: the lease id */

/* Why a lease ended. */
#define TAP_ENDED_LOST 0          /* the broker is gone */
#define TAP_ENDED_DEVICE_GONE 1   /* the device was deleted, or its last fd was closed */
#define TAP_ENDED_NOT_COLLECTED 2 /* the answer was not read in time */
#define TAP_ENDED_PROTOCOL 3      /* something was written to the lifeline */
#define TAP_ENDED_SHUTDOWN 4      /* the broker stops */

/* Looks, without waiting, if the lease has ended. Returns 0 if it has not, 1 and the reason in *reason (which may be
 * NULL) if it has; from then on it always says the same. A revoked macvtap's fd gives no sign by itself, so a program
 * that holds one polls the lifeline. */
int tap_ended(struct tap *tap, unsigned int *reason);

/* A text for a reason of tap_ended(). Never NULL. */
const char *tap_reason(unsigned int reason);

/* One configured network. A later version may add members at the end. */
struct tap_network {
	const char *name;
	unsigned int kind;   /* TAP_KIND_TAP, _TUN or _MACVTAP */
	unsigned int flags;  /* TAP_VNET_HDR if it may be asked for */
	unsigned int mtu;    /* in bytes */
	unsigned int queues; /* at most */
	unsigned int limit;  /* devices that one user may hold at a time */
	unsigned int held;   /* devices that the caller holds now */
};

/* Calls each() for every network that the broker lists; the struct lives only during that call. If each() returns
 * other than 0, stops and returns that. Returns 0, or -1 and errno. timeout is as in struct tap_request. */
int tap_networks(int timeout, int (*each)(const struct tap_network *network, void *arg), void *arg);

/* What went wrong, by which check, and what to do next, for an errno of the functions above. Never NULL; a constant,
 * in English. libtapbroker(3) lists the errors. */
const char *tap_strerror(int error);

#ifdef __cplusplus
}
#endif

#endif
