/* Which processes the broker consists of: see children.h. Runs in tapbrokerd as root, before lock-down.
 *
 *	clerk      3 orders, 4 listening socket, 5 authority, 6 reaper, 7 table of networks, 8 news of links,
 *	           9 news of bridges, 10 news of links in the shield, 11 for questions there, 12 book of tunnels,
 *	           13 what locks have counted, 14 the same in the shield, 15... stored lifelines
 *	authority  3 clerk, 4 monitor
 *	opener     3 monitor; twice, the second one in the shield
 */
#include "broker/monitor/children.h"

#include "broker/monitor/spawn.h"
#include "broker/shared/fd.h"
#include "broker/shared/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define CLERK_FIXED_FDS 12

struct channel {
	int near; /* owned, as the other */
	int far;
};

/* Room for as many questions as may be open, each with a whole configuration. */
#define CHANNEL_BUFFER (1024 * 1024)

static struct channel make_channel(void)
{
	int size = CHANNEL_BUFFER;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		tb_die("cannot make a channel: %s", strerror(errno));
	for (int i = 0; i < 2; i++)
		if (setsockopt(pair[i], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
			tb_die("cannot give a channel its buffer: %s", strerror(errno));
	return (struct channel){pair[0], pair[1]};
}

static pid_t start_program(const struct program *program)
{
	pid_t pid = spawn(program);

	if (pid < 0)
		tb_die("%s/%s: %s", program->directory, program->name, strerror(-pid));
	return pid;
}

/* "NAME=TEXT"; it lives as long as the process, which has few of them. */
static char *variable(const char *name, const char *text)
{
	char *whole = NULL;

	if (asprintf(&whole, "%s=%s", name, text) < 0)
		tb_die("no memory for a child's environment");
	return whole;
}

static char *option(const char *name, unsigned int number)
{
	char *whole = NULL;

	if (asprintf(&whole, "--%s=%u", name, number) < 0)
		tb_die("no memory for a child's options");
	return whole;
}

static char *option_of_user(const char *name, const struct user *user)
{
	char *whole = NULL;

	if (asprintf(&whole, "--%s=%u:%u", name, user->uid, user->gid) < 0)
		tb_die("no memory for a child's options");
	return whole;
}

/* The clerk learns what came back from the supervisor: each lifeline with its name, and the names of the devices that
 * are away, whose fds stay here. */
static pid_t start_clerk(const struct equipment *equipment, const int fixed[CLERK_FIXED_FDS])
{
	const struct options *options = equipment->options;
	const struct stored_list *lifelines = &equipment->stored->lifelines;
	size_t count = CLERK_FIXED_FDS + lifelines->count;
	int *fds = calloc(count, sizeof(*fds));
	char *argv[] = {"tapbroker-clerk",
			option("max-leases", options->max_leases),
			option("max-leases-per-user", options->max_leases_per_user),
			option("max-connections-per-user", options->max_connections_per_user),
			option("prompt-timeout", options->prompt_timeout),
			option("polkit-timeout", options->polkit_timeout),
			option_of_user("monitor", &equipment->users->monitor),
			option("authority", equipment->users->authority.uid),
			NULL};
	const char *journal = getenv("JOURNAL_STREAM");
	char *environment[] = {variable("TB_STORED", lifelines->names),
			       variable("TB_AWAY", equipment->stored->devices.names),
			       journal != NULL ? variable("JOURNAL_STREAM", journal) : NULL, NULL};
	const struct program program = {.directory = options->libexec_dir,
					.name = argv[0],
					.uid = equipment->users->clerk.uid,
					.gid = equipment->users->clerk.gid,
					.argv = argv,
					.environment = environment,
					.fds = fds,
					.fds_count = count};
	pid_t pid;

	if (fds == NULL)
		tb_die("no memory for the clerk's fds");
	memcpy(fds, fixed, CLERK_FIXED_FDS * sizeof(*fds));
	memcpy(fds + CLERK_FIXED_FDS, lifelines->fds, lifelines->count * sizeof(*fds));
	pid = start_program(&program);
	free(fds);
	return pid;
}

static pid_t start_authority(const struct equipment *equipment, int clerk, int monitor)
{
	const char *bus = getenv("DBUS_SYSTEM_BUS_ADDRESS");
	const struct program program = {.directory = equipment->options->libexec_dir,
					.name = "tapbroker-authority",
					.uid = equipment->users->authority.uid,
					.gid = equipment->users->authority.gid,
					.argv = (char *[]){"tapbroker-authority", NULL},
					.environment = (char *[]){bus != NULL ? variable("DBUS_SYSTEM_BUS_ADDRESS", bus)
									      : NULL,
								  NULL},
					.fds = (int[]){clerk, monitor},
					.fds_count = 2};

	return start_program(&program);
}

static pid_t start_opener(const struct options *options, const char *what, int monitor)
{
	char *argv[4] = {"tapbroker-opener"};
	const struct program program = {.directory = options->libexec_dir,
					.name = argv[0],
					.argv = argv,
					.environment = (char *[]){NULL},
					.fds = &monitor,
					.fds_count = 1};
	size_t count = 1;

	if (what != NULL)
		argv[count++] = (char *)what;
	if (options->opener_without_landlock)
		argv[count++] = "--without-landlock";
	return start_program(&program);
}

void children_start_in_shield(struct monitor *monitor, const struct options *options)
{
	struct channel nodes = make_channel();

	monitor->shield_opener =
		(struct child){"opener in the shield", start_opener(options, "--shield", nodes.far), nodes.near};
	tb_close(&nodes.far);
}

void children_start(struct monitor *monitor, const struct equipment *equipment)
{
	struct channel orders = make_channel();
	struct channel reaper = make_channel();
	struct channel yeses = make_channel();
	struct channel questions = make_channel(); /* between clerk and authority */
	struct channel nodes = make_channel();
	const int clerk_fds[CLERK_FIXED_FDS] = {orders.far,
						equipment->listening,
						questions.near,
						reaper.far,
						equipment->table,
						equipment->links,
						equipment->neighbours,
						equipment->shield_links,
						equipment->shield_questions,
						equipment->tunnels,
						monitor->rules.counts.fd,
						monitor->workshop.shield.rules.counts.fd};

	monitor->clerk = (struct child){"clerk", start_clerk(equipment, clerk_fds), orders.near};
	monitor->authority =
		(struct child){"authority", start_authority(equipment, questions.far, yeses.far), yeses.near};
	monitor->opener = (struct child){.name = "opener", .channel = -1};
	if (equipment->opener)
		monitor->opener = (struct child){"opener",
						 start_opener(equipment->options,
							      equipment->macvtap ? "--macvtap" : NULL, nodes.far),
						 tb_take(&nodes.near)};
	monitor->reaper.channel = reaper.near;
	tb_close(&nodes.near);
	tb_close(&nodes.far);
	tb_close(&questions.near);
	tb_close(&questions.far);
	tb_close(&yeses.far);
	tb_close(&reaper.far);
	tb_close(&orders.far);
}
