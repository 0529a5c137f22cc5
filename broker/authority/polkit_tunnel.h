/* A configuration in polkit's terms. Runs in the authority; never talks to the bus or to the clerk. */
#ifndef TB_POLKIT_TUNNEL_H
#define TB_POLKIT_TUNNEL_H

#include "proto/broker.h"

#include <glib.h>
#include <stdbool.h>

/* True if the configuration is one that an honest clerk can ask about; its question is looked at elsewhere. */
bool polkit_tunnel_valid(const struct tb_configuration *configuration);

/* Adds the details that tapbroker-polkit(7) lists for org.tapbroker.configure, beside those of the device. */
void polkit_tunnel_details(GVariantBuilder *details, const struct tb_configuration *configuration);

#endif
