/* Programs and files that `tapctl doctor` looks with: see doctor.h. Runs as the user. */
#include "client/tapctl/doctor.h"

#include "client/tapctl/waiting.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 5000
#define SYSTEMCTL "/usr/bin/systemctl"
#define ARGUMENTS_MAX 8

static _Noreturn void become(const char *path, const char *const arguments[], int out)
{
	char *words[ARGUMENTS_MAX + 2] = {(char *)path};
	static char *const environment[] = {"LC_ALL=C.UTF-8", "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
					    "SYSTEMD_PAGER=", NULL};
	int null = open("/dev/null", O_RDWR);

	for (int i = 0; i < ARGUMENTS_MAX && arguments[i] != NULL; i++)
		words[i + 1] = (char *)arguments[i];
	if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
	    dup2(null, STDERR_FILENO) >= 0)
		execve(path, words, environment);
	_exit(127);
}

static int until_ms(const struct timespec *begun)
{
	struct timespec now;
	long passed;

	clock_gettime(CLOCK_MONOTONIC, &now);
	passed = (now.tv_sec - begun->tv_sec) * 1000 + (now.tv_nsec - begun->tv_nsec) / 1000000;
	return passed < PATIENCE_MS ? (int)(PATIENCE_MS - passed) : 0;
}

/* Reads to the end of the output; what does not fit is thrown away. Returns false if it takes too long. */
static bool read_output(int in, char output[DOCTOR_OUTPUT])
{
	struct pollfd item = {.fd = in, .events = POLLIN};
	struct timespec begun;
	size_t used = 0;

	clock_gettime(CLOCK_MONOTONIC, &begun);
	for (;;) {
		char more[512];
		ssize_t got;
		int ready;

		do
			ready = poll(&item, 1, until_ms(&begun));
		while (ready < 0 && errno == EINTR);
		if (ready <= 0)
			return false;
		got = read(in, more, sizeof(more));
		if (got <= 0)
			break;
		if ((size_t)got > DOCTOR_OUTPUT - 1 - used)
			got = (ssize_t)(DOCTOR_OUTPUT - 1 - used);
		memcpy(output + used, more, (size_t)got);
		used += (size_t)got;
	}
	output[used] = '\0';
	return true;
}

int doctor_run(char output[DOCTOR_OUTPUT], const char *path, const char *const arguments[])
{
	int ends[2];
	int status = 0;
	bool ended;
	pid_t pid;

	output[0] = '\0';
	if (access(path, X_OK) < 0 || pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (pid == 0)
		become(path, arguments, ends[1]);
	close(ends[1]);
	waiting_begin(path);
	ended = pid > 0 && read_output(ends[0], output);
	waiting_end();
	close(ends[0]);
	if (pid < 0)
		return -1;
	if (!ended)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return ended && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool doctor_read(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, text, size - 1);

	if (fd >= 0)
		close(fd);
	text[got > 0 ? got : 0] = '\0';
	return got >= 0;
}

bool doctor_unit_active(const char *unit)
{
	const char *const arguments[] = {"is-active", "--quiet", unit, NULL};
	char output[DOCTOR_OUTPUT];

	return doctor_run(output, SYSTEMCTL, arguments) == 0;
}
