/* One line to stderr: see log.h. */
#include "broker/shared/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool plain;

void tb_log_open(void)
{
	plain = isatty(STDERR_FILENO) == 1;
}

__attribute__((format(printf, 2, 0))) static void write_line(int level, const char *format, va_list arguments)
{
	char line[1024];
	int saved = errno;
	int start = plain ? 0 : snprintf(line, sizeof(line), "<%d>", level);
	int length = start + vsnprintf(line + start, sizeof(line) - (size_t)start - 1, format, arguments);

	if (length > (int)sizeof(line) - 2)
		length = (int)sizeof(line) - 2;
	line[length] = '\n';
	/* Nobody to tell if stderr is gone. */
	if (write(STDERR_FILENO, line, (size_t)length + 1) < 0)
		errno = saved;
	errno = saved;
}

void tb_log(int level, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	write_line(level, format, arguments);
	va_end(arguments);
}

void tb_die(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	write_line(TB_LOG_ERROR, format, arguments);
	va_end(arguments);
	exit(1);
}
