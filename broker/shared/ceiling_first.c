/* Which row of the ceiling a refusal names: see ceiling.h. Runs in the clerk; needs no right. */
#include "broker/shared/ceiling.h"
#include "broker/shared/tunnel_ceiling.h"

#include <string.h>

enum tb_check ceiling_first(uint64_t forbid)
{
	for (size_t i = 0; i < CEILING_ROWS; i++)
		if ((forbid & (uint64_t)1 << ceiling_rows[i].check) != 0)
			return ceiling_rows[i].check;
	return TB_CHECK_NONE;
}

enum tb_check ceiling_forbids(const struct network *network, const struct tb_question *question)
{
	return ceiling_first(ceiling_all(network, question));
}

enum tb_check tunnel_ceiling_forbids(const struct network *network, const struct tb_configuration *configuration)
{
	uint64_t forbid = tunnel_ceiling_all(network, configuration);

	return forbid == 0 ? TB_CHECK_NONE : (enum tb_check)(ffsll((long long)forbid) - 1);
}
