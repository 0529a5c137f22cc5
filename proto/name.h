/* What a name may look like. One validator for every name that crosses a channel or stands in a network file. */
#ifndef TB_NAME_H
#define TB_NAME_H

#include <stdbool.h>
#include <stddef.h>

/* True if the NUL-padded field of the given size holds an interface name that we accept:
 * [a-z][a-z0-9_.-]{0,14}, no "..", neither "all" nor "default", and nothing but NULs after it.
 * What it accepts the kernel keeps byte for byte. */
bool tb_name_valid(const char *field, size_t size);

/* The same for the name of an interface that is not ours, a bridge or a macvtap's parent: [A-Za-z0-9][A-Za-z0-9_.-]*,
 * at most 15 characters, neither "all" nor "default". */
bool tb_interface_valid(const char *field, size_t size);

/* The same for a network's name: [a-z][a-z0-9_-]{0,30}. */
bool tb_network_valid(const char *field, size_t size);

/* The same for an external id: [A-Za-z0-9][A-Za-z0-9_.@/-]*, at most TB_EXTERNAL_ID_MAX characters. It stands in
 * aliases, where ':' divides, and in the supervisor's names, where '+' does. */
bool tb_external_id_valid(const char *field, size_t size);

/* True if every byte of the field is NUL. */
bool tb_field_empty(const char *field, size_t size);

/* Copies a C string into a NUL-padded field. Returns 0, or -ENAMETOOLONG if it and its NUL do not fit. */
int tb_field_set(char *field, size_t size, const char *string);

/* True if the NUL-padded field spells pattern, which is a name, or a prefix followed by one '*'. */
bool tb_name_matches(const char *name, const char *pattern);

#endif
