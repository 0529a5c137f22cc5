/* Numbers in decimal digits: see number.h. No malloc, no stdio, no locale, no errno. */
#include "number.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

int tb_number_take(const char **text, uint64_t most, uint64_t *value)
{
	const char *digit = *text;
	uint64_t number = 0;
	bool too_large = false;

	if (!is_digit(digit[0]) || (digit[0] == '0' && is_digit(digit[1])))
		return -EINVAL;
	for (; is_digit(*digit); digit++) {
		uint64_t next = (uint64_t)(*digit - '0');

		if (number > (UINT64_MAX - next) / 10)
			too_large = true;
		number = number * 10 + next;
	}
	if (too_large || number > most)
		return -ERANGE;
	*text = digit;
	*value = number;
	return 0;
}

int tb_number_read(const char *text, uint64_t least, uint64_t most, uint64_t *value)
{
	size_t digits = strspn(text, "0123456789");
	uint64_t number;
	int ret;

	if (text[digits] != '\0')
		return -EINVAL;
	ret = tb_number_take(&text, most, &number);
	if (ret < 0)
		return ret;
	if (number < least)
		return -ERANGE;
	*value = number;
	return 0;
}

void tb_number_write(uint64_t value, char text[TB_NUMBER_TEXT])
{
	char digits[TB_NUMBER_TEXT];
	size_t count = 0;

	do {
		digits[count++] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	while (count > 0)
		*text++ = digits[--count];
	*text = '\0';
}
