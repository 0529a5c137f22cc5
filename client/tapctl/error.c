/* How tapctl tells that something went wrong. Runs as the user. */
#include "client/tapctl/tapctl.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int exit_code(int error)
{
	switch (error) {
	case EACCES:
	case ENXIO:
	case EXDEV:
	case EREMOTEIO:
		return EXIT_REFUSED;
	case EINVAL:
	case E2BIG:
		return EXIT_USAGE;
	case ENOENT:
	case ECONNREFUSED:
	case ENOTCONN:
	case EPERM:
		return EXIT_UNREACHABLE;
	case EAGAIN:
	case EDQUOT:
	case ENOSPC:
	case EEXIST:
	case EUSERS:
	case ECONNRESET:
		return EXIT_BUSY;
	case ETIMEDOUT:
		return EXIT_TIMEOUT;
	default:
		return EXIT_FAILED;
	}
}

void complain(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("tapctl: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
}

int finish_output(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return EXIT_OK;
	complain("cannot write the output: %s", strerror(errno));
	return EXIT_FAILED;
}
