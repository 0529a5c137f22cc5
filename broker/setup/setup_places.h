/* The places that other firewalls have for what others add: Docker's chain DOCKER-USER, a zone of firewalld. For
 * setup_firewall.c; it runs as root. */
#ifndef TB_SETUP_PLACES_H
#define TB_SETUP_PLACES_H

#include "broker/setup/setup.h"
#include "broker/setup/setup_guests.h"

/* setup_docker.c: lets pass what comes by these interfaces, the answers to it, and if published is true, who asks at a
 * port that is published. Returns 0 or a negative errno. */
int docker_add(bool ipv6, const struct guest_interfaces *guests, bool published);

/* Deletes our rules from the chain. Returns the number of problems. */
unsigned int docker_clean(void);

/* setup_firewalld.c: waits until a firewalld that runs has done what it is at. */
void firewalld_wait(void);

/* Puts these interfaces into the zone, until firewalld starts again or is reloaded. Returns 0 or a negative errno. */
int firewalld_add(const struct guest_interfaces *guests);

/* Takes ours out of it, but those that are wanted if keep is true. */
void firewalld_clean(const struct setup *setup, bool keep);

#endif
