/* How often something is done again: see pace.h. Runs in the clerk; needs no right. */
#include "broker/clerk/lease/pace.h"

bool pace_allows(const struct pace *pace, const struct pace_limit *limit, uint64_t now)
{
	return pace->times < limit->times || now >= pace_over(pace, limit);
}

void pace_count(struct pace *pace, const struct pace_limit *limit, uint64_t now)
{
	if (pace->times == 0 || now >= pace_over(pace, limit))
		*pace = (struct pace){.began = now};
	pace->times++;
}

uint64_t pace_over(const struct pace *pace, const struct pace_limit *limit)
{
	return pace->began + limit->while_ms;
}
