/* `tapbroker-setup watch`: loads our tables again when others have taken them. For setup_main.c; it runs as root. */
#ifndef TB_SETUP_WATCH_H
#define TB_SETUP_WATCH_H

/* Watches until the process is killed. Returns a negative errno if it cannot. */
int setup_watch(void);

#endif
