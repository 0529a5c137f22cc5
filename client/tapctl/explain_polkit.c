/* polkit's part of an explanation: see explain_polkit.h. Runs as the user; pkcheck is run for root alone. */
#include "client/tapctl/explain_polkit.h"

#include "client/tapbroker.h"
#include "client/tapctl/tapctl.h"
#include "proto/number.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PKCHECK "/usr/bin/pkcheck"
#define WORDS_MAX 80   /* of its command line */
#define DETAILS_MAX 24 /* each is three words */
#define START_TIME 22  /* the field of /proc/PID/stat */

/* What pkcheck exits with. */
enum { PKCHECK_YES = 0, PKCHECK_NO = 1, PKCHECK_PASSWORD = 2 };

/* The field after so many others; the second is a name in brackets, which may hold anything. */
static int field_read(const char *stat, int number, uint64_t *value)
{
	const char *at = strrchr(stat, ')');

	for (int field = 2; at != NULL && field < number; field++)
		at = strchr(at + 1, ' ');
	if (at == NULL)
		return -ESRCH;
	at++;
	return tb_number_take(&at, UINT64_MAX, value);
}

int explain_process_read(int pid, struct explain_process *process)
{
	char path[64];
	char text[1024];
	struct stat status;
	ssize_t length = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && fstat(fd, &status) == 0)
		length = read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	if (length > 0) {
		text[length] = '\0';
		*process = (struct explain_process){.pid = pid, .uid = status.st_uid};
		if (field_read(text, START_TIME, &process->start_time) == 0)
			return EXIT_OK;
	}
	complain("explain: --process=%d: there is no such process", pid);
	return EXIT_USAGE;
}

const char *explain_access_word(unsigned int access)
{
	switch (access) {
	case TAP_ACCESS_YES:
		return "yes";
	case TAP_ACCESS_PASSWORD:
		return "after a password";
	case TAP_ACCESS_NO:
		return "no";
	default:
		return "not asked";
	}
}

void explain_rule_write(const char *action, const char *network, const char *user, char text[RULE_TEXT])
{
	char condition[160];

	if (action[0] != '\0')
		snprintf(condition, sizeof(condition), "action.id == \"%s\"", action);
	else
		snprintf(condition, sizeof(condition), "action.id.indexOf(\"org.tapbroker.open-\") == 0");
	snprintf(text, RULE_TEXT,
		 "polkit.addRule(function(action, subject) {\n"
		 "    if (%s &&\n"
		 "        action.lookup(\"network\") == \"%s\" && subject.user == \"%s\")\n"
		 "        return polkit.Result.YES;\n"
		 "});\n",
		 condition, network, user);
}

/* The words of one command line, and the text that they stand in. */
struct command {
	char *words[WORDS_MAX];
	size_t count;
	char text[PKCHECK_TEXT];
	size_t used;
};

/* Adds a word of that length, unless there is no room. */
static void command_add(struct command *command, const char *word, size_t length)
{
	if (command->count + 1 >= WORDS_MAX || command->used + length + 1 > sizeof(command->text))
		return;
	command->words[command->count++] = command->text + command->used;
	memcpy(command->text + command->used, word, length);
	command->used += length;
	command->text[command->used++] = '\0';
}

static void command_make(struct command *command, const char *action, const char *details, const char *process)
{
	const char *first[] = {"pkcheck", "--action-id", action, "--process", process};

	memset(command, 0, sizeof(*command));
	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++)
		command_add(command, first[i], strlen(first[i]));
	for (int i = 0; i < DETAILS_MAX && *details != '\0'; i++) {
		size_t length = strcspn(details, "\n");
		size_t key = strcspn(details, "=\n");

		command_add(command, "--detail", strlen("--detail"));
		command_add(command, details, key);
		command_add(command, details + key + (key < length), length - key - (key < length));
		details += length + (details[length] != '\0');
	}
}

static void process_write(const struct explain_process *process, char *text, size_t size)
{
	if (process == NULL)
		snprintf(text, size, "PID");
	else
		snprintf(text, size, "%d,%llu,%u", process->pid, (unsigned long long)process->start_time, process->uid);
}

/* What a shell takes as one word without quotes. */
static bool plain(const char *word)
{
	return word[0] != '\0' &&
	       word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.,:/@+-")] == '\0';
}

void explain_pkcheck_write(const char *action, const char *details, const struct explain_process *process,
			   char text[PKCHECK_TEXT])
{
	struct command command;
	char subject[64];
	size_t used = 0;

	process_write(process, subject, sizeof(subject));
	command_make(&command, action, details, subject);
	text[0] = '\0';
	for (size_t i = 0; i < command.count; i++) {
		const char *quote = plain(command.words[i]) ? "" : "'";

		used += (size_t)snprintf(text + used, PKCHECK_TEXT - used, "%s%s%s%s", i == 0 ? "" : " ", quote,
					 command.words[i], quote);
		if (used >= PKCHECK_TEXT)
			return;
	}
}

static _Noreturn void become_pkcheck(char **words)
{
	int null = open("/dev/null", O_RDWR);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0)
		_exit(EXIT_NOT_FOUND);
	execv(PKCHECK, words);
	_exit(EXIT_NOT_FOUND);
}

int explain_pkcheck_run(const char *action, const char *details, const struct explain_process *process,
			unsigned int *access)
{
	struct command command;
	char subject[64];
	int status = -1;
	pid_t pid;

	process_write(process, subject, sizeof(subject));
	command_make(&command, action, details, subject);
	pid = fork();
	if (pid == 0)
		become_pkcheck(command.words);
	if (pid < 0)
		return errno;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return errno;
	if (!WIFEXITED(status))
		return ECHILD;
	switch (WEXITSTATUS(status)) {
	case PKCHECK_YES:
		*access = TAP_ACCESS_YES;
		return 0;
	case PKCHECK_NO:
		*access = TAP_ACCESS_NO;
		return 0;
	case PKCHECK_PASSWORD:
		*access = TAP_ACCESS_PASSWORD;
		return 0;
	default:
		return ENOEXEC;
	}
}
