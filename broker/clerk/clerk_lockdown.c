/* What the clerk may still do: see clerk_lockdown.h.
 *
 * Runs under the clerk's own uid without a capability. It must never open a device node or a socket, start a program,
 * or change the kernel's network.
 */
#include "broker/clerk/clerk_lockdown.h"

#include "broker/shared/landlock.h"
#include "broker/shared/lockdown.h"
#include "broker/shared/log.h"
#include "broker/shared/sanitizer.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define NO_CREATION (O_ACCMODE | O_CREAT | O_TRUNC | O_TMPFILE)

/* All that the clerk and its looker may ask of the kernel from now on. */
/* clang-format off */
static const struct tb_rule rules[] = {
	TB_ALLOW(epoll_wait),                       /* the event loop */
	TB_ALLOW(epoll_pwait),                      /* the same, where the C library prefers it */
	TB_ALLOW(epoll_ctl),                        /* watches a socket, or no longer */
	TB_ALLOW_IF(accept4, 0, LISTENING_FD),      /* takes a connection */
	TB_ALLOW(getsockopt),                       /* whose it is */
	TB_ALLOW_IF(setsockopt, 2, SO_PASSCRED),    /* tells an empty message from the end */
	TB_ALLOW(poll),                             /* has a client said something, or hung up; has its process ended */
	TB_ALLOW(ppoll),                            /* the same on machines without poll */
	TB_ALLOW(recvmsg),                          /* messages */
	TB_ALLOW(recvfrom),                         /* the kernel's news and answers; the rest of what a client said */
	TB_ALLOW(sendmsg),                          /* answers, questions, orders */
	TB_ALLOW(sendto),                           /* the looker asks the kernel */
	TB_ALLOW(shutdown),                         /* nobody queues anything more in a client's socket */
	TB_ALLOW(pidfd_open),                       /* a client's process, before Linux 6.5 */
	TB_ALLOW_MASKED(openat, 2, NO_CREATION, O_RDONLY), /* /proc/PID/stat: Landlock permits nothing else */
	TB_ALLOW(read),                             /* the same, and the looker's pipes */
	TB_ALLOW(write),                            /* the log, and the looker's pipes */
	TB_ALLOW(close),                            /* whatever was opened */
	TB_ALLOW_IF(ioctl, 1, SIOCOUTQ),            /* has a client read its answer */
	TB_ALLOW(pipe2),                            /* for a process that closes sockets, see lingering.h */
	TB_ALLOW_IF(clone, 0, SIGCHLD),             /* that process: no thread, no namespace */
	TB_ALLOW(getrandom),                        /* tickets */
	TB_ALLOW(clock_gettime),                    /* deadlines, where the vDSO cannot tell the time */
	TB_ALLOW(futex),                            /* the C library's locks between threads */
	TB_ALLOW(restart_syscall),                  /* a wait goes on after SIGSTOP and SIGCONT */
	TB_ALLOW(rt_sigprocmask),                   /* the C library, when the process ends */
	TB_ALLOW(exit),                             /* the end of a thread */
	TB_ALLOW(exit_group),                       /* the end */
	TB_SANITIZER_RULES
};
/* clang-format on */

static const struct tb_path paths[] = {
	{"/proc", LANDLOCK_ACCESS_FS_READ_FILE, false}, /* the start times of clients */
};

static void clerk_step(int ret, const char *step)
{
	if (ret < 0)
		tb_die("clerk: %s: %s", step, strerror(-ret));
}

void clerk_lock_down(void)
{
	clerk_step(tb_not_dumpable(), "cannot become undumpable");
	clerk_step(tb_landlock_restrict(paths, sizeof(paths) / sizeof(paths[0])), "Landlock");
	clerk_step(tb_filter_load(rules, sizeof(rules) / sizeof(rules[0]), true), "seccomp");
}
