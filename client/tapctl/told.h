/* What ip and ifconfig were told, where that is about a device of tapctl's own: the words that tapctl(1) lists. */
#ifndef TAPCTL_TOLD_H
#define TAPCTL_TOLD_H

#include "client/stand-in/control.h"
#include "client/tapctl/device_settings.h"

/* Does what the words say, of which the first is the program's name; NULL is behind the last. Whatever is not known in
 * them is the real program's. */
enum control_verdict ip_told(struct configurable *all, char **words);
enum control_verdict ifconfig_told(struct configurable *all, char **words);

#endif
