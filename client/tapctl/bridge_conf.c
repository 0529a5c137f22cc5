/* Reads the access list of QEMU's bridge helper: see bridge_conf.h. Runs as the user, best as root, since some of the
 * files may be readable only for those whom they allow something.
 *
 * What that helper does was read in its source: one command in a line; "deny" wins over "allow" whatever their order; a
 * mistake in the first file is the end of it; an included file counts up to its first mistake, and not at all for a
 * user who cannot read it.
 */
#include "client/tapctl/bridge_conf.h"
#include "client/tapctl/tapctl.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_SIZE 4096 /* the helper's own */
#define DEPTH_MAX 16   /* of files that include others; the helper goes on until it has no fds left */
#define FILES_MAX 1024 /* "include" lines in all: two files that include each other twice are 65,536 at that depth */

/* One file that is being read. */
struct source {
	const char *path;
	unsigned int line;
	unsigned int depth;
	struct readers readers; /* of this file and of all that it was included by */
};

static int source_read(struct bridge_conf *conf, struct source *source);

static int rule_add(struct bridge_conf *conf, const struct source *source, bool allow, const char *bridge)
{
	struct bridge_rule *longer = realloc(conf->rules, (conf->count + 1) * sizeof(*longer));
	struct bridge_rule *rule;

	if (longer == NULL)
		return -ENOMEM;
	conf->rules = longer;
	rule = &longer[conf->count];
	*rule = (struct bridge_rule){.allow = allow};
	if (strcmp(bridge, "all") != 0)
		snprintf(rule->bridge, sizeof(rule->bridge), "%s", bridge);
	if (strcmp(bridge, "all") != 0 && strlen(bridge) >= sizeof(rule->bridge))
		complain("%s:%u: \"%s\" is longer than the name of an interface, and was always read as \"%s\"",
			 source->path, source->line, bridge, rule->bridge);
	if (readers_copy(&rule->readers, &source->readers) < 0)
		return -ENOMEM;
	conf->count++;
	return 0;
}

/* A file that cannot be read is as if it were not there, for the helper. For us it may be one that others can read. */
static int include(struct bridge_conf *conf, const struct source *from, const char *path)
{
	struct source source = {.path = path, .depth = from->depth + 1};
	int ret;

	if (path[0] != '/')
		complain("%s:%u: include %s: not kept: QEMU's helper looks for it in whatever directory it is started",
			 from->path, from->line, path);
	else if (source.depth > DEPTH_MAX)
		complain("%s:%u: include %s: not kept: %d files include each other", from->path, from->line, path,
			 DEPTH_MAX);
	if (path[0] != '/' || source.depth > DEPTH_MAX)
		return 0;
	if (++conf->files > FILES_MAX)
		return -E2BIG;
	ret = readers_copy(&source.readers, &from->readers);
	if (ret == 0)
		ret = source_read(conf, &source);
	if (ret == -ENOENT || ret == -ENOTDIR || ret == -EINVAL) {
		complain("%s:%u: include %s: %s", from->path, from->line, path,
			 ret == -EINVAL ? "kept up to its first mistake, as QEMU's helper does"
					: "there is no such file");
		ret = 0;
	} else if (ret < 0 && ret != -E2BIG) { /* that has too many lines to name */
		complain("%s:%u: include %s: %s", from->path, from->line, path, strerror(-ret));
	}
	readers_free(&source.readers);
	return ret;
}

/* The words of a line as the helper sees them: the command ends at the first blank, or, if there is none, at the first
 * tab; the rest is the argument. Returns false if there is no second word. */
static bool split(char *line, char **command, char **argument)
{
	char *end;

	*command = line;
	end = strchr(line, ' ');
	if (end == NULL)
		end = strchr(line, '\t');
	if (end == NULL)
		return false;
	*end++ = '\0';
	while (isspace((unsigned char)*end))
		end++;
	*argument = end;
	end += strlen(end);
	while (end > *argument && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return true;
}

static int line_read(struct bridge_conf *conf, struct source *source, char *line)
{
	char *command;
	char *argument;

	while (isspace((unsigned char)*line))
		line++;
	if (*line == '#' || *line == '\0')
		return 0;
	if (split(line, &command, &argument)) {
		if (strcmp(command, "allow") == 0 || strcmp(command, "deny") == 0)
			return rule_add(conf, source, command[0] == 'a', argument);
		if (strcmp(command, "include") == 0)
			return include(conf, source, argument);
	}
	line[strcspn(line, "\n")] = '\0';
	complain("%s:%u: \"%s\" is no command of this file: they are allow, deny and include, and one more word",
		 source->path, source->line, line);
	return -EINVAL;
}

static int source_read(struct bridge_conf *conf, struct source *source)
{
	const char *why = NULL;
	char line[LINE_SIZE];
	FILE *file;
	int ret;

	ret = readers_of_file(&source->readers, source->path, &why);
	if (ret < 0)
		return ret;
	if (why != NULL)
		complain("%s: %s: what it allows is not kept, and what it denies is denied to everybody", source->path,
			 why);
	file = fopen(source->path, "re");
	if (file == NULL)
		return -errno;
	while (ret == 0 && fgets(line, sizeof(line), file) != NULL) {
		source->line++;
		ret = line_read(conf, source, line);
	}
	if (ret == 0 && ferror(file))
		ret = -EIO;
	fclose(file);
	return ret;
}

int bridge_conf_read(struct bridge_conf *conf, const char *path)
{
	struct source source = {.path = path, .readers = READERS_EVERYBODY};
	int ret = source_read(conf, &source);

	readers_free(&source.readers);
	if (ret == 0)
		return EXIT_OK;
	if (ret == -EINVAL)
		complain("%s: with this mistake QEMU's helper allows nothing at all; correct it first", path);
	else if (ret == -ENOENT)
		complain("%s: there is no such file: QEMU's helper allows nothing, and there is nothing to import",
			 path);
	else if (ret == -E2BIG)
		complain("%s: more than %d files are included, one by the other", path, FILES_MAX);
	else
		complain("%s: cannot be read as a whole: %s%s", path, strerror(-ret),
			 ret == -EACCES || ret == -EPERM ? "; do it as root" : "");
	return EXIT_FAILED;
}

void bridge_conf_free(struct bridge_conf *conf)
{
	for (size_t i = 0; i < conf->count; i++)
		readers_free(&conf->rules[i].readers);
	free(conf->rules);
}
