/* Settings of the kernel's network, /proc/sys/net. For the other files of this folder; they run as root. */
#ifndef TB_SETUP_SETTING_H
#define TB_SETUP_SETTING_H

#include <stdbool.h>
#include <stddef.h>

#define SETTING_SIZE 16 /* of a value, with its NUL */

/* Writes /proc/sys/net/FAMILY/conf/INTERFACE/NAME. A file that is not there is no error: the kernel has no IPv6, or not
 * this setting. Returns 0 or a negative errno. */
int setting_write(const char *family, const char *interface, const char *name, const char *value);

/* Reads the same file. Returns 0, -ENOENT, or another negative errno. */
int setting_read(const char *family, const char *interface, const char *name, char value[SETTING_SIZE]);

/* As setting_write(), for an interface or a choice of the host's: what it was is written down first, and
 * settings_restore() writes it again. What has this value already is not ours to restore. */
int setting_borrow(const char *family, const char *interface, const char *name, const char *value);

/* Gives back what was borrowed and still has our value. keep() says of which settings others have come to rely on ours:
 * these stay, and are forgotten. Returns 0 or a negative errno. */
int settings_restore(bool (*keep)(const char *family, const char *interface, const char *name));

#endif
