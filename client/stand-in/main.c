/* tapbroker-stand-in: called as ip or ifconfig by what `tapctl get --configure` has started. Tells that tapctl what was
 * typed, and becomes the real program if it was nothing for tapctl. Runs as the user, with no right of its own.
 *
 * It decides nothing, and believes no answer of another user's.
 */
#include "client/stand-in/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define NAME_SIZE 64
#define ENVIRONMENT_MAX (1 << 20) /* bytes that are looked through for a variable of an ancestor's */

#define EXIT_NOT_DONE 2 /* as ip ends when the kernel refuses */

static const char *const folders[] = {"/usr/sbin", "/usr/bin", "/sbin", "/bin"};

/* Copies the value of the variable out of an environment, as the kernel keeps it: each with a NUL behind it. */
static bool find_in(const char *environment, size_t size, char name[NAME_SIZE])
{
	static const char wanted[] = CONTROL_VARIABLE "=";

	while (size > sizeof(wanted)) {
		size_t length = strnlen(environment, size) + 1;

		if (length > sizeof(wanted) && strncmp(environment, wanted, sizeof(wanted) - 1) == 0) {
			snprintf(name, NAME_SIZE, "%s", environment + sizeof(wanted) - 1);
			return true;
		}
		if (length > size)
			return false;
		environment += length;
		size -= length;
	}
	return false;
}

/* Looks for the variable in another process's environment. */
static bool find_in_process(pid_t pid, char name[NAME_SIZE])
{
	static char environment[ENVIRONMENT_MAX + 1];
	char path[32];
	size_t size = 0;
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	while ((got = read(fd, environment + size, ENVIRONMENT_MAX - size)) > 0)
		size += (size_t)got;
	close(fd);
	environment[size] = '\0';
	return find_in(environment, size, name);
}

/* The process that has started this one; 0: not known. */
static pid_t parent_of(pid_t pid)
{
	char path[32];
	char line[512];
	int parent = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (file == NULL)
		return 0;
	if (fgets(line, sizeof(line), file) != NULL && strrchr(line, ')') != NULL)
		sscanf(strrchr(line, ')') + 1, " %*c %d", &parent);
	fclose(file);
	return parent;
}

/* The socket's name. OpenVPN and others give their scripts an environment of their own, so ancestors are asked, too. */
static bool find_name(char name[NAME_SIZE])
{
	const char *own = getenv(CONTROL_VARIABLE);

	if (own != NULL) {
		snprintf(name, NAME_SIZE, "%s", own);
		return true;
	}
	for (pid_t pid = getppid(); pid > 1; pid = parent_of(pid))
		if (find_in_process(pid, name))
			return true;
	return false;
}

static bool is_own(int sock)
{
	struct ucred peer;
	socklen_t length = sizeof(peer);

	return getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && peer.uid == geteuid();
}

/* Returns a connected socket, or -1. */
static int connect_to(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name));
	int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "%s", name);
	if (sock >= 0 && connect(sock, (struct sockaddr *)&address, length) == 0 && is_own(sock))
		return sock;
	if (sock >= 0)
		close(sock);
	return -1;
}

/* Writes the words, each with a NUL behind it. Returns their length, or 0 if they are too long. */
static size_t write_words(int argc, char **argv, char question[CONTROL_QUESTION_MAX])
{
	size_t length = 0;

	for (int i = 0; i < argc; i++) {
		size_t word = strlen(argv[i]) + 1;

		if (word > CONTROL_QUESTION_MAX - length)
			return 0;
		memcpy(question + length, argv[i], word);
		length += word;
	}
	return length;
}

/* Receives the verdict, and the fd that came with it, or -1. Returns 0 if there is none. */
static uint32_t receive(int sock, int *program)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct control_answer answer;
	struct iovec data = {&answer, sizeof(answer)};
	struct msghdr message = {.msg_iov = &data,
				 .msg_iovlen = 1,
				 .msg_control = control.bytes,
				 .msg_controllen = sizeof(control.bytes)};
	const struct cmsghdr *header;
	ssize_t length;

	*program = -1;
	do {
		length = recvmsg(sock, &message, MSG_CMSG_CLOEXEC);
	} while (length < 0 && errno == EINTR);
	if (length != sizeof(answer))
		return 0;
	header = CMSG_FIRSTHDR(&message);
	if (header != NULL && header->cmsg_type == SCM_RIGHTS && header->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(program, CMSG_DATA(header), sizeof(*program));
	return answer.verdict;
}

/* Asks the tapctl whose socket is called so. Returns the verdict, or 0 if there is none. */
static uint32_t ask(const char *name, int argc, char **argv, int *program)
{
	char question[CONTROL_QUESTION_MAX];
	size_t length = write_words(argc, argv, question);
	int sock = connect_to(name);
	uint32_t verdict = 0;

	*program = -1;
	if (sock >= 0 && length > 0 && send(sock, question, length, MSG_NOSIGNAL) == (ssize_t)length)
		verdict = receive(sock, program);
	if (sock >= 0)
		close(sock);
	return verdict;
}

/* Opens the real program of this name: one that is not this one. Returns an fd, or -1. */
static int open_real(const char *name)
{
	struct stat own;
	struct stat other;
	char path[64];

	if (stat("/proc/self/exe", &own) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folders[i], name);
		if (stat(path, &other) == 0 && (other.st_ino != own.st_ino || other.st_dev != own.st_dev))
			return open(path, O_PATH | O_CLOEXEC);
	}
	return -1;
}

int main(int argc, char **argv)
{
	const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
	char name[NAME_SIZE];
	uint32_t verdict = 0;
	int program = -1;

	if (argc < 1)
		return EXIT_NOT_DONE;
	if (slash != NULL)
		argv[0] = argv[0] + (slash + 1 - argv[0]);
	if (find_name(name))
		verdict = ask(name, argc, argv, &program);
	if (verdict == CONTROL_DONE)
		return 0;
	if (verdict == CONTROL_REFUSED)
		return EXIT_NOT_DONE;
	if (program < 0)
		program = open_real(argv[0]);
	if (program >= 0)
		fexecve(program, argv, environ);
	fprintf(stderr, "%s: this is tapctl's stand-in for it, and the real one cannot be run\n", argv[0]);
	return 127;
}
