/* The log line of a decision. Runs in the monitor. Nothing that was not validated is ever in it. */
#include "broker/monitor/monitor.h"

#include "broker/shared/log.h"

static const char *word_or_dash(const char *word)
{
	return word != NULL && word[0] != '\0' ? word : "-";
}

void log_decision(const struct decision *decision)
{
	char hex[LEASE_HEX_SIZE] = "-";

	if (decision->lease != NULL)
		lease_hex(decision->lease, hex);
	tb_log(TB_LOG_INFO, "op=%s uid=%u pid=%d network=%s kind=%s name=%s verdict=%s reason=%s lease=%s",
	       decision->operation, (unsigned int)decision->uid, (int)decision->pid, word_or_dash(decision->network),
	       word_or_dash(decision->kind), word_or_dash(decision->name), decision->verdict,
	       word_or_dash(decision->reason), hex);
}
