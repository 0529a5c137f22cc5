/* The addresses and names that guests are served: one dnsmasq for each network with DHCP=yes, which is started here and
 * ended by stop. Runs in tapbroker-setup, as root. It must never end a dnsmasq that it did not start.
 *
 * Ours is known by its configuration's path, which is its only argument, so there is no state to lose. It becomes a
 * user of its own by itself.
 */
#include "broker/setup/setup.h"
#include "broker/config/guest.h"
#include "broker/setup/setup_file.h"
#include "broker/setup/setup_inet.h"
#include "broker/setup/setup_program.h"

#include "broker/shared/fd.h"
#include "broker/shared/log.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DNSMASQ "/usr/sbin/dnsmasq"
#define DNSMASQ_USER "dnsmasq" /* Debian makes it; without it dnsmasq becomes nobody */
#define DHCP_DIRECTORY "/run/tapbroker/dhcp"
#define DHCP_ARGUMENT "--conf-file=" DHCP_DIRECTORY "/"

#define DHCP_PATH_SIZE 96
#define DHCP_PATIENCE 5000 /* milliseconds that one that was told to end may take */

static void dhcp_path(const char *network, const char *suffix, char path[DHCP_PATH_SIZE])
{
	snprintf(path, DHCP_PATH_SIZE, DHCP_DIRECTORY "/%s%s", network, suffix);
}

/* Who has a lease of the broker's is served its address, and nobody else any. */
static void write_dhcp4(FILE *out, const struct network *network)
{
	struct in_addr first = {.s_addr = htonl(network->ipv4.address & ~(UINT32_MAX >> network->ipv4.prefix))};
	struct in_addr mask = {.s_addr = htonl(~(UINT32_MAX >> network->ipv4.prefix))};

	if (network->ipv4.prefix == 0)
		return;
	fprintf(out, "dhcp-range=%s,static,", inet_ntoa(first));
	fprintf(out, "%s,1h\n", inet_ntoa(mask));
	fprintf(out, "dhcp-lease-max=%d\n", 2 * GUESTS_MAX);
	/* Empty: guests get no default route where there is nowhere to go. */
	if ((network->router & NETWORK_IPV4) == 0)
		fputs("dhcp-option=option:router\n", out);
	if (!network->dns)
		fputs("dhcp-option=option:dns-server\n", out);
}

/* Guests make their own address of the prefix, or ask for it: it is the same one. The next guest with that address may
 * call itself otherwise, and then has to wait until the last one's time is over. */
static void write_ra(FILE *out, const struct network *network)
{
	unsigned int bits = network->ipv6.prefix > 64 ? network->ipv6.prefix : 64;

	if (network->ipv6.prefix == 0 || !network->ra)
		return;
	fprintf(out, "enable-ra\ndhcp-range=::,constructor:%s,static,%s%u,5m\n", network->bridge,
		bits == 64 ? "slaac," : "", bits);
	/* Seconds: how often, and for how long the host is a router; 0: it is none. */
	fprintf(out, "ra-param=%s,60,%d\n", network->bridge, (network->router & NETWORK_IPV6) != 0 ? 1800 : 0);
	if (network->dns)
		fputs("dhcp-option=option6:dns-server,[::]\n", out);
}

