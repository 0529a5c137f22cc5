/* Names that the user typed: see names.h. Runs as the user. It checks nothing that the library does not check again: it
 * is here to say which rule is broken. */
#include "client/tapctl/names.h"

#include "client/tapctl/tapctl.h"
#include "proto/message.h"
#include "proto/name.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

/* How one kind of name is written. */
struct grammar {
	const char *what; /* for people */
	size_t size;      /* of its field, with a NUL at least */
	bool (*valid)(const char *field, size_t size);
	const char *allowed; /* what it is made of, */
	const char *shown;   /* and that for people */
};

static const struct grammar network_grammar = {
	.what = "a network",
	.size = TB_NETWORK_SIZE,
	.valid = tb_network_valid,
	.allowed = "abcdefghijklmnopqrstuvwxyz0123456789_-",
	.shown = "a-z 0-9 _ -",
};

static const struct grammar interface_grammar = {
	.what = "an interface",
	.size = TB_NAME_SIZE,
	.valid = tb_name_valid,
	.allowed = "abcdefghijklmnopqrstuvwxyz0123456789_.-",
	.shown = "a-z 0-9 _ . -",
};

static bool is_name(const struct grammar *grammar, const char *word)
{
	char field[TB_NETWORK_SIZE];

	return tb_field_set(field, grammar->size, word) == 0 && grammar->valid(field, grammar->size);
}

/* Writes "; did you mean ...?" if the word in small letters is a name; else nothing. */
static void write_near(const struct grammar *grammar, const char *word, char *text, size_t size)
{
	char small[TB_NETWORK_SIZE] = "";

	text[0] = '\0';
	for (size_t i = 0; i + 1 < sizeof(small) && word[i] != '\0'; i++)
		small[i] = (char)tolower((unsigned char)word[i]);
	if (strlen(word) < sizeof(small) && is_name(grammar, small))
		snprintf(text, size, "; did you mean \"%s\"?", small);
}

static int name_check(const char *command, const struct grammar *grammar, const char *word)
{
	size_t good = strspn(word, grammar->allowed);
	char near[TB_NETWORK_SIZE + sizeof("; did you mean \"\"?")];

	if (is_name(grammar, word))
		return EXIT_OK;
	write_near(grammar, word, near, sizeof(near));
	if (word[0] == '\0')
		complain("%s: the name of %s is empty", command, grammar->what);
	else if (word[good] != '\0')
		complain("%s: \"%s\" cannot be the name of %s: \"%.*s\" is none of %s%s", command, word, grammar->what,
			 isascii((unsigned char)word[good]) ? 1 : (int)strcspn(word + good, grammar->allowed),
			 word + good, grammar->shown, near);
	else if (!isalpha((unsigned char)word[0]))
		complain("%s: \"%s\" cannot be the name of %s: the first character must be a letter", command, word,
			 grammar->what);
	else if (strlen(word) >= grammar->size)
		complain("%s: \"%s\" cannot be the name of %s: it has %zu characters, and %zu are the most", command,
			 word, grammar->what, strlen(word), grammar->size - 1);
	else
		complain("%s: \"%s\" cannot be the name of %s: the kernel has another use for it", command, word,
			 grammar->what);
	return EXIT_USAGE;
}

int network_name_check(const char *command, const char *word, bool bridge)
{
	char field[TB_NETWORK_SIZE];

	if (bridge && tb_field_set(field, sizeof(field), word) == 0 && tb_interface_valid(field, sizeof(field)))
		return EXIT_OK;
	return name_check(command, &network_grammar, word);
}

int interface_name_check(const char *command, const char *word)
{
	return name_check(command, &interface_grammar, word);
}

/* An id is longer than a name can be. */
int lease_word_check(const char *command, const char *word)
{
	if (strlen(word) != 2 * TB_ID_SIZE)
		return interface_name_check(command, word);
	if (strspn(word, "0123456789abcdef") == 2 * TB_ID_SIZE)
		return EXIT_OK;
	complain("%s: \"%s\" cannot be the id of a lease: it is made of 0-9 a-f", command, word);
	return EXIT_USAGE;
}

static bool is_external_id(const char *word, bool pattern)
{
	char field[TB_EXTERNAL_ID_SIZE];
	size_t length;

	if (tb_field_set(field, sizeof(field), word) < 0)
		return false;
	length = strlen(field);
	if (pattern && length > 0 && field[length - 1] == '*')
		field[length - 1] = '\0';
	return (pattern && length == 1 && field[0] == '\0') || tb_external_id_valid(field, sizeof(field));
}

int external_id_check(const char *command, const char *word, bool pattern)
{
	if (is_external_id(word, pattern))
		return EXIT_OK;
	complain(
		"%s: --external-id=%s: wanted are 1 to %d characters of A-Z a-z 0-9 _ . @ / -, the first a letter or a digit%s",
		command, word, TB_EXTERNAL_ID_MAX, pattern ? ", and, for all that begin so, a * at the end" : "");
	return EXIT_USAGE;
}

int socket_path_check(void)
{
	const char *path = getenv("TAPBROKER_SOCKET");
	struct sockaddr_un address;

	if (path == NULL || path[0] == '\0')
		return EXIT_OK;
	if (path[0] != '/') {
		complain("TAPBROKER_SOCKET=%s: the path must begin with \"/\"", path);
		return EXIT_USAGE;
	}
	if (strlen(path) >= sizeof(address.sun_path)) {
		complain("TAPBROKER_SOCKET=%s: the path has %zu characters, and %zu are the most", path, strlen(path),
			 sizeof(address.sun_path) - 1);
		return EXIT_USAGE;
	}
	return EXIT_OK;
}
