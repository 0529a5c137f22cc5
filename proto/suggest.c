/* Finds the word that somebody may have meant: see suggest.h. */
#include "proto/suggest.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#define WORD_MAX 32         /* letters: nobody means one of our words with more */
#define LETTERS_A_MISTAKE 3 /* one wrong letter is forgiven for so many */

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static int letter(const char *word, size_t i)
{
	return tolower((unsigned char)word[i]);
}

/* How many letters must be put in, left out, changed, or exchanged with the next one, to make one word the other. */
static size_t distance(const char *a, const char *b)
{
	/* steps[i][j]: from the first i letters of a to the first j of b. */
	size_t steps[WORD_MAX + 1][WORD_MAX + 1];
	size_t a_length = strlen(a);
	size_t b_length = strlen(b);

	for (size_t i = 0; i <= a_length; i++) {
		for (size_t j = 0; j <= b_length; j++) {
			size_t changed;

			if (i == 0 || j == 0) {
				steps[i][j] = i + j;
				continue;
			}
			changed = steps[i - 1][j - 1] + (letter(a, i - 1) != letter(b, j - 1));
			steps[i][j] = least(changed, 1 + least(steps[i - 1][j], steps[i][j - 1]));
			if (i > 1 && j > 1 && letter(a, i - 1) == letter(b, j - 2) &&
			    letter(a, i - 2) == letter(b, j - 1))
				steps[i][j] = least(steps[i][j], 1 + steps[i - 2][j - 2]);
		}
	}
	return steps[a_length][b_length];
}

/* The only word that begins with what somebody wrote, as whoever abbreviates it does. */
static const char *abbreviated(const char *word, const char *const words[], size_t count)
{
	const char *found = NULL;

	if (strlen(word) < LETTERS_A_MISTAKE)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		if (strncasecmp(word, words[i], strlen(word)) != 0)
			continue;
		if (found != NULL)
			return NULL;
		found = words[i];
	}
	return found;
}

const char *tb_suggest(const char *word, const char *const words[], size_t count)
{
	size_t best = SIZE_MAX;
	const char *found = abbreviated(word, words, count);

	if (found != NULL || strlen(word) > WORD_MAX)
		return found;
	for (size_t i = 0; i < count; i++) {
		size_t steps = strlen(words[i]) <= WORD_MAX ? distance(word, words[i]) : SIZE_MAX;

		if (steps == best)
			found = NULL;
		if (steps < best) {
			best = steps;
			found = words[i];
		}
	}
	return best <= strlen(word) / LETTERS_A_MISTAKE ? found : NULL;
}

const char *tb_suggest_address(const char *text)
{
	const char *slash = strchr(text, '/');

	if (strpbrk(text, "[]") != NULL)
		return "an IPv6 address stands without brackets";
	if (strchr(text, '%') != NULL)
		return "an address stands without a zone, which is what % begins";
	if (slash != NULL && strchr(slash, '.') != NULL)
		return "a netmask is written as its length: /24 for 255.255.255.0";
	if (slash != NULL && slash[1] == '0' && slash[2] != '\0')
		return "a length has no zero in front";
	return NULL;
}
