/* What the files of tapbroker-cni share. All of it runs as whoever the container engine runs its plugins as: root, or
 * the root of a user's own namespace. */
#ifndef TAPBROKER_CNI_H
#define TAPBROKER_CNI_H

#include <jansson.h>
#include <stdbool.h>

/* Codes of errors: those below 100 are the specification's. */
enum cni_code {
	CNI_VERSION_UNKNOWN = 1,
	CNI_FIELD_UNKNOWN = 2,
	CNI_CONTAINER_UNKNOWN = 3,
	CNI_ENVIRONMENT = 4,
	CNI_IO = 5,
	CNI_DECODE = 6,
	CNI_CONFIGURATION = 7,
	CNI_TRY_AGAIN = 11,
	CNI_NOT_AVAILABLE = 50,
	CNI_REFUSED = 100,   /* by the network file, by polkit or by a quota */
	CNI_INTERFACE = 101, /* it is there already, or not what it should be */
};

/* The releases of the specification that are spoken: to all of them the result of an ADD is the same. */
enum cni_release { CNI_0_3_0, CNI_0_3_1, CNI_0_4_0, CNI_1_0_0, CNI_1_1_0, CNI_RELEASES };

#define CNI_NEWEST "1.1.0"

/* The engine's list of the attachments that there are, for GC. */
#define CNI_ATTACHMENTS "cni.dev/valid-attachments"

#define CNI_KEY_SIZE 88 /* of an external id, and its NUL */

/* One call: what the environment and standard input say. Strings live as long as the configuration. Container, netns
 * and key are of a call about one attachment: ADD, DEL and CHECK. */
struct cni_call {
	const char *command;   /* CNI_COMMAND */
	const char *container; /* CNI_CONTAINERID */
	const char *netns;     /* CNI_NETNS: a path; NULL or "": the namespace is gone */
	const char *interface; /* in there: the configuration's, or CNI_IFNAME; NULL: the configuration has none */
	const char *version;   /* cniVersion */
	enum cni_release release;
	const char *network;    /* of tapbroker's */
	json_t *previous;       /* prevResult: an object; NULL: there is none */
	json_t *configuration;  /* owned: all of it */
	unsigned int mtu;       /* in bytes; 0: the network's */
	long owner;             /* uid in the caller's user namespace; -1: the caller */
	long group;             /* gid; -1: the caller's */
	char key[CNI_KEY_SIZE]; /* the lease's external id: CONTAINER/INTERFACE */
};

/* cni_main.c: says what is wrong as the specification wants it, on standard output, and ends. */
_Noreturn void cni_fail(enum cni_code code, const char *details, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* From here on errors are said in this release of the specification. */
void cni_speak(const char *version);

/* cni_call.c: the release as cniVersion has it. */
const char *cni_release_word(enum cni_release release);

/* cni_call.c: reads the environment and standard input. Fails for what is wrong with them. */
void cni_call_read(struct cni_call *call);

/* And which attachment it is about. */
void cni_call_read_attachment(struct cni_call *call);

/* The external id of the lease of a container's interface. Returns false if they are no such id together. */
bool cni_key_write(char key[CNI_KEY_SIZE], const char *container, const char *interface);

/* cni_lease.c: the lease of the call's container and interface. */

/* Asks the broker for it, in the network namespace that the process is in. Fails for a refusal. The interface's name is
 * the broker's choice; mac is "02:..." or, of a tun, empty. */
void cni_lease_begin(const struct cni_call *call, char name[16], char mac[18]);

/* The interface's number there, or 0: there is no lease. */
unsigned int cni_lease_find(const struct cni_call *call);

/* Ends it, if there is one. */
void cni_lease_end(const struct cni_call *call);

/* Ends those of the call's network whose attachments the engine's list does not have. Fails, and ends none, without a
 * list or for one that is wrong. */
void cni_lease_end_others(const struct cni_call *call);

/* Fails if ADD would be refused. */
void cni_lease_possible(const struct cni_call *call);

/* cni_device.c: the interface, in the network namespace that the process is in. */

/* Enters the network namespace with this path. Returns 0 or a negative errno. */
int cni_enter(const char *path);

/* The number of the interface with this name; 0: there is none. */
unsigned int cni_interface_find(const char *name);

/* True if it is set up. */
bool cni_interface_up(const char *name);

/* Gives the interface its name. Returns 0 or a negative errno. */
int cni_interface_rename(const char *from, const char *to);

/* Gives the tap or tun to this user and group; -1: leaves it. Returns 0 or a negative errno. */
int cni_interface_own(const char *name, long owner, long group);

#endif
