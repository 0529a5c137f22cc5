/* The entries of ours in other firewalls, for `watch`. It runs as root. */
#ifndef TB_SETUP_FIREWALL_H
#define TB_SETUP_FIREWALL_H

/* Makes those again that start made, or would have made, where they are missing, and logs it. Waits until a firewalld
 * that is loading its rules has done so. Returns how many could not be made, or a negative errno. The caller holds the
 * lock of start and stop. */
int firewall_again(void);

#endif
