/* The messages about addresses, routes and rules that are written before lock-down. Runs in tapbrokerd. */
#ifndef TB_ENTRY_TEMPLATES_H
#define TB_ENTRY_TEMPLATES_H

/* Writes all of entry_templates, see entries.h. Returns 0 or -ENOMEM. */
int entry_templates_write(void);

#endif
