/* What was found, for the log and for `tapbrokerd --check --json`: see findings.h. Runs in tapbrokerd before lock-down,
 * as root; only a check keeps anything.
 */
#include "broker/config/findings.h"

#include "broker/shared/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct finding *kept;
static size_t kept_count;
static bool keeping;

void findings_keep(void)
{
	keeping = true;
}

static void finding_keep(const struct finding *finding)
{
	struct finding *longer;

	if (!keeping)
		return;
	longer = realloc(kept, (kept_count + 1) * sizeof(*kept));
	if (longer == NULL)
		tb_die("out of memory");
	kept = longer;
	kept[kept_count++] = *finding;
}

void found_mistake(const char *path, unsigned int line, const char *format, ...)
{
	struct finding finding = {.mistake = true, .line = line};
	va_list arguments;

	snprintf(finding.path, sizeof(finding.path), "%s", path);
	va_start(arguments, format);
	vsnprintf(finding.text, sizeof(finding.text), format, arguments);
	va_end(arguments);
	if (line != 0)
		tb_log(TB_LOG_ERROR, "%s:%u: %s", finding.path, line, finding.text);
	else
		tb_log(TB_LOG_ERROR, "%s: %s", finding.path, finding.text);
	finding_keep(&finding);
}

void found_warning(const char *network, const char *format, ...)
{
	struct finding finding = {.mistake = false};
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(finding.text, sizeof(finding.text), format, arguments);
	va_end(arguments);
	if (network != NULL) {
		snprintf(finding.network, sizeof(finding.network), "%s", network);
		tb_log(TB_LOG_WARNING, "network %s: %s", network, finding.text);
	} else {
		tb_log(TB_LOG_WARNING, "%s", finding.text);
	}
	finding_keep(&finding);
}

const struct finding *findings(size_t *count)
{
	*count = kept_count;
	return kept;
}
