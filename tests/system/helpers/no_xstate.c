/* no_xstate COMMAND [ARGUMENT...]: runs a command that cannot read or write the extended registers of its children.
 *
 * User-mode Linux 6.1 keeps these registers of its processes in a buffer that is too small for what a processor with
 * AMX has, and ends with "ptrace set fp regs failed". Where there is no PTRACE_GETREGSET it keeps those of the old
 * PTRACE_GETFPREGS instead. These lack what AVX added, so what runs inside must do without AVX.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	if (argc < 2 || !filter)
		return 2;
	if (seccomp_rule_add(filter, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(ptrace), 1,
			     SCMP_A0(SCMP_CMP_EQ, PTRACE_GETREGSET)) != 0 ||
	    seccomp_load(filter) != 0)
		return 2;
	execvp(argv[1], argv + 1);
	perror(argv[1]);
	return 127;
}
