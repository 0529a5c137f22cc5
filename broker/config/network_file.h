/* One network file: opened, its owner checked, its keys read and shown. Runs in tapbrokerd before lock-down, as root,
 * on root's files. For the other files of this folder only, and for their tests and fuzzer.
 */
#ifndef TB_NETWORK_FILE_H
#define TB_NETWORK_FILE_H

#include "broker/config/ini.h"
#include "broker/config/table.h"

#include <stdio.h>
#include <sys/stat.h>

#define NETWORK_FILE_MAX 65536 /* bytes in a file */
#define NETWORK_PATH_SIZE 320  /* of a path in a message */

/* In the order of the alphabet. */
enum network_key {
	KEY_ADDRESS,
	KEY_ADDRESSES,
	KEY_ALL_MULTICAST,
	KEY_ALLOW,
	KEY_BRIDGE,
	KEY_DEFAULT_ROUTE,
	KEY_DEVICE,
	KEY_DHCP,
	KEY_DHCP_SERVER,
	KEY_DIRECT,
	KEY_DNS,
	KEY_ETHER_TYPES,
	KEY_FORWARD,
	KEY_HOST_INTERFACE,
	KEY_HOST_REPLIES,
	KEY_IPV6,
	KEY_ISOLATED,
	KEY_KILL_SWITCH,
	KEY_KIND,
	KEY_LIFETIMES,
	KEY_LISTED,
	KEY_MACS,
	KEY_MASQUERADE,
	KEY_MAX,
	KEY_MAX_LEASE_TIME,
	KEY_MAX_PER_USER,
	KEY_MODE,
	KEY_MTU,
	KEY_NAMES,
	KEY_NETNS,
	KEY_PARENT,
	KEY_PUBLISH,
	KEY_QUEUES,
	KEY_RA,
	KEY_RATE_FROM_GUEST,
	KEY_RATE_TO_GUEST,
	KEY_REACH,
	KEY_ROUTED,
	KEY_ROUTER_ADVERTISEMENTS,
	KEY_ROUTES,
	KEY_SCOPE,
	KEY_SOURCE_ADDRESSES,
	KEY_TAGGED_FRAMES,
	KEY_VHOST,
	KEY_VLAN,
	KEY_VNET_HEADER,
	KEY_COUNT
};

/* A network and the file that it comes from. Lines count from 1; 0 means nowhere. */
struct network_file {
	struct network network;
	char path[NETWORK_PATH_SIZE];
	unsigned int mistakes; /* each was logged */
	unsigned int section_line;
	unsigned int lines[KEY_COUNT];
	unsigned int names_lines[NETWORK_NAMES_MAX]; /* of each pattern in Names= */
	unsigned int publish_lines[NETWORK_PUBLISH_MAX];
	bool any_source; /* a line says SourceAddresses=any */
};

/* network_file.c */

/* Reads and checks the file of that name in the open directory, or AT_FDCWD; file->path is for messages, and
 * file->network.name says which network it is. Mistakes are logged, and counted in file->mistakes.
 * Returns 0, or -ENOENT if the file is empty or /dev/null and so masks the network. */
int network_file_read(struct network_file *file, int directory, const char *name);

/* The same for the text of a file. */
void network_file_parse(struct network_file *file, const char *text, size_t size);

/* True if nobody but root (or the user who runs a check) can have written what has this status; else logs why not.
 * path is for the log. */
bool network_owner_trusted(const struct stat *status, const char *path);

