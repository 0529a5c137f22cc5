/* The host's packet filter: see setup_nft.h. Runs in tapbroker-setup, as root. */
#include "broker/setup/setup_nft.h"

#include "broker/shared/fd.h"
#include "broker/shared/log.h"

#include <errno.h>
#include <fcntl.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* nft's messages have several lines; the first says it. */
static void log_first_line(const char *said)
{
	tb_log(TB_LOG_ERROR, "nftables: %.*s", (int)strcspn(said, "\n"), said);
}

/* Runs the commands and returns what they print, or NULL. */
static char *nft_command(const char *commands, bool quiet)
{
	struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);
	char *output = NULL;

	if (nft == NULL)
		return NULL;
	if (nft_ctx_buffer_output(nft) == 0 && nft_ctx_buffer_error(nft) == 0) {
		if (nft_run_cmd_from_buffer(nft, commands) == 0)
			output = strdup(nft_ctx_get_output_buffer(nft));
		else if (!quiet)
			log_first_line(nft_ctx_get_error_buffer(nft));
	}
	nft_ctx_free(nft);
	return output;
}

int nft_run(const char *commands)
{
	char *output = nft_command(commands, false);

	if (output == NULL)
		return -EINVAL;
	free(output);
	return 0;
}

int nft_run_file(const char *path)
{
	struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);
	int ret = -ENOMEM;

	if (nft == NULL)
		return ret;
	if (nft_ctx_buffer_error(nft) == 0)
		ret = nft_run_cmd_from_filename(nft, path) == 0 ? 0 : -EINVAL;
	if (ret == -EINVAL)
		log_first_line(nft_ctx_get_error_buffer(nft));
	nft_ctx_free(nft);
	return ret;
}

char *nft_list(const char *commands, bool quiet)
{
	return nft_command(commands, quiet);
}

/* True if iptables of the old kind has tables, which nft does not show: this file of the kernel's names them. */
static bool old_iptables(const char *path)
{
	int fd TB_CLOSE = open(path, O_RDONLY | O_CLOEXEC);
	char byte;

	return fd >= 0 && read(fd, &byte, 1) == 1;
}

bool nft_others_forward(void)
{
	char *chains = nft_list("list chains", false);
	bool ours = false;
	bool found = false;
	char *rest = NULL;

	if (chains == NULL)
		return true;
	for (char *line = strtok_r(chains, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
		if (strncmp(line, "table ", strlen("table ")) == 0)
			ours = strstr(line, " " TABLES_NETWORK_PREFIX) != NULL;
		else if (!ours &&
			 (strstr(line, "hook forward") != NULL || strstr(line, "type nat hook postrouting") != NULL))
			found = true;
	}
	free(chains);
	return found || old_iptables("/proc/net/ip_tables_names") || old_iptables("/proc/net/ip6_tables_names");
}
