/* SipHash-2-4, by Jean-Philippe Aumasson and Daniel J. Bernstein: see siphash.h. Runs in the monitor and in the clerk;
 * needs no right. */
#include "broker/shared/siphash.h"

#include <endian.h>
#include <string.h>

static uint64_t load(const uint8_t *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return le64toh(word);
}

static uint64_t rotate(uint64_t word, int bits)
{
	return word << bits | word >> (64 - bits);
}

static void mix(uint64_t v[4], int rounds)
{
	while (rounds-- > 0) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] = rotate(v[0], 32) + v[3];
		v[2] += v[1];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[2] = rotate(v[2], 32);
	}
}

static void absorb(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	mix(v, 2);
	v[0] ^= word;
}

uint64_t siphash(const void *bytes, size_t size, const uint8_t key[SIPHASH_KEY_SIZE])
{
	const uint8_t *next = bytes;
	uint64_t k0 = load(key);
	uint64_t k1 = load(key + 8);
	uint64_t v[4] = {k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261,
			 k1 ^ 0x7465646279746573};
	uint8_t last[8] = {0};

	for (size_t left = size; left >= 8; left -= 8, next += 8)
		absorb(v, load(next));
	memcpy(last, next, size % 8);
	last[7] = (uint8_t)size;
	absorb(v, load(last));
	v[2] ^= 0xff;
	mix(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
