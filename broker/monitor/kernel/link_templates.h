/* The messages about links that are written before lock-down. Runs in tapbrokerd. */
#ifndef TB_LINK_TEMPLATES_H
#define TB_LINK_TEMPLATES_H

/* Writes all of link_templates, see template.h. Returns 0 or -ENOMEM. */
int link_templates_write(void);

#endif
