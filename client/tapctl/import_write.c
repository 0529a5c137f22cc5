/* The files that `tapctl import-bridge-conf` makes: see import.h. Runs as the user. */
#include "client/tapctl/import.h"

#include <ctype.h>

/* A path in a comment must not end the comment's line. */
static void write_path(const char *path, FILE *out)
{
	for (; *path != '\0'; path++)
		fputc(iscntrl((unsigned char)*path) ? '?' : *path, out);
}

void import_write_network(const struct import_network *network, const char *path, FILE *out)
{
	fprintf(out, "# Taps on the bridge %s, as ", network->bridge);
	write_path(path, out);
	fprintf(out,
		" had it. Who may have one is said in %s\n\n"
		"[Network]\n"
		"Kind=tap\n"
		"Bridge=%s\n"
		"MTU=%u\n\n"
		"# Guests reach each other, as with QEMU's own helper. Without this line they reach only the rest of the\n"
		"# bridge and the host, which is safer.\n"
		"Isolated=no\n\n"
		"# QEMU and libvirt choose their guests' addresses from these, and QEMU's own helper lets all through. Without\n"
		"# this line only the lease's own address is let through, which is safer, but a guest must be told to use it.\n"
		"MACs=52:54:00:*\n\n"
		"# QEMU's own helper knows no limits.\n"
		"MaxPerUser=64\n"
		"Max=1024\n",
		IMPORT_RULES_FILE, network->bridge, network->mtu);
}

void import_write_rules(const struct import *import, const char *path, FILE *out)
{
	fputs("// Who may have a tap on which bridge, as ", out);
	write_path(path, out);
	fputs(" had it: made by \"tapctl import-bridge-conf\".\n"
	      "// For these networks it is the last word: whoever is not allowed here is refused.\n"
	      "polkit.addRule(function(action, subject) {\n"
	      "\tif (action.id != \"org.tapbroker.open-tap\")\n"
	      "\t\treturn polkit.Result.NOT_HANDLED;\n"
	      "\tswitch (action.lookup(\"network\")) {\n",
	      out);
	for (size_t i = 0; i < import->count; i++) {
		const struct import_network *network = &import->networks[i];

		fprintf(out, "\tcase \"%s\":\n", network->name);
		if (network->who == NULL)
			fputs("\t\treturn polkit.Result.YES;\n", out);
		else
			fprintf(out, "\t\treturn %s ?\n\t\t\tpolkit.Result.YES : polkit.Result.NO;\n", network->who);
	}
	fputs("\t}\n\treturn polkit.Result.NOT_HANDLED;\n});\n", out);
}
