/* Names that the user typed: which rule they break. */
#ifndef TAPCTL_NAMES_H
#define TAPCTL_NAMES_H

#include <stdbool.h>

/* Check a network's name (with bridge: it may also be that of a bridge) and an interface's. They say which rule the
 * word breaks, behind "COMMAND: ", and offer the word in small letters if that is a name. Return EXIT_OK or
 * EXIT_USAGE. */
int network_name_check(const char *command, const char *word, bool bridge);
int interface_name_check(const char *command, const char *word);

/* Checks what names a lease: the name of its device, or its id. Says which rule it breaks. Returns EXIT_OK or
 * EXIT_USAGE. */
int lease_word_check(const char *command, const char *word);

/* Checks an external id; with pattern it may also be the beginning of some and a '*'. Says what is wrong with it.
 * Returns EXIT_OK or EXIT_USAGE. */
int external_id_check(const char *command, const char *word, bool pattern);

/* Checks TAPBROKER_SOCKET, and says what is wrong with it. Returns EXIT_OK or EXIT_USAGE. */
int socket_path_check(void);

#endif
