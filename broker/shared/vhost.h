/* Which character device /dev/vhost-net is: for the opener, which opens it, and the monitor, which passes it on.
 * Constants only. */
#ifndef TB_VHOST_H
#define TB_VHOST_H

#define TB_VHOST_MAJOR 10
#define TB_VHOST_MINOR 238

#endif
