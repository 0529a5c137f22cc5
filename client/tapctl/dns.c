/* Name servers of a tunnel: see dns.h. Runs as the user. All of it is the word of the tunnel's server. */
#include "client/tapctl/dns.h"

#include "client/tapctl/tapctl.h"
#include "client/tapctl/variables.h"
#include "client/tapctl/waiting.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define RESOLVECTL "/usr/bin/resolvectl"

#define WORDS_MAX (DNS_SERVERS_MAX + 6)

static void add_server(struct dns *dns, const char *text)
{
	if (dns->count < DNS_SERVERS_MAX && inet_read_address(text, &dns->servers[dns->count]) == 0)
		dns->count++;
}

/* Letters, digits, '-' and '.', as names of hosts have them. */
static void set_domain(struct dns *dns, const char *text)
{
	size_t length = strlen(text);

	if (length >= sizeof(dns->domain) || !isalnum((unsigned char)text[0]))
		return;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '-' && text[i] != '.')
			return;
	memcpy(dns->domain, text, length + 1);
}

/* Addresses with blanks between. */
static void read_list(struct dns *dns, const char *name)
{
	const char *list = variable(name);
	char word[INET_TEXT];

	while (list != NULL && *list != '\0') {
		size_t length = strcspn(list, " ");

		if (length < sizeof(word)) {
			snprintf(word, sizeof(word), "%.*s", (int)length, list);
			add_server(dns, word);
		}
		list += length + strspn(list + length, " ");
	}
}

/* If the text begins so, what follows. */
static const char *behind(const char *text, const char *begin)
{
	size_t length = strlen(begin);

	return strncmp(text, begin, length) == 0 ? text + length : NULL;
}

static void read_option(struct dns *dns, const char *option)
{
	const char *value;

	if ((value = behind(option, "dhcp-option DNS ")) != NULL ||
	    (value = behind(option, "dhcp-option DNS6 ")) != NULL)
		add_server(dns, value);
	else if ((value = behind(option, "dhcp-option DOMAIN ")) != NULL)
		set_domain(dns, value);
}

void dns_read(struct dns *dns)
{
	char name[VARIABLE_NAME];
	const char *value;

	*dns = (struct dns){.count = 0};
	for (unsigned int i = 1; (value = variable_numbered("foreign_option_%d", i, name)) != NULL; i++)
		read_option(dns, value);
	read_list(dns, "INTERNAL_IP4_DNS");
	read_list(dns, "INTERNAL_IP6_DNS");
	value = variable("CISCO_DEF_DOMAIN");
	if (value != NULL)
		set_domain(dns, value);
}

/* Runs it with these words. Returns true if it ended well. */
static bool run(const char *const *words)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		execv(RESOLVECTL, (char *const *)words);
		_exit(EXIT_NOT_EXECUTABLE);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool set_servers(const struct dns *dns, const char *interface)
{
	const char *words[WORDS_MAX] = {RESOLVECTL, "dns", interface};
	char texts[DNS_SERVERS_MAX][INET_TEXT];

	for (size_t i = 0; i < dns->count; i++) {
		inet_write_address(&dns->servers[i], texts[i]);
		words[3 + i] = texts[i];
	}
	return run(words);
}

static bool set_search_domain(const struct dns *dns, const char *interface)
{
	const char *words[WORDS_MAX] = {RESOLVECTL, "domain", interface, dns->domain};

	return dns->domain[0] == '\0' || run(words);
}

void dns_tell(const struct dns *dns, const char *interface)
{
	if (dns->count == 0 || access(RESOLVECTL, X_OK) < 0)
		return;
	if ((!set_servers(dns, interface) || !set_search_domain(dns, interface)) && hints_wanted())
		complain(
			"%s: systemd-resolved has not taken the tunnel's name servers; 50-tapbroker-dns.rules among the examples shows a rule that lets it",
			interface);
}
