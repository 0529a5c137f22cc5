/* The two programs whose environment is read: see environment.h. */
#ifndef TAPCTL_OPENVPN_H
#define TAPCTL_OPENVPN_H

#include "client/tapctl/environment.h"

/* Read what this program says of its tunnel. Say what is wrong. Return EXIT_OK or EXIT_USAGE. */
int openvpn_read(struct tunnel *tunnel);
int openconnect_read(struct tunnel *tunnel);

#endif
