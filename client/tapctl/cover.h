/* The stand-ins for ip and ifconfig, where a command looks for the real ones. */
#ifndef TAPCTL_COVER_H
#define TAPCTL_COVER_H

#define COVER_FOLDER TB_LIBEXEC_DIR "/stand-ins" /* first in the command's PATH */

/* Lays them over the real programs, in a mount namespace of this process and of what it starts; with it comes a user
 * namespace, unless it is root's. Where that is not possible there is a hint, and only PATH leads to them. */
void cover_programs(void);

#endif
