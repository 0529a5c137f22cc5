/* `tapctl doctor`: what a file of polkit's rules says of the broker's actions. polkitd loads a rule with a misspelt
 * word, and then the rule never says yes. Runs as the user who can read the file, as a rule root. */
#include "client/tapctl/doctor.h"
#include "proto/suggest.h"

#include <stdio.h>
#include <string.h>

#define FILE_MAX 65536
#define WORD_MAX 48

#define OURS "org.tapbroker."

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

/* Words that stand behind a mark in a line. */
struct vocabulary {
	const char *mark;
	const char *characters; /* that a word is made of */
	const char *what;
	bool only_near; /* another word may be another program's */
	const char *const *words;
};

static const char *const actions[] = {OURS "open-tap",      OURS "open-tun",  OURS "open-macvtap",
				      OURS "open-passthru", OURS "configure", OURS "list-all",
				      OURS "revoke",        OURS "explain",   NULL};

static const char *const results[] = {"YES",         "NO",
				      "AUTH_SELF",   "AUTH_SELF_KEEP",
				      "AUTH_ADMIN",  "AUTH_ADMIN_KEEP",
				      "NOT_HANDLED", NULL};

static const char *const details[] = {"network",     "kind",  "name",    "device",      "bridge",     "parent",
				      "mode",        "mtu",   "queues",  "vnet_hdr",    "vhost",      "lifetime",
				      "netns",       "owner", "address", "route",       "exclude",    "server",
				      "default",     "scope", "whose",   "external_id", "killswitch", "destinations",
				      "interactive", NULL};

static const struct vocabulary vocabularies[] = {
	{"\"" OURS, LETTERS ".-", "action", false, actions}, {"'" OURS, LETTERS ".-", "action", false, actions},
	{"Result.", LETTERS, "result", false, results},      {"lookup(\"", LETTERS, "detail", true, details},
	{"lookup('", LETTERS, "detail", true, details},
};

static size_t count_of(const char *const words[])
{
	size_t count = 0;

	while (words[count] != NULL)
		count++;
	return count;
}

/* A rule may compare with the beginning of several actions: "org.tapbroker.open-". */
static bool is_known(const struct vocabulary *vocabulary, const char *word)
{
	size_t length = strlen(word);
	bool begins = length > 0 && strchr(".-", word[length - 1]) != NULL;

	for (size_t i = 0; vocabulary->words[i] != NULL; i++)
		if (strncmp(word, vocabulary->words[i], length + (begins ? 0 : 1)) == 0)
			return true;
	return false;
}

/* Looks at the word that begins there. Returns how many complaints there are about it. */
static unsigned int check_word(struct doctor *doctor, const char *path, unsigned int line,
			       const struct vocabulary *vocabulary, const char *start)
{
	size_t length = strspn(start, vocabulary->characters);
	char word[WORD_MAX];
	const char *meant;

	if (length >= sizeof(word))
		return 0;
	snprintf(word, sizeof(word), "%.*s", (int)length, start);
	if (is_known(vocabulary, word))
		return 0;
	meant = tb_suggest(word, vocabulary->words, count_of(vocabulary->words));
	if (vocabulary->only_near && meant == NULL)
		return 0;
	doctor_say(doctor, DOCTOR_NOT_OK, "rules", "correct the file; polkitd reads it again by itself",
		   "%s:%u: there is no %s %s, so that the rule never says yes by it%s%s%s", path, line,
		   vocabulary->what, word, meant != NULL ? "; did you mean " : "", meant != NULL ? meant : "",
		   meant != NULL ? "?" : "");
	return 1;
}

static unsigned int check_line(struct doctor *doctor, const char *path, unsigned int line, const char *text)
{
	unsigned int wrong = 0;

	if (strncmp(text + strspn(text, " \t"), "//", 2) == 0)
		return 0;
	for (size_t i = 0; i < sizeof(vocabularies) / sizeof(vocabularies[0]); i++) {
		const struct vocabulary *vocabulary = &vocabularies[i];
		size_t before = strlen(vocabulary->mark);

		if (vocabulary->words == actions)
			before = 1; /* the mark is the quote and a part of the word */
		for (const char *at = strstr(text, vocabulary->mark); at != NULL; at = strstr(at + 1, vocabulary->mark))
			wrong += check_word(doctor, path, line, vocabulary, at + before);
	}
	return wrong;
}

unsigned int doctor_rules(struct doctor *doctor, const char *path)
{
	static char text[FILE_MAX];
	unsigned int wrong = 0;
	unsigned int line = 0;
	char *rest = text;

	if (!doctor_read(path, text, sizeof(text)) || strstr(text, OURS) == NULL)
		return 0;
	for (char *start = strsep(&rest, "\n"); start != NULL; start = strsep(&rest, "\n"))
		wrong += check_line(doctor, path, ++line, start);
	return wrong;
}
