/* What a configuration means as a whole: see tunnel_items.h. Runs in the monitor and in the clerk; needs no right. */
#include "broker/shared/tunnel_items.h"

bool tunnel_is_kill_switch(const struct tb_configuration *wanted)
{
	return (wanted->question.flags & TB_REQUEST_KILL_SWITCH) != 0;
}

bool tunnel_takes_all(const struct tb_configuration *wanted)
{
	return tunnel_is_kill_switch(wanted) || tb_items_take_all(wanted) != 0;
}

bool tunnel_is_empty(const struct tb_configuration *wanted)
{
	return wanted->count == 0 && !tunnel_is_kill_switch(wanted);
}