/* Logs "FILE:LINE: what is wrong", and counts it; line 0 means the file as a whole. */
void network_file_error(struct network_file *file, unsigned int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* network_keys.c */

/* What a network is before its file says anything. */
void network_defaults(struct network *network);

/* The key as a file has it, without '='. */
const char *network_key_name(enum network_key key);

/* Takes one KEY=VALUE of section [Network]. */
void network_key_set(struct network_file *file, unsigned int line, const char *name, const char *value);

/* Refuses keys that say nothing about a device of the network's kind. */
void network_keys_check_kind(struct network_file *file);

/* network_finish.c */

/* What can only be checked when all keys are known; sets the defaults that depend on others. */
void network_finish(struct network_file *file);

/* network_take.c: how values are read. A value that is wrong is told, and not taken. */

/* The words of a list, which blanks separate. */
struct network_words {
	char text[INI_LINE_MAX + 1];
	char *rest;
};

/* Refuses an empty list, and one that commas separate; neither has words. */
void network_words_begin(struct network_words *words, struct network_file *file, unsigned int line, const char *key,
			 const char *value);

/* The next word, which the caller may change, or NULL. */
char *network_words_next(struct network_words *words);

/* Where the value is among the words; refuses it, with a rule that names them, and returns count if it is none. */
size_t network_take_word(struct network_file *file, unsigned int line, const char *key, const char *value,
			 const char *rule, const char *const words[], size_t count);

/* Takes a list of words: sets bit N for words[N]. */
void network_take_bits(struct network_file *file, unsigned int line, const char *key, const char *value,
		       const char *rule, const char *const words[], size_t count, uint32_t *bits);

void network_take_number(struct network_file *file, unsigned int line, const char *key, const char *value,
			 uint32_t least, uint32_t most, uint32_t *number);
void network_take_bool(struct network_file *file, unsigned int line, const char *key, const char *value, bool *boolean);

/* Reads an address, or a prefix without bits behind it. Returns NULL, or what is wrong: good until the next call. */
const char *network_take_prefix(const char *word, struct tb_prefix *prefix);

/* network_wrong.c: which rule a word breaks that was refused, to be told behind "a name". */

const char *network_name_wrong(const char *word);    /* of a device */
const char *network_lower_wrong(const char *word);   /* of a bridge or a parent */
const char *network_network_wrong(const char *word); /* of a network */

/* The usual mistake that an address has, or the rule. */
const char *network_address_wrong(const char *word, const char *rule);

/* network_device.c: what devices there are, and where. */

void network_set_kind(struct network_file *file, unsigned int line, const char *value);
void network_set_mode(struct network_file *file, unsigned int line, const char *value);
void network_set_bridge(struct network_file *file, unsigned int line, const char *value);
void network_set_parent(struct network_file *file, unsigned int line, const char *value);
void network_set_names(struct network_file *file, unsigned int line, const char *value);
void network_set_max_lease_time(struct network_file *file, unsigned int line, const char *value);
void network_set_ipv6(struct network_file *file, unsigned int line, const char *value);
void network_set_lifetimes(struct network_file *file, unsigned int line, const char *value);
void network_set_netns(struct network_file *file, unsigned int line, const char *value);
void network_set_scope(struct network_file *file, unsigned int line, const char *value);

/* Devices have IPv6 addresses by this key: IPv6= is no-ra by default then, and may not be disabled. */
void network_need_ipv6(struct network_file *file, enum network_key by);

/* Words of the key Netns=. */
extern const char *const network_netns_words[NETNS_COUNT];

/* network_tunnel.c: the keys of configurations. */

void network_set_addresses(struct network_file *file, unsigned int line, const char *value);
void network_set_routes(struct network_file *file, unsigned int line, const char *value);

/* How these keys go with each other and with the others; sets IPv6=no-ra for an IPv6 address. */
void network_tunnel_finish(struct network_file *file);

/* network_address.c */

/* Takes the value of Address=: an IPv4 address or auto, an IPv6 address or both; an address has its prefix length. */
void network_address_set(struct network_file *file, unsigned int line, const char *value);

/* Why no interface of the host's can have this address, or NULL. An IPv4 one is in host order. */
const char *network_ipv4_unusable(uint32_t address);
const char *network_ipv6_unusable(const uint8_t bytes[16]);

/* Takes the value of Allow=: prefixes, or addresses. */
void network_allow_set(struct network_file *file, unsigned int line, const char *value);

/* network_host.c */

/* Takes the value of HostInterface=: an IPv4 address, an IPv6 address or both, without a prefix length. */
void network_host_interface_set(struct network_file *file, unsigned int line, const char *value);

/* How it goes with the other keys, when all are known. */
void network_host_interface_finish(struct network_file *file);

/* network_given.c */

/* Takes the value of Device=: the name of a tun or tap that somebody else makes. */
void network_device_set(struct network_file *file, unsigned int line, const char *value);

/* How it goes with the other keys; last of all: the defaults of some are others with it. */
void network_device_finish(struct network_file *file);

/* network_routing.c */

/* Take the values of Forward=, Masquerade= and Reach=. */
void network_forward_set(struct network_file *file, unsigned int line, const char *value);
void network_masquerade_set(struct network_file *file, unsigned int line, const char *value);
void network_reach_set(struct network_file *file, unsigned int line, const char *value);

/* How these go together, when all keys are known. */
void network_routing_finish(struct network_file *file);

/* Words of the keys Reach=, and Forward= and Masquerade=, these by their bits. */
extern const char *const network_reach_words[REACH_COUNT];
extern const char *const network_family_words[4];

/* network_publish.c */

/* Takes the value of Publish=: ports of the host, and the guests' that they lead to. */
void network_publish_set(struct network_file *file, unsigned int line, const char *value);

/* Whom they lead to, when all keys are known, and so of which families the host is the guests' router. */
void network_publish_finish(struct network_file *file);

/* True if a packet to the host could be meant by both. */
bool network_publish_meet(const struct network_publish *a, const struct network_publish *b);

/* network_guests.c */

/* Where each lease has addresses of its own: how many there may be, and that it sends from no others. */
void network_guests_finish(struct network_file *file);

/* network_locks.c */

/* The keys MACs=, EtherTypes= and SourceAddresses=. */
void network_set_macs(struct network_file *file, unsigned int line, const char *value);
void network_set_ether_types(struct network_file *file, unsigned int line, const char *value);
void network_set_source_addresses(struct network_file *file, unsigned int line, const char *value);

/* How VLAN= goes with the other keys. */
void network_vlan_finish(struct network_file *file);

/* Writes the keys about locks, as a network file has them. */
void network_print_locks(const struct network *network, FILE *out);

/* network_conflicts.c */

/* What a network may not have in common with others. files are all networks in the order in which they were read; of
 * two that are in conflict the later one is at fault, and is off. One that is off already is in nobody's way. */
void network_conflicts(struct network_file *files, size_t count);

#endif