/* One line for each guest that there may be: its MAC, and its addresses. */
static void write_guests(FILE *out, const struct network *network)
{
	char text[INET6_ADDRSTRLEN];
	struct guest guest;

	for (uint32_t number = guest_next(network, 0); number != 0; number = guest_next(network, number)) {
		const uint8_t *mac = guest.mac;

		guest_make(network, number, &guest);
		fprintf(out, "dhcp-host=%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
		if (network->ipv4.prefix != 0)
			fprintf(out, ",%s", inet_ntop(AF_INET, guest.told.ipv4, text, sizeof(text)));
		if (network->ipv6.prefix != 0)
			fprintf(out, ",[%s]", inet_ntop(AF_INET6, guest.told.ipv6, text, sizeof(text)));
		fputc('\n', out);
	}
}

/* What guests may do with it is answer and ask: they are not believed in what they call themselves, and names of the
 * host's own files are not for them. */
static void write_configuration(FILE *out, const struct network *network)
{
	fprintf(out,
		"# made by tapbroker-setup; changes are lost\n"
		"interface=%s\n"
		"except-interface=lo\n"
		"bind-interfaces\n"
		"port=%s\n"
		"no-hosts\n"
		"domain-needed\n"
		"bogus-priv\n"
		"dhcp-authoritative\n"
		"dhcp-ignore-names\n"
		"dhcp-leasefile=" DHCP_DIRECTORY "/%s.leases\n"
		"pid-file=" DHCP_DIRECTORY "/%s.pid\n"
		"quiet-dhcp\nquiet-dhcp6\nquiet-ra\n"
		"%s",
		network->bridge, network->dns ? "53" : "0", network->name, network->name,
		getpwnam(DNSMASQ_USER) != NULL ? "user=" DNSMASQ_USER "\n" : "");
	write_dhcp4(out, network);
	write_ra(out, network);
	write_guests(out, network);
}

/* True if the process runs our dnsmasq; network is then whose. */
static bool dhcp_is_ours(pid_t pid, char network[TB_NETWORK_SIZE])
{
	char path[64], words[256];
	const char *argument, *name;
	int fd TB_CLOSE = -1;
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	length = fd >= 0 ? read(fd, words, sizeof(words) - 1) : -1;
	if (length <= 0)
		return false;
	words[length] = '\0';
	argument = words + strlen(words) + 1;
	if (strcmp(words, DNSMASQ) != 0 || argument > words + length ||
	    strncmp(argument, DHCP_ARGUMENT, strlen(DHCP_ARGUMENT)) != 0)
		return false;
	name = argument + strlen(DHCP_ARGUMENT);
	snprintf(network, TB_NETWORK_SIZE, "%.*s", (int)strcspn(name, "."), name);
	return true;
}

/* Ends it, and waits for that. What has the process id is looked at again once nobody else can get it. */
static void dhcp_end(pid_t pid)
{
	char network[TB_NETWORK_SIZE];
	int fd TB_CLOSE = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd ended = {.fd = fd, .events = POLLIN};

	if (fd < 0 || !dhcp_is_ours(pid, network))
		return;
	syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0);
	if (poll(&ended, 1, DHCP_PATIENCE) == 0)
		syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0);
}

/* The next process of ours: of this network, or of any if that is NULL. A directory that was read to its end is 0. */
static pid_t dhcp_next(DIR *processes, const char *wanted, char network[TB_NETWORK_SIZE])
{
	const struct dirent *entry;

	while ((entry = readdir(processes)) != NULL) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid > 0 && dhcp_is_ours(pid, network) && (wanted == NULL || strcmp(network, wanted) == 0))
			return pid;
	}
	return 0;
}

static pid_t dhcp_find(const char *wanted)
{
	char network[TB_NETWORK_SIZE];
	DIR *processes = opendir("/proc");
	pid_t pid;

	if (processes == NULL)
		return 0;
	pid = dhcp_next(processes, wanted, network);
	closedir(processes);
	return pid;
}

static void dhcp_forget(const char *network)
{
	static const char *const suffixes[] = {".conf", ".leases", ".pid"};
	char path[DHCP_PATH_SIZE];

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		dhcp_path(network, suffixes[i], path);
		unlink(path);
	}
}

/* It goes into the background when it is ready, so its exit says whether it is. */
static int dhcp_run(const char *configuration)
{
	char argument[DHCP_PATH_SIZE + 16];
	const char *const words[] = {DNSMASQ, argument, NULL};

	snprintf(argument, sizeof(argument), "--conf-file=%s", configuration);
	return program_run(words);
}

static bool file_says(const char *path, const char *text, size_t size)
{
	FILE *file = fopen(path, "re");
	char *found = malloc(size + 1);
	bool same = file != NULL && found != NULL && fread(found, 1, size + 1, file) == size &&
		    memcmp(found, text, size) == 0;

	free(found);
	if (file != NULL)
		fclose(file);
	return same;
}

