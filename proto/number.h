/* Numbers in decimal digits: the one parser of options, files and what the kernel writes. It is strict: no sign, no
 * blank, no leading zero but in "0". */
#ifndef TB_NUMBER_H
#define TB_NUMBER_H

#include <stdint.h>

/* Reads the number that the whole text is. Returns 0, -EINVAL if the text is no number, or -ERANGE if it is less than
 * least or more than most. *value is set only with 0. */
int tb_number_read(const char *text, uint64_t least, uint64_t most, uint64_t *value);

/* Reads the number that the text begins with, and moves *text behind it. Returns 0, -EINVAL or -ERANGE as above; on
 * failure *text stays. */
int tb_number_take(const char **text, uint64_t most, uint64_t *value);

#define TB_NUMBER_TEXT sizeof("18446744073709551615")

/* Writes the number in digits. */
void tb_number_write(uint64_t value, char text[TB_NUMBER_TEXT]);

#endif
