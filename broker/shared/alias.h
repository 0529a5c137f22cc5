/* The alias that each device of ours carries (IFLA_IFALIAS): all that a later broker knows of its lease.
 *
 *	tapbroker:2:LEASE:STATE:UID:GID:PID:STARTTIME:SINCE:LIFETIME:MTU:[EXTERNAL:]MAC:NETWORK
 *
 * LEASE and MAC are hexadecimal, LIFETIME is its number, EXTERNAL is there only if the lease has an external id and was
 * handed out, NETWORK comes last; neither holds a ':'. The monitor writes it, and nobody else; the clerk reads it. In
 * the monitor three parts are compared, and nothing is parsed: the beginning, to its lease id, what stands behind the
 * last ':', and the address before that.
 */
#ifndef TB_ALIAS_H
#define TB_ALIAS_H

#include "proto/message.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define ALIAS_PREFIX "tapbroker:2:"

/* The state of a device that was handed out and is not ours. */
#define ALIAS_GIVEN 'g'

/* The longest alias, its NUL included; the kernel has room for 256. */
#define ALIAS_SIZE 256

/* The beginning of one lease's alias, to the ':' behind its id, with a NUL. */
#define ALIAS_START_SIZE (sizeof(ALIAS_PREFIX) + 2 * TB_ID_SIZE + 1)

/* A macvtap is in this link group (IFLA_GROUP) from its first moment on: the kernel takes no alias in the message that
 * creates a link. "tapb" in ASCII. */
#define ALIAS_LINK_GROUP 0x74617062u

enum alias_state {
	ALIAS_MADE,       /* written as 'm': nobody has it yet */
	ALIAS_HANDED_OUT, /* written as 'h', or ALIAS_GIVEN: its client has it, or is about to get it */
};

struct alias {
	uint8_t lease[TB_ID_SIZE];
	enum alias_state state;
	bool given; /* the device is somebody else's: it stays when the lease ends. Only once it is handed out */
	uid_t uid;  /* of the client, as the two below */
	gid_t gid;
	pid_t pid;
	uint64_t start_time; /* in clock ticks after boot */
	uint64_t since;      /* seconds after 1970 */
	enum tb_lifetime lifetime;
	uint32_t mtu;                          /* bytes; of the device's user */
	uint8_t mac[TB_MAC_SIZE];              /* for the device's user, see struct tb_answer */
	char external_id[TB_EXTERNAL_ID_SIZE]; /* empty: none */
	char network[TB_NETWORK_SIZE];
};

void alias_write(const struct alias *alias, char text[ALIAS_SIZE]);
void alias_write_start(const uint8_t lease[TB_ID_SIZE], char text[ALIAS_START_SIZE]);

/* True if the alias is this lease's. */
bool alias_has_lease(const char *text, const uint8_t lease[TB_ID_SIZE]);

/* True if the alias says that this is the address of the device's user. */
bool alias_has_mac(const char *text, const uint8_t mac[TB_MAC_SIZE]);

/* True if the alias says that the device was handed out with this lease to this user, on this network. */
bool alias_is_of(const char *text, const uint8_t lease[TB_ID_SIZE], uid_t uid, const char *network);

/* How the supervisor calls a lifeline that it keeps: this and the lease's id; and a device that is in its client's own
 * network namespace: this, the alias behind its prefix, the interface's name and its ifindex there, and the number here
 * of that namespace, with '+' for every ':', which the supervisor has a meaning of its own for. There the alias itself
 * is in reach of whoever has rights in that namespace. */
#define STORED_LIFELINE "lease-"
#define STORED_DEVICE "device-"

/* And the socket that owns the rules that lock devices: this and the name of their table. */
#define STORED_RULES "rules-"

/* The longest such name, its NUL included; systemd has room for 256. */
#define STORED_NAME_SIZE 256

void alias_write_lifeline(const uint8_t lease[TB_ID_SIZE], char text[STORED_NAME_SIZE]);
/* What is kept of a device that is in its client's own network namespace. */
struct stored_device {
	char name[TB_NAME_SIZE];
	uint32_t ifindex; /* there */
	int32_t nsid;     /* the number of the namespace here */
};

/* Returns 0, or -ENAMETOOLONG: a long external id, and numbers longer than any real machine has them. */
int alias_write_device(const struct alias *alias, const struct stored_device *device, char text[STORED_NAME_SIZE]);

/* Read what these wrote. Return 0, or -EBADMSG if the text is not exactly what we would write. */
int alias_read_lifeline(const char *text, uint8_t lease[TB_ID_SIZE]);
int alias_read_device(const char *text, struct alias *alias, struct stored_device *device);

/* Reads what alias_write() wrote. Returns 0, or -EBADMSG if the text is not exactly what we would write. */
int alias_read(const char *text, struct alias *alias);

#endif
