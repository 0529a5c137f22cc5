/* What the files of libtapbroker share. All of it runs in the client's process with the client's rights.
 *
 * Never here: output, threads, state that outlives a call, signal dispositions, an fd that is not close-on-exec or
 * that stays open after a failure, an environment variable read in another way than by secure_getenv().
 *
 * Functions return 0 or a negative errno; only the public ones, of client/tapbroker.h, set errno itself.
 */
#ifndef TAP_INTERNAL_H
#define TAP_INTERNAL_H

#include "proto/hex.h"
#include "proto/message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The library defines and calls the long names of public functions: a program may have a tap_open() of its own. */
#define TAPBROKER_NO_SHORT_NAMES
#define TB_SHORT_NAME(name) \
	extern __typeof__(tapbroker_##name) tap_##name __attribute__((weak, alias("tapbroker_" #name)))

/* The functions of the public header are exported also where everything else is compiled with -fvisibility=hidden. */
#pragma GCC visibility push(default)
#include "client/tapbroker.h"
#pragma GCC visibility pop

struct tb_follow;

#define TB_ADDRESS_TEXT 48 /* the longest address, "/128" and a NUL */

/* The handle. It owns the lifeline and the fds. */
struct tap {
	int lifeline;
	int fds[TB_FDS_MAX];     /* answer.queues of them, then answer.vhosts of vhost-net */
	struct tb_answer answer; /* checked by tb_answer_check() */
	char lease[TB_ID_TEXT];
	char address[TB_ADDRESS_TEXT]; /* what the answer says, as text */
	char address6[TB_ADDRESS_TEXT];
	char gateway[TB_ADDRESS_TEXT];
	char gateway6[TB_ADDRESS_TEXT];
	bool ended;
	unsigned int reason;      /* TAP_ENDED_*, if ended */
	struct tb_follow *follow; /* NULL: the lifeline alone tells of the lease's end */
};

/* address.c: writes an address of 4 or 16 bytes and, unless it is 0, the length of its prefix; "" if the address is
 * zero. family: 4 or 6. */
void tb_address_write(uint8_t family, const uint8_t *address, uint8_t length, char text[TB_ADDRESS_TEXT]);

/* deadline.c: the clock of a call, in milliseconds of CLOCK_MONOTONIC. */

#define TB_NO_DEADLINE INT64_MAX

/* The moment that is timeout milliseconds away; -1: never comes. */
int64_t tb_deadline(int timeout);

/* The milliseconds until then, as poll() wants them: -1 if there is no deadline. */
int tb_time_left(int64_t deadline);

/* Waits until the fd has something to read, or was hung up. Returns 0, -ETIMEDOUT, or another negative errno. */
int tb_wait(int fd, int64_t deadline);

/* Waits a few milliseconds. Returns 0, or -ETIMEDOUT if the deadline has passed. */
int tb_pause(int64_t deadline);

/* sized.c: structs that begin with their size and grow at their end. */

/* Copies a struct of the caller's, of any version, into one of this version: to, of to_size bytes. What an older one
 * does not have becomes zero. first_size is that of the first version. Returns 0, -EINVAL if the caller's is shorter
 * than that, or -E2BIG if it sets what this version does not have. */
int tb_sized_take(void *to, size_t to_size, const void *from, size_t first_size);

/* Says if a struct that is to be written for the caller is large enough: 0, or -EINVAL. */
int tb_sized_check(const void *to, size_t first_size);

/* Writes a struct of this version, of from_size bytes, into one of the caller's that has been checked. The caller's
 * keeps its size; what it has more becomes zero. */
void tb_sized_give(void *to, const void *from, size_t from_size);

/* server.c: the connection to the broker. */

/* Does the whole of a call that asks the broker; met: the broker has answered this call already. Returns 0 or a
 * negative errno, -ERESTART if the broker is being started again and has done nothing. */
typedef int tb_attempt(void *context, bool met);

/* Makes the attempt, and once more after -ERESTART, which becomes -EAGAIN if it comes again. */
int tb_server_attempt(tb_attempt *attempt, void *context);

/* Connects to the broker's socket and checks who answers there. Waits for a moment where nobody listens; where there is
 * no socket only if the broker was met. *sock is the caller's. */
int tb_server_connect(bool met, int64_t deadline, int *sock);

/* Checks that the socket carries messages, and that the process at its other end is root's. Returns 0, -EPERM if it is
 * not, -EINVAL if this is no SOCK_SEQPACKET socket. */
int tb_server_check(int sock);

/* Sends the request, and what stands right behind it: what is not possible any more is -ECONNRESET. */
int tb_server_send(int sock, const struct tb_request *request);

/* Connects and sends. *sock is the caller's; on failure it is -1. */
int tb_server_ask(const struct tb_request *request, bool met, int64_t deadline, int *sock);

/* Waits for one message of at most size bytes with at most *nfds fds, which are the caller's. Returns its length, which
 * is never 0, or -ECONNRESET if the broker has closed, -EBADMSG if it speaks another version, -EPROTO if the message is
 * too long or brings too much, -ETIMEDOUT. */
long tb_server_receive(int sock, void *message, size_t size, int *fds, size_t *nfds, int64_t deadline);

/* request.c */

/* A request for a device: behind it, if its flags say so, an external id. */
struct tb_open_message {
	struct tb_request request;
	char external_id[TB_EXTERNAL_ID_SIZE];
};

/* Checks what the caller asks for and writes it down as a message. by_name: as tap_reserve() does, of one of the
 * lifetimes whose devices are opened by name; else of the one that the caller has set, which is no such. *timeout is in
 * milliseconds, -1: none. *failure is where the caller wants to be told of a failure, or NULL.
 * Returns 0, -EINVAL, or -E2BIG if the caller sets what this version does not know. */
int tb_request_make(const struct tap_request *from, bool by_name, struct tb_open_message *message, int *timeout,
		    struct tap_failure **failure);

/* What is known of a call's failure, and where the caller wants to be told: a struct of any version, or NULL. */
struct tb_report {
	struct tap_failure failure;
	struct tap_failure *told;
};

/* A request that has no more than a type and flags: *timeout becomes its timeout, and told is where the caller wants to
 * be told of a failure, or NULL. Returns 0, -EINVAL for a timeout below -1 or a struct that is too short, or -E2BIG for
 * a flag that is not one of known. */
int tb_request_plain(enum tb_type type, unsigned int flags, unsigned int known, struct tb_request *message,
		     int *timeout, struct tap_failure *told, struct tb_report *report);

/* The end of a public function: tells the caller. ret is 0 or a negative errno. Returns 0, or -1 and errno. */
int tb_report_end(const struct tb_report *report, int ret);

/* Writes the lease into the request: its id, or the name of its device. Returns 0 or -EINVAL. */
int tb_request_set_lease(struct tb_request *request, const char *lease);

/* configure.c: a configuration of the caller's, as a message. */

struct tb_configure_message {
	struct tb_request request;
	struct tb_item items[TB_ITEMS_MAX];
};

/* Copies the caller's, of any version, and begins a request of this type about it, as tb_request_plain():
 * taken->timeout is in force then. Returns 0 or a negative errno. */
int tb_configuration_begin(enum tb_type type, const struct tap_configuration *from, struct tap_configuration *taken,
			   struct tb_request *request, struct tb_report *report);

/* Writes the entries, MTU and scope behind what the request has already: its type, its flags, and the lease or network.
 * Returns 0 or -EINVAL. */
int tb_configuration_write(const struct tap_configuration *from, struct tb_configure_message *message);

/* explain.c: true if the field is a text that a program can print: ASCII in lines, and NULs behind it. */
bool tb_field_printable(const char *field, size_t size);

/* Says if a failure of the caller's can be written: 0 or -EINVAL. */
int tb_failure_check(const struct tap_failure *failure);

/* answer.c */

/* Large enough for each message that a broker of any release sends. */
union tb_any_answer {
	struct tb_header header;
	struct tb_answer answer;
	struct tb_end end;
	struct {
		struct tb_network network;
		struct tb_published published[TB_PUBLISHED_MAX]; /* network.published of them */
	};
	struct tb_lease lease;
	struct tb_done done;
	struct tb_event event;
	struct tb_about about;
	struct tb_explanation explanation;
	struct tb_shown shown;
	struct tb_blocks blocks;
	char bytes[TB_ANSWER_MAX];
};

/* How many fds the answer to this request brings: none, for a persistent device is opened by its name; or one for each
 * queue; or that and as many of vhost-net. */
uint32_t tb_answer_fds(const struct tb_request *request);

/* Checks an answer of length bytes, which came with nfds fds, against what was asked for: every field of one that
 * brings a device. Returns 0 if it is that device, the negative errno of a refusal, or -EPROTO. */
int tb_answer_check(const struct tb_answer *answer, size_t length, size_t nfds, const struct tb_request *request);

/* Writes down what such an answer says of a refusal; nothing if it is none. */
void tb_answer_failure(const struct tb_answer *answer, size_t length, size_t nfds, struct tap_failure *failure);

/* Receives one message of this type, which answers another request than one for a device: its first size bytes.
 * Returns 0, the negative errno of a refusal, -EPROTO, or what tb_server_receive() returns; *failure is what the answer
 * says of a refusal. A request that was not even read is refused as if it were for a device. */
int tb_answer_receive(int sock, enum tb_type type, void *message, size_t size, int64_t deadline,
		      struct tap_failure *failure);

/* Sends the request, with what stands right behind it, and receives its one answer: its first size bytes. Tries once
 * more where the broker is being started again. Returns as tb_answer_receive() or tb_server_ask(). */
int tb_exchange(const struct tb_request *request, int64_t deadline, void *answer, size_t size,
		struct tap_failure *failure);

/* The same of an entry of a list, whole. */
int tb_answer_receive_entry(int sock, enum tb_type type, union tb_any_answer *entry, size_t size, int64_t deadline,
			    struct tap_failure *failure);

/* Takes such a message apart that has been received already, with this length. */
int tb_answer_take(const union tb_any_answer *from, size_t length, enum tb_type type, void *message, size_t size,
		   struct tap_failure *failure);

/* Why this lease ended: TAP_ENDED_*, if what was received last, with this length or a negative errno, says so. Anything
 * else than the broker's word about this lease is TAP_ENDED_LOST. */
unsigned int tb_answer_reason(const union tb_any_answer *from, long length, const uint8_t lease[TB_ID_SIZE]);

/* device.c */

/* Looks at the fds that came with an answer: is each what the answer says, an open tun, tap or macvtap of that name, or
 * vhost-net? Returns 0 or -EPROTO. */
int tb_device_check(const struct tb_answer *answer, const int *fds);

/* list.c: what is answered by a message for each entry. */

/* Who is told of each entry: a function and its argument, of a type of the list's own. */
struct tb_caller;

/* A list that can be asked for. */
struct tb_list {
	enum tb_type request;
	unsigned int flags;  /* that the caller may set */
	enum tb_type answer; /* the type of each message, */
	size_t size;         /* and its size in bytes, without what may stand behind it */
	bool (*valid)(const union tb_any_answer *entry);
	int (*tell)(const union tb_any_answer *entry, const struct tb_caller *caller);
};

/* Asks for a list and tells the caller of each entry until it says anything but 0. Returns what the caller said last,
 * or -1 with errno set: EINVAL without a caller. */
int tb_list_tell(const struct tb_list *list, unsigned int flags, int timeout, struct tap_failure *failure,
		 const struct tb_caller *caller);

/* What a list says of its place in it. */
struct tb_place {
	uint32_t count; /* of the entries; 0: none has come yet */
	uint32_t seen;  /* of them */
};

/* Is this the next entry of a list? Returns 1; 0 if the list is empty; or -EPROTO. */
int tb_list_next(const union tb_any_answer *entry, struct tb_place *place);

/* handle.c: the handle; or where there is none, after errno was set to EINVAL, one of a device that has nothing. */
const struct tap *tb_handle_or_none(const struct tap *tap);

/* handle.c: what the lifeline says. Returns true if it says anything, or is lost, and the reason. */
bool tb_lifeline_ended(const struct tap *tap, unsigned int *reason);

/* follow.c: the end of a lease whose connection to the broker may be lost. */

/* Looks, without waiting, if the lease has ended: true, and the reason. */
bool tb_follow_ended(struct tap *tap, unsigned int *reason);

/* Closes what it has opened. NULL is allowed. */
void tb_follow_close(struct tb_follow *follow);

#endif
