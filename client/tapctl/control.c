/* The stand-ins' questions: see control.h and client/stand-in/control.h. Runs as the user. */
#include "client/tapctl/control.h"

#include "client/stand-in/control.h"
#include "client/tapctl/cover.h"
#include "client/tapctl/told.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define WORDS_MAX 64      /* of one call */
#define WAITING_MAX 16    /* stand-ins */
#define QUESTION_WITHIN 5 /* seconds: a stand-in asks at once, and who does not is left */

static const char *const folders[] = {"/usr/sbin", "/usr/bin", "/sbin", "/bin"};

/* The real program, before a stand-in lies over it. */
static int open_program(const char *name)
{
	char path[64];
	int fd = -1;

	for (size_t i = 0; fd < 0 && i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folders[i], name);
		fd = open(path, O_PATH | O_CLOEXEC);
	}
	return fd;
}

/* The kernel chooses a name that nobody has; it is that of a socket as long as the socket lives. */
static int listen_somewhere(struct control *control)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socklen_t length = sizeof(sa_family_t);
	char name[sizeof(address.sun_path)];

	control->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (control->listener < 0 || bind(control->listener, (struct sockaddr *)&address, length) < 0 ||
	    listen(control->listener, WAITING_MAX) < 0)
		return -1;
	length = sizeof(address);
	if (getsockname(control->listener, (struct sockaddr *)&address, &length) < 0)
		return -1;
	snprintf(name, sizeof(name), "%.*s", (int)(length - offsetof(struct sockaddr_un, sun_path) - 1),
		 address.sun_path + 1);
	return setenv(CONTROL_VARIABLE, name, 1);
}

/* Stand-ins come before all else that is called ip or ifconfig. */
static int put_first(const char *folder)
{
	const char *old = getenv("PATH");
	char *path;
	int ret;

	if (asprintf(&path, "%s:%s", folder, old != NULL ? old : "/usr/local/bin:/usr/bin:/bin") < 0)
		return -1;
	ret = setenv("PATH", path, 1);
	free(path);
	return ret;
}

int control_open(struct control *control)
{
	control->ip = open_program("ip");
	control->ifconfig = open_program("ifconfig");
	return listen_somewhere(control) < 0 ? -1 : put_first(COVER_FOLDER);
}

static bool is_own(int sock)
{
	struct ucred peer;
	socklen_t length = sizeof(peer);

	return getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && peer.uid == geteuid();
}

/* Takes the question apart. Returns false if it is none. */
static bool split(char *question, size_t length, char *words[WORDS_MAX + 1])
{
	size_t count = 0;

	if (length == 0 || question[length - 1] != '\0')
		return false;
	for (char *word = question; word < question + length; word += strlen(word) + 1) {
		if (count == WORDS_MAX)
			return false;
		words[count++] = word;
	}
	words[count] = NULL;
	return true;
}

/* The verdict, and which program would do it instead. */
static enum control_verdict decide(const struct control *control, struct configurable *all, char *question,
				   size_t length, int *program)
{
	char *words[WORDS_MAX + 1];

	*program = -1;
	if (length > 0 && strncmp(question, "ifconfig", length) == 0) {
		*program = control->ifconfig;
		return split(question, length, words) ? ifconfig_told(all, words) : CONTROL_PASS;
	}
	*program = control->ip;
	return split(question, length, words) ? ip_told(all, words) : CONTROL_PASS;
}

static void answer(int sock, enum control_verdict verdict, int program)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {.bytes = {0}};
	struct control_answer text = {.verdict = verdict};
	struct iovec data = {&text, sizeof(text)};
	struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
	struct cmsghdr *header;

	if (verdict == CONTROL_PASS && program >= 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof(control.bytes);
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &program, sizeof(int));
	}
	sendmsg(sock, &message, MSG_NOSIGNAL);
}

void control_serve(const struct control *control, struct configurable *all)
{
	const struct timeval patience = {.tv_sec = QUESTION_WITHIN};
	char question[CONTROL_QUESTION_MAX];
	int sock = accept4(control->listener, NULL, NULL, SOCK_CLOEXEC);
	ssize_t length = -1;
	int program;

	if (sock < 0)
		return;
	if (is_own(sock) && setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0)
		length = recv(sock, question, sizeof(question), 0);
	if (length > 0) {
		enum control_verdict verdict = decide(control, all, question, (size_t)length, &program);

		answer(sock, verdict, program);
	}
	close(sock);
}

void control_close(struct control *control)
{
	int fds[] = {control->listener, control->ip, control->ifconfig};

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}
