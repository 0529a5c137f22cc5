/* Who has a device open by its name. */
#ifndef TAPCTL_HOLDER_H
#define TAPCTL_HOLDER_H

#define HOLDER_TEXT 32

/* A process that we may look into, in our network namespace, which has the device of this name open; its name, too. 0:
 * there is none. */
int holder_find(const char *device, char process[HOLDER_TEXT]);

#endif
