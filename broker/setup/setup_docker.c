/* Our rules in Docker's chain DOCKER-USER: see setup_places.h. Runs in tapbroker-setup, as root. It must never delete a
 * rule that does not have our comment.
 *
 * By iptables itself: it refuses to read a table that has rules that nft made, and so would Docker.
 */
#include "broker/setup/setup_places.h"
#include "broker/setup/setup_program.h"

#include <string.h>

#define DOCKER_COMMENT "tapbroker-setup"

#define IPTABLES "/usr/sbin/iptables"
#define IP6TABLES "/usr/sbin/ip6tables"

#define DOCKER_WORDS_MAX 24

#define DOCKER_RULES_SIZE (64 * 1024)

/* Deletes the rule that this line of `iptables -S` shows, if it is one of ours. */
static unsigned int docker_delete(const char *iptables, char *line)
{
	const char *words[DOCKER_WORDS_MAX + 1] = {iptables, "-w"};
	size_t count = 2;
	char *rest = NULL;

	if (strstr(line, "--comment " DOCKER_COMMENT) == NULL)
		return 0;
	for (char *word = strtok_r(line, " ", &rest); word != NULL && count < DOCKER_WORDS_MAX;
	     word = strtok_r(NULL, " ", &rest))
		words[count++] = strcmp(word, "-A") == 0 ? "-D" : word;
	return program_run(words) < 0;
}

/* Of one family. The chain itself is Docker's. */
static unsigned int docker_clean_family(const char *iptables)
{
	const char *const words[] = {iptables, "-w", "-S", "DOCKER-USER", NULL};
	static char said[DOCKER_RULES_SIZE];
	char *rest = NULL;
	unsigned int problems = 0;

	if (program_ask(words, said, sizeof(said)) < 0)
		return 0;
	for (char *line = strtok_r(said, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
		problems += docker_delete(iptables, line);
	return problems;
}

unsigned int docker_clean(void)
{
	return docker_clean_family(IPTABLES) + docker_clean_family(IP6TABLES);
}

static int docker_add_interface(const char *iptables, const char *interface, const char *states)
{
	const char *const from[] = {iptables,  "-w",        "-I",           "DOCKER-USER", "-i",     interface, "-m",
				    "comment", "--comment", DOCKER_COMMENT, "-j",          "ACCEPT", NULL};
	const char *const to[] = {iptables,    "-w",           "-I",        "DOCKER-USER", "-o", interface,
				  "-m",        "conntrack",    "--ctstate", states,        "-m", "comment",
				  "--comment", DOCKER_COMMENT, "-j",        "ACCEPT",      NULL};
	int ret = program_run(from);

	return ret < 0 ? ret : program_run(to);
}

int docker_add(bool ipv6, const struct guest_interfaces *guests, bool published)
{
	const char *states = published ? "RELATED,ESTABLISHED,DNAT" : "RELATED,ESTABLISHED";
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < guests->count; i++) {
		char interface[TB_NAME_SIZE];

		guest_interface_plus(guests->names[i], interface);
		ret = docker_add_interface(ipv6 ? IP6TABLES : IPTABLES, interface, states);
	}
	return ret;
}