static int file_write(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");
	int ret;

	if (file != NULL) {
		fputs(text, file);
		ret = setup_file_end(file);
	} else {
		ret = -errno;
	}
	if (ret < 0)
		tb_log(TB_LOG_ERROR, "%s: %s", path, strerror(-ret));
	return ret;
}

/* One that runs with this very configuration is left alone: it knows its guests. */
static int dhcp_begin(const struct network *network)
{
	char path[DHCP_PATH_SIZE];
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	pid_t pid = dhcp_find(network->name);
	int ret = 0;

	if (out == NULL)
		return -errno;
	write_configuration(out, network);
	fclose(out);
	dhcp_path(network->name, ".conf", path);
	if (pid == 0 || !file_says(path, text, size)) {
		if (pid != 0)
			dhcp_end(pid);
		/* What it has handed out may be another guest's now: it would keep that until its time is over. */
		dhcp_forget(network->name);
		if (mkdir(DHCP_DIRECTORY, 0755) < 0 && errno != EEXIST)
			ret = -errno;
		if (ret == 0)
			ret = file_write(path, text);
		if (ret == 0)
			ret = dhcp_run(path);
	}
	free(text);
	return ret;
}

static void dhcp_complain(const struct network *network, int error)
{
	if (error == -ENOENT)
		tb_log(TB_LOG_ERROR,
		       "network %s: its guests are served no addresses: there is no %s; install the package dnsmasq-base, or say DHCP=no",
		       network->name, DNSMASQ);
	else
		tb_log(TB_LOG_ERROR,
		       "network %s: its guests are served no addresses: dnsmasq does not start, see above; another program may use its port on %s",
		       network->name, network->bridge);
}

static bool dhcp_wants(const struct setup *setup, size_t index)
{
	return setup_wants(setup, index) && setup->networks->networks[index].dhcp;
}

/* What a network had that is off now goes on: there are leases of it. */
static bool dhcp_needed(const struct setup *setup, const char *name)
{
	for (size_t i = 0; i < setup->networks->count; i++)
		if (strcmp(setup->networks->networks[i].name, name) == 0)
			return dhcp_wants(setup, i) || setup->networks->networks[i].off;
	return false;
}

/* Ends those of ours that nobody needs: of all networks, if keep is false. */
static unsigned int dhcp_sweep(const struct setup *setup, bool keep)
{
	char network[TB_NETWORK_SIZE];
	DIR *processes = opendir("/proc");
	pid_t pid;

	if (processes == NULL)
		return 1;
	while ((pid = dhcp_next(processes, NULL, network)) != 0) {
		if (keep && dhcp_needed(setup, network))
			continue;
		dhcp_end(pid);
		dhcp_forget(network);
	}
	closedir(processes);
	if (!keep)
		rmdir(DHCP_DIRECTORY);
	return 0;
}

static unsigned int dhcp_start(struct setup *setup)
{
	unsigned int problems = dhcp_sweep(setup, true);

	for (size_t i = 0; i < setup->networks->count; i++) {
		const struct network *network = &setup->networks->networks[i];
		int ret = dhcp_wants(setup, i) ? dhcp_begin(network) : 0;

		if (ret < 0) {
			dhcp_complain(network, ret);
			problems++;
		}
	}
	return problems;
}

static unsigned int dhcp_stop(struct setup *setup)
{
	return dhcp_sweep(setup, false);
}

static unsigned int dhcp_check(struct setup *setup)
{
	unsigned int problems = 0;

	for (size_t i = 0; i < setup->networks->count; i++) {
		if (dhcp_wants(setup, i) && access(DNSMASQ, X_OK) < 0) {
			dhcp_complain(&setup->networks->networks[i], -ENOENT);
			problems++;
		}
	}
	return problems;
}

const struct setup_part setup_dhcp = {.name = "dhcp", .start = dhcp_start, .stop = dhcp_stop, .check = dhcp_check};
