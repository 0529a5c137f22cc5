/* Running another program of the host's: see setup_program.h. Runs in tapbroker-setup, as root; no shell is among them.
 */
#include "broker/setup/setup_program.h"

#include "broker/shared/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

/* output: -1, or where it prints; then its complaints go nowhere. */
static _Noreturn void program_become(const char *const words[], int output)
{
	if (output >= 0) {
		int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

		dup2(output, STDOUT_FILENO);
		dup2(nowhere, STDERR_FILENO);
	}
	execv(words[0], (char *const *)words);
	_exit(127);
}

/* Reads to the end, also what does not fit. */
static void read_output(int fd, char *output, size_t size)
{
	size_t length = 0;
	char rest[512];
	ssize_t got;

	do {
		bool fits = length + 1 < size;

		got = fits ? read(fd, output + length, size - length - 1) : read(fd, rest, sizeof(rest));
		if (got > 0 && fits)
			length += (size_t)got;
	} while (got > 0 || (got < 0 && errno == EINTR));
	output[length] = '\0';
}

static int program_start(const char *const words[], char *output, size_t size)
{
	int ends[2] = {-1, -1};
	int status;
	pid_t child;

	if (access(words[0], X_OK) < 0)
		return -ENOENT;
	if (output != NULL && pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	child = fork();
	if (child == 0)
		program_become(words, ends[1]);
	tb_close(&ends[1]);
	if (child > 0 && output != NULL)
		read_output(ends[0], output, size);
	tb_close(&ends[0]);
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return -errno;
	return status == 0 ? 0 : -EIO;
}

int program_run(const char *const words[])
{
	return program_start(words, NULL, 0);
}

int program_ask(const char *const words[], char *output, size_t size)
{
	return program_start(words, output, size);
}
