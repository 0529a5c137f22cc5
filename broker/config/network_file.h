/* One network file: opened, its owner checked, its lines and keys read. Runs in the monitor before lock-down, as root,
 * on root's files. For network.c, network_file.c and network_keys.c only (and their tests and fuzzer).
 */
#ifndef TB_NETWORK_FILE_H
#define TB_NETWORK_FILE_H

#include "broker/config/table.h"

#include <sys/stat.h>

#define NETWORK_FILE_MAX 65536 /* bytes in a file */
#define NETWORK_LINE_MAX 190   /* bytes in a line that is not a comment: inih has room for 198 */

enum network_key {
	KEY_KIND,
	KEY_BRIDGE,
	KEY_PARENT,
	KEY_MODE,
	KEY_NAMES,
	KEY_MTU,
	KEY_QUEUES,
	KEY_VNET_HEADER,
	KEY_MAX_PER_USER,
	KEY_MAX,
	KEY_ISOLATED,
	KEY_IPV6,
	KEY_LISTED,
	KEY_LIFETIMES,
	KEY_VHOST,
	KEY_NETNS,
	KEY_COUNT
};

/* A network and where it comes from: the file DIR/networks.d/NAME.conf. Lines count from 1; 0 means nowhere. */
struct network_file {
	struct network network;
	const char *dir;
	bool wrong; /* something was found wrong, and logged */
	unsigned int section_line;
	unsigned int lines[KEY_COUNT];
	unsigned int names_lines[NETWORK_NAMES_MAX]; /* of each pattern in Names= */
};

/* network_file.c */

/* Reads and checks the file NAME.conf in the open directory networks_fd; file->dir and file->network.name say which.
 * Everything wrong is logged. Returns 0, -ENOENT if the file is empty or /dev/null and so masks the network, -EINVAL
 * if anything is wrong. */
int network_file_read(struct network_file *file, int networks_fd);

/* The same for the text of a file. Returns 0 or -EINVAL. */
int network_file_parse(struct network_file *file, const char *text, size_t size);

/* True if nobody but root (or the user who runs a check) can have written what has this status; else logs why not.
 * path is for the log. */
bool network_owner_trusted(const struct stat *status, const char *path);

/* Logs "FILE:LINE: what is wrong", and notes that the file is wrong. */
void network_file_error(struct network_file *file, unsigned int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* network_keys.c */

/* What a network is before its file says anything. */
void network_defaults(struct network *network);

/* Takes one KEY=VALUE of section [Network]. */
void network_key_set(struct network_file *file, unsigned int line, const char *name, const char *value);

/* What can only be checked when all keys are known; sets the defaults that depend on others. */
void network_keys_finish(struct network_file *file);

#endif
