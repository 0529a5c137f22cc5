/* What the authority may still do: see authority_lockdown.h.
 *
 * Runs as uid tapbroker-authority without a capability. The bus may go away and come back, so the filter cannot wait
 * until the connection is there: it permits to make one, which is why it looks longer than the work is. It never lets
 * the process run another program, map new code, reach anything by network, or write a file.
 */
#include "broker/authority/authority_lockdown.h"

#include "broker/shared/lockdown.h"
#include "broker/shared/log.h"
#include "broker/shared/sanitizer.h"

#include <errno.h>
#include <malloc.h>
#include <sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#define BUS_VARIABLE "DBUS_SYSTEM_BUS_ADDRESS"

/* What clone may do: make a thread, in the namespaces of this process. */
#define NAMESPACES                                                                                                   \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | \
	 CLONE_NEWTIME)
#define THREAD ((uint64_t)(CLONE_THREAD | NAMESPACES))

/* clang-format off */
static const struct tb_rule rules[] = {
	/* The main loop, and GLib's thread that serves the bus. */
	TB_ALLOW(poll),            /* waits for the clerk, the monitor, the bus, the other thread */
	TB_ALLOW(ppoll),           /* the same in newer GLib, and on machines without poll */
	TB_ALLOW(restart_syscall), /* the same wait, after the process was stopped and continued */
	TB_ALLOW(eventfd2),        /* how threads wake each other */
	TB_ALLOW(read),            /* is woken */
	TB_ALLOW(write),           /* wakes; the log */
	TB_ALLOW(futex),           /* locks */

	/* The clerk's channel, the monitor's, and the bus. */
	TB_ALLOW(recvmsg),               /* questions; what the bus says */
	TB_ALLOW(sendmsg),               /* verdicts, yeses; what we say to the bus */
	TB_ALLOW(close),                 /* a lost connection */
	TB_ALLOW_IF(socket, 0, AF_UNIX), /* a connection to the bus */
	TB_ALLOW(connect),               /* the same */
	TB_ALLOW(getsockopt),            /* why a connection failed */
	TB_ALLOW(fcntl),                 /* makes it non-blocking and close-on-exec */
	TB_ALLOW(sendto),                /* says to the bus who we are */
	TB_ALLOW(recvfrom),              /* the bus agrees */
	TB_ALLOW(geteuid),               /* who we are, for the bus */
	TB_ALLOW(getegid),               /* the same */
	TB_ALLOW(getpid),                /* the same */

	/* Threads: GLib has one for the bus, and uses others while it connects. */
	TB_FAIL(clone3, ENOSYS),                         /* its flags are in memory: the C library then takes clone */
	TB_ALLOW_MASKED(clone, 0, THREAD, CLONE_THREAD), /* starts one */
	TB_ALLOW(set_robust_list),                       /* every new thread does */
	TB_ALLOW(rseq),                                  /* the same */
	TB_ALLOW(gettid),                                /* the same */
	TB_ALLOW(rt_sigprocmask),                        /* no signals while one starts or ends */
	TB_ALLOW(rt_sigaction),                          /* with the first thread, glibc sets up its own signals */
	TB_ALLOW(sched_getattr),                         /* a new thread has its maker's priority */
	TB_ALLOW(sched_setattr),                         /* the same */
	TB_ALLOW_IF(prctl, 0, PR_SET_NAME),              /* names it, for ps */
	TB_ALLOW(exit),                                  /* ends it */
	TB_ALLOW(exit_group),                            /* ends all */

	/* Memory, never executable. */
	TB_ALLOW_MASKED(mmap, 2, PROT_EXEC, 0),     /* stacks of threads, large blocks */
	TB_ALLOW_MASKED(mprotect, 2, PROT_EXEC, 0), /* their guard pages, arenas that grow */
	TB_ALLOW(munmap),                           /* given back */
	TB_ALLOW(mremap),                           /* a large block grows */
	TB_ALLOW(madvise),                          /* the stack of a thread that has ended */
	TB_ALLOW(brk),                              /* the heap */

	/* Files: the libraries look for some (translations of an error's text, modules), and find none. */
	TB_FAIL(openat, EACCES),     /* opens nothing */
	TB_FAIL(newfstatat, EACCES), /* is told of none */
	TB_FAIL(statx, EACCES),      /* the same */
	TB_FAIL(access, EACCES),     /* the same */
	TB_FAIL(faccessat, EACCES),  /* the same, on machines without access */

	TB_SANITIZER_RULES /* none but in a sanitized build */
};
/* clang-format on */

/* Of the environment, only where the bus is; the libraries find no other switch in it. */
static void clean_environment(void)
{
	const char *address = getenv(BUS_VARIABLE);
	char *bus = address == NULL ? NULL : strdup(address);

	if ((address != NULL && bus == NULL) || clearenv() != 0 || (bus != NULL && setenv(BUS_VARIABLE, bus, 1) < 0))
		tb_die("authority: no memory");
	free(bus);
}

void authority_lock_down(void)
{
	int ret;

	if (tb_no_rights() < 0)
		tb_die("authority: has capabilities left, or may gain some; it is started by tapbrokerd, not by hand");
	clean_environment();
	/* One heap for all threads: they hardly ever allocate at the same time, and each further heap costs 64 KiB. */
	mallopt(M_ARENA_MAX, 1);
	ret = tb_not_dumpable();
	if (ret < 0)
		tb_die("authority: cannot become undumpable: %s", strerror(-ret));
	ret = tb_landlock_restrict(NULL, 0);
	if (ret < 0)
		tb_die("authority: Landlock: %s", strerror(-ret));
	ret = tb_filter_load(rules, sizeof(rules) / sizeof(rules[0]), false);
	if (ret < 0)
		tb_die("authority: seccomp: %s", strerror(-ret));
}
