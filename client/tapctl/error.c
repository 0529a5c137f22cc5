/* How tapctl tells that something went wrong. Runs as the user. */
#include "client/tapctl/json.h"
#include "client/tapctl/tapctl.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* The last complaint, and whether it is wanted in JSON. */
static struct {
	bool wanted;
	char text[2048];
} last;

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
	case EADDRINUSE:
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
	vsnprintf(last.text, sizeof(last.text), format, arguments);
	va_end(arguments);
	fprintf(stderr, "tapctl: %s\n", last.text);
}

void errors_in_json(void)
{
	last.wanted = true;
}

void error_member(struct json *json, int code)
{
	json_open(json, "error", '{');
	json_number(json, "code", (uint64_t)code);
	json_string(json, "text", last.text);
	json_close(json, '}');
	last.wanted = false;
}

int finish_errors(int code)
{
	struct json json = JSON_TO(stdout);

	if (code == EXIT_OK || !last.wanted)
		return code;
	json_document(&json);
	error_member(&json, code);
	json_end(&json);
	fflush(stdout);
	return code;
}

int finish_output(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return EXIT_OK;
	complain("cannot write the output: %s", strerror(errno));
	return EXIT_FAILED;
}
